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
  const parts: Uint8Array[] = []
  let size = 0
  for (const { path, file } of walkTree(tree, hostSha256)) {
    const content = file?.bytes() ?? new Uint8Array()
    const mode = file === undefined ? modes.directory : file.executable ? modes.executable : modes.file
    const name = file === undefined ? `${path}/` : path
    const head = header({ name, mode, size: content.length, type: file === undefined ? '5' : '0' })
    parts.push(...head, content, padding(content.length))
    size += content.length + 2 * block
    if (size > maxTarBytes) throw gitError('LimitExceeded', 'the artifact is larger than 1 GiB', 'ignore large files')
  }
  parts.push(new Uint8Array(2 * block))
  const bytes = await promisify(gzip)(Buffer.concat(parts), { level: 6 })
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

/** The header of an entry, with an extended one before it when the name needs it. */
function header(entry: TarEntry): readonly Uint8Array[] {
  const name = Buffer.from(entry.name)
  if (name.length <= 100 && name.length === entry.name.length) return [ustar(entry, name, '')]
  const split = name.length === entry.name.length ? splitName(entry.name) : undefined
  if (split !== undefined) return [ustar(entry, Buffer.from(split.rest), split.prefix)]
  const record = paxRecord('path', entry.name)
  const extended = ustar({ name: '', mode: 0, size: record.length, type: 'x' }, Buffer.from('PaxHeader'), '')
  return [extended, record, padding(record.length), ustar(entry, name.subarray(0, 100), '')]
}

/** Cuts a long name at a slash into a prefix of at most 155 bytes and a rest of at most 100. */
function splitName(name: string): { prefix: string; rest: string } | undefined {
  const at = name.indexOf('/', name.length - 101)
  if (at <= 0 || at > 155 || at === name.length - 1) return undefined
  return { prefix: name.slice(0, at), rest: name.slice(at + 1) }
}

function ustar(entry: TarEntry, name: Uint8Array, prefix: string): Uint8Array {
  const bytes = Buffer.alloc(block)
  bytes.set(name.subarray(0, 100), 0)
  bytes.write(octal(entry.mode, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(entry.size, 11), 124)
  bytes.write(octal(0, 11), 136)
  bytes.write('        ', 148)
  bytes.write(entry.type, 156)
  bytes.write('ustar\u000000', 257)
  bytes.write(octal(0, 7), 329)
  bytes.write(octal(0, 7), 337)
  bytes.write(prefix, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${octal(sum, 6)}\u0000 `, 148)
  return bytes
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

function padding(size: number): Uint8Array {
  return new Uint8Array((block - (size % block)) % block)
}
