import { formatPath, indexElement, type PathElement } from '@kedge/fields'
import { isObject } from '../schema/json.ts'
import { listElement } from './list-element.ts'
import { deducedShape, formOf, isScalar, type ListShape, type MapShape, type ScalarKind, type Shape } from './shape.ts'

/**
 * Why a value cannot be taken as one of this type, in the words of the real server; undefined when it can.
 * Duplicate items are refused in what a client applies, and tolerated in what is stored.
 */
export function checkShape(shape: Shape, value: unknown, duplicates: 'refuse' | 'allow'): string | undefined {
  const walk: Walk = { path: [], errors: [], duplicates }
  check(walk, shape, value)
  const [first] = walk.errors
  if (first === undefined) return undefined
  return walk.errors.length === 1 ? first : ['errors:', ...walk.errors.map((error) => `  ${error}`)].join('\n')
}

interface Walk {
  readonly path: PathElement[]
  readonly errors: string[]
  readonly duplicates: 'refuse' | 'allow'
}

function report(walk: Walk, message: string): void {
  const path = formatPath(walk.path)
  walk.errors.push(path === '' ? message : `${path}: ${message}`)
}

function check(walk: Walk, shape: Shape, value: unknown): void {
  const form = formOf(shape, value)
  switch (form.kind) {
    case 'map':
      return checkMap(walk, form.map, value)
    case 'list':
      return checkList(walk, form.list, value)
    case 'scalar':
      return checkScalar(walk, form.scalar, value)
    case 'none':
      return report(walk, 'schema error: invalid atom: inlined')
  }
}

function checkMap(walk: Walk, map: MapShape, value: unknown): void {
  if (value === null) return
  if (!isObject(value)) return report(walk, `expected map, got &{${goValue(value)}}`)
  for (const [name, below] of Object.entries(value)) {
    walk.path.push(`f:${name}`)
    const shape = map.fields.get(name)?.shape() ?? map.element?.()
    if (shape === undefined) report(walk, 'field not declared in schema')
    else if (shape !== deducedShape) check(walk, shape, below)
    walk.path.pop()
    // The real walk ends at the first undeclared field of an object.
    if (shape === undefined) return
  }
}

function checkList(walk: Walk, list: ListShape, value: unknown): void {
  if (value === null) return
  if (!Array.isArray(value)) return report(walk, `expected list, got &{${goValue(value)}}`)
  const seen = new Set<PathElement>()
  for (const [at, item] of value.entries()) {
    let element = indexElement(at)
    if (list.relation !== 'atomic') {
      const found = listElement(list, item)
      if ('problem' in found) return report(walk, `element ${at}: ${found.problem}`)
      element = found.element
      if (seen.has(element) && walk.duplicates === 'refuse') {
        report(walk, `duplicate entries for key ${formatPath([element])}`)
      }
      seen.add(element)
    }
    walk.path.push(element)
    check(walk, list.item(), item)
    walk.path.pop()
  }
}

function checkScalar(walk: Walk, scalar: ScalarKind, value: unknown): void {
  if (value === null) return
  switch (scalar) {
    case 'numeric':
      if (typeof value !== 'number') report(walk, `expected numeric (int or float), got ${goType(value)}`)
      return
    case 'string':
      if (typeof value !== 'string') {
        report(walk, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)
      }
      return
    case 'boolean':
      if (typeof value !== 'boolean') report(walk, `expected boolean, got &{${goValue(value)}}`)
      return
    case 'untyped':
      if (!isScalar(value)) report(walk, `expected any scalar, got &{${goValue(value)}}`)
  }
}

/** The Go type that the real server names. */
function goType(value: unknown): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** A value as Go prints it with `%v`. */
function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${name}:${goValue(value[name])}`)
  return `map[${members.join(' ')}]`
}

/** A value as Go prints it with `%#v`. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${goSyntax(value[name])}`)
  return `map[string]interface {}{${members.join(', ')}}`
}
