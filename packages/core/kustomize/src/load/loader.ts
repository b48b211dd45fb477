import type { FileTree } from '@kedge/tree'
import { FailureError } from '@kedge/base'
import { buildFailure } from '../build-failure.ts'
import type { Reads } from '../accumulate/base-cache.ts'
import type { RemoteChart, RemoteLoader } from './remotes.ts'
import { isRemoteFile, parseRepository, withoutPassword, type Repository } from './repository.ts'

/** Which files a kustomization may name: those below its own folder, or any of the tree. */
export type LoadRestriction = 'root-only' | 'none'

/** A tree that knows where its links lead; load restrictions then hold for what is behind a link. */
export interface LinkedTree extends FileTree {
  /** The path without links, undefined when nothing is there. */
  realPath?(path: string): string | undefined
}

/** What a build has looked at: names of files and folders of the main tree, and whether they were there. */
export interface ReadLog {
  readonly files: Set<string>
  readonly folders: Set<string>
  /** Folders whose names were listed. */
  readonly lists: Set<string>
  /** What bases and components looked at. */
  readonly parts: Set<Reads>
}

/** An empty log. */
export function newReadLog(): ReadLog {
  return { files: new Set(), folders: new Set(), lists: new Set(), parts: new Set() }
}

/** The same tree, noting what is asked of it. */
export function loggedTree(tree: FileTree, log: ReadLog): FileTree {
  const { digest } = tree
  return {
    digest,
    kindOf(path) {
      log.files.add(path)
      log.folders.add(path)
      return tree.kindOf(path)
    },
    file(path) {
      log.files.add(path)
      return tree.file(path)
    },
    list(path) {
      log.lists.add(path)
      return tree.list(path)
    },
  }
}

interface LoaderState {
  readonly tree: LinkedTree
  readonly root: string
  readonly restriction: LoadRestriction
  readonly remote: RemoteLoader | undefined
  readonly log: ReadLog
  readonly referrer: Loader | undefined
  readonly repository: Repository | undefined
}

/** Reads the files that one kustomization names, relative to its folder. */
export class Loader {
  readonly #state: LoaderState

  private constructor(state: LoaderState) {
    this.#state = state
  }

  /** A loader at a folder of a tree. */
  static at(
    tree: LinkedTree,
    path: string,
    options: Pick<LoaderState, 'restriction' | 'remote' | 'repository' | 'log'>,
  ): Loader {
    const root = realFolder(tree, cleanPath(path), options.log)
    if (root === undefined) {
      throw buildFailure('kustomize-not-found', `must build at directory: '${path}' is not a directory`)
    }
    return new Loader({
      tree,
      root,
      restriction: options.repository === undefined ? options.restriction : 'root-only',
      remote: options.remote,
      log: options.log,
      referrer: undefined,
      repository: options.repository,
    })
  }

  /** The folder, relative to its tree; empty for the tree's root. */
  get root(): string {
    return this.#state.root
  }

  get tree(): FileTree {
    return this.#state.tree
  }

  /** Whether a build may depend on more than its tree. */
  get reachesOut(): boolean {
    return this.#state.remote !== undefined
  }

  /** Tells folders apart that mean different things: the way to them decides which cycles are refused. */
  get key(): string {
    return `${this.#state.restriction} ${this.#state.root}`
  }

  /** The same loader, noting what it looks at in a log of its own. */
  recordingTo(log: ReadLog): Loader {
    log.folders.add(this.#state.root)
    return new Loader({ ...this.#state, log })
  }

  /** Notes what a base or component looked at. */
  noteReads(reads: Reads): void {
    this.#state.log.parts.add(reads)
  }

  /** Whether a path is a folder of the tree, so that it can be no file. */
  isFolder(path: string): boolean {
    if (isRemoteFile(path)) return false
    const full = joinPath(this.#state.root, path)
    this.#state.log.folders.add(full)
    return this.#state.tree.kindOf(full) === 'directory'
  }

  /** Whether a file is in the folder. */
  has(name: string): boolean {
    const full = joinPath(this.#state.root, name)
    this.#state.log.files.add(full)
    return this.#state.tree.kindOf(full) === 'file'
  }

  /** The repository that the folder was fetched from, when it was. */
  get repository(): Repository | undefined {
    return this.#state.repository ?? this.#state.referrer?.repository
  }

  /** The name of a file for messages: with the address of the repository that it was fetched from. */
  nameOf(path: string): string {
    return isRemoteFile(path) ? withoutPassword(path) : this.#shown(joinPath(this.#state.root, path))
  }

  #shown(path: string): string {
    const { repository } = this
    if (repository === undefined) return path
    const ref = repository.ref === '' ? '' : `?ref=${repository.ref}`
    return `${withoutPassword(repository.clone)}//${path}${ref}`
  }

  /** Tells the one who fetches what this kustomization will ask for. */
  expect(path: string): void {
    const { remote } = this.#state
    if (remote?.expect === undefined) return
    if (isRemoteFile(path)) return remote.expect({ kind: 'file', url: path })
    const repository = parseRepository(path)
    if (repository === undefined) return
    const { clone, ref, timeoutMs, submodules } = repository
    remote.expect({ kind: 'repository', clone, ref, timeoutMs, submodules })
  }

  /** Tells the one who fetches of a chart. */
  expectChart(chart: RemoteChart): void {
    this.#state.remote?.expect?.({ kind: 'chart', ...chart })
  }

  /** The files of a chart of a repository. */
  chart(chart: RemoteChart): FileTree {
    const { remote } = this.#state
    const shown = `${withoutPassword(chart.repo)} ${chart.name}`
    if (remote === undefined) {
      throw buildFailure(
        'kustomize-helm',
        `the chart ${shown} is not in the tree, and fetching it is not allowed here`,
        {
          fix: 'put it into the folder `charts`, or allow charts of repositories',
        },
      )
    }
    return fetched(`pull chart '${shown}'`, 'kustomize-helm', () => remote.chart(chart))
  }

  /** The bytes and digest of a file, or a failure that says why not. */
  load(path: string): LoadedFile {
    if (isRemoteFile(path)) return this.#loadRemote(path)
    const { tree, root, restriction, log } = this.#state
    const full = joinPath(root, path)
    log.files.add(full)
    const shown = path.startsWith('/') ? path : this.#shown(full)
    const real = tree.realPath === undefined ? full : (tree.realPath(full) ?? full)
    const kind = tree.kindOf(full)
    if (kind === undefined) {
      throw buildFailure('kustomize-not-found', `file '${shown}' does not exist`, {
        fix: 'add it, or correct the path',
      })
    }
    if (kind === 'directory') throw buildFailure('kustomize-not-found', `'${shown}' must resolve to a file`)
    if (restriction === 'root-only' && !isBelow(real, root)) {
      throw buildFailure(
        'kustomize-load-restricted',
        `security; file '${shown}' is not in or below '${this.#shown(root) || '.'}'`,
        {
          fix: 'move the file, or allow it with the load restrictor LoadRestrictionsNone',
        },
      )
    }
    const blob = tree.file(full)
    if (blob === undefined) throw buildFailure('kustomize-not-found', `file '${shown}' cannot be read`)
    return { name: shown, bytes: blob.bytes, digest: blob.digest }
  }

  #loadRemote(url: string): LoadedFile {
    const { remote } = this.#state
    const name = withoutPassword(url)
    if (remote === undefined) throw remoteRefused(name)
    const bytes = fetched(`load '${name}'`, 'kustomize-remote', () => remote.file(url))
    return { name, bytes, digest: undefined }
  }

  /** A loader for a base or component. */
  enter(path: string): Loader {
    if (path === '') throw buildFailure('kustomize-invalid', 'new root cannot be empty')
    const repository = parseRepository(path)
    if (repository !== undefined) return this.#enterRepository(repository)
    if (path.startsWith('/')) throw buildFailure('kustomize-invalid', `new root '${path}' cannot be absolute`)
    const { tree, log } = this.#state
    const target = joinPath(this.#state.root, path)
    const root = realFolder(tree, target, log)
    if (root === undefined) {
      throw buildFailure('kustomize-not-found', `must build at directory: '${this.#shown(target)}' is not a directory`)
    }
    this.#refuseCycle(root)
    return new Loader({ ...this.#state, root, referrer: this, repository: undefined })
  }

  /** This folder and those that led to it. */
  *#visited(): Generator<Loader> {
    yield this
    const { referrer } = this.#state
    if (referrer !== undefined) yield* referrer.#visited()
  }

  #refuseCycle(candidate: string): void {
    for (const at of this.#visited()) {
      if (isBelow(at.root, candidate)) {
        throw buildFailure(
          'kustomize-cycle',
          `cycle detected: candidate root '${this.#shown(candidate) || '.'}' contains visited root '${this.#shown(at.root) || '.'}'`,
        )
      }
      if (at.#state.repository !== undefined) return
    }
  }

  #enterRepository(repository: Repository): Loader {
    for (const at of this.#visited()) {
      const visited = at.#state.repository
      if (visited?.url.startsWith(repository.url) === true) {
        throw buildFailure(
          'kustomize-cycle',
          `cycle detected: URI '${withoutPassword(repository.url)}' referenced by previous URI '${withoutPassword(visited.url)}'`,
        )
      }
    }
    const { remote } = this.#state
    const shown = withoutPassword(repository.url)
    if (remote === undefined) throw remoteRefused(shown)
    const tree = fetched(`fetch '${shown}'`, 'kustomize-remote', () => remote.repository(repository))
    const root = realFolder(tree, cleanPath(repository.path), newReadLog())
    if (root === undefined) throw noFolder(tree, repository, shown)
    return new Loader({
      tree,
      root,
      restriction: 'root-only',
      remote,
      log: newReadLog(),
      referrer: this,
      repository,
    })
  }
}

export interface LoadedFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** Content digest, undefined for what came from elsewhere. */
  readonly digest: string | undefined
}

/** The cause of a fetch that failed, told as what was to be done. */
function fetched<T>(what: string, code: 'kustomize-remote' | 'kustomize-helm', fetch: () => T): T {
  try {
    return fetch()
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const { message, fix } = error.failure
    throw buildFailure(code, `cannot ${what}: ${message}`, { ...(fix === undefined ? {} : { fix }), cause: error })
  }
}

function noFolder(tree: FileTree, repository: Repository, shown: string): Error {
  const path = cleanPath(repository.path)
  const isFile = tree.kindOf(path) === 'file'
  const what = isFile ? `refers to file '${path}'; expecting directory` : `has no directory '${path}'`
  const mayBeSubmodule = !isFile && repository.submodules && tree.kindOf('.gitmodules') === 'file'
  const details = mayBeSubmodule
    ? { fix: 'if it lies in a submodule, name the submodule: submodules are not fetched' }
    : {}
  return buildFailure('kustomize-remote', `'${shown}' ${what}`, details)
}

function remoteRefused(url: string): Error {
  return buildFailure('kustomize-remote', `remote resource '${url}' is not allowed here`, {
    fix: 'copy it into the source, or allow remote bases',
  })
}

function realFolder(tree: LinkedTree, path: string, log: ReadLog): string | undefined {
  log.folders.add(path)
  if (tree.kindOf(path) !== 'directory') return undefined
  return tree.realPath === undefined ? path : (tree.realPath(path) ?? path)
}

/** Whether a path is a folder or lies in it. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** Joins and cleans; `..` beyond the tree's root stays in front, so that nothing is found there. */
export function joinPath(folder: string, path: string): string {
  return cleanPath(path.startsWith('/') || folder === '' ? path : `${folder}/${path}`)
}

/** An empty part, `.` or `..`. */
const UNCLEAN = /(?:^|\/)\.{0,2}(?:\/|$)/

/** Removes `.`, `..` and double slashes. */
export function cleanPath(path: string): string {
  if (!UNCLEAN.test(path)) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}
