import type { FileTree } from '@kedge/tree'
import { stillHolds, type Reads } from './accumulate/base-cache.ts'
import { build, createBuildCaches, type BuildCaches, type BuildOptions, type BuildResult } from './build.ts'

export interface CachedBuild {
  readonly result: BuildResult
  /** Whether the result is that of an earlier build, because nothing that it read has changed. */
  readonly reused: boolean
}

interface Entry {
  readonly result: BuildResult
  readonly options: string
}

/**
 * Builds of many folders of trees that follow each other: a build whose files are as they were is not run again. Options
 * must be the same functions and values for the same `key`.
 */
export class BuildCache {
  readonly #limit: number
  readonly #caches: BuildCaches
  readonly #entries = new Map<string, Entry>()

  /** Keeps the results of `limit` builds; what was not used for longest goes first. */
  constructor(limit: number, caches: BuildCaches = createBuildCaches()) {
    this.#limit = limit
    this.#caches = caches
  }

  /** The result for a folder; `key` tells builds of one folder with different options apart. */
  build(tree: FileTree, path: string, options: BuildOptions & { readonly key?: string } = {}): CachedBuild {
    const { key = '', ...rest } = options
    const name = `${key}\0${path}`
    const known = this.#entries.get(name)
    // What came from elsewhere may have changed without a trace here.
    const mayReuse = known !== undefined && options.remote === undefined && options.charts === undefined
    if (mayReuse && known.options === fingerprint(rest) && this.#holds(known.result.reads, tree)) {
      this.#touch(name, known)
      return { result: known.result, reused: true }
    }
    const result = build(memoised(tree), path, { ...rest, caches: this.#caches })
    this.#touch(name, { result, options: fingerprint(rest) })
    return { result, reused: false }
  }

  #holds(reads: Reads, tree: FileTree): boolean {
    return stillHolds(reads, memoised(tree))
  }

  #touch(name: string, entry: Entry): void {
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#limit && oldest !== undefined) this.#entries.delete(oldest)
  }
}

function fingerprint(options: BuildOptions): string {
  const { order, loadRestriction, managedByLabel, generate, edits } = options
  return JSON.stringify({ order, loadRestriction, managedByLabel, generate, edits })
}

/** Trees never change, so each path of one is looked up once for all builds of it. */
const memos = new WeakMap<FileTree, FileTree>()

function memoised(tree: FileTree): FileTree {
  const known = memos.get(tree)
  if (known !== undefined) return known
  const kinds = new Map<string, ReturnType<FileTree['kindOf']>>()
  const files = new Map<string, ReturnType<FileTree['file']>>()
  const memo: FileTree = {
    digest: tree.digest,
    kindOf: (path) => remembered(kinds, path, () => tree.kindOf(path)),
    file: (path) => remembered(files, path, () => tree.file(path)),
    list: (path) => tree.list(path),
  }
  memos.set(tree, memo)
  memos.set(memo, memo)
  return memo
}

function remembered<T>(map: Map<string, T>, path: string, look: () => T): T {
  if (map.has(path)) return map.get(path) as T
  const value = look()
  map.set(path, value)
  return value
}
