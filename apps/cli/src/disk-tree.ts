import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Blob, FileTree, TreeEntry } from '@kedge/tree'

/**
 * The file system below a folder as a tree that is read when it is asked, for a command that builds once and ends. What
 * was read stays as it was read. Its digest is that of the folder's name, for a tree like this has no content of its own.
 */
export class DiskTree implements FileTree {
  readonly #root: string
  readonly #files = new Map<string, Blob | undefined>()

  constructor(root: string) {
    this.#root = root
  }

  get digest(): string {
    return `sha256:${createHash('sha256').update(this.#root).digest('hex')}`
  }

  kindOf(name: string): 'file' | 'directory' | undefined {
    const stats = statSync(this.#absolute(name), { throwIfNoEntry: false })
    if (stats === undefined) return undefined
    if (stats.isDirectory()) return 'directory'
    return stats.isFile() ? 'file' : undefined
  }

  file(name: string): Blob | undefined {
    if (this.#files.has(name)) return this.#files.get(name)
    const blob = this.kindOf(name) === 'file' ? readBlob(this.#absolute(name)) : undefined
    this.#files.set(name, blob)
    return blob
  }

  list(name: string): readonly TreeEntry[] | undefined {
    if (this.kindOf(name) !== 'directory') return undefined
    return readdirSync(this.#absolute(name), { encoding: 'utf8' })
      .toSorted()
      .flatMap((entry) => {
        const kind = this.kindOf(path.join(name, entry))
        return kind === undefined ? [] : [{ name: entry, kind }]
      })
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
    return path.join(this.#root, name)
  }
}

function readBlob(file: string): Blob {
  const bytes = readFileSync(file)
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, executable: false }
}
