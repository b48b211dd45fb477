import { canonicalQuantity } from '@kedge/cel'
import type { ShapeReport } from '../contracts.ts'
import { base64Fault } from './base64.ts'
import { isObject, member, text, type JsonObject } from './json.ts'
import { memberSchema, opaqueComponents, resolve } from './resolve.ts'

/** More findings than this are not listed; the first ones tell enough. */
const maxFindings = 100

/**
 * Finds unknown fields and, for built-in kinds, values that the real server's decoder refuses, in its words. Values of
 * custom kinds are typed only in their metadata here: their schema is checked by validation.
 */
export function checkTypes(
  schema: JsonObject,
  object: JsonObject,
  of: { readonly kind: string; readonly custom: boolean },
): ShapeReport {
  const walk = new TypeWalk(of.custom)
  walk.visit(schema, object, { path: '', fields: '', owner: of.kind })
  return { unknown: walk.unknown, mismatches: walk.mismatches }
}

interface Place {
  /** `spec.containers[0].image` */
  readonly path: string
  /** The same without positions, as the decoder prints it. */
  readonly fields: string
  /** Name of the Go struct around. */
  readonly owner: string
}

class TypeWalk {
  readonly unknown: string[] = []
  readonly mismatches: string[] = []
  readonly #custom: boolean

  constructor(custom: boolean) {
    this.#custom = custom
  }

  visit(declared: JsonObject, value: unknown, place: Place): void {
    // What is frozen is stored, and was looked at when it came.
    if (Object.isFrozen(value) && typeof value === 'object') return
    if (value === null || value === undefined || this.unknown.length + this.mismatches.length > maxFindings) return
    const { schema, component } = resolve(declared)
    const isTyped = !this.#custom || component !== undefined
    if (component !== undefined && opaqueComponents.has(component)) return this.#opaque(component, value, place)
    const owner = component === undefined ? place.owner : (component.split('.').at(-1) ?? '')
    if (isTyped && !this.#isOfType(schema, value, place)) return
    if (Array.isArray(value)) this.#items(schema, value, { ...place, owner })
    else if (isObject(value)) this.#members(schema, value, { ...place, owner })
  }

  #items(schema: JsonObject, items: readonly unknown[], place: Place): void {
    const below = schema['items']
    if (!isObject(below)) return
    for (const [at, item] of items.entries()) this.visit(below, item, { ...place, path: `${place.path}[${at}]` })
  }

  #members(schema: JsonObject, value: JsonObject, place: Place): void {
    const isResource = schema['x-kubernetes-embedded-resource'] === true
    const isMap = schema['properties'] === undefined
    for (const [name, below] of Object.entries(value)) {
      const path = place.path === '' ? name : `${place.path}.${name}`
      const declared = memberSchema(schema, name)
      // The decoder names the field a map is in, not the entry.
      const fields = isMap ? place.fields : joinFields(place.fields, name)
      if (declared !== undefined) this.visit(declared, below, { path, fields, owner: place.owner })
      else if (!(isResource && embedded.has(name))) this.unknown.push(path)
    }
  }

  #opaque(component: string, value: unknown, place: Place): void {
    if (component.endsWith('.Quantity')) {
      const isScalar = typeof value === 'string' || typeof value === 'number'
      if (!isScalar || canonicalQuantity(value) === undefined) this.mismatches.push(quantityText)
    } else if (component.endsWith('.Time') || component.endsWith('.MicroTime')) {
      if (typeof value !== 'string') this.#mismatch(value, place, 'string')
      else if (Number.isNaN(Date.parse(value))) this.mismatches.push(timeText(value))
    } else if (component.endsWith('.IntOrString') && typeof value !== 'string' && !Number.isInteger(value)) {
      this.#mismatch(value, place, typeof value === 'number' ? 'int32' : 'string')
    }
  }

  #isOfType(schema: JsonObject, value: unknown, place: Place): boolean {
    switch (schema['type']) {
      case 'string':
        return schema['format'] === 'byte' ? this.#isBytes(value, place) : this.#isText(value, place)
      case 'boolean':
        return typeof value === 'boolean' || this.#mismatch(value, place, 'bool')
      case 'integer':
        return Number.isInteger(value) || this.#mismatch(value, place, text(schema, 'format') ?? 'int64')
      case 'number':
        return typeof value === 'number' || this.#mismatch(value, place, 'float64')
      case 'array':
        return Array.isArray(value) || this.#mismatch(value, place, goTypeOf(schema))
      case 'object':
        return isObject(value) || this.#mismatch(value, place, goTypeOf(schema))
      default:
        return true
    }
  }

  #isText(value: unknown, place: Place): boolean {
    return typeof value === 'string' || this.#mismatch(value, place, 'string')
  }

  #isBytes(value: unknown, place: Place): boolean {
    if (typeof value !== 'string') return this.#mismatch(value, place, '[]uint8')
    const fault = base64Fault(value)
    if (fault === undefined) return true
    this.mismatches.push(`illegal base64 data at input byte ${fault}`)
    return false
  }

  #mismatch(value: unknown, place: Place, type: string): false {
    const target =
      place.fields === ''
        ? `Go value of type ${type}`
        : `Go struct field ${place.owner}.${place.fields} of type ${type}`
    this.mismatches.push(`json: cannot unmarshal ${jsonKind(value)} into ${target}`)
    return false
  }
}

const embedded = new Set(['apiVersion', 'kind', 'metadata'])
const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

function timeText(value: string): string {
  const quoted = JSON.stringify(value)
  return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`
}

function joinFields(fields: string, name: string): string {
  return fields === '' ? name : `${fields}.${name}`
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** The Go type of a collection or struct, as the decoder prints it. */
function goTypeOf(schema: JsonObject): string {
  const { schema: known, component } = resolve(schema)
  if (component !== undefined) return component.split('.').slice(-2).join('.')
  if (known['type'] === 'array') return `[]${goTypeOf(schemaAt(known, 'items'))}`
  if (known['type'] === 'object') return `map[string]${goTypeOf(schemaAt(known, 'additionalProperties'))}`
  switch (known['type']) {
    case 'boolean':
      return 'bool'
    case 'integer':
      return text(known, 'format') ?? 'int64'
    case 'number':
      return 'float64'
    default:
      return 'string'
  }
}

function schemaAt(schema: JsonObject, name: string): JsonObject {
  const found = member(schema, name)
  return isObject(found) ? found : {}
}
