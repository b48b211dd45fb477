import { availableParallelism } from 'node:os'

import type { Timers } from '@kedge/base'
import { packTree, type FileTree, type PackedTree } from '@kedge/tree'
import { createWorkerPool, type WorkerPool } from '@kedge/workers'

import type { RenderJob } from './render-worker.ts'
import type { RenderOutcome } from './render-tree.ts'
import type { Render } from './renderer.ts'

export interface PooledRender extends AsyncDisposable {
  readonly render: Render
}

/** One render may take this long, whatever the object's own timeout says. */
const timeoutMs = 60_000
const maxOutputBytes = 64 * 1024 * 1024

/** Renders in worker threads: one that hangs or dies costs its own object an error, and nothing else. */
export function createPooledRender(options: { readonly timers: Timers; readonly workers?: number }): PooledRender {
  const pool: WorkerPool<RenderJob, RenderOutcome> = createWorkerPool({
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
      const result = await pool.run({ tree: pack(tree), request }, { timeoutMs, maxOutputBytes, owner })
      return result.ok ? result.value : { kind: 'failed', failure: result.failure }
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
