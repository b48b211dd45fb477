import type { GoFunction } from '../value/go-value.ts'
import { decode, encode } from './strings.ts'
import type { SprigHost } from './host.ts'
import { fixed, text } from './signature.ts'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** sprig's encodings and digests. */
export function encodingFunctions(host: SprigHost): Readonly<Record<string, GoFunction>> {
  const digest = (algorithm: 'sha1' | 'sha256' | 'sha512') =>
    fixed(['string'], (s) => hex(host.digest(algorithm, encode(text(s)))))
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

export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += hexPairs[byte]
  return out
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

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

function decodeBase32(value: string): string {
  const bare = value.replaceAll(/[\r\n]/g, '').replace(/=+$/, '')
  const bytes: number[] = []
  let bits = 0
  let buffer = 0
  for (const [at, char] of Array.from(bare).entries()) {
    const index = base32.indexOf(char)
    if (index < 0) return `illegal base32 data at input byte ${at}`
    buffer = ((buffer << 5) | index) & 0xfff
    bits += 5
    if (bits >= 8) {
      bytes.push((buffer >>> (bits - 8)) & 0xff)
      bits -= 8
    }
  }
  return decode(Uint8Array.from(bytes))
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
