import { createHash } from 'node:crypto'
import { type Stats, closeSync, openSync, readFileSync, readSync, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Blob, FileTree, TreeEntry } from '@kedge/tree'

/** Most files fit into one read. */
const scratch = new Uint8Array(64 * 1024)

/**
 * The file system below a folder as a tree that is read when it is asked, for a command that builds once and ends. What
 * was read stays as it was read. Its digest is that of the folder's name, for a tree like this has no content of its own.
 */
export class DiskTree implements FileTree {
  readonly #root: string
  readonly #listsBroken: boolean
  readonly #links = new Set<string>()
  readonly #files = new Map<string, Blob | undefined>()
  /** Regular files that were listed: they need not be looked at again before they are read. */
  readonly #listed = new Set<string>()
  /** Folders that were listed, likewise. */
  readonly #folders = new Set<string>()

  /** Links that lead nowhere are left out of lists, or listed as files that are not there. */
  constructor(root: string, brokenLinks: 'left-out' | 'listed' = 'left-out') {
    this.#root = root
    this.#listsBroken = brokenLinks === 'listed'
  }

  get digest(): string {
    return `sha256:${createHash('sha256').update(this.#root).digest('hex')}`
  }

  kindOf(name: string): 'file' | 'directory' | undefined {
    const stats = this.#stats(name)
    if (stats?.isDirectory() === true) return 'directory'
    return stats?.isFile() === true ? 'file' : undefined
  }

  /** Nothing is where a name cannot be that of a file, or where this user may not look. */
  #stats(name: string): Stats | undefined {
    try {
      return statSync(this.#absolute(name), { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }

  file(name: string): Blob | undefined {
    if (this.#files.has(name)) return this.#files.get(name)
    const isFile = this.#listed.has(name) || this.kindOf(name) === 'file'
    const blob = isFile ? new DiskBlob(readBytes(this.#absolute(name))) : undefined
    this.#files.set(name, blob)
    return blob
  }

  list(name: string): readonly TreeEntry[] | undefined {
    if (!this.#folders.has(name) && this.kindOf(name) !== 'directory') return undefined
    const prefix = name === '' || name === '.' ? '' : `${name}/`
    const entries: TreeEntry[] = []
    for (const entry of readdirSync(this.#absolute(name), { encoding: 'utf8', withFileTypes: true })) {
      const below = prefix + entry.name
      const isLink = entry.isSymbolicLink()
      if (isLink) this.#links.add(below)
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : this.kindOf(below)
      if (kind === undefined && !(isLink && this.#listsBroken)) continue
      if (entry.isFile()) this.#listed.add(below)
      else if (entry.isDirectory()) this.#folders.add(below)
      entries.push({ name: entry.name, kind: kind ?? 'file' })
    }
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Whether a path that was listed is a symbolic link. */
  isLink(name: string): boolean {
    return this.#links.has(name)
  }

  /** Where a path leads when all links on the way are followed. */
  realPath(name: string): string | undefined {
    try {
      return path
        .relative(this.#root, realpathSync(this.#absolute(name)))
        .split(path.sep)
        .join('/')
    } catch {
      return undefined
    }
  }

  #absolute(name: string): string {
    // What was listed is no way out and needs no look.
    return this.#listed.has(name) || this.#folders.has(name) ? `${this.#root}/${name}` : path.join(this.#root, name)
  }
}

/** A file's bytes. A regular file gives less than it was asked for at its end only. */
function readBytes(file: string): Uint8Array {
  const descriptor = openSync(file, 'r')
  try {
    const length = readSync(descriptor, scratch)
    if (length < scratch.length) return scratch.slice(0, length)
    return Buffer.concat([scratch, readFileSync(descriptor)])
  } finally {
    closeSync(descriptor)
  }
}

class DiskBlob implements Blob {
  readonly executable = false
  readonly bytes: Uint8Array
  #digest: string | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Most files are read by one command and never compared. */
  get digest(): string {
    this.#digest ??= `sha256:${createHash('sha256').update(this.bytes).digest('hex')}`
    return this.#digest
  }
}
