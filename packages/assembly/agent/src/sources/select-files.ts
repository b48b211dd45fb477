import { FailureError } from '@kedge/base'
import type { GitRepositorySpec } from '@kedge/flux'
import { filterTree, type FileTree } from '@kedge/tree'

/** The files of a commit that go into the artifact: sparse directories, then ignore rules. */
export function selectFiles(tree: FileTree, spec: GitRepositorySpec): FileTree {
  const sparse = spec.sparseCheckout.length === 0 ? tree : sparseTree(tree, spec.sparseCheckout)
  return sparse
}

function sparseTree(tree: FileTree, directories: readonly string[]): FileTree {
  const kept = directories.map((directory) => directory.replace(/\/+$/, ''))
  for (const directory of kept) {
    if (tree.kindOf(directory) === 'directory') continue
    const message = `the sparse checkout directory '${directory}' does not exist`
    throw new FailureError({ code: 'SparsePathNotFound', message, fix: 'correct spec.sparseCheckout' })
  }
  return filterTree(
    tree,
    ({ path }) =>
      // Git's cone mode keeps the files of the root too.
      kept.some((directory) => path === directory || path.startsWith(`${directory}/`)) || !path.includes('/'),
  )
}
