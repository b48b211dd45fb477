import type { Quantity } from './quantity.ts'

/** An unsigned 64-bit number. */
export class CelUint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** A time in nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A length of time in nanoseconds. */
export class CelDuration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A value that may be absent. */
export class CelOptional {
  readonly value: CelValue | undefined
  constructor(value: CelValue | undefined) {
    this.value = value
  }
}

/** A type as a value. */
export class CelType {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value of one of the library types, with the text that it is equal by. */
export class CelOpaque {
  readonly type: string
  readonly content: CelContent
  constructor(type: string, content: CelContent) {
    this.type = type
    this.content = content
  }
}

/** What library values hold. */
export type CelContent =
  | { readonly kind: 'quantity'; readonly quantity: Quantity }
  | { readonly kind: 'ip'; readonly bytes: readonly number[] }
  | { readonly kind: 'cidr'; readonly bytes: readonly number[]; readonly prefix: number }
  | { readonly kind: 'url'; readonly text: string }
  | { readonly kind: 'format'; readonly name: string }
  | {
      readonly kind: 'semver'
      readonly numbers: readonly bigint[]
      readonly prerelease: string
      readonly build: string
    }

/** What can be a key of a map. */
export type CelKey = string | bigint | boolean

/** A map; keys of all numeric types that are equal are one key. */
export type CelMap = ReadonlyMap<CelKey, CelValue>

/** Any value: whole numbers are bigint, doubles are number. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly CelValue[]
  | CelMap
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelOptional
  | CelType
  | CelOpaque

/** Why an evaluation cannot go on. Logical operators may overrule it. */
export class CelError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CelError'
  }
}

/** An evaluation that took too many steps. Nothing overrules it. */
export class BudgetError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
    this.name = 'BudgetError'
  }
}

export function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value)
}

export function isMap(value: CelValue): value is CelMap {
  return value instanceof Map
}

/** The name of a value's type. */
export function typeName(value: CelValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
    default:
      return objectTypeName(value)
  }
}

function objectTypeName(value: CelValue): string {
  if (value === null) return 'null_type'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof CelUint) return 'uint'
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp'
  if (value instanceof CelDuration) return 'google.protobuf.Duration'
  if (value instanceof CelOptional) return 'optional_type'
  if (value instanceof CelType) return 'type'
  if (value instanceof CelOpaque) return value.type
  return isList(value) ? 'list' : 'map'
}

/** A number for comparing across the numeric types; undefined for anything else. */
export function numeric(value: CelValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof CelUint ? value.value : undefined
}

/** Equality as CEL has it: numbers by value across types, values of different types unequal. */
export function celEquals(a: CelValue, b: CelValue): boolean {
  const left = numeric(a)
  const right = numeric(b)
  if (left !== undefined || right !== undefined) {
    // eslint-disable-next-line eqeqeq -- bigint and number compare by value only loosely
    return left !== undefined && right !== undefined && left == right
  }
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, at) => celEquals(item, b[at] ?? null))
  if (isMap(a)) return isMap(b) && mapsEqual(a, b)
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, at) => byte === b[at])
  }
  if (typeof a !== 'object' || a === null) return a === b
  return objectsEqual(a, b)
}

function mapsEqual(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other === undefined || !celEquals(value, other)) return false
  }
  return true
}

function objectsEqual(a: CelValue, b: CelValue): boolean {
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos
  if (a instanceof CelType) return b instanceof CelType && a.name === b.name
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false
    if (a.value === undefined || b.value === undefined) return a.value === b.value
    return celEquals(a.value, b.value)
  }
  return a instanceof CelOpaque && b instanceof CelOpaque && a.type === b.type && contentText(a) === contentText(b)
}

function contentText(value: CelOpaque): string {
  const { content } = value
  if (content.kind === 'quantity') return String(content.quantity.nano)
  return JSON.stringify(content, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part))
}

/** The key that a value is in maps; undefined when it can be none. */
export function mapKey(value: CelValue): CelKey | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (value instanceof CelUint) return value.value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined
}
