/**
 * Go's strings are bytes. Here a byte that is no part of UTF-8 is kept as a lone surrogate, U+DC80 to U+DCFF, so that
 * binary data survives on its way through templates, as from `.Files.Get` to `b64enc`.
 */

const firstEscape = 0xdc00
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Bytes as a text; what is not UTF-8 is escaped. */
export function bytesToText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return decodeEscaped(bytes)
  }
}

function decodeEscaped(bytes: Uint8Array): string {
  const parts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    parts.push(
      length === 0
        ? String.fromCharCode(firstEscape + (bytes[at] ?? 0))
        : strict.decode(bytes.subarray(at, at + length)),
    )
    at += Math.max(length, 1)
  }
  return parts.join('')
}

/** Bytes of the well-formed sequences that begin at a place, ASCII taken together; 0 when the byte there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) {
    let end = at
    while (end < bytes.length && (bytes[end] ?? 0) < 0x80) end += 1
    return end - at
  }
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (length === 0 || at + length > bytes.length) return 0
  try {
    strict.decode(bytes.subarray(at, at + length))
    return length
  } catch {
    return 0
  }
}

/** A text as bytes; escapes become the bytes they stand for, any other lone surrogate U+FFFD. */
export function textToBytes(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text)
  const out: number[] = []
  for (const rune of text) {
    const code = rune.codePointAt(0) ?? 0
    if (isEscape(code)) out.push(code - firstEscape)
    else for (const byte of encoder.encode(rune)) out.push(byte)
  }
  return Uint8Array.from(out)
}

/** Whether a code unit stands for a byte. */
export function isEscape(code: number): boolean {
  return code >= firstEscape + 0x80 && code <= firstEscape + 0xff
}
