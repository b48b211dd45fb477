import { isEscape } from '../value/bytes.ts'

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** A text in double quotes as Go's strconv.Quote writes it; `ascii` escapes everything outside ASCII too. */
export function quoteGo(text: string, options: { readonly ascii?: boolean; readonly quote?: '"' | "'" } = {}): string {
  const quote = options.quote ?? '"'
  let quoted = quote
  for (const rune of text) quoted += quoteRune(rune, quote, options.ascii === true)
  return quoted + quote
}

function quoteRune(rune: string, quote: string, ascii: boolean): string {
  if (rune === quote) return `\\${quote}`
  const short = named[rune]
  if (short !== undefined) return short
  const code = rune.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x7f || (!ascii && isPrintable(rune))) return rune
  if (isEscape(code)) return `\\x${(code & 0xff).toString(16)}`
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(rune: string): boolean {
  return rune === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(rune)
}
