import { bytesToText } from '../value/bytes.ts'

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/**
 * The text of a Go string literal in double quotes, or undefined when it is malformed. Bytes written as \x or octal
 * are joined as UTF-8; those that are no UTF-8 become U+FFFD.
 */
export function unquoteString(literal: string): string | undefined {
  if (literal.length < 2 || !literal.startsWith('"') || !literal.endsWith('"')) return undefined
  const body = literal.slice(1, -1)
  if (body.includes('\n')) return undefined
  if (!body.includes('\\')) return body.includes('"') ? undefined : body
  const pieces = unquotedPieces(body, '"')
  return pieces === undefined ? undefined : joinBytes(pieces)
}

/** What stands between quotes as texts and, where it is written as \x or octal, single bytes; undefined when malformed. */
export function unquotedPieces(body: string, quote: string): readonly (string | number)[] | undefined {
  const pieces: (string | number)[] = []
  for (let at = 0; at < body.length;) {
    const piece = readPiece(body, at, quote)
    if (piece === undefined) return undefined
    pieces.push(piece.value)
    at = piece.end
  }
  return pieces
}

/** The code point of a Go character literal in single quotes, or what Go says of a malformed one. */
export function unquoteChar(literal: string): number | string {
  const body = literal.slice(1)
  const piece = body.startsWith('\n') ? undefined : readPiece(body, 0, "'")
  if (piece === undefined) return 'invalid syntax'
  if (body.slice(piece.end) !== "'") return `malformed character constant: ${literal}`
  return typeof piece.value === 'number' ? piece.value : (piece.value.codePointAt(0) ?? 0)
}

/** A number is a single byte, a text is a code point. */
function readPiece(body: string, at: number, quote: string): { value: string | number; end: number } | undefined {
  const char = body.charAt(at)
  if (char === '' || char === quote) return undefined
  if (char !== '\\') {
    const rune = String.fromCodePoint(body.codePointAt(at) ?? 0)
    return { value: rune, end: at + rune.length }
  }
  const next = body.charAt(at + 1)
  const simple = escapes[next] ?? (next === quote ? quote : undefined)
  if (simple !== undefined) return { value: simple, end: at + 2 }
  const octal = /^[0-7]{3}/.exec(body.slice(at + 1))?.[0]
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8)
    return value > 255 ? undefined : { value, end: at + 4 }
  }
  return readHexadecimal(body, at, next)
}

function readHexadecimal(body: string, at: number, next: string): { value: string | number; end: number } | undefined {
  const length = { x: 2, u: 4, U: 8 }[next]
  if (length === undefined) return undefined
  const hex = body.slice(at + 2, at + 2 + length)
  if (hex.length !== length || !/^[0-9a-fA-F]+$/.test(hex)) return undefined
  const value = Number.parseInt(hex, 16)
  if (next === 'x') return { value, end: at + 4 }
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined
  return { value: String.fromCodePoint(value), end: at + 2 + length }
}

function joinBytes(pieces: readonly (string | number)[]): string {
  if (pieces.every((piece) => typeof piece === 'string' || piece < 0x80))
    return pieces.map((piece) => (typeof piece === 'string' ? piece : String.fromCharCode(piece))).join('')
  const encoder = new TextEncoder()
  const bytes = pieces.flatMap((piece) => (typeof piece === 'number' ? [piece] : [...encoder.encode(piece)]))
  return bytesToText(Uint8Array.from(bytes))
}
