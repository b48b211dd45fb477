import { packInvalid } from './git-failure.ts'
import type { ObjectFormat, ObjectType } from './object-format.ts'

/** The head of one object in a pack: what it is, how long its inflated data is, and where the data begins. */
export interface PackEntryHeader {
  readonly type: ObjectType | 'offset-delta' | 'id-delta'
  readonly size: number
  /** Distance to the base of an offset delta. */
  readonly distance?: number
  /** Id of the base of an id delta. */
  readonly baseId?: string
  readonly dataStart: number
}

/** Longest head of an entry: 10 bytes of size, then 10 of distance or 32 of id. */
export const maxEntryHeader = 42

const types = new Map<number, PackEntryHeader['type']>([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
  [6, 'offset-delta'],
  [7, 'id-delta'],
])

/** Reads the head of the entry at an offset; undefined when the bytes end inside it. */
export function readPackEntryHeader(bytes: Buffer, offset: number, format: ObjectFormat): PackEntryHeader | undefined {
  const first = bytes[offset]
  if (first === undefined) return undefined
  const type = types.get((first >> 4) & 7)
  if (type === undefined) throw packInvalid('it holds an object of unknown type')
  let size = first & 15
  let scale = 16
  let at = offset + 1
  for (let more = first & 0x80; more !== 0; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    if (scale > 2 ** 46) throw packInvalid('it states an impossible size')
    size += (byte & 0x7f) * scale
    scale *= 128
    more = byte & 0x80
  }
  if (type === 'offset-delta') return readDistance(bytes, at, { type, size })
  if (type !== 'id-delta') return { type, size, dataStart: at }
  if (at + format.size > bytes.length) return undefined
  return { type, size, baseId: bytes.toString('hex', at, at + format.size), dataStart: at + format.size }
}

function readDistance(
  bytes: Buffer,
  from: number,
  head: { type: 'offset-delta'; size: number },
): PackEntryHeader | undefined {
  let at = from
  let byte = bytes[at]
  if (byte === undefined) return undefined
  let distance = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    at += 1
    byte = bytes[at]
    if (byte === undefined) return undefined
    if (at - from > 6) throw packInvalid('it states an impossible distance')
    distance = (distance + 1) * 128 + (byte & 0x7f)
  }
  return { ...head, distance, dataStart: at + 1 }
}
