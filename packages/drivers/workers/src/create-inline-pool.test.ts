import type { Timers } from '@kedge/base'
import { expect, test } from 'vitest'

import { createInlinePool } from './create-inline-pool.ts'

const generous = { timeoutMs: 1_000, maxOutputBytes: 100 }

function manualTimers(): Timers & { fire(): void; pending(): number } {
  const due = new Set<() => void>()
  return {
    after(_, run) {
      due.add(run)
      return () => due.delete(run)
    },
    fire: () => due.forEach((run) => run()),
    pending: () => due.size,
  }
}

test('a job runs with copies of its values', async () => {
  const timers = manualTimers()
  const pool = createInlinePool({ timers, handle: (job: { list: number[] }) => (job.list.push(3), job) })
  const job = { list: [1, 2] }
  expect(await pool.run(job, generous)).toEqual({ ok: true, value: { list: [1, 2, 3] } })
  expect(job).toEqual({ list: [1, 2] })
  expect(timers.pending()).toBe(0)
})

test('time, size, faults and the end of the pool give the same codes as threads do', async () => {
  const timers = manualTimers()
  const pool = createInlinePool<string, unknown>({
    timers,
    handle: (job) => (job === 'hang' ? new Promise(() => {}) : job.repeat(10)),
    fault: (job) => (job === 'lost' ? { code: 'worker-crashed', message: 'lost' } : undefined),
  })
  const codeOf = async (job: string, signal?: AbortSignal): Promise<string> => {
    const result = await pool.run(job, signal === undefined ? generous : { ...generous, signal })
    return result.ok ? 'ok' : result.failure.code
  }
  const hanging = codeOf('hang')
  expect(pool.state().running).toBe(1)
  timers.fire()
  expect(await hanging).toBe('worker-timeout')
  const abort = new AbortController()
  const given = codeOf('hang', abort.signal)
  abort.abort()
  expect(await given).toBe('job-aborted')
  expect(await codeOf('x', abort.signal)).toBe('job-aborted')
  expect(await codeOf('lost')).toBe('worker-crashed')
  expect(await codeOf('x'.repeat(20))).toBe('worker-output-too-large')
  expect(await codeOf('x')).toBe('ok')
  await pool.close()
  expect(await codeOf('x')).toBe('pool-closed')
})
