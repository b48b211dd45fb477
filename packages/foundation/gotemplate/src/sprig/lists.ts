import { FunctionError } from '../exec/function-error.ts'
import {
  GoInt,
  compareBytewise,
  goObject,
  int,
  isGoObject,
  isList,
  isMap,
  kindName,
  nilList,
  typed,
  typeName,
  type GoFunction,
  type GoValue,
} from '../value/go-value.ts'
import { toInt64 } from './convert.ts'
import { toText, toTexts } from './convert.ts'
import { deepEqual } from './deep-equal.ts'
import { fixed, listOf, newMap, number, rest, strings, text } from './signature.ts'
import { isEmpty } from './defaults.ts'

/** sprig's functions on lists. */
export const listFunctions: Readonly<Record<string, GoFunction>> = {
  list: rest(['any'], (...args) => [...args]),
  tuple: rest(['any'], (...args) => [...args]),
  append: fixed(['any', 'any'], (list, value) => [...items(list, 'push on'), value]),
  push: fixed(['any', 'any'], (list, value) => [...items(list, 'push on'), value]),
  prepend: fixed(['any', 'any'], (list, value) => [value, ...items(list, 'prepend on')]),
  first: fixed(['any'], (list) => items(list, 'find first on')[0] ?? null),
  rest: fixed(['any'], (list) => emptyIsNil(items(list, 'find rest on'), (all) => all.slice(1))),
  last: fixed(['any'], (list) => items(list, 'find last on').at(-1) ?? null),
  initial: fixed(['any'], (list) => emptyIsNil(items(list, 'find initial on'), (all) => all.slice(0, -1))),
  reverse: fixed(['any'], (list) => items(list, 'find reverse on').toReversed()),
  uniq: fixed(['any'], (list) => unique(items(list, 'find uniq on'))),
  without: rest(['any', 'any'], (list, ...omit) =>
    items(list, 'find without on').filter((item) => !omit.some((one) => deepEqual(one, item))),
  ),
  has: fixed(['any', 'any'], (needle, haystack) => has(needle, haystack)),
  slice: rest(['any', 'any'], (list, ...indices) => slice(list, indices)),
  concat: rest(['any'], (...lists) => orNil(lists.flatMap((list) => [...concatItems(list)]))),
  chunk: fixed(['int', 'any'], (size, list) => chunk(number(size), items(list, 'chunk'))),
  compact: fixed(['any'], (list) => items(list, 'compact on').filter((item) => !isEmpty(item))),
  sortAlpha: fixed(['any'], (list) => sortAlpha(list)),
  join: fixed(['string', 'any'], (separator, list) => toTexts(list).join(text(separator))),
  toStrings: fixed(['any'], (list) => strings(toTexts(list))),
  splitList: fixed(['string', 'string'], (separator, value) => strings(splitText(text(value), text(separator)))),
  split: fixed(['string', 'string'], (separator, value) => numbered(splitText(text(value), text(separator)))),
  splitn: fixed(['string', 'int', 'string'], (separator, count, value) =>
    numbered(splitLimited(text(value), text(separator), number(count))),
  ),
  until: fixed(['int'], (count) => untilStep(0, number(count), number(count) < 0 ? -1 : 1)),
  untilStep: fixed(['int', 'int', 'int'], (start, stop, step) => untilStep(number(start), number(stop), number(step))),
  seq: rest(['int'], (...params) => sequence(params.map(number))),
}

/** The must… forms do the same; sprig's plain forms panic where these return errors, which ends alike. */
export const mustListFunctions: Readonly<Record<string, GoFunction>> = Object.fromEntries(
  [
    'append',
    'push',
    'prepend',
    'first',
    'rest',
    'last',
    'initial',
    'reverse',
    'uniq',
    'without',
    'has',
    'slice',
    'chunk',
    'compact',
  ].flatMap((name) => {
    const plain = listFunctions[name]
    return plain === undefined ? [] : [[`must${name.charAt(0).toUpperCase()}${name.slice(1)}`, plain]]
  }),
)

function items(given: GoValue, action: string): readonly GoValue[] {
  const list = withoutName(given)
  if (isList(list)) return list
  if (list === null || list === undefined) throw nilDereference()
  throw new FunctionError(`Cannot ${action} type ${kindName(list)}`)
}

/** sprig asks for the type of its argument, which nil has not. */
function nilDereference(): FunctionError {
  return new FunctionError('runtime error: invalid memory address or nil pointer dereference')
}

/** A named list type with methods is a list to what looks at kinds. */
function withoutName(value: GoValue): GoValue {
  return isGoObject(value) && value[goObject].kind === 'slice' ? (value[goObject].underlying ?? value) : value
}

function concatItems(given: GoValue): readonly GoValue[] {
  const list = withoutName(given)
  if (isList(list)) return list
  if (list === null || list === undefined) throw nilDereference()
  throw new FunctionError(`Cannot concat type ${kindName(list)} as list`)
}

/** An empty list gives nil, which prints as [] and is null in JSON. */
function emptyIsNil(
  list: readonly GoValue[],
  take: (all: readonly GoValue[]) => readonly GoValue[],
): readonly GoValue[] {
  return list.length === 0 ? nilList : take(list)
}

/** A list that Go makes only once there is something to put in. */
function orNil(list: readonly GoValue[]): readonly GoValue[] {
  return list.length === 0 ? nilList : list
}

function unique(list: readonly GoValue[]): readonly GoValue[] {
  const seen: GoValue[] = []
  for (const item of list) if (!seen.some((one) => deepEqual(one, item))) seen.push(item)
  return seen
}

function has(needle: GoValue, given: GoValue): boolean {
  const haystack = withoutName(given)
  if (haystack === null || haystack === undefined) return false
  if (!isList(haystack)) throw new FunctionError(`Cannot find has on type ${kindName(haystack)}`)
  return haystack.some((item) => deepEqual(needle, item))
}

function slice(given: GoValue, indices: readonly GoValue[]): GoValue {
  const list = withoutName(given)
  if (list === null || list === undefined) throw nilDereference()
  if (!isList(list)) throw new FunctionError(`list should be type of slice or array but ${kindName(list)}`)
  if (list.length === 0) return null
  const [start = 0, end = list.length] = indices.map((index) => Number(toInt64(index)))
  if (start < 0 || end < start || end > list.length)
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds')
  return tagLike(list.slice(start, end), list)
}

function tagLike(list: readonly GoValue[], model: readonly GoValue[]): readonly GoValue[] {
  const type = typeName(model)
  return type === '[]interface {}' ? list : typed([...list], type)
}

/** sprig counts the chunks in floats, and Go makes no list of fewer than none. */
function chunk(size: number, list: readonly GoValue[]): GoValue {
  const count = Math.floor((list.length - 1) / size) + 1
  if (!Number.isFinite(count) || count < 0) throw new FunctionError('runtime error: makeslice: len out of range')
  const chunks: GoValue[] = []
  for (let index = 0; index < count; index += 1) {
    const at = index * size
    const length = index === count - 1 ? list.length % size || size : size
    if (length < 0) throw new FunctionError('runtime error: makeslice: len out of range')
    const end = at + length
    chunks.push(list.slice(at, end))
  }
  return typed(chunks, '[][]interface {}')
}

function sortAlpha(given: GoValue): GoValue {
  const list = withoutName(given)
  if (isList(list)) return strings(toTexts(list).toSorted(compareBytewise))
  return strings([isMap(list) ? toText(list) : toText(list)])
}

/** Go's strings.Split: an empty separator splits into code points. */
export function splitText(value: string, separator: string): readonly string[] {
  return separator === '' ? Array.from(value) : value.split(separator)
}

/** Go's strings.SplitN. */
function splitLimited(value: string, separator: string, count: number): readonly string[] {
  if (count === 0) return []
  const parts = splitText(value, separator)
  return count < 0 || parts.length <= count
    ? parts
    : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

/** `map[string]string` with keys _0, _1 … */
function numbered(parts: readonly string[]): GoValue {
  return typed(newMap(parts.map((part, index) => [`_${index}`, part] as const)), 'map[string]string')
}

const longestSequence = 10_000_000

function untilStep(start: number, stop: number, step: number): GoValue {
  const values: GoInt[] = []
  const runs = stop < start ? step < 0 : step > 0
  if (runs && Math.abs((stop - start) / step) > longestSequence)
    throw new FunctionError('untilStep: the sequence is too long')
  if (runs) for (let at = start; step < 0 ? at > stop : at < stop; at += step) values.push(int(at))
  return typed(values, '[]int')
}

/** As seq(1): one, two or three numbers, joined by blanks. */
function sequence(params: readonly number[]): string {
  const [a = 0, b = 0, c = 0] = params
  const step = (end: number, by: number) => end + (by > 0 ? 1 : -1)
  const range = (start: number, end: number, by: number) =>
    listOf(untilStep(start, step(end, by), by))
      .map(toText)
      .join(' ')
  switch (params.length) {
    case 0:
      return ''
    case 1:
      return range(1, a, a < 1 ? -1 : 1)
    case 2:
      return range(a, b, b < a ? -1 : 1)
    case 3:
      return c < a === b > 0 ? '' : range(a, c, b)
    default:
      return ''
  }
}
