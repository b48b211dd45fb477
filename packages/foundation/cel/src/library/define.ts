import {
  CelDuration,
  CelError,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelType,
  CelUint,
  isList,
  isMap,
  type CelContent,
  type CelMap,
  type CelValue,
} from '../values.ts'

/** A function over its arguments, a method's receiver being the first; undefined where it does not take these. */
export type Overload = (args: readonly CelValue[]) => CelValue | undefined

/** Functions by name, each with its overloads. */
export type Library = Readonly<Record<string, readonly Overload[]>>

/** Tells whether an argument has a type. */
export type Guard<T extends CelValue> = (value: CelValue | undefined) => value is T

/** A function without arguments. */
export function none(run: () => CelValue): Overload {
  return (args) => (args.length === 0 ? run() : undefined)
}

/** A function of one argument. */
export function unary<A extends CelValue>(a: Guard<A>, run: (a: A) => CelValue): Overload {
  return ([first, ...rest]) => (rest.length === 0 && a(first) ? run(first) : undefined)
}

/** A function of two arguments. */
export function binary<A extends CelValue, B extends CelValue>(
  [a, b]: readonly [Guard<A>, Guard<B>],
  run: (a: A, b: B) => CelValue,
): Overload {
  return ([first, second, ...rest]) => (rest.length === 0 && a(first) && b(second) ? run(first, second) : undefined)
}

/** A function of three arguments. */
export function ternary<A extends CelValue, B extends CelValue, C extends CelValue>(
  [a, b, c]: readonly [Guard<A>, Guard<B>, Guard<C>],
  run: (a: A, b: B, c: C) => CelValue,
): Overload {
  return ([first, second, third, ...rest]) =>
    rest.length === 0 && a(first) && b(second) && c(third) ? run(first, second, third) : undefined
}

export const any: Guard<CelValue> = (value): value is CelValue => value !== undefined
export const isInt: Guard<bigint> = (value): value is bigint => typeof value === 'bigint'
export const isDouble: Guard<number> = (value): value is number => typeof value === 'number'
export const isString: Guard<string> = (value): value is string => typeof value === 'string'
export const isBool: Guard<boolean> = (value): value is boolean => typeof value === 'boolean'
export const isUint: Guard<CelUint> = (value): value is CelUint => value instanceof CelUint
export const isBytes: Guard<Uint8Array> = (value): value is Uint8Array => value instanceof Uint8Array
export const isTime: Guard<CelTimestamp> = (value): value is CelTimestamp => value instanceof CelTimestamp
export const isDuration: Guard<CelDuration> = (value): value is CelDuration => value instanceof CelDuration
export const isOptional: Guard<CelOptional> = (value): value is CelOptional => value instanceof CelOptional
export const isType: Guard<CelType> = (value): value is CelType => value instanceof CelType
export const listArg: Guard<readonly CelValue[]> = (value): value is readonly CelValue[] =>
  value !== undefined && isList(value)
export const mapArg: Guard<CelMap> = (value): value is CelMap => value !== undefined && isMap(value)
export const stringList: Guard<readonly string[]> = (value): value is readonly string[] =>
  value !== undefined && isList(value) && value.every((item) => typeof item === 'string')

/** A library value that holds content of a kind. */
export type Holding<K extends CelContent['kind']> = CelOpaque & { readonly content: Extract<CelContent, { kind: K }> }

/** Tells library values of one kind. */
export function holds<K extends CelContent['kind']>(kind: K): Guard<Holding<K>> {
  return (value): value is Holding<K> => value instanceof CelOpaque && value.content.kind === kind
}

const minInt = -0x8000_0000_0000_0000n
const maxInt = 0x7fff_ffff_ffff_ffffn
const maxUint = 0xffff_ffff_ffff_ffffn

/** A result of integer arithmetic, which has 64 bits. */
export function int64(value: bigint): bigint {
  if (value < minInt || value > maxInt) throw new CelError('integer overflow')
  return value
}

/** A result of unsigned arithmetic. */
export function uint64(value: bigint): CelUint {
  if (value < 0n || value > maxUint) throw new CelError('unsigned integer overflow')
  return new CelUint(value)
}

/** A length or position in a text or list. */
export function position(value: bigint, size: number, what: string): number {
  if (value < 0n || value > BigInt(size)) throw new CelError(`index out of range: ${value}${what}`)
  return Number(value)
}
