import type { PathIndex } from '@kedge/flux'
import { walkTree, type Blob, type FileTree } from '@kedge/tree'

/** A tree without its links, for patterns. */
export interface TreeIndex extends PathIndex {
  /** The regular file at a path; undefined for a directory and for nothing. */
  file(path: string): Blob | undefined
  /** Everything but the root, parents first. */
  paths(): readonly string[]
  /** Directories but the root, parents first. */
  directories(): readonly string[]
}

const indexes = new WeakMap<FileTree, TreeIndex>()

/** The index of a tree, made once. Links are left out, as they are of every artifact. */
export function indexOf(tree: FileTree): TreeIndex {
  const known = indexes.get(tree)
  if (known !== undefined) return known
  const made = createIndex(tree)
  indexes.set(tree, made)
  return made
}

function createIndex(tree: FileTree): TreeIndex {
  const files = new Set<string>()
  const names = new Map<string, string[]>([['', []]])
  const paths: string[] = []
  for (const { path, file } of walkTree(tree)) {
    const slash = path.lastIndexOf('/')
    names.get(path.slice(0, Math.max(0, slash)))?.push(path.slice(slash + 1))
    if (file === undefined) names.set(path, [])
    else files.add(path)
    paths.push(path)
  }
  return {
    namesIn: (path) => names.get(path),
    has: (path) => files.has(path) || names.has(path),
    file: (path) => (files.has(path) ? tree.file(path) : undefined),
    paths: () => paths,
    directories: () => paths.filter((path) => names.has(path)),
  }
}
