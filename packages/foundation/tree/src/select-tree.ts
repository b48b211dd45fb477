import type { FileTree } from './file-tree.ts'
import { locate, rootOf, treeOf } from './node-tree.ts'
import { type Sha256, sha256Hex } from './sha256.ts'
import { type DirectoryNode, type TreeNode, directoryNode } from './tree-node.ts'

/** The directory at a path as a tree of its own, shared with the whole; undefined when it is no directory. Links out of it are absent. */
export function subtree(tree: FileTree, path: string, sha256: Sha256 = sha256Hex): FileTree | undefined {
  const found = locate(rootOf(tree, sha256), path)
  return found?.node.kind === 'directory' ? treeOf(found.node) : undefined
}

/** One entry offered to a filter; a link is offered as such. */
export interface FilterEntry {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
}

/** Results of a filter by directory and path, for filters that answer the same for the same path. Lives as long as the directories. */
export type FilterMemo = WeakMap<DirectoryNode, Map<string, DirectoryNode | undefined>>

/** How a filter works: `memo` spares directories that were filtered before with the same filter under the same path. */
export interface FilterOptions {
  readonly sha256?: Sha256
  readonly memo?: FilterMemo
}

/**
 * The tree with only the entries that are kept. A directory that is not kept is still entered and stays while something
 * below it is kept. Directories in which nothing was dropped are shared with the original.
 */
export function filterTree(
  tree: FileTree,
  keeps: (entry: FilterEntry) => boolean,
  options: FilterOptions = {},
): FileTree {
  const sha256 = options.sha256 ?? sha256Hex
  const root = rootOf(tree, sha256)
  const filter = { keeps, sha256, memo: options.memo ?? new WeakMap() }
  return treeOf(filterDirectory(root, '', filter) ?? directoryNode([], sha256))
}

interface Filter {
  readonly keeps: (entry: FilterEntry) => boolean
  readonly sha256: Sha256
  readonly memo: FilterMemo
}

function filterDirectory(directory: DirectoryNode, path: string, filter: Filter): DirectoryNode | undefined {
  const memo = filter.memo.get(directory) ?? new Map<string, DirectoryNode | undefined>()
  if (memo.has(path)) return memo.get(path)
  const filtered = filterEntries(directory, path, filter)
  memo.set(path, filtered)
  filter.memo.set(directory, memo)
  return filtered
}

function filterEntries(directory: DirectoryNode, path: string, filter: Filter): DirectoryNode | undefined {
  const kept: [string, TreeNode][] = []
  let same = true
  for (const [name, node] of directory.entries) {
    const below = path === '' ? name : `${path}/${name}`
    const after = filterNode(node, below, filter)
    if (after !== node) same = false
    if (after !== undefined) kept.push([name, after])
  }
  if (kept.length === 0 && path !== '' && !filter.keeps({ path, kind: 'directory' })) return undefined
  return same ? directory : directoryNode(kept, filter.sha256)
}

function filterNode(node: TreeNode, path: string, filter: Filter): TreeNode | undefined {
  if (node.kind === 'directory') return filterDirectory(node, path, filter)
  return filter.keeps({ path, kind: node.kind }) ? node : undefined
}

/** A change of one path between two trees; links count as files, and directories are told by what they hold. */
export interface PathChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
}

/** What differs between two trees, in path order. Shared directories cost nothing. */
export function diffTrees(before: FileTree, after: FileTree, sha256: Sha256 = sha256Hex): readonly PathChange[] {
  const changes: PathChange[] = []
  diffNodes(rootOf(before, sha256), rootOf(after, sha256), { path: '', changes })
  return changes
}

interface DiffPlace {
  readonly path: string
  readonly changes: PathChange[]
}

function diffNodes(before: TreeNode | undefined, after: TreeNode | undefined, place: DiffPlace): void {
  if (before === after) return
  const left = before?.kind === 'directory' ? before.entries : new Map<string, TreeNode>()
  const right = after?.kind === 'directory' ? after.entries : new Map<string, TreeNode>()
  const leftLeaf = before?.kind === 'directory' ? undefined : before
  const rightLeaf = after?.kind === 'directory' ? undefined : after
  if (!sameLeaf(leftLeaf, rightLeaf)) {
    const kind = leftLeaf === undefined ? 'added' : rightLeaf === undefined ? 'removed' : 'changed'
    place.changes.push({ path: place.path, kind })
  }
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const path = place.path === '' ? name : `${place.path}/${name}`
    diffNodes(left.get(name), right.get(name), { path, changes: place.changes })
  }
}

function sameLeaf(a: TreeNode | undefined, b: TreeNode | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.kind === 'link' && b.kind === 'link') return a.target === b.target
  if (a.kind !== 'file' || b.kind !== 'file') return false
  return a.blob === b.blob || (a.blob.executable === b.blob.executable && a.blob.digest === b.blob.digest)
}

/** A file met on a walk. */
export interface WalkedFile {
  readonly path: string
  readonly executable: boolean
  /** Reads the bytes; may inflate them at this moment. */
  bytes(): Uint8Array
}

/** The regular files and the directories of a tree, depth first in byte order of names, parents before children, links left out. */
export function* walkTree(
  tree: FileTree,
  sha256: Sha256 = sha256Hex,
): Generator<{ readonly path: string; readonly file?: WalkedFile }> {
  yield* walkDirectory(rootOf(tree, sha256), '')
}

function* walkDirectory(
  directory: DirectoryNode,
  path: string,
): Generator<{ readonly path: string; readonly file?: WalkedFile }> {
  for (const [name, node] of directory.entries) {
    const below = path === '' ? name : `${path}/${name}`
    if (node.kind === 'link') continue
    if (node.kind === 'directory') {
      yield { path: below }
      yield* walkDirectory(node, below)
    } else {
      const { blob } = node
      yield { path: below, file: { path: below, executable: blob.executable, bytes: () => blob.bytes } }
    }
  }
}
