import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type FileTree, walkTree } from '@kedge/tree'
import { gitError } from '../git/git-failure.ts'
import { hostSha256 } from '../git/snapshot.ts'

/** A tree as a gzipped tar archive: the same tree gives the same bytes, whenever and wherever it is packed. */
export interface ArtifactArchive {
  readonly bytes: Uint8Array
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string
  readonly size: number
}

/** Modes as Flux writes them, whatever the source's are. */
const modes = { directory: 0o750, file: 0o600, executable: 0o700 }
const block = 512
const maxTarBytes = 1024 * 1024 * 1024

/** Packs directories and regular files, links left out, with owners, names and times zero. */
export async function packArtifact(tree: FileTree): Promise<ArtifactArchive> {
  const entries: (TarEntry & { readonly content: Uint8Array })[] = []
  let size = 2 * block
  for (const { path, file } of walkTree(tree, hostSha256)) {
    const content = file?.bytes() ?? new Uint8Array()
    const mode = file === undefined ? modes.directory : file.executable ? modes.executable : modes.file
    const name = file === undefined ? `${path}/` : path
    const entry = { name, mode, size: content.length, type: file === undefined ? '5' : '0' } as const
    entries.push({ ...entry, content })
    size += headerSize(entry) + padded(content.length)
    if (size > maxTarBytes) throw gitError('LimitExceeded', 'the artifact is larger than 1 GiB', 'ignore large files')
  }
  // One block of memory for all: thousands of small ones cost more than the packing.
  const tar = new TarBuffer(size)
  for (const entry of entries) {
    writeHeader(tar, entry)
    tar.content(entry.content)
  }
  const bytes = await promisify(gzip)(tar.bytes, { level: 6 })
  // The operating system is named in the tenth byte; 255 says unknown.
  bytes[9] = 255
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length }
}

interface TarEntry {
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly type: '0' | '5' | 'x'
}

/** Where the name of an entry goes: its fields, or an extended header before it. */
function placeName(name: string): { readonly rest: string; readonly prefix: string; readonly record?: Buffer } {
  const isPlain = Buffer.byteLength(name) === name.length
  if (isPlain && name.length <= 100) return { rest: name, prefix: '' }
  const split = isPlain ? splitName(name) : undefined
  if (split !== undefined) return split
  return { rest: Buffer.from(name).toString('latin1', 0, 100), prefix: '', record: paxRecord('path', name) }
}

function headerSize({ name }: TarEntry): number {
  const { record } = placeName(name)
  return record === undefined ? block : 2 * block + padded(record.length)
}

function writeHeader(tar: TarBuffer, entry: TarEntry): void {
  const { rest, prefix, record } = placeName(entry.name)
  if (record !== undefined) {
    tar.header({ name: 'PaxHeader', mode: 0, size: record.length, type: 'x' }, '')
    tar.content(record)
  }
  tar.header({ ...entry, name: rest }, prefix)
}

/** Cuts a long name at a slash into a prefix of at most 155 bytes and a rest of at most 100. */
function splitName(name: string): { prefix: string; rest: string } | undefined {
  const at = name.indexOf('/', name.length - 101)
  if (at <= 0 || at > 155 || at === name.length - 1) return undefined
  return { prefix: name.slice(0, at), rest: name.slice(at + 1) }
}

/** A tar archive being written into memory of the right size. */
class TarBuffer {
  readonly bytes: Buffer
  #at = 0

  constructor(size: number) {
    this.bytes = Buffer.alloc(size)
  }

  /** A header of the ustar format; name and prefix are bytes, each as one character. */
  header({ name, mode, size, type }: TarEntry, prefix: string): void {
    const { bytes } = this
    const at = this.#at
    bytes.write(name, at, 100, 'latin1')
    bytes.write(octal(mode, 7), at + 100)
    bytes.write(octal(0, 7), at + 108)
    bytes.write(octal(0, 7), at + 116)
    bytes.write(octal(size, 11), at + 124)
    bytes.write(octal(0, 11), at + 136)
    bytes.write('        ', at + 148)
    bytes.write(type, at + 156)
    bytes.write('ustar\u000000', at + 257)
    bytes.write(octal(0, 7), at + 329)
    bytes.write(octal(0, 7), at + 337)
    bytes.write(prefix, at + 345)
    let sum = 0
    for (let index = at; index < at + block; index += 1) sum += bytes[index] ?? 0
    bytes.write(`${octal(sum, 6)}\u0000 `, at + 148)
    this.#at += block
  }

  /** The content of an entry, up to a whole number of blocks. */
  content(content: Uint8Array): void {
    this.bytes.set(content, this.#at)
    this.#at += padded(content.length)
  }
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** A record states its own length, digits included. */
function paxRecord(key: string, value: string): Buffer {
  const body = Buffer.from(` ${key}=${value}\n`)
  let length = body.length + 1
  while (String(length).length + body.length !== length) length = String(length).length + body.length
  return Buffer.concat([Buffer.from(String(length)), body])
}

function padded(size: number): number {
  return Math.ceil(size / block) * block
}
