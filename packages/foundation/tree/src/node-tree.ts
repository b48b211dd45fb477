import { FailureError } from '@kedge/base'
import type { Blob, FileTree, TreeEntry } from './file-tree.ts'
import { type DirectoryNode, type FileNode, type TreeNode, directoryNode } from './tree-node.ts'
import { cleanSegments } from './tree-path.ts'
import type { Sha256 } from './sha256.ts'

/** Links followed for one path before the tree is said to loop; what Linux allows. */
export const maxLinkHops = 40

/** A tree over nodes. Reads that run into a loop of links throw a FailureError with the code `LinkLoop`. */
export function treeOf(root: DirectoryNode): FileTree {
  return new NodeTree(root)
}

/** The root node of a tree. A tree of another make is copied, its links as what they lead to. */
export function rootOf(tree: FileTree, sha256: Sha256): DirectoryNode {
  return tree instanceof NodeTree ? tree.root : copyDirectory(tree, '', sha256)
}

/** What a path leads to, with the true names on the way, following links; undefined when nothing is there. */
export function locate(root: DirectoryNode, path: string): Located | undefined {
  const segments = cleanSegments(path)
  return segments === undefined ? undefined : walk(root, segments, path)
}

/** A node and the path that leads to it without any link. */
export interface Located {
  readonly node: DirectoryNode | FileNode
  readonly path: string
}

class NodeTree implements FileTree {
  readonly root: DirectoryNode
  readonly #lists = new WeakMap<DirectoryNode, readonly TreeEntry[]>()

  constructor(root: DirectoryNode) {
    this.root = root
  }

  get digest(): string {
    return this.root.digest
  }

  kindOf(path: string): 'file' | 'directory' | undefined {
    return locate(this.root, path)?.node.kind
  }

  file(path: string): Blob | undefined {
    const node = locate(this.root, path)?.node
    return node?.kind === 'file' ? node.blob : undefined
  }

  list(path: string): readonly TreeEntry[] | undefined {
    const found = locate(this.root, path)
    if (found?.node.kind !== 'directory') return undefined
    // A link's kind depends on where its directory hangs, so only lists of directories without links are kept.
    const known = this.#lists.get(found.node)
    if (known !== undefined) return known
    const entries = listEntries(this.root, found.node, found.path)
    if (![...found.node.entries.values()].some((node) => node.kind === 'link')) this.#lists.set(found.node, entries)
    return entries
  }
}

function listEntries(root: DirectoryNode, directory: DirectoryNode, path: string): readonly TreeEntry[] {
  const entries: TreeEntry[] = []
  for (const [name, node] of directory.entries) {
    const kind = node.kind === 'link' ? linkKind(root, `${path}/${name}`) : node.kind
    if (kind !== undefined) entries.push({ name, kind })
  }
  return entries
}

/** A loop is left out of a list like a dangling link; asking for it by name tells. */
function linkKind(root: DirectoryNode, path: string): 'file' | 'directory' | undefined {
  try {
    return locate(root, path)?.node.kind
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

function walk(root: DirectoryNode, segments: readonly string[], asked: string): Located | undefined {
  const trail: DirectoryNode[] = [root]
  const names: string[] = []
  const pending = segments.toReversed()
  let hops = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (names.pop() === undefined) return undefined
      trail.pop()
      continue
    }
    const node = trail.at(-1)?.entries.get(name)
    if (node === undefined) return undefined
    if (node.kind === 'file') return pending.length === 0 ? { node, path: [...names, name].join('/') } : undefined
    if (node.kind === 'directory') {
      trail.push(node)
      names.push(name)
      continue
    }
    hops += 1
    if (hops > maxLinkHops) throw linkLoop(asked)
    if (node.target.startsWith('/')) return undefined
    pending.push(...node.target.split('/').toReversed())
  }
  const node = trail.at(-1)
  return node === undefined ? undefined : { node, path: names.join('/') }
}

function linkLoop(path: string): FailureError {
  return new FailureError({
    code: 'LinkLoop',
    message: `the symbolic links on the way to ${JSON.stringify(path)} loop or chain more than ${maxLinkHops} times`,
    origin: { file: path },
    fix: 'remove the loop from the source',
  })
}

function copyDirectory(tree: FileTree, path: string, sha256: Sha256): DirectoryNode {
  const entries: [string, TreeNode][] = []
  for (const { name, kind } of tree.list(path) ?? []) {
    const below = path === '' ? name : `${path}/${name}`
    if (kind === 'directory') entries.push([name, copyDirectory(tree, below, sha256)])
    else {
      const blob = tree.file(below)
      if (blob !== undefined) entries.push([name, { kind: 'file', blob }])
    }
  }
  return directoryNode(entries, sha256)
}
