import { FieldSetBuilder, type FieldSet, type PathElement } from '@kedge/fields'
import { isObject } from '../schema/json.ts'
import { addressItems } from './list-element.ts'
import { formOf, memberShape, type ListShape, type MapShape, type Shape } from './shape.ts'

/** The fields that a value sets: what somebody who applies it comes to own. */
export function fieldsOf(shape: Shape, value: unknown): FieldSet {
  const builder = new FieldSetBuilder()
  visit({ builder, path: [] }, shape, value)
  return builder.build()
}

interface Walk {
  readonly builder: FieldSetBuilder
  readonly path: PathElement[]
}

function visit(walk: Walk, shape: Shape, value: unknown): void {
  const form = formOf(shape, value)
  switch (form.kind) {
    case 'map':
      return visitMap(walk, form.map, value)
    case 'list':
      return visitList(walk, form.list, value)
    case 'scalar':
    case 'none':
      return walk.builder.add(walk.path)
  }
}

function visitMap(walk: Walk, map: MapShape, value: unknown): void {
  if (map.atomic) return walk.builder.add(walk.path)
  if (!isObject(value)) return
  for (const [name, below] of Object.entries(value)) {
    walk.path.push(`f:${name}`)
    visit(walk, memberShape(map, name), below)
    const isBare = below === null || (isObject(below) && Object.keys(below).length === 0)
    // Members of open maps are owned themselves, declared fields only through what they hold.
    if (isBare || !map.fields.has(name)) walk.builder.add(walk.path)
    walk.path.pop()
  }
}

function visitList(walk: Walk, list: ListShape, value: unknown): void {
  if (list.relation === 'atomic') return walk.builder.add(walk.path)
  if (!Array.isArray(value)) return
  const items = addressItems(list, value)
  const times = new Map<PathElement, number>()
  for (const { element } of items) times.set(element, (times.get(element) ?? 0) + 1)
  for (const { element, item } of items) {
    walk.path.push(element)
    if (times.get(element) === 1) visit(walk, list.item(), item)
    walk.builder.add(walk.path)
    walk.path.pop()
  }
}
