import { compileRegex, type Regex } from '../regex.ts'
import { CelError } from '../values.ts'
import {
  binary,
  isInt,
  isString,
  listArg,
  position,
  stringList,
  ternary,
  unary,
  type Library,
  type Overload,
} from './define.ts'
import { formatText } from './format-text.ts'
import { codePointCount } from './operators.ts'

function regex(pattern: string): Regex {
  const compiled = compileRegex(pattern)
  if (typeof compiled === 'string') throw new CelError(`error parsing regexp: ${compiled}`)
  return compiled
}

/** Where a part is, counted in code points. */
function indexOf(text: string, part: string, from: bigint): bigint {
  const points = Array.from(text)
  const start = position(from, points.length, '')
  const found = text.indexOf(part, points.slice(0, start).join('').length)
  return found === -1 ? -1n : BigInt(codePointCount(text.slice(0, found)))
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const points = Array.from(text)
  const start = from === undefined ? points.length : position(from, points.length, '')
  const found = text.lastIndexOf(part, points.slice(0, start).join('').length)
  return found === -1 ? -1n : BigInt(codePointCount(text.slice(0, found)))
}

function substring(text: string, from: bigint, to?: bigint): string {
  const points = Array.from(text)
  const start = position(from, points.length, '')
  const end = to === undefined ? points.length : position(to, points.length, '')
  if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  return points.slice(start, end).join('')
}

function split(text: string, by: string, limit: bigint): string[] {
  if (limit === 0n) return []
  const parts = by === '' ? Array.from(text) : text.split(by)
  const count = Number(limit)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(by)]
}

function replace([text, from, to]: readonly [string, string, string], limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to)
  let left = limit
  return text.replaceAll(from, (whole) => {
    left -= 1n
    return left >= 0n ? to : whole
  })
}

const replaceAll: Overload = ternary([isString, isString, isString], (text, from, to) => replace([text, from, to], -1n))
const replaceSome: Overload = ([text, from, to, limit, ...rest]) =>
  isString(text) && isString(from) && isString(to) && isInt(limit) && rest.length === 0
    ? replace([text, from, to], limit)
    : undefined

/** Unicode's white space, which Go's TrimSpace removes. */
const space =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/gu

function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function upper(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
}

const matches: readonly Overload[] = [binary([isString, isString], (text, pattern) => regex(pattern).test(text))]

/** Methods of texts. */
export const strings: Library = {
  contains: [binary([isString, isString], (text, part) => text.includes(part))],
  startsWith: [binary([isString, isString], (text, part) => text.startsWith(part))],
  endsWith: [binary([isString, isString], (text, part) => text.endsWith(part))],
  matches,
  find: [binary([isString, isString], (text, pattern) => regex(pattern).findAll(text, 1)[0] ?? '')],
  findAll: [
    binary([isString, isString], (text, pattern) => regex(pattern).findAll(text, text.length + 1)),
    ternary([isString, isString, isInt], (text, pattern, limit) =>
      regex(pattern).findAll(text, limit < 0n ? text.length + 1 : Number(limit)),
    ),
  ],
  charAt: [
    binary([isString, isInt], (text, at) => {
      const points = Array.from(text)
      return points[position(at, points.length, '')] ?? ''
    }),
  ],
  indexOf: [
    binary([isString, isString], (text, part) => indexOf(text, part, 0n)),
    ternary([isString, isString, isInt], indexOf),
  ],
  lastIndexOf: [
    binary([isString, isString], (text, part) => lastIndexOf(text, part)),
    ternary([isString, isString, isInt], lastIndexOf),
  ],
  substring: [
    binary([isString, isInt], (text, from) => substring(text, from)),
    ternary([isString, isInt, isInt], substring),
  ],
  split: [
    binary([isString, isString], (text, by) => split(text, by, -1n)),
    ternary([isString, isString, isInt], split),
  ],
  replace: [replaceAll, replaceSome],
  trim: [unary(isString, (text) => text.replaceAll(space, ''))],
  lowerAscii: [unary(isString, lower)],
  upperAscii: [unary(isString, upper)],
  reverse: [
    unary(isString, (text) => Array.from(text).toReversed().join('')),
    unary(listArg, (list) => list.toReversed()),
  ],
  join: [unary(stringList, (list) => list.join('')), binary([stringList, isString], (list, by) => list.join(by))],
  format: [binary([isString, listArg], formatText)],
}

const quoted: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** Functions on texts that are no methods. */
export const stringFunctions: Library = {
  matches,
  'strings.quote': [
    unary(
      isString,
      (text) =>
        `"${Array.from(text)
          .map((each) => quoted[each] ?? each)
          .join('')}"`,
    ),
  ],
}
