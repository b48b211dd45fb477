import type { FileTree } from '@kedge/tree'
import type { ReadLog } from '../load/loader.ts'
import { Resource } from '../model/resource.ts'
import type { Scopes } from '../model/scopes.ts'
import { Accumulator } from './accumulator.ts'

/** What a folder gave when it was built, and all that it looked at on the way. */
interface Entry {
  readonly result: Accumulator
  readonly warnings: readonly string[]
  readonly reads: Reads
}

/** What a build looked at: digests of files, kinds of folders and names in them, and what its bases looked at. */
export interface Reads {
  readonly files: ReadonlyMap<string, string | undefined>
  readonly folders: ReadonlyMap<string, boolean>
  readonly lists: ReadonlyMap<string, string>
  readonly parts: readonly Reads[]
}

/** Notes what a log of names stands for in a tree. */
export function noteReads(log: ReadLog, tree: FileTree): Reads {
  return {
    files: new Map([...log.files].map((path) => [path, tree.file(path)?.digest])),
    folders: new Map([...log.folders].map((path) => [path, tree.kindOf(path) === 'directory'])),
    lists: new Map([...log.lists].map((path) => [path, namesIn(tree, path)])),
    parts: [...log.parts],
  }
}

function namesIn(tree: FileTree, path: string): string {
  return JSON.stringify(tree.list(path)?.map(({ name, kind }) => [name, kind]) ?? '')
}

/** Answers given before: trees never change, and many builds share their bases. */
const answers = new WeakMap<FileTree, WeakMap<Reads, boolean>>()

/** Whether a tree would answer everything as before. */
export function stillHolds(reads: Reads, tree: FileTree): boolean {
  const known = answers.get(tree) ?? new WeakMap<Reads, boolean>()
  answers.set(tree, known)
  return holds(reads, tree, known)
}

function holds(reads: Reads, tree: FileTree, known: WeakMap<Reads, boolean>): boolean {
  const before = known.get(reads)
  if (before !== undefined) return before
  const answer = holdsItself(reads, tree) && reads.parts.every((part) => holds(part, tree, known))
  known.set(reads, answer)
  return answer
}

function holdsItself(reads: Reads, tree: FileTree): boolean {
  for (const [path, digest] of reads.files) if (tree.file(path)?.digest !== digest) return false
  for (const [path, was] of reads.folders) if ((tree.kindOf(path) === 'directory') !== was) return false
  for (const [path, names] of reads.lists) if (namesIn(tree, path) !== names) return false
  return true
}

/** Results of bases for later builds: many overlays stand on few bases. */
export class BaseCache {
  readonly #limit: number
  readonly #entries = new Map<string, Entry>()

  /** Keeps the results of `limit` folders; what was not used for longest goes first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(
    root: string,
    tree: FileTree,
    scopes: Scopes,
  ): { result: Accumulator; warnings: readonly string[]; reads: Reads } | undefined {
    const entry = this.#entries.get(root)
    if (entry === undefined || !stillHolds(entry.reads, tree)) return undefined
    this.#entries.delete(root)
    this.#entries.set(root, entry)
    return { ...entry, result: copyOf(entry.result, scopes) }
  }

  put(root: string, entry: Entry): void {
    this.#entries.delete(root)
    this.#entries.set(root, { ...entry, result: copyOf(entry.result, undefined) })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#limit && oldest !== undefined) this.#entries.delete(oldest)
  }
}

/** Resources change during a build; their nodes do not, so a copy is cheap. */
function copyOf(source: Accumulator, scopes: Scopes | undefined): Accumulator {
  const copy = new Accumulator()
  copy.resources.list = source.resources.list.map((resource: Resource) => resource.copy(scopes))
  copy.config = source.config
  copy.vars = source.vars
  return copy
}
