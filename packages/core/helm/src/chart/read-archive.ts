import { chartError } from './chart-error.ts'
import type { ChartFile } from './chart.ts'

/** Unpacks gzip; throws when the result would be longer than the limit. */
export type Gunzip = (bytes: Uint8Array, limit: number) => Uint8Array

/** Bytes that one file of a chart may have. */
export const maxFileSize: number = 5 * 1024 * 1024
/** Bytes that all files of an archive may have together, unpacked. */
export const maxChartSize: number = 100 * 1024 * 1024
const maxFiles = 100_000
const block = 512

/** The files of a packed chart, named from below its one top folder. Throws FailureError on what Helm refuses. */
export function readChartArchive(bytes: Uint8Array, gunzip: Gunzip): readonly ChartFile[] {
  // A block for every header, beside the contents.
  const unpacked = gunzip(bytes, maxChartSize + 2 * block * maxFiles)
  const files: ChartFile[] = []
  let remaining = maxChartSize
  for (const entry of tarEntries(unpacked)) {
    const name = innerName(entry.name)
    if (entry.size > remaining) throw chartError(`decompressed chart is larger than the maximum size ${maxChartSize}`)
    if (entry.size > maxFileSize)
      throw chartError(`decompressed chart file "${entry.name}" is larger than the maximum file size ${maxFileSize}`)
    remaining -= entry.size
    files.push({ name, bytes: entry.bytes })
    if (files.length > maxFiles) throw chartError(`chart archive has more than ${maxFiles} files`)
  }
  if (files.length === 0) throw chartError('no files in chart archive')
  return files
}

/** The name below the archive's top folder. */
function innerName(full: string): string {
  const delimiter = full.includes('\\') ? '\\' : '/'
  const parts = full.split(delimiter)
  const inner = parts.slice(1).join('/')
  if (inner.startsWith('/')) throw chartError('chart illegally contains absolute paths')
  const name = cleanPath(inner)
  if (name === '.') throw chartError(`chart illegally contains content outside the base directory: "${full}"`)
  if (name.startsWith('..')) throw chartError('chart illegally references parent directory')
  if (/^[a-zA-Z]:\//.test(name)) throw chartError('chart contains illegally named files')
  if (parts[0] === 'Chart.yaml') throw chartError('chart yaml not in base directory')
  return name
}

function cleanPath(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop()
    else out.push(part)
  }
  return out.length === 0 ? '.' : out.join('/')
}

interface TarEntry {
  readonly name: string
  readonly size: number
  readonly bytes: Uint8Array
}

/** Regular files of a tar, with long names of both GNU and pax. */
function* tarEntries(tar: Uint8Array): Generator<TarEntry> {
  let at = 0
  let longName: string | undefined
  while (at + block <= tar.length) {
    const header = tar.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) return
    const size = numberField(header, 124, 12)
    const start = at + block
    if (size < 0 || start + size > tar.length) throw chartError('unexpected EOF')
    const bytes = tar.subarray(start, start + size)
    at = start + Math.ceil(size / block) * block
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'x') longName = paxPath(bytes) ?? longName
    else if (type === 'L') longName = textField(bytes, 0, bytes.length)
    else if (type === 'g' || type === 'K') continue
    else {
      const name = longName ?? headerName(header)
      longName = undefined
      if (type !== '5' && !name.endsWith('/')) yield { name, size, bytes }
    }
  }
}

function headerName(header: Uint8Array): string {
  const name = textField(header, 0, 100)
  const isPosix = textField(header, 257, 6).startsWith('ustar') && header[262] !== 0x20
  const prefix = isPosix ? textField(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function textField(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
}

/** Octal text, or base 256 when the first bit is set. */
function numberField(bytes: Uint8Array, from: number, length: number): number {
  if (((bytes[from] ?? 0) & 0x80) === 0) {
    const text = textField(bytes, from, length).trim()
    const value = text === '' ? 0 : Number.parseInt(text, 8)
    if (Number.isNaN(value)) throw chartError('archive/tar: invalid tar header')
    return value
  }
  let value = (bytes[from] ?? 0) & 0x7f
  for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (bytes[at] ?? 0)
  return value
}

/** The `path` record of a pax header. */
function paxPath(bytes: Uint8Array): string | undefined {
  let at = 0
  let path: string | undefined
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at)
    const length = blank < 0 ? 0 : Number(textField(bytes, at, blank - at))
    if (!Number.isInteger(length) || length <= blank - at) return path
    const record = new TextDecoder().decode(bytes.subarray(blank + 1, at + length - 1))
    if (record.startsWith('path=')) path = record.slice('path='.length)
    at += length
  }
  return path
}
