import { FetchedRemotes, type RemoteAnswer, type RemoteNeed } from '@kedge/kustomize'
import { unpackTree, type FileTree, type PackedTree } from '@kedge/tree'

/** Something that a build asked for, and what it was answered with; trees are packed on their way to another thread. */
export interface FetchedRemote {
  readonly need: RemoteNeed
  readonly answer: RemoteAnswer | { readonly kind: 'packed'; readonly tree: PackedTree }
}

/** The same with trees that other threads can share. */
export function packRemotes(
  remotes: readonly FetchedRemote[],
  pack: (tree: FileTree) => PackedTree,
): readonly FetchedRemote[] {
  return remotes.map(({ need, answer }) =>
    answer.kind === 'tree' ? { need, answer: { kind: 'packed', tree: pack(answer.tree) } } : { need, answer },
  )
}

/** A loader that knows these and nothing else. */
export function loaderOf(remotes: readonly FetchedRemote[]): FetchedRemotes {
  const loader = new FetchedRemotes()
  for (const { need, answer } of remotes) {
    loader.answer(need, answer.kind === 'packed' ? { kind: 'tree', tree: unpackTree(answer.tree) } : answer)
  }
  return loader
}
