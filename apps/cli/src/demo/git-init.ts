import { createHash } from 'node:crypto'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { deflateSync } from 'node:zlib'

/** Who a commit is by; the time is in seconds since the epoch, UTC. */
export interface Signature {
  readonly name: string
  readonly email: string
  readonly seconds: number
}

/** What the first commit of a new repository holds. Paths are relative and use `/`. */
export interface InitialCommit {
  readonly folder: string
  readonly branch: string
  readonly files: Readonly<Record<string, string>>
  readonly message: string
  readonly author: Signature
}

/**
 * Makes a Git repository with a work tree and one commit, as `git init && git add -A && git commit` would leave it:
 * loose objects, index, branch, so that the stock client continues from there. Needs no git program. Returns the commit's id.
 */
export async function initRepository(commit: InitialCommit): Promise<string> {
  const git = path.join(commit.folder, '.git')
  await mkdir(path.join(git, 'refs', 'heads'), { recursive: true })
  await mkdir(path.join(git, 'objects'), { recursive: true })
  const entries: IndexEntry[] = []
  for (const [name, text] of Object.entries(commit.files).toSorted(([a], [b]) => compareBytes(a, b))) {
    const file = path.join(commit.folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
    const oid = await writeObject(git, 'blob', Buffer.from(text))
    entries.push({ name, oid, stats: await stat(file) })
  }
  const tree = await writeTree(git, nest(entries))
  const by = `${commit.author.name} <${commit.author.email}> ${commit.author.seconds} +0000`
  const body = `tree ${tree}\nauthor ${by}\ncommitter ${by}\n\n${commit.message}\n`
  const oid = await writeObject(git, 'commit', Buffer.from(body))
  await writeFile(path.join(git, 'index'), encodeIndex(entries))
  await writeFile(path.join(git, 'refs', 'heads', commit.branch), `${oid}\n`)
  await writeFile(
    path.join(git, 'config'),
    '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n',
  )
  await writeFile(path.join(git, 'HEAD'), `ref: refs/heads/${commit.branch}\n`)
  return oid
}

interface IndexEntry {
  readonly name: string
  readonly oid: string
  readonly stats: {
    readonly ctimeMs: number
    readonly mtimeMs: number
    readonly dev: number
    readonly ino: number
    readonly uid: number
    readonly gid: number
    readonly size: number
  }
}

type TreeNode = { readonly [name: string]: TreeNode | string }

function nest(entries: readonly IndexEntry[]): TreeNode {
  const root: { [name: string]: TreeNode | string } = {}
  for (const { name, oid } of entries) {
    const parts = name.split('/')
    const last = parts.pop() ?? ''
    let folder = root
    for (const part of parts) folder = (folder[part] ??= {}) as typeof root
    folder[last] = oid
  }
  return root
}

async function writeTree(git: string, node: TreeNode): Promise<string> {
  const chunks: Buffer[] = []
  const sortName = (name: string) => (typeof node[name] === 'string' ? name : `${name}/`)
  for (const name of Object.keys(node).toSorted((a, b) => compareBytes(sortName(a), sortName(b)))) {
    const child = node[name]
    if (child === undefined) continue
    const isFile = typeof child === 'string'
    const oid = isFile ? child : await writeTree(git, child)
    chunks.push(Buffer.from(`${isFile ? '100644' : '40000'} ${name}\0`), Buffer.from(oid, 'hex'))
  }
  return writeObject(git, 'tree', Buffer.concat(chunks))
}

async function writeObject(git: string, type: string, content: Buffer): Promise<string> {
  const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])
  const oid = createHash('sha1').update(whole).digest('hex')
  const folder = path.join(git, 'objects', oid.slice(0, 2))
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, oid.slice(2)), deflateSync(whole), { flag: 'w', mode: 0o444 })
  return oid
}

/** Index version 2: header, entries padded to eight bytes, SHA-1 of it all. */
function encodeIndex(entries: readonly IndexEntry[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('DIRC', 0, 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(entries.length, 8)
  const body = Buffer.concat([header, ...entries.map(encodeIndexEntry)])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

function encodeIndexEntry({ name, oid, stats }: IndexEntry): Buffer {
  const path8 = Buffer.from(name)
  const length = 62 + path8.length
  const entry = Buffer.alloc(length + (8 - (length % 8)))
  const numbers = [
    Math.floor(stats.ctimeMs / 1000),
    Math.floor((stats.ctimeMs % 1000) * 1e6),
    Math.floor(stats.mtimeMs / 1000),
    Math.floor((stats.mtimeMs % 1000) * 1e6),
    stats.dev,
    stats.ino,
    0o100644,
    stats.uid,
    stats.gid,
    stats.size,
  ]
  numbers.forEach((value, index) => entry.writeUInt32BE(value % 2 ** 32, index * 4))
  Buffer.from(oid, 'hex').copy(entry, 40)
  entry.writeUInt16BE(Math.min(path8.length, 0xfff), 60)
  path8.copy(entry, 62)
  return entry
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
