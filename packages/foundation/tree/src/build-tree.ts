import { FailureError } from '@kedge/base'
import { type CollisionRule, collisionKey, entryNameProblem } from './entry-name.ts'
import type { Blob, FileTree } from './file-tree.ts'
import { locate, rootOf, treeOf } from './node-tree.ts'
import { type Sha256, sha256Hex } from './sha256.ts'
import { type DirectoryNode, type TreeNode, blobOf, directoryNode } from './tree-node.ts'
import { cleanSegments } from './tree-path.ts'

/** What a path holds: text, bytes, an executable, a symbolic link, a finished blob or an empty directory. */
export type FileContent =
  | string
  | Uint8Array
  | Blob
  | { readonly content: string | Uint8Array; readonly executable?: boolean }
  | { readonly link: string }
  | { readonly directory: true }

/** How a tree is built. `collisions: 'refuse'` (the default is 'allow') refuses names equal but for case or NFC. */
export interface BuildOptions {
  readonly sha256?: Sha256
  readonly collisions?: CollisionRule
}

type Draft = Map<string, Draft | TreeNode>

/**
 * A tree from paths and contents. Throws a FailureError (`TreeNameInvalid`, `TreeNameCollision`, `TreePathConflict`)
 * on a name that may not stand in a tree, on names that collide, and on a path below a file.
 */
export function treeFromFiles(
  files: Readonly<Record<string, FileContent>> | ReadonlyMap<string, FileContent>,
  options: BuildOptions = {},
): FileTree {
  const sha256 = options.sha256 ?? sha256Hex
  const root: Draft = new Map()
  for (const [path, content] of entriesOf(files)) place(root, path, nodeOf(content, sha256))
  return treeOf(finish(root, '', { sha256, collisions: options.collisions ?? 'allow' }))
}

/**
 * The tree with some paths set, and those given as undefined removed; directories left empty go too. Links on the way
 * to a path are followed; the last name of a path is replaced, not followed. Everything untouched is shared.
 */
export function overlay(
  tree: FileTree,
  changes: ReadonlyMap<string, FileContent | undefined>,
  options: BuildOptions = {},
): FileTree {
  const rules = { sha256: options.sha256 ?? sha256Hex, collisions: options.collisions ?? 'allow' }
  const root = rootOf(tree, rules.sha256)
  const draft: Draft = new Map(root.entries)
  for (const [path, content] of changes) {
    const real = withRealParent(root, path)
    if (content === undefined) remove(draft, cleanSegments(real) ?? [])
    else place(draft, real, nodeOf(content, rules.sha256))
  }
  return treeOf(finish(draft, '', rules))
}

function entriesOf(
  files: Readonly<Record<string, FileContent>> | ReadonlyMap<string, FileContent>,
): Iterable<readonly [string, FileContent]> {
  return files instanceof Map ? files : Object.entries(files)
}

function nodeOf(content: FileContent, sha256: Sha256): TreeNode | 'directory' {
  if (typeof content === 'string') return { kind: 'file', blob: blobOf(encode(content), false, sha256) }
  if (content instanceof Uint8Array) return { kind: 'file', blob: blobOf(content, false, sha256) }
  if ('link' in content) return { kind: 'link', target: content.link }
  if ('directory' in content) return 'directory'
  if ('digest' in content) return { kind: 'file', blob: content }
  const bytes = typeof content.content === 'string' ? encode(content.content) : content.content
  return { kind: 'file', blob: blobOf(bytes, content.executable ?? false, sha256) }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function place(root: Draft, path: string, node: TreeNode | 'directory'): void {
  const segments = cleanSegments(path)
  const last = segments?.at(-1)
  if (segments === undefined || (last === undefined && node !== 'directory')) throw badName(path, 'leaves the root')
  if (last === undefined) return
  let draft = root
  for (const name of segments.slice(0, -1)) draft = openDirectory(draft, name, path)
  if (node === 'directory') openDirectory(draft, last, path)
  else {
    const there = draft.get(last)
    if (there instanceof Map || (there !== undefined && there.kind === 'directory')) throw conflict(path)
    draft.set(last, node)
  }
}

/** The draft of a directory, made from a finished node on the first change below it. */
function openDirectory(draft: Draft, name: string, path: string): Draft {
  const there = draft.get(name)
  if (there instanceof Map) return there
  if (there !== undefined && there.kind !== 'directory') throw conflict(path)
  const opened: Draft = new Map(there?.entries ?? [])
  draft.set(name, opened)
  return opened
}

function remove(draft: Draft, segments: readonly string[]): void {
  const [name, ...rest] = segments
  if (name === undefined) return
  if (rest.length === 0) {
    draft.delete(name)
    return
  }
  const there = draft.get(name)
  if (there === undefined || (!(there instanceof Map) && there.kind !== 'directory')) return
  const below = openDirectory(draft, name, name)
  remove(below, rest)
  if (below.size === 0) draft.delete(name)
}

function withRealParent(root: DirectoryNode, path: string): string {
  const segments = cleanSegments(path)
  const last = segments?.at(-1)
  if (segments === undefined || last === undefined) return path
  const parent = locate(root, segments.slice(0, -1).join('/'))
  return parent?.node.kind === 'directory' ? `${parent.path}/${last}` : path
}

interface Rules {
  readonly sha256: Sha256
  readonly collisions: CollisionRule
}

function finish(draft: Draft, path: string, rules: Rules): DirectoryNode {
  const entries: [string, TreeNode][] = []
  for (const [name, entry] of draft) {
    const problem = entryNameProblem(name)
    const below = path === '' ? name : `${path}/${name}`
    if (problem !== undefined) throw badName(below, problem)
    entries.push([name, entry instanceof Map ? finish(entry, below, rules) : entry])
  }
  if (rules.collisions === 'refuse') checkCollisions(draft.keys(), path)
  return directoryNode(entries, rules.sha256)
}

/** Throws `TreeNameCollision` when two names of one directory are equal but for case or Unicode normalisation. */
export function checkCollisions(names: Iterable<string>, path: string): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const other = seen.get(collisionKey(name))
    if (other !== undefined) {
      throw new FailureError({
        code: 'TreeNameCollision',
        message: `${JSON.stringify(other)} and ${JSON.stringify(name)} differ only in case or Unicode form`,
        origin: { file: path },
        fix: 'rename one of them',
      })
    }
    seen.set(collisionKey(name), name)
  }
}

function badName(path: string, problem: string): FailureError {
  return new FailureError({
    code: 'TreeNameInvalid',
    message: `the name ${JSON.stringify(path)} ${problem}`,
    origin: { file: path },
    fix: 'rename the entry in the source',
  })
}

function conflict(path: string): FailureError {
  return new FailureError({
    code: 'TreePathConflict',
    message: `${JSON.stringify(path)} is both a directory and something else`,
    origin: { file: path },
    fix: 'give each path one content',
  })
}
