import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { FailureError } from '@kedge/base'
import { type FileContent, type FileTree, treeFromFiles } from '@kedge/tree'
import { hostSha256 } from '../git/snapshot.ts'

/** Bytes and entries that an archive may unpack to. */
export interface UnpackLimits {
  readonly maxBytes?: number
  readonly maxEntries?: number
}

const block = 512
const defaultMaxBytes = 256 * 1024 * 1024
const defaultMaxEntries = 100_000
const maxName = 4096

/**
 * The files of a gzipped tar archive; links and devices are left out. Throws a FailureError `ArchiveInvalid` on what is
 * no such archive, is larger than the limits, or has a name that leaves it.
 */
export async function unpackArchive(bytes: Uint8Array, limits: UnpackLimits = {}): Promise<FileTree> {
  const { maxBytes = defaultMaxBytes, maxEntries = defaultMaxEntries } = limits
  const tar = await inflate(bytes, maxBytes)
  const files = new Map<string, FileContent>()
  for (const entry of tarEntries(tar)) {
    const path = safePath(entry.name)
    if (path === '') continue
    if (entry.isDirectory) files.set(path, files.get(path) ?? { directory: true })
    else files.set(path, { content: entry.bytes, executable: entry.isExecutable })
    if (files.size > maxEntries) throw invalid(`it has more than ${maxEntries} entries`)
  }
  try {
    return treeFromFiles(files, { sha256: hostSha256 })
  } catch (error) {
    if (error instanceof FailureError) throw invalid(error.failure.message)
    throw error
  }
}

async function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw invalid(isLarge ? `it unpacks to more than ${maxBytes} bytes` : 'it is no gzipped archive')
  }
}

interface Entry {
  readonly name: string
  readonly bytes: Uint8Array
  readonly isDirectory: boolean
  readonly isExecutable: boolean
}

interface Header {
  readonly type: string
  readonly name: string
  readonly mode: number
  readonly size: number
}

/** Files and directories, with the long names of both pax and GNU. */
function* tarEntries(tar: Uint8Array): Generator<Entry> {
  let longName: string | undefined
  for (const { header, bytes } of tarBlocks(tar)) {
    const { type } = header
    if (type === 'x') longName = paxPath(bytes) ?? longName
    else if (type === 'L') longName = textField(bytes, 0, bytes.length)
    else if (type !== 'g' && type !== 'K') {
      const name = longName ?? header.name
      longName = undefined
      const kind = kindOf(type, name)
      if (kind !== undefined)
        yield { name, bytes, isDirectory: kind === 'directory', isExecutable: (header.mode & 0o111) !== 0 }
    }
  }
}

function* tarBlocks(tar: Uint8Array): Generator<{ readonly header: Header; readonly bytes: Uint8Array }> {
  let at = 0
  while (at + block <= tar.length) {
    const raw = tar.subarray(at, at + block)
    if (raw.every((byte) => byte === 0)) return
    const header = readHeader(raw)
    const start = at + block
    if (start + header.size > tar.length) throw invalid('it ends in the middle of a file')
    yield { header, bytes: tar.subarray(start, start + header.size) }
    at = start + Math.ceil(header.size / block) * block
  }
}

function kindOf(type: string, name: string): 'file' | 'directory' | undefined {
  if (type === '5') return 'directory'
  if (!['0', '\0', '7'].includes(type)) return undefined
  return name.endsWith('/') ? 'directory' : 'file'
}

function readHeader(raw: Uint8Array): Header {
  checkSum(raw)
  return {
    type: String.fromCharCode(raw[156] ?? 0),
    name: headerName(raw),
    mode: numberField(raw, 100, 8),
    size: numberField(raw, 124, 12),
  }
}

/** The path below the root; empty for the root itself. */
function safePath(name: string): string {
  if (name.length > maxName) throw invalid(`it has a name of more than ${maxName} characters`)
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0'))
    throw invalid(`the name ${JSON.stringify(name.slice(0, 200))} leaves the archive`)
  return parts.join('/')
}

function checkSum(header: Uint8Array): void {
  let sum = 8 * 0x20
  for (let at = 0; at < block; at += 1) if (at < 148 || at >= 156) sum += header[at] ?? 0
  if (sum !== numberField(header, 148, 8)) throw invalid('a header of it is damaged')
}

function headerName(header: Uint8Array): string {
  const name = textField(header, 0, 100)
  const isPosix = textField(header, 257, 6) === 'ustar'
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
    if (text !== '' && !/^[0-7]+$/.test(text)) throw invalid('a header of it is damaged')
    return text === '' ? 0 : Number.parseInt(text, 8)
  }
  let value = (bytes[from] ?? 0) & 0x7f
  for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (bytes[at] ?? 0)
  if (!Number.isSafeInteger(value)) throw invalid('a header of it is damaged')
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

function invalid(why: string): FailureError {
  return new FailureError({ code: 'ArchiveInvalid', message: `the archive cannot be used: ${why}` })
}
