import { compareNames } from './entry-name.ts'
import type { Blob } from './file-tree.ts'
import type { Sha256 } from './sha256.ts'

/** A regular file inside a tree. */
export interface FileNode {
  readonly kind: 'file'
  readonly blob: Blob
}

/** A symbolic link with its target as written. */
export interface LinkNode {
  readonly kind: 'link'
  readonly target: string
}

/** A directory: names in byte order, and a digest that covers everything below. Shared between trees. */
export interface DirectoryNode {
  readonly kind: 'directory'
  readonly entries: ReadonlyMap<string, TreeNode>
  readonly digest: string
}

export type TreeNode = FileNode | LinkNode | DirectoryNode

/** A directory from its entries; the digest is computed when first asked for. Names are taken as already checked. */
export function directoryNode(entries: Iterable<readonly [string, TreeNode]>, sha256: Sha256): DirectoryNode {
  return new Directory(new Map([...entries].toSorted(([left], [right]) => compareNames(left, right))), sha256)
}

/** A blob from its bytes, which nobody may change afterwards; the digest is computed when first asked for. */
export function blobOf(bytes: Uint8Array, executable: boolean, sha256: Sha256): Blob {
  return new Bytes(bytes, executable, sha256)
}

class Directory implements DirectoryNode {
  readonly kind = 'directory'
  readonly entries: ReadonlyMap<string, TreeNode>
  readonly #sha256: Sha256
  #digest: string | undefined

  constructor(entries: ReadonlyMap<string, TreeNode>, sha256: Sha256) {
    this.entries = entries
    this.#sha256 = sha256
  }

  get digest(): string {
    this.#digest ??= `sha256:${this.#sha256(new TextEncoder().encode(listing(this.entries)))}`
    return this.#digest
  }
}

class Bytes implements Blob {
  readonly bytes: Uint8Array
  readonly executable: boolean
  readonly #sha256: Sha256
  #digest: string | undefined

  constructor(bytes: Uint8Array, executable: boolean, sha256: Sha256) {
    this.bytes = bytes
    this.executable = executable
    this.#sha256 = sha256
  }

  get digest(): string {
    this.#digest ??= `sha256:${this.#sha256(this.bytes)}`
    return this.#digest
  }
}

/** What a directory digest covers. Names hold no NUL and link targets are quoted, so no two directories share a text. */
function listing(entries: ReadonlyMap<string, TreeNode>): string {
  let text = 'kedge directory 1\n'
  for (const [name, node] of entries) text += `${describe(node)}\0${name}\0`
  return text
}

function describe(node: TreeNode): string {
  switch (node.kind) {
    case 'directory':
      return `d ${node.digest}`
    case 'link':
      return `l ${JSON.stringify(node.target)}`
    case 'file':
      return `${node.blob.executable ? 'x' : 'f'} ${node.blob.digest}`
  }
}
