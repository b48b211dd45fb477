/** A worker that does as it is told, also what a worker must not. */
import { parentPort } from 'node:worker_threads'

import { FailureError } from '@kedge/base'

import { serveJobs } from '../serve-jobs.ts'
import type { HostileJob } from './hostile-job.ts'

let count = 0

const acts: { readonly [What in HostileJob['do']]: (job: Extract<HostileJob, { do: What }>) => unknown } = {
  echo: (job) => job.value,
  count: () => count,
  environment: () => Object.keys(process.env),
  spin: () => {
    for (;;);
  },
  'wait-for-ever': () => new Promise(() => {}),
  throw: () => {
    throw new Error('went wrong')
  },
  fail: () => {
    throw new FailureError({ code: 'bad-input', message: 'told so', origin: { file: 'a.yaml', line: 3 } })
  },
  'throw-later': () => {
    setImmediate(() => {
      throw new Error('nobody catches this')
    })
    return new Promise(() => {})
  },
  'reject-later': () => {
    void Promise.reject(new Error('nobody awaits this'))
    return new Promise(() => {})
  },
  exit: () => process.exit(7),
  recurse: () => recurse(0),
  'eat-memory': () => {
    const all: number[][] = []
    for (;;) all.push(Array.from({ length: 100_000 }, (_, index) => index + all.length))
  },
  'large-output': (job) => 'x'.repeat(job.bytes),
  'function-output': () => () => {},
  print: () => {
    for (let line = 0; line < 5_000; line += 1) process.stdout.write(`${'x'.repeat(200)}\n`)
    return 'printed'
  },
  'reply-twice': (job) => {
    parentPort?.postMessage({ kind: 'done', id: job.pretend, output: new Uint8Array([1, 2, 3]) }, [])
    parentPort?.postMessage({ kind: 'nonsense' }, [])
    parentPort?.postMessage('nonsense', [])
    return 'the real answer'
  },
}

function act<What extends HostileJob['do']>(job: Extract<HostileJob, { do: What }> & { readonly do: What }): unknown {
  return acts[job.do](job)
}

function recurse(depth: number): number {
  return recurse(depth + 1) + 1
}

serveJobs(async (job: HostileJob): Promise<unknown> => {
  count += 1
  return act(job)
})
