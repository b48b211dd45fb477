import { JsonPathSyntaxError } from './nodes.ts'

const letters: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }

/** A quoted text's content, with Go's escapes; single quotes may hold more than one character, unlike in Go. */
export function unquote(quoted: string): string {
  const quote = quoted.charAt(0)
  const text = quoted.slice(1, -1)
  if (quoted.length < 2 || !quoted.endsWith(quote)) throw invalid(quoted)
  if (!text.includes('\\') && !text.includes(quote)) return text
  const bytes: number[] = []
  for (let at = 0; at < text.length;) {
    const escape = escapeAt(text, at, quote)
    if (escape === undefined) throw invalid(quoted)
    bytes.push(...escape.bytes)
    at = escape.end
  }
  return Buffer.from(bytes).toString('utf8')
}

interface Unescaped {
  readonly bytes: Iterable<number>
  readonly end: number
}

function escapeAt(text: string, at: number, quote: string): Unescaped | undefined {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (char === quote) return undefined
  if (char !== '\\') return { bytes: Buffer.from(char), end: at + char.length }
  const letter = text.charAt(at + 1)
  const plain = letter === quote ? quote.charCodeAt(0) : letters[letter]
  if (plain !== undefined) return { bytes: [plain], end: at + 2 }
  return numberedAt(text, at + 1)
}

/** `x41`, `u0041`, `U00000041` and `101`. */
function numberedAt(text: string, at: number): Unescaped | undefined {
  const rest = text.slice(at, at + 9)
  const [octal] = /^[0-7]{3}/.exec(rest) ?? []
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8)
    return byte > 255 ? undefined : { bytes: [byte], end: at + 3 }
  }
  const [whole, hex = ''] =
    /^x([0-9A-Fa-f]{2})/.exec(rest) ?? /^u([0-9A-Fa-f]{4})/.exec(rest) ?? /^U([0-9A-Fa-f]{8})/.exec(rest) ?? []
  if (whole === undefined) return undefined
  const code = Number.parseInt(hex, 16)
  if (whole.startsWith('x')) return { bytes: [code], end: at + whole.length }
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
  return { bytes: Buffer.from(String.fromCodePoint(code)), end: at + whole.length }
}

function invalid(quoted: string): JsonPathSyntaxError {
  return new JsonPathSyntaxError(`unquote string ${quoted} error invalid syntax`)
}
