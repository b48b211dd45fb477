import { bytesToText, textToBytes } from '../value/bytes.ts'
import { FunctionError } from '../exec/function-error.ts'
import { quoteGo } from '../parse/quote.ts'
import type { GoFunction, GoValue } from '../value/go-value.ts'
import { toText } from './convert.ts'
import { fixed, number, rest, text } from './signature.ts'
import { connectedWords, pascalCase, simpleLower, simpleUpper } from './word-cases.ts'

/** sprig's functions on texts. Lengths and positions are bytes of UTF-8, as in Go. */
export const stringFunctions: Readonly<Record<string, GoFunction>> = {
  trim: fixed(['string'], (s) => trimSpace(text(s))),
  upper: fixed(['string'], (s) => mapRunes(text(s), (rune) => simpleUpper(rune))),
  lower: fixed(['string'], (s) => mapRunes(text(s), (rune) => simpleLower(rune))),
  title: fixed(['string'], (s) => title(text(s))),
  untitle: fixed(['string'], (s) => untitle(text(s))),
  trunc: fixed(['int', 'string'], (c, s) => trunc(number(c), text(s))),
  substr: fixed(['int', 'int', 'string'], (start, end, s) => substring(number(start), number(end), text(s))),
  repeat: fixed(['int', 'string'], (count, s) => repeat(number(count), text(s))),
  trimAll: fixed(['string', 'string'], (cut, s) => trimCut(text(s), text(cut))),
  trimall: fixed(['string', 'string'], (cut, s) => trimCut(text(s), text(cut))),
  trimSuffix: fixed(['string', 'string'], (end, s) =>
    text(end) !== '' && text(s).endsWith(text(end)) ? text(s).slice(0, -text(end).length) : s,
  ),
  trimPrefix: fixed(['string', 'string'], (start, s) =>
    text(s).startsWith(text(start)) ? text(s).slice(text(start).length) : s,
  ),
  nospace: fixed(['string'], (s) => noSpace(text(s))),
  initials: fixed(['string'], (s) => initials(text(s))),
  swapcase: fixed(['string'], (s) => swapCase(text(s))),
  snakecase: fixed(['string'], (s) => connectedWords(text(s), '_')),
  kebabcase: fixed(['string'], (s) => connectedWords(text(s), '-')),
  camelcase: fixed(['string'], (s) => pascalCase(text(s))),
  wrap: fixed(['int', 'string'], (width, s) =>
    wrap(text(s), { width: number(width), separator: '\n', breakWords: false }),
  ),
  wrapWith: fixed(['int', 'string', 'string'], (width, separator, s) =>
    wrap(text(s), { width: number(width), separator: text(separator), breakWords: true }),
  ),
  contains: fixed(['string', 'string'], (part, s) => text(s).includes(text(part))),
  hasPrefix: fixed(['string', 'string'], (part, s) => text(s).startsWith(text(part))),
  hasSuffix: fixed(['string', 'string'], (part, s) => text(s).endsWith(text(part))),
  quote: rest(['any'], (...args) =>
    args
      .filter(isSomething)
      .map((arg) => quoteGo(toText(arg)))
      .join(' '),
  ),
  squote: rest(['any'], (...args) =>
    args
      .filter(isSomething)
      .map((arg) => `'${toText(arg)}'`)
      .join(' '),
  ),
  cat: rest(['any'], (...args) => args.filter(isSomething).map(toText).join(' ')),
  indent: fixed(['int', 'string'], (spaces, s) => indent(number(spaces), text(s))),
  nindent: fixed(['int', 'string'], (spaces, s) => `\n${indent(number(spaces), text(s))}`),
  replace: fixed(['string', 'string', 'string'], (from, to, s) => replaceAll(text(s), text(from), text(to))),
  plural: fixed(['string', 'string', 'int'], (one, many, count) => (number(count) === 1 ? one : many)),
  toString: fixed(['any'], (value) => toText(value)),
  abbrev: fixed(['int', 'string'], (width, s) => abbreviate(text(s), { offset: 0, width: number(width) })),
  abbrevboth: fixed(['int', 'int', 'string'], (left, right, s) => abbreviateBoth(text(s), number(left), number(right))),
  regexQuoteMeta: fixed(['string'], (s) => text(s).replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)),
}

function isSomething(value: GoValue): boolean {
  return value !== null && value !== undefined
}

export function trimSpace(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start += 1
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

/** Go's unicode.IsSpace, which is all in the first plane. */
function isBlank(unit: number): boolean {
  return unit < 128 ? unit === 32 || (unit >= 9 && unit <= 13) : blanks.has(unit)
}

const blanks: ReadonlySet<number> = new Set(
  Array.from(
    '\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
    (rune) => rune.charCodeAt(0),
  ),
)

/** Go's strings.Map, which makes U+FFFD of bytes that are no UTF-8. */
function mapRunes(value: string, map: (rune: string) => string): string {
  return Array.from(value.toWellFormed(), map).join('')
}

function isLetterOrDigit(rune: string): boolean {
  return /[\p{L}\p{Nd}_]/u.test(rune)
}

/** strings.Title: the first letter of each word; a word begins after what is no letter, digit, underscore or apostrophe-free separator. */
function title(value: string): string {
  let before = ' '
  return mapRunes(value, (rune) => {
    const starts = isTitleSeparator(before)
    before = rune
    return starts ? simpleUpper(rune) : rune
  })
}

function isTitleSeparator(rune: string): boolean {
  const code = rune.codePointAt(0) ?? 0
  if (code <= 0x7f) return !/[A-Za-z0-9_]/.test(rune)
  if (isLetterOrDigit(rune)) return false
  return /\s/u.test(rune)
}

/** goutils.Uncapitalize: the first letter after white space. */
function untitle(value: string): string {
  let starts = true
  return mapRunes(value, (rune) => {
    const wasStart = starts
    starts = /\s/u.test(rune)
    return wasStart ? simpleLower(rune) : rune
  })
}

/** Cuts from the front when `count` is positive, from the back when negative. */
function trunc(count: number, value: string): string {
  const bytes = encode(value)
  if (count < 0 && bytes.length + count > 0) return decode(bytes.subarray(bytes.length + count))
  if (count >= 0 && bytes.length > count) return decode(bytes.subarray(0, count))
  return value
}

function substring(start: number, end: number, value: string): string {
  const bytes = encode(value)
  if (start < 0) return slice(bytes, 0, end)
  if (end < 0 || end > bytes.length) return slice(bytes, start, bytes.length)
  return slice(bytes, start, end)
}

/** Go's slice of a text's bytes; out of bounds it panics. */
function slice(bytes: Uint8Array, start: number, end: number): string {
  const where =
    end > bytes.length
      ? `[:${end}] with length ${bytes.length}`
      : end < 0
        ? `[:${end}]`
        : end < start
          ? `[${start}:${end}]`
          : undefined
  if (where !== undefined) throw new FunctionError(`runtime error: slice bounds out of range ${where}`)
  return decode(bytes.subarray(start, end))
}

const longestRepeat = 64 * 1024 * 1024

function repeat(count: number, value: string): string {
  if (count < 0) throw new FunctionError('strings: negative Repeat count')
  if (count * value.length > longestRepeat) throw new FunctionError('strings: Repeat output length overflow')
  return value.repeat(count)
}

function trimCut(value: string, cut: string): string {
  const set = new Set(Array.from(cut))
  const runes = Array.from(value)
  let start = 0
  let end = runes.length
  while (start < end && set.has(runes[start] ?? '')) start += 1
  while (end > start && set.has(runes[end - 1] ?? '')) end -= 1
  return runes.slice(start, end).join('')
}

/** goutils takes every byte for a code point. */
function bytesAsRunes(value: string): string {
  return Array.from(textToBytes(value), (byte) => String.fromCharCode(byte)).join('')
}

/** goutils takes bytes for runes, but leaves a text without blanks as it is. */
function noSpace(value: string): string {
  const runes = bytesAsRunes(value)
  const bare = runes.replaceAll(/[\t-\r \u0085\u00a0]/g, '')
  return bare.length === runes.length ? value : bare
}

function initials(value: string): string {
  return bytesAsRunes(value)
    .split(/[\t-\r \u0085\u00a0]+/)
    .map((word) => word.charAt(0))
    .join('')
}

function swapCase(value: string): string {
  let whitespace = true
  return mapRunes(value, (rune) => {
    const isUpper = /\p{Lu}/u.test(rune)
    const isTitle = /\p{Lt}/u.test(rune)
    let swapped = rune
    if (isUpper || isTitle) swapped = simpleLower(rune)
    else if (/\p{Ll}/u.test(rune)) swapped = whitespace ? simpleUpper(rune) : simpleUpper(rune)
    whitespace = /\s/u.test(rune)
    return swapped
  })
}

/** Go's strings.ReplaceAll; an empty `from` matches between all code points. */
function replaceAll(value: string, from: string, to: string): string {
  if (from !== '') return value.split(from).join(to)
  return to + mapRunes(value, (rune) => rune + to)
}

function indent(spaces: number, value: string): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count')
  const pad = ' '.repeat(Math.min(spaces, 10_000))
  return pad + value.replaceAll('\n', `\n${pad}`)
}

// ── wrapping and shortening (goutils) ──

function wrap(
  value: string,
  how: { readonly width: number; readonly separator: string; readonly breakWords: boolean },
): string {
  const width = Math.max(how.width, 1)
  const separator = bytesAsRunes(how.separator === '' ? '\n' : how.separator)
  const bytes = bytesAsRunes(value)
  let out = ''
  let offset = 0
  while (bytes.length - offset > width) {
    if (bytes.charAt(offset) === ' ') {
      offset += 1
      continue
    }
    const space = bytes.lastIndexOf(' ', offset + width)
    if (space >= offset) {
      out += bytes.slice(offset, space) + separator
      offset = space + 1
    } else if (how.breakWords) {
      out += bytes.slice(offset, offset + width) + separator
      offset += width
    } else {
      const next = bytes.indexOf(' ', offset + width)
      const end = next < 0 ? bytes.length : next
      out += bytes.slice(offset, end) + (next < 0 ? '' : separator)
      offset = next < 0 ? bytes.length : end + 1
    }
  }
  return fromLatin(out + bytes.slice(offset))
}

function fromLatin(bytes: string): string {
  return decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
}

function abbreviate(value: string, how: { readonly offset: number; readonly width: number }): string {
  const { width } = how
  if (width < 4) return value
  const bytes = encode(value)
  if (bytes.length <= width) return value
  return abbreviateFull(bytes, how.offset, width)
}

function abbreviateBoth(value: string, left: number, right: number): string {
  if (right < 4 || (left > 0 && right < 7)) return value
  const bytes = encode(value)
  if (bytes.length <= right) return value
  return abbreviateFull(bytes, left, right)
}

/** goutils.AbbreviateFull. */
function abbreviateFull(bytes: Uint8Array, left: number, width: number): string {
  let offset = Math.min(left, bytes.length)
  if (bytes.length - offset < width - 3) offset = bytes.length - (width - 3)
  if (offset <= 4) return `${decode(bytes.subarray(0, width - 3))}...`
  if (offset + width - 3 < bytes.length)
    return `...${abbreviate(decode(bytes.subarray(offset)), { offset: 0, width: width - 3 })}`
  return `...${decode(bytes.subarray(bytes.length - (width - 3)))}`
}

export function encode(value: string): Uint8Array<ArrayBuffer> {
  return textToBytes(value)
}

export function decode(bytes: Uint8Array): string {
  return bytesToText(bytes)
}
