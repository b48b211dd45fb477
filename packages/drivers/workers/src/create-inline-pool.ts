import { deserialize, serialize } from 'node:v8'

import { fail, ok, type Failure, type Result, type Timers } from '@kedge/base'

import { runJob } from './run-job.ts'
import type { RunOptions, WorkerPool } from './worker-pool.ts'

/** How an inline pool is made. */
export interface InlinePoolOptions<Job, Output> {
  /** What a worker's entry module would give to `serveJobs`. */
  readonly handle: (job: Job) => Output | Promise<Output>
  readonly timers: Timers
  /** What happens to a job instead of its being run: the loss of a worker, in a simulation. */
  readonly fault?: (job: Job) => Failure | undefined
}

/**
 * The same pool in this thread, for simulations: jobs run at once and values pass by copy, as between threads. It can
 * give up only what waits; a job that never returns holds it for ever.
 */
export function createInlinePool<Job, Output>(options: InlinePoolOptions<Job, Output>): WorkerPool<Job, Output> {
  const { handle, timers, fault } = options
  let running = 0
  let closed = false

  async function answer(job: Job, maxOutputBytes: number): Promise<Result<Output>> {
    const lost = fault?.(job)
    if (lost !== undefined) return fail(lost)
    const copy: Job = deserialize(serialize(job))
    const result = await runJob(handle, copy, maxOutputBytes)
    return result.ok ? ok(deserialize(result.value)) : result
  }

  async function within(job: Job, run: RunOptions): Promise<Result<Output>> {
    const { promise, resolve } = Promise.withResolvers<Result<Output>>()
    const cancel = timers.after(run.timeoutMs, () => {
      const message = `the job took longer than ${run.timeoutMs} ms and was stopped`
      resolve(fail({ code: 'worker-timeout', message }))
    })
    const onAbort = (): void => resolve(fail({ code: 'job-aborted', message: 'the job was given up' }))
    run.signal?.addEventListener('abort', onAbort, { once: true })
    running += 1
    try {
      return await Promise.race([promise, answer(job, run.maxOutputBytes)])
    } finally {
      running -= 1
      cancel()
      run.signal?.removeEventListener('abort', onAbort)
    }
  }

  return {
    async run(job, run) {
      if (closed) return fail({ code: 'pool-closed', message: 'the program is ending' })
      if (run.signal?.aborted === true) return fail({ code: 'job-aborted', message: 'the job was given up' })
      return within(job, run)
    },
    state: () => ({ waiting: 0, running, idle: 1, replaced: 0 }),
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}
