import { createHash } from 'node:crypto'
import { type Blob, type DirectoryNode, type FileTree, type TreeNode, directoryNode, treeOf } from '@kedge/tree'
import { GitError, limitExceeded, objectInvalid } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import type { ObjectFormat, ObjectType } from './object-format.ts'
import { type RawTreeEntry, parseTree } from './parse-object.ts'
import type { StoredObject } from './stored-object.ts'

/** SHA-256 by the host, in hexadecimal. */
export function hostSha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The files of one commit and the objects that hold them. Parts that did not change are shared with the one before. */
export interface Snapshot {
  readonly tree: FileTree
  /** Objects reachable from the root, the root included. */
  readonly objects: ReadonlyMap<string, StoredObject>
  readonly directories: ReadonlyMap<string, ParsedDirectory>
  readonly files: ReadonlyMap<string, TreeNode>
}

interface ParsedDirectory {
  readonly entries: readonly RawTreeEntry[]
  readonly node: DirectoryNode
}

/** What a snapshot is built from: a root, where objects are found, and an earlier snapshot to share with. */
export interface SnapshotInput {
  readonly root: string
  readonly format: ObjectFormat
  readonly limits: GitLimits
  readonly signal?: AbortSignal
  readonly before?: Snapshot
  objectOf(id: string): StoredObject | undefined
}

/** Thrown when an object of the tree is not at hand; a fetch of everything helps. */
class MissingObjectError extends GitError {
  override readonly name = 'MissingObjectError'

  constructor(id: string) {
    super({ code: 'PackInvalid', message: `the object ${id} is missing`, fix: 'run git fsck on the repository' })
  }
}

/** Builds the tree of a root. Every directory is parsed strictly and every object found before this returns. */
export async function buildSnapshot(input: SnapshotInput): Promise<Snapshot> {
  const builder = new SnapshotBuilder(input)
  const root = await builder.directory(input.root, '', 0)
  return { tree: treeOf(root), objects: builder.objects, directories: builder.directories, files: builder.files }
}

class SnapshotBuilder {
  readonly objects = new Map<string, StoredObject>()
  readonly directories = new Map<string, ParsedDirectory>()
  readonly files = new Map<string, TreeNode>()
  readonly #input: SnapshotInput
  #steps = 0
  readonly #totals = new Map<string, number>()

  constructor(input: SnapshotInput) {
    this.#input = input
  }

  async directory(id: string, path: string, depth: number): Promise<DirectoryNode> {
    const { limits, before } = this.#input
    if (depth > limits.maxTreeDepth) throw limitExceeded('maxTreeDepth', limits.maxTreeDepth, 'the depth of the tree')
    const here = this.directories.get(id)
    const known = here ?? before?.directories.get(id)
    const entries = known?.entries ?? this.#parse(id, path)
    if (here !== undefined) return here.node
    this.objects.set(id, this.#find(id, 'tree', path))
    const nodes: [string, TreeNode][] = []
    for (const entry of entries) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`
      const isDirectory = entry.mode === 'directory'
      nodes.push([
        entry.name,
        isDirectory ? await this.directory(entry.id, below, depth + 1) : this.#leaf(entry, below),
      ])
    }
    await this.#pause(entries.length)
    const node = known?.node ?? directoryNode(nodes, hostSha256)
    this.directories.set(id, { entries, node })
    this.#count(id, entries)
    return node
  }

  #leaf(entry: RawTreeEntry, path: string): TreeNode {
    // What a checkout without submodules leaves there.
    if (entry.mode === 'submodule') return emptyDirectory
    const key = `${entry.mode} ${entry.id}`
    const known = this.files.get(key)
    if (known !== undefined) return known
    const object = this.#find(entry.id, 'blob', path)
    this.objects.set(entry.id, object)
    const node = this.#input.before?.files.get(key) ?? fileNode(object, entry.mode)
    this.files.set(key, node)
    return node
  }

  /** Lets other work run now and then. */
  async #pause(entries: number): Promise<void> {
    this.#steps += entries + 1
    if (this.#steps < stepsOfTurn) return
    this.#steps = 0
    await turn(this.#input.signal)
  }

  #parse(id: string, path: string): readonly RawTreeEntry[] {
    return parseTree(id, this.#find(id, 'tree', path).content(), this.#input.format)
  }

  #find(id: string, type: ObjectType, path: string): StoredObject {
    const object = this.#input.objectOf(id)
    if (object === undefined) throw new MissingObjectError(id)
    if (object.type !== type) {
      throw objectInvalid(`${JSON.stringify(path)} names a ${object.type} where a ${type} belongs`)
    }
    return object
  }

  /** Equal subtrees are built once but walked each time they occur, so each occurrence counts. */
  #count(id: string, entries: readonly RawTreeEntry[]): void {
    const { maxObjects } = this.#input.limits
    const total = entries.reduce((sum, entry) => sum + 1 + (this.#totals.get(entry.id) ?? 0), 0)
    if (total > maxObjects) throw limitExceeded('maxObjects', maxObjects, 'the number of files')
    this.#totals.set(id, total)
  }
}

const stepsOfTurn = 1000
const emptyDirectory = directoryNode([], hostSha256)
const maxLinkTarget = 4096

function fileNode(object: StoredObject, mode: RawTreeEntry['mode']): TreeNode {
  if (mode !== 'link') return { kind: 'file', blob: new ObjectBlob(object, mode === 'executable') }
  // An impossible target dangles, and a dangling link is absent.
  const target = object.size > maxLinkTarget ? '' : Buffer.from(object.content()).toString('utf8')
  return { kind: 'link', target: target === '' ? '/' : target }
}

class ObjectBlob implements Blob {
  readonly executable: boolean
  readonly #object: StoredObject
  #digest: string | undefined

  constructor(object: StoredObject, executable: boolean) {
    this.#object = object
    this.executable = executable
  }

  get bytes(): Uint8Array {
    return this.#object.content()
  }

  get digest(): string {
    this.#digest ??= `sha256:${hostSha256(this.bytes)}`
    return this.#digest
  }
}

function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      if (signal?.aborted === true) reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      else resolve()
    })
  })
}
