import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { gitError, limitExceeded } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import { type LocalObjects, openLocalObjects, readBounded } from './local-objects.ts'
import { type ObjectFormat, sha1Format, sha256Format } from './object-format.ts'
import type { AdvertisedRef } from './protocol.ts'
import { isObjectId, isRefName } from './ref-name.ts'

/** A repository on this machine's disk, opened for one resolve or fetch. */
export interface LocalRepository {
  readonly format: ObjectFormat
  readonly objects: LocalObjects
  /** The refs whose names begin with one of the prefixes. */
  refs(prefixes: readonly string[]): Promise<readonly AdvertisedRef[]>
}

const maxRefFile = 64 * 1024 * 1024
const maxSymbolic = 5

/** Opens a bare repository, a work tree or a linked work tree; throws `RepositoryNotFound` or `RepositoryUnsupported`. */
export function openLocalRepository(folder: string, limits: GitLimits): LocalRepository {
  const gitFolder = findGitFolder(folder)
  const common = commonFolder(gitFolder)
  const config = readText(path.join(common, 'config'))
  const extensions = /^\s*refstorage\s*=\s*(?!files)\S/im
  if (extensions.test(config)) {
    throw gitError(
      'RepositoryUnsupported',
      `the repository ${folder} keeps its refs in a reftable`,
      'use --ref-format=files',
    )
  }
  const format = /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? sha256Format : sha1Format
  return {
    format,
    objects: openLocalObjects(path.join(common, 'objects'), { format, limits }),
    refs: (prefixes) => new DiskRefs(gitFolder, common, limits).list(prefixes),
  }
}

function findGitFolder(folder: string): string {
  const dotGit = path.join(folder, '.git')
  const stat = statSync(dotGit, { throwIfNoEntry: false })
  if (stat?.isDirectory() === true) return dotGit
  if (stat?.isFile() === true) {
    const target = /^gitdir: (.+)$/m.exec(readText(dotGit))?.[1]
    if (target !== undefined) return path.resolve(folder, target.trim())
  }
  const isBare = ['HEAD', 'objects', 'refs'].every(
    (name) => statSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined,
  )
  if (isBare) return folder
  throw gitError('RepositoryNotFound', `${folder} is not a Git repository`, 'give the folder that holds .git')
}

function commonFolder(gitFolder: string): string {
  const text = readText(path.join(gitFolder, 'commondir')).trim()
  return text === '' ? gitFolder : path.resolve(gitFolder, text)
}

class DiskRefs {
  readonly #gitFolder: string
  readonly #common: string
  readonly #limits: GitLimits
  #packed: ReadonlyMap<string, AdvertisedRef> | undefined

  constructor(gitFolder: string, common: string, limits: GitLimits) {
    this.#gitFolder = gitFolder
    this.#common = common
    this.#limits = limits
  }

  async list(prefixes: readonly string[]): Promise<readonly AdvertisedRef[]> {
    const found = new Map<string, AdvertisedRef>()
    for (const prefix of prefixes) {
      for (const name of await this.#namesWith(prefix)) {
        if (found.size >= this.#limits.maxRefs)
          throw limitExceeded('maxRefs', this.#limits.maxRefs, 'the number of refs')
        const ref = this.#read(name, 0)
        if (ref !== undefined) found.set(name, ref)
      }
    }
    return [...found.values()]
  }

  async #namesWith(prefix: string): Promise<readonly string[]> {
    if (prefix === 'HEAD') return ['HEAD']
    // A ref that is named in full needs no listing of its folder.
    if (!prefix.endsWith('/') && this.#read(prefix, 0) !== undefined) return [prefix]
    const packed = [...this.#packedRefs().keys()].filter((name) => name.startsWith(prefix))
    const folder = prefix.slice(0, prefix.lastIndexOf('/'))
    const loose = folder.startsWith('refs') ? await this.#looseIn(folder) : []
    return [...new Set([...loose.filter((name) => name.startsWith(prefix)), ...packed])].toSorted()
  }

  async #looseIn(folder: string): Promise<readonly string[]> {
    try {
      const entries = await readdir(path.join(this.#common, folder), { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(this.#common, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
        .filter((name) => isRefName(name))
    } catch {
      return []
    }
  }

  #read(name: string, hops: number): AdvertisedRef | undefined {
    if (!isRefName(name) || hops > maxSymbolic) return undefined
    const text = this.#readLoose(name)
    const target = /^ref: (\S+)$/.exec(text)?.[1]
    if (target !== undefined) {
      const leads = this.#read(target, hops + 1)
      return leads === undefined ? undefined : { ...leads, name, target }
    }
    return isObjectId(text) ? { name, oid: text } : this.#packedRefs().get(name)
  }

  #readLoose(name: string): string {
    const own = name.startsWith('refs/') ? '' : readText(path.join(this.#gitFolder, name))
    return (own === '' ? readText(path.join(this.#common, name)) : own).trim()
  }

  #packedRefs(): ReadonlyMap<string, AdvertisedRef> {
    if (this.#packed !== undefined) return this.#packed
    const refs = new Map<string, AdvertisedRef>()
    let last: AdvertisedRef | undefined
    for (const line of readText(path.join(this.#common, 'packed-refs')).split('\n')) {
      const [oid = '', name = ''] = line.split(' ')
      if (oid.startsWith('^') && last !== undefined) refs.set(last.name, { ...last, peeled: oid.slice(1) })
      if (!isObjectId(oid) || !isRefName(name)) continue
      last = { name, oid }
      refs.set(name, last)
    }
    this.#packed = refs
    return refs
  }
}

/** The text of a file; empty when there is none. */
function readText(file: string): string {
  return readBounded(file, maxRefFile)?.toString('utf8') ?? ''
}
