import { createBuildCaches } from '@kedge/kustomize'
import { unpackTree, type FileTree, type PackedTree } from '@kedge/tree'
import { serveJobs } from '@kedge/workers'

import type { AnyRenderRequest } from './render-request.ts'
import { renderTree, type RenderOutcome } from './render-tree.ts'

/** What a render worker is sent. The tree's bytes are in memory that all threads share. */
export interface RenderJob {
  readonly tree: PackedTree
  readonly request: AnyRenderRequest
}

/** Trees that a worker keeps unpacked. */
const maxTrees = 8
const caches = createBuildCaches({ files: 4 * 1024 * 1024 })
const trees = new Map<string, FileTree>()

function treeOf(packed: PackedTree): FileTree {
  const known = trees.get(packed.digest)
  const tree = known ?? unpackTree(packed)
  trees.delete(packed.digest)
  trees.set(packed.digest, tree)
  for (const digest of trees.keys()) {
    if (trees.size <= maxTrees) break
    trees.delete(digest)
  }
  return tree
}

serveJobs<RenderJob, RenderOutcome>(({ tree, request }) => renderTree(treeOf(tree), request, caches))
