import { SyntaxFault, type Literal } from './ast.ts'

/** A word, sign or literal of the source. */
export type Token =
  | { readonly kind: 'end'; readonly at: number; readonly text: string }
  | { readonly kind: 'sign'; readonly at: number; readonly text: string }
  | { readonly kind: 'name'; readonly at: number; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'literal'; readonly at: number; readonly text: string; readonly literal: Literal }

const whitespace = /(?:[\t\n\f\r ]|\/\/[^\n]*)*/y
const name = /[_a-zA-Z][_a-zA-Z0-9]*/y
const quotedName = /`([a-zA-Z0-9_.\-/ ]+)`/y
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?/y
const sign = /&&|\|\||==|!=|<=|>=|[<>!?:+\-*/%()[\]{},.]/y
const opening = /([rRbB]{0,2})("""|'''|"|')/y

/** Cuts an expression into tokens, the last one being `end`. Throws SyntaxFault. */
export function tokenize(source: string): readonly Token[] {
  const out: Token[] = []
  let at = matchAt(whitespace, source, 0)?.[0].length ?? 0
  while (at < source.length) {
    const token = stringAt(source, at) ?? wordAt(source, at)
    if (token === undefined) throw new SyntaxFault(`token recognition error at: '${source[at] ?? ''}'`, at)
    out.push(token.token)
    at = token.end
    at += matchAt(whitespace, source, at)?.[0].length ?? 0
  }
  out.push({ kind: 'end', at, text: '<EOF>' })
  return out
}

interface Found {
  readonly token: Token
  readonly end: number
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

function wordAt(source: string, at: number): Found | undefined {
  const digits = matchAt(number, source, at)
  if (digits !== null) {
    const [text] = digits
    return { token: { kind: 'literal', at, text, literal: numberLiteral(text, at) }, end: at + text.length }
  }
  const word = matchAt(name, source, at)
  if (word !== null) return { token: { kind: 'name', at, text: word[0], quoted: false }, end: at + word[0].length }
  const quoted = matchAt(quotedName, source, at)
  if (quoted !== null) {
    return { token: { kind: 'name', at, text: quoted[1] ?? '', quoted: true }, end: at + quoted[0].length }
  }
  const mark = matchAt(sign, source, at)
  return mark === null ? undefined : { token: { kind: 'sign', at, text: mark[0] }, end: at + mark[0].length }
}

function numberLiteral(text: string, at: number): Literal {
  const isUnsigned = /[uU]$/.test(text)
  const digits = isUnsigned ? text.slice(0, -1) : text
  const isHex = /^0[xX]/.test(digits)
  if (!isHex && /[.eE]/.test(digits)) {
    if (isUnsigned) throw new SyntaxFault('invalid uint literal', at)
    return { type: 'double', value: Number(digits) }
  }
  const value = BigInt(digits)
  if (isUnsigned) {
    if (value > 0xffff_ffff_ffff_ffffn) throw new SyntaxFault('invalid uint literal', at)
    return { type: 'uint', value }
  }
  // 2^63 is only valid below a minus sign; the parser checks.
  if (value > 0x8000_0000_0000_0000n) throw new SyntaxFault('invalid int literal', at)
  return { type: 'int', value }
}

function stringAt(source: string, at: number): Found | undefined {
  const start = matchAt(opening, source, at)
  if (start === null) return undefined
  const [whole, prefix = '', quote = ''] = start
  const isRaw = /r/i.test(prefix)
  const isBytes = /b/i.test(prefix)
  const end = closingQuote({ source, from: at + whole.length, quote, isRaw })
  if (end === undefined) throw new SyntaxFault('unterminated string', at)
  const body = source.slice(at + whole.length, end).replaceAll(/\r\n?/g, '\n')
  const text = source.slice(at, end + quote.length)
  const literal: Literal = isBytes
    ? { type: 'bytes', value: unescapeBytes(body, isRaw, at) }
    : { type: 'string', value: isRaw ? body : unescapeText(body, at) }
  return { token: { kind: 'literal', at, text, literal }, end: end + quote.length }
}

function closingQuote(of: {
  readonly source: string
  readonly from: number
  readonly quote: string
  readonly isRaw: boolean
}): number | undefined {
  for (let at = of.from; at < of.source.length; at += 1) {
    if (of.source.startsWith(of.quote, at)) return at
    if (of.source[at] === '\\' && !of.isRaw) at += 1
    else if (of.source[at] === '\n' && of.quote.length === 1) return undefined
  }
  return undefined
}

const escape = /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y
const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** The pieces of an escaped text: plain stretches and code points, the latter with whether a byte was meant. */
function* pieces(body: string, at: number): Generator<string | { readonly code: number; readonly isByte: boolean }> {
  let from = 0
  while (from < body.length) {
    const slash = body.indexOf('\\', from)
    if (slash !== from) yield body.slice(from, slash === -1 ? body.length : slash)
    if (slash === -1) return
    const found = matchAt(escape, body, slash)
    if (found === null) throw new SyntaxFault('invalid escape sequence', at)
    const [whole, letter, hex, short, long, octal] = found
    if (letter !== undefined) yield { code: simple[letter] ?? letter.charCodeAt(0), isByte: false }
    else if (hex !== undefined) yield { code: Number.parseInt(hex, 16), isByte: true }
    else if (octal !== undefined) yield { code: Number.parseInt(octal, 8), isByte: true }
    else yield { code: Number.parseInt(short ?? long ?? '', 16), isByte: false }
    from = slash + whole.length
  }
}

function unescapeText(body: string, at: number): string {
  let out = ''
  for (const piece of pieces(body, at)) {
    if (typeof piece === 'string') out += piece
    else if (piece.code > 0x10_ffff || (piece.code >= 0xd800 && piece.code <= 0xdfff)) {
      throw new SyntaxFault('invalid unicode code point', at)
    } else out += String.fromCodePoint(piece.code)
  }
  return out
}

function unescapeBytes(body: string, isRaw: boolean, at: number): Uint8Array {
  const encoder = new TextEncoder()
  if (isRaw) return encoder.encode(body)
  const out: number[] = []
  for (const piece of pieces(body, at)) {
    if (typeof piece === 'string') out.push(...encoder.encode(piece))
    else if (piece.isByte) out.push(piece.code)
    else out.push(...encoder.encode(String.fromCodePoint(piece.code)))
  }
  return Uint8Array.from(out)
}
