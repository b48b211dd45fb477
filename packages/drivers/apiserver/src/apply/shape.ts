import { isObject, member, text, texts, type JsonObject } from '../schema/json.ts'

/** What a scalar may be. */
export type ScalarKind = 'string' | 'numeric' | 'boolean' | 'untyped'

/**
 * How values of a type are merged and owned. A type may allow several forms (`int-or-string`, free-form fields);
 * which one counts is then taken from the value.
 */
export interface Shape {
  readonly scalar?: ScalarKind
  readonly list?: ListShape
  readonly map?: MapShape
}

/** Lists are owned whole unless they are sets or keyed. */
export interface ListShape {
  readonly relation: 'atomic' | 'set' | 'keyed'
  /** Names of the key fields of a keyed list. */
  readonly keys: readonly string[]
  readonly item: () => Shape
}

/** Objects are owned field by field unless atomic. */
export interface MapShape {
  readonly atomic: boolean
  readonly fields: ReadonlyMap<string, FieldShape>
  /** The type of members that are not among the fields; undefined where there may be none. */
  readonly element?: () => Shape
  /** Everything below is taken as it comes. */
  readonly deduced?: true
}

/** A declared field. */
export interface FieldShape {
  readonly shape: () => Shape
  /** The schema's default: list keys that are left out have it. */
  readonly default?: unknown
}

const noFields: ReadonlyMap<string, FieldShape> = new Map()

/** A free value that is owned whole. */
export const untypedShape: Shape = {
  scalar: 'untyped',
  list: { relation: 'atomic', keys: [], item: () => untypedShape },
  map: { atomic: true, fields: noFields, element: () => untypedShape },
}

/** A free value whose objects are owned field by field and whose lists are owned whole. */
export const deducedShape: Shape = {
  scalar: 'untyped',
  list: { relation: 'atomic', keys: [], item: () => untypedShape },
  map: { atomic: false, fields: noFields, element: () => deducedShape, deduced: true },
}

/** The quantity of a resource: written as a number or a string, compared as written. */
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
/** An embedded object that the server does not look into. */
const rawExtension = 'io.k8s.apimachinery.pkg.runtime.RawExtension'
const refPrefix = '#/components/schemas/'

/** Makes shapes of OpenAPI schemas, each part when it is first asked for, so that large definitions cost nothing at start. */
export class ShapeCompiler {
  readonly #components: (name: string) => JsonObject | undefined
  readonly #named = new Map<string, Shape>()

  constructor(components: (name: string) => JsonObject | undefined) {
    this.#components = components
  }

  /** The shape of a named component; free where there is no such component. */
  named(name: string): Shape {
    const known = this.#named.get(name)
    if (known !== undefined) return known
    const schema = this.#components(name)
    const shape = this.#namedShape(name, schema)
    this.#named.set(name, shape)
    return shape
  }

  #namedShape(name: string, schema: JsonObject | undefined): Shape {
    if (name === quantity) return { scalar: 'untyped' }
    if (name === rawExtension || schema === undefined) return untypedShape
    return this.compile(schema, false)
  }

  /** The shape of an inline schema. `preserve`: an enclosing schema keeps unknown fields. */
  compile(schema: JsonObject, preserve: boolean): Shape {
    const keeps = preserve || schema['x-kubernetes-preserve-unknown-fields'] === true
    switch (schema['type']) {
      case 'object':
        return { map: this.#map(schema, keeps) }
      case 'array':
        return { list: this.#list(schema, keeps) }
      case 'integer':
      case 'number':
        return { scalar: 'numeric' }
      case 'boolean':
        return { scalar: 'boolean' }
      case 'string':
        return { scalar: isPlainString(schema) ? 'string' : 'untyped' }
      default:
        return { scalar: 'untyped', list: this.#list(schema, keeps), map: this.#map(schema, keeps) }
    }
  }

  #lazily(schema: JsonObject, preserve: boolean): () => Shape {
    let made: Shape | undefined
    return () => (made ??= this.#resolve(schema, preserve))
  }

  #resolve(schema: JsonObject, preserve: boolean): Shape {
    const name = refOf(schema)
    if (name === undefined) return this.compile(schema, preserve)
    const shape = this.named(name)
    const relation = text(schema, 'x-kubernetes-map-type')
    if (relation === undefined || shape.map === undefined) return shape
    return { ...shape, map: { ...shape.map, atomic: relation === 'atomic' } }
  }

  #map(schema: JsonObject, preserve: boolean): MapShape {
    const properties = member(schema, 'properties')
    const fields = new Map<string, FieldShape>()
    for (const [name, field] of Object.entries(isObject(properties) ? properties : {})) {
      if (!isObject(field)) continue
      const shape = this.#lazily(field, preserve)
      const preset = member(field, 'default')
      fields.set(name, preset === undefined ? { shape } : { shape, default: preset })
    }
    const element = this.#element(schema, preserve || fields.size === 0)
    return {
      atomic: text(schema, 'x-kubernetes-map-type') === 'atomic',
      fields,
      ...(element === undefined ? {} : { element }),
      ...(element !== undefined && fields.size === 0 && element() === deducedShape ? { deduced: true } : {}),
    }
  }

  #element(schema: JsonObject, free: boolean): (() => Shape) | undefined {
    const additional = member(schema, 'additionalProperties')
    if (isObject(additional)) return this.#lazily(additional, schema['x-kubernetes-preserve-unknown-fields'] === true)
    const allowed = additional === undefined ? free : additional === true
    return allowed ? () => deducedShape : undefined
  }

  #list(schema: JsonObject, preserve: boolean): ListShape {
    const items = member(schema, 'items')
    return {
      ...listRelation(schema),
      item: isObject(items) ? this.#lazily(items, preserve) : () => untypedShape,
    }
  }
}

/** The component that a schema stands for: a reference, or a single `allOf` with one. */
export function refOf(schema: JsonObject): string | undefined {
  const direct = text(schema, '$ref')
  if (direct !== undefined) return direct.slice(refPrefix.length)
  const all = member(schema, 'allOf')
  if (!Array.isArray(all) || all.length !== 1) return undefined
  return text(all[0], '$ref')?.slice(refPrefix.length)
}

function isPlainString(schema: JsonObject): boolean {
  const format = schema['format']
  return format === undefined || format === '' || format === 'byte'
}

function listRelation(schema: JsonObject): Pick<ListShape, 'relation' | 'keys'> {
  switch (text(schema, 'x-kubernetes-list-type')) {
    case 'map':
      return { relation: 'keyed', keys: texts(schema, 'x-kubernetes-list-map-keys') }
    case 'set':
      return { relation: 'set', keys: [] }
    case undefined:
      return legacyRelation(schema)
    default:
      return { relation: 'atomic', keys: [] }
  }
}

/** Fields from before list types carry only what strategic merge patch needs. */
function legacyRelation(schema: JsonObject): Pick<ListShape, 'relation' | 'keys'> {
  const strategies = text(schema, 'x-kubernetes-patch-strategy')?.split(',') ?? []
  if (!strategies.includes('merge')) return { relation: 'atomic', keys: [] }
  const key = text(schema, 'x-kubernetes-patch-merge-key')
  return key === undefined ? { relation: 'set', keys: [] } : { relation: 'keyed', keys: [key] }
}

/** The form in which a value of this type is to be taken. */
export type Form =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'list'; readonly list: ListShape }
  | { readonly kind: 'map'; readonly map: MapShape }
  | { readonly kind: 'none' }

/** Chooses among the forms a type allows by the value; a value of another form gets the first the type has. */
export function formOf(shape: Shape, value: unknown): Form {
  if (isObject(value) && shape.map !== undefined) return { kind: 'map', map: shape.map }
  if (Array.isArray(value) && shape.list !== undefined) return { kind: 'list', list: shape.list }
  if (isScalar(value) && shape.scalar !== undefined) return { kind: 'scalar', scalar: shape.scalar }
  if (shape.map !== undefined) return { kind: 'map', map: shape.map }
  if (shape.scalar !== undefined) return { kind: 'scalar', scalar: shape.scalar }
  return shape.list === undefined ? { kind: 'none' } : { kind: 'list', list: shape.list }
}

/** Whether a value is a string, number or boolean. */
export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** The type of a member of an object; undeclared members of a closed object are taken as they come. */
export function memberShape(map: MapShape, name: string): Shape {
  return map.fields.get(name)?.shape() ?? map.element?.() ?? deducedShape
}
