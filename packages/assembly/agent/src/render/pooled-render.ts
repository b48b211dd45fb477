import { availableParallelism } from 'node:os'

import type { Timers } from '@kedge/base'
import { packTree, type FileTree, type PackedTree } from '@kedge/tree'
import { createWorkerPool, type WorkerPool } from '@kedge/workers'

import { packRemotes } from './fetched-remotes.ts'
import { helmRender } from './helm-render.ts'
import type { HelmRender, SchemaReader } from './helm-request.ts'
import type { ChartOutcome } from './render-chart.ts'
import type { RenderOutcome } from './render-tree.ts'
import type { JobOutcome, RenderJob } from './render-worker.ts'
import type { Render } from './renderer.ts'

export interface PooledRender extends AsyncDisposable {
  readonly render: Render
  readonly renderHelm: HelmRender
}

/** One render may take this long, whatever the object's own timeout says. */
const timeoutMs = 60_000
const maxOutputBytes = 64 * 1024 * 1024

/** Renders in worker threads: one that hangs or dies costs its own object an error, and nothing else. */
export function createPooledRender(options: {
  readonly timers: Timers
  readonly workers?: number
  /** Fetches schema documents that charts' schemas lead to; without it they are refused. */
  readonly schemaReader?: SchemaReader
}): PooledRender {
  const pool: WorkerPool<RenderJob, JobOutcome> = createWorkerPool({
    entry: new URL('./render-worker.ts', import.meta.url),
    timers: options.timers,
    size: options.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1)),
  })
  // The packed form lives as long as its tree.
  const packed = new WeakMap<FileTree, PackedTree>()
  function pack(tree: FileTree): PackedTree {
    const known = packed.get(tree)
    if (known !== undefined) return known
    const made = packTree(tree)
    packed.set(tree, made)
    return made
  }
  return {
    async render(tree, request) {
      const owner = `${request.source.namespace}/${request.source.name}`
      const { remotes } = request
      const packedRequest = remotes === undefined ? request : { ...request, remotes: packRemotes(remotes, pack) }
      const job = { kind: 'tree', tree: pack(tree), request: packedRequest } as const
      const result = await pool.run(job, { timeoutMs, maxOutputBytes, owner })
      // A job of a tree is answered with an outcome of trees.
      return result.ok ? (result.value as RenderOutcome) : { kind: 'failed', failure: result.failure }
    },
    renderHelm: helmRender(async (job) => {
      const { owner } = job.request
      const result = await pool.run({ kind: 'chart', job }, { timeoutMs, maxOutputBytes, owner })
      return result.ok ? { ok: true, value: result.value as ChartOutcome } : result
    }, options.schemaReader),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
