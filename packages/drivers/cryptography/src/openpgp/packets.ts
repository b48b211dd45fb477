import { FunctionError } from '@kedge/gotemplate'

/** A packet of OpenPGP (RFC 9580, 4.2): what it is, and its body. */
export interface Packet {
  readonly tag: number
  readonly body: Buffer
}

/** Most packets that are read of one file. */
const maxPackets = 100_000

/** The packets of a binary stream. Throws FunctionError when it is cut off or no packet. */
export function readPackets(bytes: Buffer): readonly Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length && packets.length < maxPackets;) {
    const first = byteAt(bytes, at)
    if ((first & 0x80) === 0) throw new FunctionError('openpgp: invalid data: tag byte does not have MSB set')
    const head = (first & 0x40) === 0 ? oldHead(bytes, at) : newHead(bytes, at)
    const end = head.start + head.length
    if (end > bytes.length) throw new FunctionError('openpgp: invalid data: unexpected EOF')
    packets.push({ tag: head.tag, body: bytes.subarray(head.start, end) })
    at = end
  }
  return packets
}

interface Head {
  readonly tag: number
  readonly start: number
  readonly length: number
}

function oldHead(bytes: Buffer, at: number): Head {
  const first = byteAt(bytes, at)
  const tag = (first & 0x3c) >> 2
  const kind = first & 3
  if (kind === 3) return { tag, start: at + 1, length: bytes.length - at - 1 }
  const size = 1 << kind
  if (at + 1 + size > bytes.length) throw new FunctionError('openpgp: invalid data: unexpected EOF')
  return { tag, start: at + 1 + size, length: bytes.readUIntBE(at + 1, size) }
}

function newHead(bytes: Buffer, at: number): Head {
  const { length, size } = readLength(bytes, at + 1)
  return { tag: byteAt(bytes, at) & 0x3f, start: at + 1 + size, length }
}

/** A length as new packets and subpackets have it, and how many bytes it takes. */
export function readLength(bytes: Buffer, at: number): { readonly length: number; readonly size: number } {
  const first = byteAt(bytes, at)
  if (first < 192) return { length: first, size: 1 }
  if (first < 224) return { length: ((first - 192) << 8) + byteAt(bytes, at + 1) + 192, size: 2 }
  if (first !== 255) throw new FunctionError('openpgp: unsupported feature: partial lengths')
  if (at + 5 > bytes.length) throw new FunctionError('openpgp: invalid data: unexpected EOF')
  return { length: bytes.readUInt32BE(at + 1), size: 5 }
}

/** A number of any length: a count of bits and its bytes. */
export function readMpi(bytes: Buffer, at: number): { readonly value: Buffer; readonly end: number } {
  if (at + 2 > bytes.length) throw new FunctionError('openpgp: invalid data: unexpected EOF')
  const end = at + 2 + Math.ceil(bytes.readUInt16BE(at) / 8)
  if (end > bytes.length) throw new FunctionError('openpgp: invalid data: unexpected EOF')
  return { value: bytes.subarray(at + 2, end), end }
}

export function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new FunctionError('openpgp: invalid data: unexpected EOF')
  return byte
}

/** The bodies of all armored blocks of a text; the check sums behind them are not needed. */
export function readArmor(text: string, kind: RegExp): readonly Buffer[] {
  const blocks = text.matchAll(/^-----BEGIN ([A-Z ]+)-----\r?\n((?:.+\r?\n)*)\s*\n([\s\S]*?)^-----END \1-----/gm)
  return [...blocks].flatMap(([, name = '', , body = '']) => {
    if (!kind.test(name)) return []
    const base64 = body.replaceAll('\r', '').replace(/^=[A-Za-z0-9+/]{4}\s*$/m, '')
    return [Buffer.from(base64, 'base64')]
  })
}
