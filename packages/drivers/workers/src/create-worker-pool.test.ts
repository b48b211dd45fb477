import type { Result, Timers } from '@kedge/base'
import { afterEach, expect, test } from 'vitest'

import { createWorkerPool, type WorkerPoolOptions } from './create-worker-pool.ts'
import type { HostileJob } from './testing/hostile-job.ts'
import type { WorkerPool } from './worker-pool.ts'

const realTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

const hostile = new URL('./testing/hostile-entry.ts', import.meta.url)
const generous = { timeoutMs: 20_000, maxOutputBytes: 1_000_000 }
const pools: WorkerPool<HostileJob, unknown>[] = []

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

function open(options: Partial<WorkerPoolOptions> = {}): WorkerPool<HostileJob, unknown> {
  const pool = createWorkerPool<HostileJob, unknown>({
    entry: hostile,
    size: 1,
    timers: realTimers,
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    ...options,
  })
  pools.push(pool)
  return pool
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.failure.code
}

test('values pass to a worker and back by copy', async () => {
  const pool = open()
  const value = { text: 'é', map: new Map([['a', new Uint8Array([1, 2])]]), nothing: undefined }
  expect(await pool.run({ do: 'echo', value }, generous)).toEqual({ ok: true, value })
})

test.each<[HostileJob['do'], string]>([
  ['exit', 'worker-crashed'],
  ['throw-later', 'worker-crashed'],
  ['reject-later', 'worker-crashed'],
  ['eat-memory', 'worker-out-of-memory'],
])('[F17] a job that does %s costs itself %s, and the next one runs', async (what, code) => {
  const pool = open()
  const [bad, good] = await Promise.all([
    pool.run({ do: what } as HostileJob, generous),
    pool.run({ do: 'echo', value: 1 }, generous),
  ])
  expect(codeOf(bad)).toBe(code)
  expect(good).toEqual({ ok: true, value: 1 })
  expect(pool.state()).toEqual({ waiting: 0, running: 0, idle: 1, replaced: 1 })
})

test.each<HostileJob['do']>(['spin', 'wait-for-ever'])(
  '[F17] a job that hangs by %s is stopped in time',
  async (what) => {
    const pool = open()
    await pool.run({ do: 'echo', value: 0 }, generous)
    const [bad, good] = await Promise.all([
      pool.run({ do: what } as HostileJob, { ...generous, timeoutMs: 50 }),
      pool.run({ do: 'count' }, generous),
    ])
    expect(codeOf(bad)).toBe('worker-timeout')
    expect(good).toEqual({ ok: true, value: 1 })
  },
)

test.each<[HostileJob, string]>([
  [{ do: 'throw' }, 'job-failed'],
  [{ do: 'fail' }, 'bad-input'],
  [{ do: 'recurse' }, 'job-failed'],
  [{ do: 'function-output' }, 'job-failed'],
  [{ do: 'large-output', bytes: 2_000_000 }, 'worker-output-too-large'],
])('a job that fails by %j keeps its worker', async (job, code) => {
  const pool = open()
  expect(codeOf(await pool.run(job, generous))).toBe(code)
  expect(await pool.run({ do: 'count' }, generous)).toEqual({ ok: true, value: 2 })
})

test('a Failure that a job throws arrives whole', async () => {
  expect(await open().run({ do: 'fail' }, generous)).toEqual({
    ok: false,
    failure: { code: 'bad-input', message: 'told so', origin: { file: 'a.yaml', line: 3 } },
  })
})

test('[F17] replies to jobs that are over or never were are dropped', async () => {
  const pool = open()
  expect(await pool.run({ do: 'reply-twice', pretend: 999 }, generous)).toEqual({ ok: true, value: 'the real answer' })
  expect(await pool.run({ do: 'echo', value: 2 }, generous)).toEqual({ ok: true, value: 2 })
})

test('a worker sees nothing of the environment, and what it prints goes nowhere', async () => {
  const pool = open()
  expect(await pool.run({ do: 'environment' }, generous)).toEqual({ ok: true, value: [] })
  expect(await pool.run({ do: 'print' }, generous)).toEqual({ ok: true, value: 'printed' })
})

test('a job that is given up frees its worker, also while it runs', async () => {
  const pool = open()
  await pool.run({ do: 'echo', value: 0 }, generous)
  const abort = new AbortController()
  const running = pool.run({ do: 'wait-for-ever' }, { ...generous, signal: abort.signal })
  const waiting = pool.run({ do: 'echo', value: 1 }, { ...generous, signal: abort.signal })
  const other = pool.run({ do: 'echo', value: 2 }, generous)
  abort.abort()
  expect(codeOf(await running)).toBe('job-aborted')
  expect(codeOf(await waiting)).toBe('job-aborted')
  expect(codeOf(await pool.run({ do: 'echo', value: 3 }, { ...generous, signal: abort.signal }))).toBe('job-aborted')
  expect(await other).toEqual({ ok: true, value: 2 })
})

test('too many waiting jobs are refused', async () => {
  const pool = open({ maxWaiting: 3, maxWaitingPerOwner: 2 })
  const run = (owner: string): Promise<Result<unknown>> =>
    pool.run({ do: 'echo', value: owner }, { ...generous, owner })
  const codes = (await Promise.all([run('a'), run('a'), run('a'), run('b'), run('b')])).map(codeOf)
  expect(codes).toEqual(['ok', 'ok', 'worker-queue-full', 'ok', 'worker-queue-full'])
})

test('owners take turns', async () => {
  const pool = open()
  const order: unknown[] = []
  const run = async (owner: string, value: string): Promise<void> => {
    const result = await pool.run({ do: 'echo', value }, { ...generous, owner })
    order.push(result.ok ? result.value : result.failure.code)
  }
  await Promise.all([run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('b', 'b1'), run('b', 'b2'), run('c', 'c1')])
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('a worker is retired after its share of jobs', async () => {
  const pool = open({ jobsPerWorker: 2 })
  const counts = []
  for (let job = 0; job < 5; job += 1) counts.push(await pool.run({ do: 'count' }, generous))
  expect(counts.map((result) => result.ok && result.value)).toEqual([1, 2, 1, 2, 1])
})

test('a module that cannot be loaded fails the jobs, not the program', async () => {
  const pool = open({ entry: new URL('./testing/broken-entry.ts', import.meta.url) })
  const results = await Promise.all([1, 2].map(() => pool.run({ do: 'count' }, generous)))
  expect(results.map(codeOf)).toEqual(['worker-start-failed', 'worker-start-failed'])
  expect(JSON.stringify(results[0])).toContain('this module is broken')
})

test('closing ends what runs and what waits', async () => {
  const pool = open()
  const jobs = [pool.run({ do: 'spin' }, generous), pool.run({ do: 'count' }, generous)]
  await pool.close()
  expect((await Promise.all(jobs)).map(codeOf)).toEqual(['pool-closed', 'pool-closed'])
  expect(codeOf(await pool.run({ do: 'count' }, generous))).toBe('pool-closed')
  expect(pool.state()).toMatchObject({ waiting: 0, running: 0, idle: 0 })
})
