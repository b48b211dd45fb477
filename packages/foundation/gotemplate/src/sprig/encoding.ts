import type { GoFunction } from '../value/go-value.ts'
import { decode, encode } from './strings.ts'
import type { SprigHost } from './host.ts'
import { fixed, text } from './signature.ts'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** sprig's encodings and digests. */
export function encodingFunctions(host: SprigHost): Readonly<Record<string, GoFunction>> {
  const digest = (algorithm: 'sha1' | 'sha256' | 'sha512') =>
    fixed(['string'], (s) => host.digest(algorithm, text(s).isWellFormed() ? text(s) : encode(text(s))))
  return {
    b64enc: fixed(['string'], (s) => btoa(latin(encode(text(s))))),
    b64dec: fixed(['string'], (s) => decodeBase64(text(s))),
    b32enc: fixed(['string'], (s) => encodeBase32(encode(text(s)))),
    b32dec: fixed(['string'], (s) => decodeBase32(text(s))),
    sha1sum: digest('sha1'),
    sha256sum: digest('sha256'),
    sha512sum: digest('sha512'),
    adler32sum: fixed(['string'], (s) => String(adler32(encode(text(s))))),
  }
}

function latin(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** Malformed input gives Go's error text in place of the value. */
function decodeBase64(value: string): string {
  const bytes = encode(value)
  const at = base64Error(bytes)
  if (at !== undefined) return `illegal base64 data at input byte ${at}`
  return decode(Uint8Array.from(atob(value.replaceAll(/[\r\n]/g, '')), (char) => char.charCodeAt(0)))
}

/** Where encoding/base64 stops at malformed input; line ends are passed over. */
function base64Error(bytes: Uint8Array): number | undefined {
  let inGroup = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const char = String.fromCharCode(bytes[at] ?? 0)
    if (char === '\n' || char === '\r') continue
    if (char === '=') return paddingError(bytes, { at, inGroup })
    if (!/[A-Za-z0-9+/]/.test(char)) return at
    inGroup = (inGroup + 1) % 4
  }
  return inGroup === 0 ? undefined : bytes.length - inGroup
}

/** As base64Error, from the first `=` on. */
function paddingError(
  bytes: Uint8Array,
  { at, inGroup }: { readonly at: number; readonly inGroup: number },
): number | undefined {
  const next = (from: number): number => {
    let to = from
    while (bytes[to] === 10 || bytes[to] === 13) to += 1
    return to
  }
  if (inGroup < 2) return at
  let end = next(at + 1)
  if (inGroup === 2) {
    if (end >= bytes.length) return bytes.length
    if (bytes[end] !== 61) return end - 1
    end = next(end + 1)
  }
  return end < bytes.length ? end : undefined
}

function encodeBase32(bytes: Uint8Array): string {
  let out = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      out += base32.charAt((value >>> (bits - 5)) & 31)
      bits -= 5
    }
  }
  if (bits > 0) out += base32.charAt((value << (5 - bits)) & 31)
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=')
}

/** Malformed input gives Go's error text in place of the value. */
function decodeBase32(value: string): string {
  const bytes = encode(value).filter((byte) => byte !== 10 && byte !== 13)
  const at = base32Error(bytes)
  if (at !== undefined) return `illegal base32 data at input byte ${at}`
  const decoded: number[] = []
  let bits = 0
  let buffer = 0
  for (const byte of bytes) {
    if (byte === padding) break
    buffer = ((buffer << 5) | base32.indexOf(String.fromCharCode(byte))) & 0xfff
    bits += 5
    if (bits < 8) continue
    decoded.push((buffer >>> (bits - 8)) & 0xff)
    bits -= 8
  }
  return decode(Uint8Array.from(decoded))
}

const padding = 61

/** Where encoding/base32 stops at malformed input. */
function base32Error(bytes: Uint8Array): number | undefined {
  for (let group = 0; group < bytes.length; group += 8) {
    for (let index = 0; index < 8; index += 1) {
      const at = group + index
      if (at >= bytes.length) return group
      const byte = bytes[at] ?? 0
      // What follows the padding's first character is fewer than eight.
      if (byte === padding && index >= 2 && bytes.length - at - 1 < 8) return base32PaddingError(bytes, at, index)
      if (!base32.includes(String.fromCharCode(byte))) return at
    }
  }
  return undefined
}

/** As base32Error, from the first `=` on, which is so far into its group. */
function base32PaddingError(bytes: Uint8Array, at: number, index: number): number | undefined {
  const behind = bytes.length - at - 1
  if (behind + index < 7) return bytes.length
  for (let next = 0; next < 7 - index; next += 1)
    if (next < behind && bytes[at + 1 + next] !== padding) return at + next
  return [1, 3, 6].includes(index) ? at : undefined
}

function adler32(bytes: Uint8Array): number {
  let a = 1
  let b = 0
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}
