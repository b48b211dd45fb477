import { crc32 } from 'node:zlib'
import type { JournalRecord } from './storage.ts'
import { freezeDeep, StoredObject } from './stored-object.ts'

/** length and CRC-32 of what follows, both 32 bits, big end first */
const headBytes = 8

/** Longest record that is believed; a longer one is a torn or foreign file. */
const recordLimit = 64 * 1024 * 1024

/** A record as it stands in a file: length, checksum, then JSON. */
export function encodeRecord(record: JournalRecord): readonly Buffer[] {
  const { revision, resource, key, stored } = record
  const place = Buffer.from(JSON.stringify({ rv: revision, r: resource, k: key }))
  const object = stored?.bytes()
  const parts = object === undefined ? [place] : [place.subarray(0, -1), objectField, object, end]
  let length = 0
  let checksum = 0
  for (const part of parts) {
    length += part.length
    checksum = crc32(part, checksum)
  }
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(length, 0)
  head.writeUInt32BE(checksum, 4)
  return [head, ...parts]
}

const objectField = Buffer.from(',"o":')
const end = Buffer.from('}')

/** The whole records at the beginning of a file, and how many bytes they take. */
export function decodeRecords(bytes: Buffer): { readonly records: readonly JournalRecord[]; readonly length: number } {
  const records: JournalRecord[] = []
  let at = 0
  while (at + headBytes <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const from = at + headBytes
    if (length > recordLimit || from + length > bytes.length) break
    const body = bytes.subarray(from, from + length)
    if (crc32(body) !== bytes.readUInt32BE(at + 4)) break
    records.push(toRecord(body))
    at = from + length
  }
  return { records, length: at }
}

function toRecord(body: Buffer): JournalRecord {
  const { rv, r, k, o } = JSON.parse(body.toString('utf8')) as {
    readonly rv: number
    readonly r: string
    readonly k: string
    readonly o?: Record<string, unknown>
  }
  const stored = o === undefined ? undefined : new StoredObject(k, rv, freezeDeep(o))
  return { revision: rv, resource: r, key: k, stored }
}
