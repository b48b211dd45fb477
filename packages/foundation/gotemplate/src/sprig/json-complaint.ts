import { quoteGo } from '../parse/quote.ts'
import { textToBytes } from '../value/bytes.ts'

/** A place in a JSON text: reads a construct, and gives where it ends or throws the complaint. */
class Complaint extends Error {}

const atEnd = ' '

/** What encoding/json says of a text that is no single JSON value; undefined when it is one. */
export function findJsonComplaint(text: string): string | undefined {
  try {
    const end = blanks(text, value(text, blanks(text, 0)))
    if (end < text.length) complain(text, end, 'after top-level value')
    return undefined
  } catch (error) {
    if (error instanceof Complaint) return error.message
    throw error
  }
}

/** Where the JSON value that begins at a place ends, or encoding/json's complaint about it. */
export function jsonValueEnd(text: string, start: number): number | string {
  try {
    return value(text, start)
  } catch (error) {
    if (error instanceof Complaint) return error.message
    throw error
  }
}

/** As findJsonComplaint, for a text that is known to be no JSON value. */
export function jsonComplaint(text: string): string {
  return findJsonComplaint(text) ?? 'unexpected end of JSON input'
}

/** Ends the reading at a character, or at the end of the text. */
function complain(text: string, at: number, where: string): never {
  if (at >= text.length) throw new Complaint('unexpected end of JSON input')
  return refuse(text, at, where)
}

/** As complain, in a word or a number: there the blank that Go goes on with at the end is a wrong character too. */
function refuse(text: string, at: number, where: string): never {
  throw new Complaint(
    `invalid character ${quoted(at < text.length ? String.fromCodePoint(text.codePointAt(at) ?? 0) : atEnd)} ${where}`,
  )
}

function quoted(char: string): string {
  if (char === "'") return String.raw`'\''`
  if (char === '"') return `'"'`
  return `'${quoteGo(String.fromCharCode(textToBytes(char)[0] ?? 0)).slice(1, -1)}'`
}

function blanks(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1
  return at
}

function value(text: string, at: number): number {
  const char = text.charAt(at)
  switch (char) {
    case '{':
      return object(text, at + 1)
    case '[':
      return list(text, at + 1)
    case '"':
      return string(text, at + 1)
    case 't':
      return word(text, at, 'true')
    case 'f':
      return word(text, at, 'false')
    case 'n':
      return word(text, at, 'null')
    default:
      return /[-0-9]/.test(char) ? number(text, at) : complain(text, at, 'looking for beginning of value')
  }
}

function word(text: string, start: number, wanted: string): number {
  for (let index = 1; index < wanted.length; index += 1)
    if (text.charAt(start + index) !== wanted.charAt(index))
      refuse(text, start + index, `in literal ${wanted} (expecting '${wanted.charAt(index)}')`)
  return start + wanted.length
}

function digits(text: string, from: number): number {
  let at = from
  while (/[0-9]/.test(text.charAt(at))) at += 1
  return at
}

function number(text: string, start: number): number {
  let at = text.charAt(start) === '-' ? start + 1 : start
  if (text.charAt(at) === '0') at += 1
  else if (/[1-9]/.test(text.charAt(at))) at = digits(text, at)
  else refuse(text, at, 'in numeric literal')
  if (text.charAt(at) === '.') {
    const end = digits(text, at + 1)
    if (end === at + 1) refuse(text, end, 'after decimal point in numeric literal')
    at = end
  }
  if (!/[eE]/.test(text.charAt(at))) return at
  at += /[+-]/.test(text.charAt(at + 1)) ? 2 : 1
  const end = digits(text, at)
  return end === at ? refuse(text, at, 'in exponent of numeric literal') : end
}

function string(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') return at + 1
    if (char < ' ') refuse(text, at, 'in string literal')
    if (char === '\\') at = escape(text, at + 1)
  }
  return complain(text, text.length, 'in string literal')
}

/** Where the last character of an escape is. */
function escape(text: string, at: number): number {
  const char = text.charAt(at)
  if (char !== '' && 'bfnrt\\/"'.includes(char)) return at
  if (char !== 'u') complain(text, at, 'in string escape code')
  for (let index = 1; index <= 4; index += 1)
    if (!/[0-9a-fA-F]/.test(text.charAt(at + index)))
      refuse(text, at + index, String.raw`in \u hexadecimal character escape`)
  return at + 4
}

function list(text: string, start: number): number {
  let at = blanks(text, start)
  if (text.charAt(at) === ']') return at + 1
  for (;;) {
    at = blanks(text, value(text, at))
    const char = text.charAt(at)
    if (char === ']') return at + 1
    if (char !== ',') complain(text, at, 'after array element')
    at = blanks(text, at + 1)
  }
}

function object(text: string, start: number): number {
  let at = blanks(text, start)
  if (text.charAt(at) === '}') return at + 1
  for (;;) {
    if (text.charAt(at) !== '"') complain(text, at, 'looking for beginning of object key string')
    at = blanks(text, string(text, at + 1))
    if (text.charAt(at) !== ':') complain(text, at, 'after object key')
    at = blanks(text, value(text, blanks(text, at + 1)))
    const char = text.charAt(at)
    if (char === '}') return at + 1
    if (char !== ',') complain(text, at, 'after object key:value pair')
    at = blanks(text, at + 1)
  }
}
