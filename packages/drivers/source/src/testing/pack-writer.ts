import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** One entry of a pack to write, honest or not. */
export interface PackPart {
  /** 1 commit, 2 tree, 3 blob, 4 tag, 6 offset delta, 7 id delta. */
  readonly type: number
  readonly content: Uint8Array
  /** For type 6: how far back the base begins. */
  readonly distance?: number
  /** For type 7. */
  readonly baseId?: string
  /** States another size than the true one. */
  readonly size?: number
  /** Replaces the deflated content. */
  readonly deflated?: Uint8Array
}

/** Bytes of one entry. */
export function packPart(part: PackPart): Buffer {
  const head: number[] = []
  let size = part.size ?? part.content.length
  let byte = (part.type << 4) | (size & 15)
  size = Math.floor(size / 16)
  while (size > 0) {
    head.push(byte | 0x80)
    byte = size & 0x7f
    size = Math.floor(size / 128)
  }
  head.push(byte)
  const base = part.distance === undefined ? Buffer.from(part.baseId ?? '', 'hex') : encodeDistance(part.distance)
  return Buffer.concat([Buffer.from(head), base, part.deflated ?? deflateSync(part.content)])
}

/** A pack with its header and a fitting trailer. */
export function writePack(parts: readonly PackPart[], count: number = parts.length): Buffer {
  const body = Buffer.concat([packHeader(count), ...parts.map((part) => packPart(part))])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

/** The twelve bytes with which a pack begins. */
export function packHeader(count: number): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(count, 8)
  return header
}

/** A delta that copies the whole base and then inserts a text. */
export function appendDelta(baseSize: number, text: string): Buffer {
  const insert = Buffer.from(text)
  const copy =
    baseSize === 0 ? [] : [0x80 | 0x10 | 0x20 | 0x40, baseSize & 255, (baseSize >> 8) & 255, (baseSize >> 16) & 255]
  return Buffer.concat([
    deltaSize(baseSize),
    deltaSize(baseSize + insert.length),
    Buffer.from(copy),
    ...(insert.length === 0 ? [] : [Buffer.from([insert.length]), insert]),
  ])
}

/** A size as a delta states it. */
export function deltaSize(size: number): Buffer {
  const bytes: number[] = []
  let rest = size
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

/** The bytes in pieces, as a network would bring them. */
export async function* inPieces(bytes: Uint8Array, size: number = bytes.length): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function encodeDistance(distance: number): Buffer {
  const bytes = [distance & 0x7f]
  let rest = Math.floor(distance / 128)
  while (rest > 0) {
    rest -= 1
    bytes.unshift((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from(bytes)
}
