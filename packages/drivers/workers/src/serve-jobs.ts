import { parentPort } from 'node:worker_threads'

import { Bug } from '@kedge/base'

import type { JobMessage, WorkerMessage } from './messages.ts'
import { runJob } from './run-job.ts'

/** The inside of a worker: the pool's entry module calls this once with the function that does a job. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's function says what a job is
export function serveJobs<Job, Output>(handle: (job: Job) => Output | Promise<Output>): void {
  const port = parentPort
  if (port === null) throw new Bug('serveJobs is called outside a worker')
  const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  port.on('message', (message: JobMessage & { readonly job: Job }) => {
    void answer(message)
  })
  post({ kind: 'ready' })

  async function answer({ id, job, maxOutputBytes }: JobMessage & { readonly job: Job }): Promise<void> {
    const result = await runJob(handle, job, maxOutputBytes)
    if (!result.ok) return post({ kind: 'failed', id, failure: result.failure })
    // The serialiser's buffer may be larger than what it holds; only a copy of the right size is handed over.
    const output = new Uint8Array(result.value)
    return post({ kind: 'done', id, output }, [output.buffer])
  }
}
