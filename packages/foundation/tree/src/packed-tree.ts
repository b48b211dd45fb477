import { Bug } from '@kedge/base'
import type { Blob, FileTree } from './file-tree.ts'
import { rootOf, treeOf } from './node-tree.ts'
import { type Sha256, sha256Hex } from './sha256.ts'
import { type DirectoryNode, type TreeNode, directoryNode } from './tree-node.ts'

/** A whole tree in one block of shared memory: passes to a worker thread without a copy. */
export interface PackedTree {
  /** Digest of the tree, so that a worker can keep what it already has. */
  readonly digest: string
  /** The names and places of the contents, as JSON. */
  readonly index: string
  readonly contents: SharedArrayBuffer
}

type PackedNode =
  | readonly ['f' | 'x', string, number, number, string]
  | readonly ['l', string, string]
  | readonly ['d', string, readonly PackedNode[]]

/** Packs a tree for another thread. Equal contents are stored once. */
export function packTree(tree: FileTree, sha256: Sha256 = sha256Hex): PackedTree {
  const places = new Map<string, { readonly at: number; readonly bytes: Uint8Array }>()
  let size = 0
  function placeOf(blob: Blob): number {
    const known = places.get(blob.digest)
    if (known !== undefined) return known.at
    const at = size
    places.set(blob.digest, { at, bytes: blob.bytes })
    size += blob.bytes.length
    return at
  }
  const index = JSON.stringify(packEntries(rootOf(tree, sha256), placeOf))
  const contents = new SharedArrayBuffer(size)
  const target = new Uint8Array(contents)
  for (const { at, bytes } of places.values()) target.set(bytes, at)
  return { digest: tree.digest, index, contents }
}

/** The tree that was packed; its files are views of the shared memory, which nobody may change. */
export function unpackTree(packed: PackedTree, sha256: Sha256 = sha256Hex): FileTree {
  // Written by packTree in this process; a foreign text fails on the first odd node.
  const nodes = JSON.parse(packed.index) as readonly PackedNode[]
  return treeOf(unpackEntries(nodes, packed.contents, sha256))
}

function packEntries(directory: DirectoryNode, placeOf: (blob: Blob) => number): readonly PackedNode[] {
  return [...directory.entries].map(([name, node]): PackedNode => {
    if (node.kind === 'link') return ['l', name, node.target]
    if (node.kind === 'directory') return ['d', name, packEntries(node, placeOf)]
    const { blob } = node
    return [blob.executable ? 'x' : 'f', name, placeOf(blob), blob.bytes.length, blob.digest]
  })
}

function unpackEntries(nodes: readonly PackedNode[], contents: SharedArrayBuffer, sha256: Sha256): DirectoryNode {
  return directoryNode(
    nodes.map((node) => [node[1], unpackNode(node, contents, sha256)] as const),
    sha256,
  )
}

function unpackNode(node: PackedNode, contents: SharedArrayBuffer, sha256: Sha256): TreeNode {
  switch (node[0]) {
    case 'l':
      return { kind: 'link', target: node[2] }
    case 'd':
      return unpackEntries(node[2], contents, sha256)
    case 'f':
    case 'x': {
      const [mode, , at, length, digest] = node
      const bytes = new Uint8Array(contents, at, length)
      return { kind: 'file', blob: { bytes, digest, executable: mode === 'x' } }
    }
    default:
      throw new Bug('a packed tree holds an unknown node')
  }
}
