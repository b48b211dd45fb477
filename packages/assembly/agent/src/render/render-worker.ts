import { createBuildCaches } from '@kedge/kustomize'
import { unpackTree, type FileTree, type PackedTree } from '@kedge/tree'
import { serveJobs } from '@kedge/workers'

import { createChartCaches, renderChart, type ChartJob, type ChartOutcome } from './render-chart.ts'
import type { AnyRenderRequest } from './render-request.ts'
import { renderTree, type RenderOutcome } from './render-tree.ts'

/** What a render worker is sent. The bytes of trees and charts are in memory that all threads share. */
export type RenderJob =
  | { readonly kind: 'tree'; readonly tree: PackedTree; readonly request: AnyRenderRequest }
  | { readonly kind: 'chart'; readonly job: ChartJob }

/** What it answers with, by the kind of the job. */
export type JobOutcome = RenderOutcome | ChartOutcome

/** Trees that a worker keeps unpacked. */
const maxTrees = 8
const caches = createBuildCaches({ files: 4 * 1024 * 1024 })
const charts = createChartCaches()
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

serveJobs<RenderJob, JobOutcome>((job) =>
  job.kind === 'tree' ? renderTree(treeOf(job.tree), job.request, caches) : renderChart(job.job, charts),
)
