/**
 * Go values as templates see them.
 *
 * | Go | here |
 * |---|---|
 * | no value (a missing map key) | undefined |
 * | nil | null |
 * | bool, string | boolean, string |
 * | float64 | number |
 * | int, int64, uint8 … | GoInt |
 * | complex128 | GoComplex |
 * | []T | an array; `goType` names it when it is not []interface {} |
 * | map[string]T | a plain object, best without a prototype; `goType` names it when it is not map[string]interface {} |
 * | func | a GoFunction |
 * | struct, pointer to one, named types with methods | a GoObject |
 */
export type GoValue =
  | undefined
  | null
  | boolean
  | string
  | number
  | GoInt
  | GoComplex
  | readonly GoValue[]
  | GoMap
  | GoFunction
  | GoObject

export interface GoMap {
  readonly [key: string]: GoValue
}

/** Names the Go type of an array or map that is not the usual one. */
export const goType: unique symbol = Symbol('goType')

/** An integer of a fixed type. */
export class GoInt {
  readonly value: bigint
  readonly type: IntType

  constructor(value: bigint, type: IntType) {
    this.value = value
    this.type = type
  }
}

export type IntType =
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uintptr'

/** An `int`. */
export function int(value: number | bigint): GoInt {
  return new GoInt(BigInt(value), 'int')
}

/** An `int64`, wrapped as Go wraps. */
export function int64(value: number | bigint): GoInt {
  return new GoInt(BigInt.asIntN(64, BigInt(value)), 'int64')
}

export class GoComplex {
  readonly re: number
  readonly im: number

  constructor(re: number, im: number) {
    this.re = re
    this.im = im
  }
}

/** A function that templates may call. `error` is what Go would return as its second result. */
export class GoFunction {
  readonly call: (...args: readonly GoValue[]) => GoValue
  readonly signature: Signature

  constructor(signature: Signature, call: (...args: readonly GoValue[]) => GoValue) {
    this.signature = signature
    this.call = call
  }
}

/** Parameter types in Go's words; the last of a variadic function repeats. */
export interface Signature {
  readonly params: readonly ParamType[]
  readonly variadic?: boolean
}

/** What a parameter takes. `any` is interface {}, `value` also takes no value at all (reflect.Value), an object names a type exactly. */
export type ParamType =
  | { readonly type: string }
  | 'any'
  | 'value'
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'float64'
  | 'map'
  | 'list'
  | 'strings'

/** A struct, or a named type with methods. */
export interface GoObject {
  readonly [goObject]: GoObjectShape
}

export const goObject: unique symbol = Symbol('goObject')

export interface GoObjectShape {
  /** As %T prints it: `*chart.Metadata`. */
  readonly type: string
  readonly kind: 'struct' | 'ptr' | 'map' | 'slice' | 'func' | 'int64'
  field?(name: string): GoValue | typeof absent
  method?(name: string): GoFunction | undefined
  /** What it is once it is passed as interface {}: the methods of its pointer are gone then. */
  readonly boxed?: GoObject
  /** What fmt prints for %v. */
  print?(): string
  /** What fmt prints for %#v. */
  syntax?(): string
  /** A struct's fields by their Go names. */
  readonly fields?: GoMap
  /** The text that JSON and YAML make of it. */
  text?(): string
  /** What JSON makes of a struct whose fields have other names there. */
  readonly json?: GoMap
  /** The plain map or list behind a named type, for range, index and len. */
  readonly underlying?: GoMap | readonly GoValue[] | GoInt
}

/** What JSON and YAML make of a struct or a named type. */
export function encodedOf(shape: GoObjectShape): GoValue {
  return shape.json ?? shape.fields ?? shape.text?.() ?? shape.underlying ?? shape.print?.() ?? null
}

/** The answer of `field` when there is no such field. */
export const absent: unique symbol = Symbol('absent')

const nils = new WeakSet<object>()

/** Marks a list or map as one that was never made: it is empty, and null in JSON. */
export function nilOf<T extends object>(value: T): T {
  nils.add(value)
  return value
}

/** Whether a list or map was never made. */
export function isNilContainer(value: object): boolean {
  return nils.has(value)
}

/** A list that was never made. */
export const nilList: readonly GoValue[] = nilOf(Object.freeze([]))

export function isGoObject(value: GoValue): value is GoObject {
  return typeof value === 'object' && value !== null && goObject in value
}

export function isList(value: GoValue): value is readonly GoValue[] {
  return Array.isArray(value)
}

export function isMap(value: GoValue): value is GoMap {
  // Of all values only maps have no prototype.
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null) return true
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof GoInt) &&
    !(value instanceof GoComplex) &&
    !(value instanceof GoFunction) &&
    !isGoObject(value)
  )
}

/** Gives an array or map its Go type. Changes nothing but the tag. */
export function typed<T extends object>(value: T, type: string): T {
  Object.defineProperty(value, goType, { value: type, enumerable: false, configurable: true })
  return value
}

/** Methods of a named map type, by their names; each is made for one map. */
export type MapMethods = Readonly<Record<MapMethodName, (map: GoMap) => GoFunction>>

/** The methods that named map types have here; they win over entries of their names. */
export type MapMethodName = 'AsMap' | 'PathValue' | 'Table' | 'YAML'

const mapMethodNames: readonly string[] = ['AsMap', 'PathValue', 'Table', 'YAML'] satisfies readonly MapMethodName[]

const goMethods: unique symbol = Symbol('goMethods')

/** Gives a map its Go type, which has methods. */
export function typedWithMethods<T extends GoMap>(value: T, type: string, methods: MapMethods): T {
  Object.defineProperty(value, goMethods, { value: methods, enumerable: false, configurable: true })
  return typed(value, type)
}

/** Whether a field of this name may be a method of a map. */
export function isMapMethod(name: string): name is MapMethodName {
  return mapMethodNames.includes(name)
}

/** The method of a map, when its type has methods. */
export function mapMethod(map: GoMap, name: string): GoFunction | undefined {
  const { [goMethods]: methods, [goType]: type } = map as {
    readonly [goMethods]?: MapMethods
    readonly [goType]?: string
  }
  return type !== undefined && methods !== undefined && isMapMethod(name) ? methods[name](map) : undefined
}

/**
 * The same map, changes included, under its plain type: what Go has when a named map type is passed as its plain one, or
 * when one map is known by both.
 */
export function untyped<T extends GoValue>(map: T): T {
  if (typeof map !== 'object' || map === null || !(goType in map)) return map
  return new Proxy(map, {
    get: (target, key): unknown => (key === goType ? undefined : Reflect.get(target, key)),
    getOwnPropertyDescriptor: (target, key) =>
      key === goType ? undefined : Reflect.getOwnPropertyDescriptor(target, key),
  })
}

/** Keys of a map in Go's print and range order: bytewise. */
export function sortedKeys(map: GoMap): readonly string[] {
  const keys = Object.keys(map)
  for (let at = 1; at < keys.length; at += 1)
    if (compareBytewise(keys[at - 1] ?? '', keys[at] ?? '') > 0) return keys.toSorted(compareBytewise)
  return keys
}

/** Orders texts by their UTF-8 bytes, which is by code point. */
export function compareBytewise(a: string, b: string): number {
  if (a === b) return 0
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at += 1) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return isSurrogate(x) !== isSurrogate(y) ? (isSurrogate(x) ? 1 : -1) : x - y
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

/** The type of a value as %T prints it. */
export function typeName(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'float64'
  if (value instanceof GoInt) return value.type
  if (value instanceof GoComplex) return 'complex128'
  if (value instanceof GoFunction) return 'func'
  if (isGoObject(value)) return value[goObject].type
  const tag = (value as { readonly [goType]?: string })[goType]
  if (tag !== undefined) return tag
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** reflect's kind of a value: `map`, `slice`, `float64`, `invalid` … */
export function kindName(value: GoValue): string {
  if (value === undefined || value === null) return 'invalid'
  if (value instanceof GoFunction) return 'func'
  if (isGoObject(value)) return value[goObject].kind
  if (typeof value !== 'object' || value instanceof GoInt || value instanceof GoComplex) return typeName(value)
  return Array.isArray(value) ? 'slice' : 'map'
}

/** What reflect.Value.String gives: a text as it is, of anything else its type. */
export function reflectText(value: GoValue): string {
  return typeof value === 'string' ? value : `<${value === undefined ? 'invalid' : typeName(value)} Value>`
}

/** Whether a value counts as true in `if`: not zero, not empty, not nil. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value !== ''
  if (typeof value === 'number') return value !== 0
  if (value instanceof GoInt) return value.value !== 0n
  if (value instanceof GoComplex) return value.re !== 0 || value.im !== 0
  if (value instanceof GoFunction) return true
  if (isGoObject(value)) {
    const { underlying } = value[goObject]
    return underlying === undefined ? true : isTrue(underlying)
  }
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0
}
