import { BLANK, BREAK, GAP, type Cursor } from './cursor.ts'
import { foldBreaks } from './scan-plain.ts'
import { scannerError } from './scanner-error.ts'

const simpleEscapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}

const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** Reads a quoted scalar with its quotes; the cursor stands on the opening one. */
export function scanQuoted(cursor: Cursor, single: boolean): string {
  const quote = single ? 39 : 34
  const startLine = cursor.line
  cursor.pos++
  const whole = readWhole(cursor, single)
  if (whole !== undefined) return whole
  let value = ''
  for (;;) {
    if (cursor.atDocumentMark()) throw scannerError('found unexpected document indicator', startLine, cursor.line)
    if (cursor.pos >= cursor.text.length - 1) {
      throw scannerError('found unexpected end of stream', startLine, cursor.line)
    }
    const word = readWord(cursor, { single, startLine })
    value += word.text
    if (cursor.peek() === quote) break
    value += readGap(cursor, word.brokeLine)
  }
  cursor.pos++
  return value
}

/** The usual case: the closing quote is on the same line and nothing is escaped. */
function readWhole(cursor: Cursor, single: boolean): string | undefined {
  const { text, pos } = cursor
  const quote = single ? 39 : 34
  let at = pos
  for (;;) {
    const c = text.charCodeAt(at)
    if (c === quote) break
    if (c === 10 || c === 13 || c === 92 || c === 0 || c === 0x85 || c === 0x2028 || c === 0x2029) return undefined
    at++
  }
  if (single && text.charCodeAt(at + 1) === 39) return undefined
  cursor.pos = at + 1
  return text.slice(pos, at)
}

interface Word {
  readonly text: string
  /** Whether it ended with an escaped line break. */
  readonly brokeLine: boolean
}

function readWord(cursor: Cursor, context: { single: boolean; startLine: number }): Word {
  const quote = context.single ? 39 : 34
  let text = ''
  while (!cursor.is(GAP)) {
    const c = cursor.peek()
    if (c === quote) {
      if (!context.single || cursor.peek(1) !== 39) return { text, brokeLine: false }
      text += "'"
      cursor.pos += 2
    } else if (c === 92 && !context.single) {
      if (cursor.is(BREAK, 1)) {
        cursor.pos++
        cursor.readBreak()
        return { text, brokeLine: true }
      }
      text += readEscape(cursor, context.startLine)
    } else {
      text += cursor.text[cursor.pos]
      cursor.pos++
    }
  }
  return { text, brokeLine: false }
}

function readEscape(cursor: Cursor, startLine: number): string {
  const letter = cursor.text[cursor.pos + 1] ?? ''
  const simple = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined
  if (simple !== undefined) {
    cursor.pos += 2
    return simple
  }
  const length = Object.hasOwn(hexLengths, letter) ? hexLengths[letter] : undefined
  if (length === undefined) throw scannerError('found unknown escape character', startLine, cursor.line)
  const digits = cursor.text.slice(cursor.pos + 2, cursor.pos + 2 + length)
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) {
    throw scannerError('did not find expected hexdecimal number', startLine, cursor.line)
  }
  const code = Number.parseInt(digits, 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw scannerError('found invalid Unicode character escape code', startLine, cursor.line)
  }
  cursor.pos += 2 + length
  return String.fromCodePoint(code)
}

/** Consumes blanks and breaks between two words and returns what stands for them. */
function readGap(cursor: Cursor, afterEscapedBreak: boolean): string {
  let blanks = ''
  let first = ''
  let more = ''
  let crossed = afterEscapedBreak
  while (cursor.is(BLANK | BREAK)) {
    if (cursor.is(BLANK)) {
      if (!crossed) blanks += cursor.text[cursor.pos]
      cursor.pos++
    } else if (crossed) {
      more += cursor.readBreak()
    } else {
      first = cursor.readBreak()
      crossed = true
    }
  }
  if (!crossed) return blanks
  return first === '' ? more : foldBreaks(first, more)
}
