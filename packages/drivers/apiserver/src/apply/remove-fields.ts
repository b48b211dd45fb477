import { fieldNode, type FieldSet, type PathElement } from '@kedge/fields'
import { isObject } from '../schema/json.ts'
import { listElement } from './list-element.ts'
import { deducedShape, formOf, memberShape, type ListShape, type MapShape, type Shape } from './shape.ts'

/** The value without the fields of the set. An object or list that loses everything becomes null, as the real server's. */
export function removeFields(shape: Shape, value: unknown, gone: FieldSet): unknown {
  const form = formOf(shape, value)
  switch (form.kind) {
    case 'map':
      return removeFromMap(form.map, value, gone)
    case 'list':
      return removeFromList(form.list, value, gone)
    case 'scalar':
    case 'none':
      return value
  }
}

function removeFromMap(map: MapShape, value: unknown, gone: FieldSet): unknown {
  if (!isObject(value) || map.atomic) return null
  const out: Record<string, unknown> = {}
  for (const [name, below] of Object.entries(value)) {
    const part = gone.children.get(`f:${name}`)
    if (part?.owned === true) continue
    out[name] = part === undefined ? below : removeFields(memberShape(map, name), below, part)
  }
  return Object.keys(out).length === 0 ? null : out
}

function removeFromList(list: ListShape, value: unknown, gone: FieldSet): unknown {
  if (!Array.isArray(value) || list.relation === 'atomic') return null
  const out: unknown[] = []
  for (const item of value) {
    const found = listElement(list, item)
    const part = 'element' in found ? gone.children.get(found.element) : undefined
    if (part?.owned === true) continue
    out.push(part === undefined ? item : removeFields(list.item(), item, part))
  }
  return out.length === 0 ? null : out
}

/**
 * The set with every declared field on its paths made a member: a struct counts as owned through its fields, while a map
 * entry or list item does so only when it is named itself.
 */
export function withDeclaredFields(shape: Shape, set: FieldSet): FieldSet {
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) {
    const isDeclared = element.startsWith('f:') && shape.map?.fields.has(element.slice(2)) === true
    const below = withDeclaredFields(shapeBelow(shape, element), child)
    const node = fieldNode(child.owned || isDeclared, below.children)
    if (node !== undefined) children.set(element, node)
  }
  return { owned: set.owned, children }
}

/** The type one step below a type. */
export function shapeBelow(shape: Shape, element: PathElement): Shape {
  if (element.startsWith('f:')) {
    return shape.map === undefined ? deducedShape : memberShape(shape.map, element.slice(2))
  }
  return shape.list?.item() ?? deducedShape
}
