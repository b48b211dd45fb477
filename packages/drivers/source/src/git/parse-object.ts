import { entryNameProblem } from '@kedge/tree'
import { objectInvalid } from './git-failure.ts'
import type { ObjectFormat } from './object-format.ts'

/** Who made a commit or tag, and when. */
export interface Signature {
  readonly name: string
  readonly email: string
  /** Seconds since the epoch. */
  readonly time: number
  /** Offset from UTC as written, such as `+0200`. */
  readonly zone: string
}

/** A commit as parsed. `raw` is the object byte for byte, for whoever verifies its signature. */
export interface Commit {
  readonly oid: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Signature
  readonly committer: Signature
  readonly message: string
  readonly raw: Uint8Array
}

/** An annotated tag as parsed. `raw` is the object byte for byte. */
export interface Tag {
  readonly oid: string
  readonly object: string
  readonly type: string
  readonly name: string
  readonly tagger?: Signature
  readonly message: string
  readonly raw: Uint8Array
}

/** One entry of a tree object. */
export interface RawTreeEntry {
  readonly name: string
  readonly mode: 'file' | 'executable' | 'link' | 'directory' | 'submodule'
  readonly id: string
}

/** Parses a commit: `tree`, `parent`s, `author` and `committer` in this order and once each, or it is refused. */
export function parseCommit(oid: string, raw: Uint8Array): Commit {
  const { headers, message } = splitHeaders(raw, `commit ${oid}`)
  const where = `commit ${oid}`
  const tree = headers[0]
  if (tree?.key !== 'tree') throw objectInvalid(`${where} does not begin with its tree`)
  const parents: string[] = []
  let at = 1
  for (; headers[at]?.key === 'parent'; at += 1) parents.push(checkId(headers[at]?.value, oid, where))
  const author = headers[at]
  const committer = headers[at + 1]
  if (author?.key !== 'author' || committer?.key !== 'committer') {
    throw objectInvalid(`${where} does not name author and committer in their places`)
  }
  if (headers.slice(at + 2).some(({ key }) => ['tree', 'parent', 'author', 'committer'].includes(key))) {
    throw objectInvalid(`${where} repeats a header`)
  }
  return {
    oid,
    tree: checkId(tree.value, oid, where),
    parents,
    author: parseSignature(author.value, where),
    committer: parseSignature(committer.value, where),
    message,
    raw,
  }
}

/** Parses an annotated tag: `object`, `type`, `tag` and then an optional `tagger`, or it is refused. */
export function parseTag(oid: string, raw: Uint8Array): Tag {
  const where = `tag ${oid}`
  const { headers, message } = splitHeaders(raw, where)
  const [object, type, name, tagger] = headers
  if (object?.key !== 'object' || type?.key !== 'type' || name?.key !== 'tag') {
    throw objectInvalid(`${where} does not name object, type and tag in their places`)
  }
  const tag = { oid, object: checkId(object.value, oid, where), type: type.value, name: name.value, message, raw }
  return tagger?.key === 'tagger' ? { ...tag, tagger: parseSignature(tagger.value, where) } : tag
}

/** Parses a tree object strictly: known modes, allowed names, Git's order, no name twice. */
export function parseTree(oid: string, raw: Uint8Array, format: ObjectFormat): readonly RawTreeEntry[] {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const entries: RawTreeEntry[] = []
  let previous: Buffer | undefined
  for (let at = 0; at < buffer.length;) {
    const space = buffer.indexOf(0x20, at)
    const end = buffer.indexOf(0, space)
    const next = end + 1 + format.size
    if (space < at || space > at + 6 || end < space || next > buffer.length) {
      throw objectInvalid(`tree ${oid} is cut off or malformed`)
    }
    const mode = modeOf(buffer.toString('latin1', at, space))
    const name = decodeName(buffer.subarray(space + 1, end), oid)
    if (mode === undefined) throw objectInvalid(`tree ${oid} gives ${JSON.stringify(name)} an unknown mode`)
    const key = sortKey(buffer.subarray(space + 1, end), mode)
    if (previous !== undefined && Buffer.compare(previous, key) >= 0) {
      throw objectInvalid(`tree ${oid} is not in order at ${JSON.stringify(name)}`)
    }
    previous = key
    entries.push({ name, mode, id: buffer.toString('hex', end + 1, next) })
    at = next
  }
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) {
    throw objectInvalid(`tree ${oid} names an entry twice`)
  }
  return entries
}

function modeOf(text: string): RawTreeEntry['mode'] | undefined {
  switch (text) {
    case '100644':
    case '100664': // written by early Git; still found in old histories
      return 'file'
    case '100755':
      return 'executable'
    case '120000':
      return 'link'
    case '40000':
      return 'directory'
    case '160000':
      return 'submodule'
    default:
      return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeName(bytes: Uint8Array, oid: string): string {
  let name: string
  try {
    name = utf8.decode(bytes)
  } catch {
    throw objectInvalid(`tree ${oid} holds a name that is not UTF-8`)
  }
  const problem = entryNameProblem(name)
  if (problem !== undefined) throw objectInvalid(`tree ${oid} holds the name ${JSON.stringify(name)}, which ${problem}`)
  return name
}

/** Git compares names as bytes, a directory's as if it ended in a slash. */
function sortKey(name: Uint8Array, mode: RawTreeEntry['mode']): Buffer {
  return mode === 'directory' ? Buffer.concat([name, slash]) : Buffer.from(name)
}

const slash = Buffer.from('/')

interface Header {
  readonly key: string
  readonly value: string
}

function splitHeaders(raw: Uint8Array, where: string): { headers: readonly Header[]; message: string } {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const blank = buffer.indexOf('\n\n')
  const end = blank < 0 ? buffer.length : blank + 1
  const head = buffer.toString('utf8', 0, end)
  if (head.includes('\0') || !head.endsWith('\n')) throw objectInvalid(`${where} has malformed headers`)
  const headers: Header[] = []
  for (const line of head.slice(0, -1).split('\n')) {
    // A line that begins with a space continues the header before it (signatures, merged tags).
    if (line.startsWith(' ') && headers.length > 0) continue
    const space = line.indexOf(' ')
    if (space <= 0) throw objectInvalid(`${where} has a malformed header`)
    headers.push({ key: line.slice(0, space), value: line.slice(space + 1) })
  }
  return { headers, message: blank < 0 ? '' : buffer.toString('utf8', blank + 2) }
}

function parseSignature(text: string, where: string): Signature {
  const found = /^(.*?) ?<([^<>]*)> (\d{1,16}) ([+-]\d{4,})$/s.exec(text)
  const [, name, email, time, zone] = found ?? []
  if (name === undefined || email === undefined || time === undefined || zone === undefined) {
    throw objectInvalid(`${where} has a malformed author, committer or tagger`)
  }
  return { name, email, time: Number(time), zone }
}

function checkId(value: string | undefined, like: string, where: string): string {
  if (value === undefined || value.length !== like.length || !/^[0-9a-f]+$/.test(value)) {
    throw objectInvalid(`${where} names a malformed object id`)
  }
  return value
}
