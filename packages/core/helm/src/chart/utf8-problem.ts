import { textToBytes } from '@kedge/gotemplate'

/** What libyaml says of the first bytes of a text that are no UTF-8; undefined when all are. */
export function utf8Problem(text: string): string | undefined {
  if (text.isWellFormed()) return undefined
  const bytes = textToBytes(text)
  for (let at = 0; at < bytes.length;) {
    const width = widthOf(bytes[at] ?? 0)
    if (width === 0) return 'invalid leading UTF-8 octet'
    if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence'
    const rest = bytes.subarray(at + 1, at + width)
    if (rest.some((byte) => byte >> 6 !== 0b10)) return 'invalid trailing UTF-8 octet'
    const code = rest.reduce((value, byte) => value * 64 + (byte & 0x3f), firstBits(bytes[at] ?? 0, width))
    if (code < (smallest[width] ?? 0)) return 'invalid length of a UTF-8 sequence'
    if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return 'invalid Unicode character'
    at += width
  }
  return undefined
}

/** The smallest code point that needs as many bytes. */
const smallest: Readonly<Record<number, number>> = { 2: 0x80, 3: 0x800, 4: 0x10000 }

function widthOf(first: number): number {
  if (first < 0x80) return 1
  if (first >> 5 === 0b110) return 2
  if (first >> 4 === 0b1110) return 3
  return first >> 3 === 0b11110 ? 4 : 0
}

function firstBits(first: number, width: number): number {
  return width === 1 ? first : first & (0x7f >> width)
}
