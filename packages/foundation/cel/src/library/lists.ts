import { CelDuration, CelError, CelOptional, CelUint, celEquals, isList, mapKey, type CelValue } from '../values.ts'
import { any, binary, int64, isInt, listArg, ternary, uint64, unary, type Library } from './define.ts'
import { compareValues, duration } from './operators.ts'

/** Longer lists are not made by `lists.range` or `flatten`. */
const maxItems = 1_000_000

/** The order of two items; an error when they have none. */
export function orderOf(a: CelValue, b: CelValue): number {
  const found = compareValues(a, b)
  if (found === undefined) throw new CelError('list elements must be comparable')
  return found
}

function sum(list: readonly CelValue[]): CelValue {
  const [first] = list
  if (first === undefined) return 0n
  if (list.every((item) => typeof item === 'bigint')) return int64(list.reduce((a, b) => a + b, 0n))
  if (list.every((item) => typeof item === 'number')) return list.reduce((a, b) => a + b, 0)
  if (list.every((item) => item instanceof CelUint)) return uint64(list.reduce((a, b) => a + b.value, 0n))
  if (list.every((item) => item instanceof CelDuration)) return duration(list.reduce((a, b) => a + b.nanos, 0n))
  throw new CelError('no such overload')
}

function extreme(list: readonly CelValue[], sign: number): CelValue {
  const [first, ...rest] = list
  if (first === undefined) throw new CelError(`${sign < 0 ? 'min' : 'max'} called on empty list`)
  return rest.reduce((best, item) => (orderOf(item, best) * sign > 0 ? item : best), first)
}

function distinct(list: readonly CelValue[]): readonly CelValue[] {
  const keys = new Set<unknown>()
  const others: CelValue[] = []
  return list.filter((item) => {
    const key = mapKey(item)
    if (key !== undefined) return keys.has(key) ? false : keys.add(key) !== undefined
    return others.some((other) => celEquals(other, item)) ? false : others.push(item) > 0
  })
}

function flatten(list: readonly CelValue[], depth: bigint): readonly CelValue[] {
  if (depth < 0n) throw new CelError('level must be non-negative')
  const out = list.flatMap((item): readonly CelValue[] => {
    if (!isList(item)) return [item]
    return depth > 1n ? flatten(item, depth - 1n) : depth === 1n ? item : [item]
  })
  if (out.length > maxItems) throw new CelError('list is too long')
  return out
}

function slice(list: readonly CelValue[], from: bigint, to: bigint): readonly CelValue[] {
  if (from < 0n || to < 0n) throw new CelError(`cannot slice(${from}, ${to}), negative indexes not supported`)
  if (from > to) throw new CelError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`)
  if (to > BigInt(list.length)) throw new CelError(`cannot slice(${from}, ${to}), list is length ${list.length}`)
  return list.slice(Number(from), Number(to))
}

function sorted(list: readonly CelValue[]): readonly CelValue[] {
  return list.toSorted(orderOf)
}

function range(count: bigint): readonly bigint[] {
  if (count > BigInt(maxItems)) throw new CelError('range is too long')
  return Array.from({ length: Math.max(0, Number(count)) }, (_item, at) => BigInt(at))
}

function includes(list: readonly CelValue[], item: CelValue): boolean {
  return list.some((other) => celEquals(item, other))
}

/** Methods of lists. */
export const lists: Library = {
  isSorted: [unary(listArg, (list) => list.every((item, at) => at === 0 || orderOf(list[at - 1] ?? null, item) <= 0))],
  sum: [unary(listArg, sum)],
  min: [unary(listArg, (list) => extreme(list, -1))],
  max: [unary(listArg, (list) => extreme(list, 1))],
  indexOf: [binary([listArg, any], (list, item) => BigInt(list.findIndex((other) => celEquals(item, other))))],
  lastIndexOf: [binary([listArg, any], (list, item) => BigInt(list.findLastIndex((other) => celEquals(item, other))))],
  distinct: [unary(listArg, distinct)],
  flatten: [unary(listArg, (list) => flatten(list, 1n)), binary([listArg, isInt], flatten)],
  slice: [ternary([listArg, isInt, isInt], slice)],
  sort: [unary(listArg, sorted)],
  first: [unary(listArg, (list) => new CelOptional(list[0]))],
  last: [unary(listArg, (list) => new CelOptional(list.at(-1)))],
  unwrapOpt: [unary(listArg, unwrap)],
}

function unwrap(list: readonly CelValue[]): readonly CelValue[] {
  return list.flatMap((item) => (item instanceof CelOptional && item.value !== undefined ? [item.value] : []))
}

/** Functions on lists that are no methods. */
export const listFunctions: Library = {
  'lists.range': [unary(isInt, range)],
  'optional.unwrap': [unary(listArg, unwrap)],
  'sets.contains': [binary([listArg, listArg], (all, some) => some.every((item) => includes(all, item)))],
  'sets.intersects': [binary([listArg, listArg], (a, b) => a.some((item) => includes(b, item)))],
  'sets.equivalent': [
    binary([listArg, listArg], (a, b) => a.every((item) => includes(b, item)) && b.every((item) => includes(a, item))),
  ],
}
