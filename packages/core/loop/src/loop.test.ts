import { expect, test } from 'vitest'

import { createLoop, type Loop, type LoopOptions } from './loop.ts'
import type { Next } from './next.ts'
import { createSimulatedTime, type SimulatedTime } from './testing/simulated-time.ts'

interface Pass {
  readonly key: string
  readonly atMs: number
  readonly signal: AbortSignal
  readonly failures: number
  whenQuiet(maxMs: number): Promise<string>
  end(next: Next): void
  fail(error: Error): void
}

interface Bench {
  readonly loop: Loop
  readonly time: SimulatedTime
  readonly passes: Pass[]
  readonly faults: string[]
  begun(): string[]
}

/** A loop whose passes end when the test says so, or at once with `auto`. */
function createBench(options: Partial<LoopOptions> & { auto?: (key: string, count: number) => Next } = {}): Bench {
  const time = createSimulatedTime()
  const passes: Pass[] = []
  const faults: string[] = []
  const startMs = time.clock.now()
  const { auto, ...rest } = options
  const loop = createLoop(
    {
      handle: (key, context) =>
        new Promise<Next>((resolve, reject) => {
          passes.push({ key, atMs: time.clock.now() - startMs, ...context, end: resolve, fail: reject })
          if (auto !== undefined) resolve(auto(key, passes.filter((one) => one.key === key).length))
        }),
      onFault: (key, error) => faults.push(`${key}: ${(error as Error).message}`),
      ...rest,
    },
    { clock: time.clock, timers: time.timers, random: { next: () => 0.5 } },
  )
  return { loop, time, passes, faults, begun: () => passes.map((one) => one.key) }
}

const done: Next = { kind: 'done' }

test('[L1] wakes before a pass begins are one pass, and there is never a second pass of a key at once', async () => {
  const bench = createBench()
  bench.loop.wake('a')
  bench.loop.wake('a')
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a'])
  bench.loop.wake('a')
  bench.loop.wake('a')
  await bench.time.advance(10_000)
  expect(bench.begun()).toEqual(['a'])
  bench.passes[0]?.end(done)
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a', 'a'])
  bench.passes[1]?.end(done)
  await bench.time.advance(10_000)
  expect(bench.begun()).toEqual(['a', 'a'])
})

test('[L2] no more passes run than there are places, and keys get theirs in turn', async () => {
  const bench = createBench({ concurrency: 3, deletionPlaces: 1 })
  bench.loop.wakeAll(['a', 'b', 'c', 'd'])
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a', 'b'])
  bench.passes[0]?.end(done)
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a', 'b', 'c'])
})

test('[L3] deletions have a place when all others are taken', async () => {
  const bench = createBench({ concurrency: 3, deletionPlaces: 1 })
  bench.loop.wakeAll(['a', 'b', 'c', 'd'])
  bench.loop.wake('gone', { priority: 'deletion' })
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a', 'b', 'gone'])
})

test('[L4] what a user asked for goes first, without starving the rest', async () => {
  const bench = createBench({ concurrency: 1, deletionPlaces: 0, auto: () => done })
  const requests = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']
  bench.loop.wake('first')
  bench.loop.wakeAll(['n1', 'n2'])
  bench.loop.wakeAll(requests, { priority: 'request' })
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['first', 'r1', 'r2', 'r3', 'r4', 'n1', 'r5', 'r6', 'n2'])
})

test('[L5] retries back off from 750 ms to 15 min, and success begins anew', async () => {
  const bench = createBench({
    auto: (_key, count) => (count <= 12 ? { kind: 'retry', cause: 'x' } : { kind: 'after', delayMs: 3_600_000 }),
  })
  bench.loop.wake('a')
  await bench.time.advance(4 * 3_600_000)
  const gaps = bench.passes.slice(0, 13).map((pass, index, all) => pass.atMs - (all[index - 1]?.atMs ?? 0))
  expect(gaps.slice(0, 4)).toEqual([0, 750, 1500, 3000])
  expect(gaps.slice(-2)).toEqual([768_000, 900_000])
  expect(bench.passes[12]?.failures).toBe(12)
  expect(bench.passes[13]?.failures).toBe(0)
  bench.loop.forget('a')
})

test('[L6] a changed input begins the back-off anew', async () => {
  const bench = createBench({ auto: () => ({ kind: 'retry', cause: 'x' }) })
  bench.loop.wake('a')
  await bench.time.advance(10_000)
  expect(bench.loop.state('a')?.failures).toBeGreaterThan(2)
  bench.loop.wake('a', { fresh: true })
  await bench.time.advance(0)
  expect(bench.loop.state('a')?.failures).toBe(1)
})

test('[L7] an interval comes back, a stall does not, and a wait ends at its deadline', async () => {
  const results: Record<string, Next> = {
    interval: { kind: 'done', intervalMs: 60_000 },
    stall: { kind: 'stalled', reason: 'bad input' },
    wait: { kind: 'waiting', deadlineMs: 1_000_000 + 5_000 },
  }
  const bench = createBench({ auto: (key, count) => (count === 1 ? (results[key] ?? done) : done) })
  bench.loop.wakeAll(Object.keys(results))
  await bench.time.advance(60_000)
  expect(bench.begun()).toEqual(['interval', 'stall', 'wait', 'wait', 'interval'])
  bench.loop.wake('stall')
  await bench.time.advance(0)
  expect(bench.begun().at(-1)).toBe('stall')
})

test('[L8] a wait holds no place, and an event ends it', async () => {
  const bench = createBench({
    concurrency: 1,
    deletionPlaces: 0,
    auto: (key, count) => (key === 'slow' && count === 1 ? { kind: 'waiting', deadlineMs: 9e12 } : done),
  })
  bench.loop.wakeAll(['slow', 'quick'])
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['slow', 'quick'])
  bench.loop.wake('slow')
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['slow', 'quick', 'slow'])
})

test('[L9] a pass that throws costs its own key a back-off and nothing else', async () => {
  const bench = createBench()
  bench.loop.wakeAll(['poison', 'good'])
  await bench.time.advance(0)
  bench.passes[0]?.fail(new Error('annotation without a slash'))
  bench.passes[1]?.end(done)
  await bench.time.advance(0)
  expect(bench.faults).toEqual(['poison: annotation without a slash'])
  expect(bench.loop.state('poison')).toMatchObject({ phase: 'resting', failures: 1 })
  await bench.time.advance(750)
  expect(bench.begun()).toEqual(['poison', 'good', 'poison'])
})

test('[L10] a handler that throws before its first await is contained too', async () => {
  const time = createSimulatedTime()
  const loop = createLoop(
    {
      handle: () => {
        throw new Error('at once')
      },
    },
    { clock: time.clock, timers: time.timers, random: { next: () => 0.5 } },
  )
  loop.wake('a')
  await time.advance(0)
  expect(loop.state('a')?.last).toEqual({ kind: 'retry', cause: 'at once' })
})

test('[L11] a newer input aborts the pass under way and begins another', async () => {
  const bench = createBench()
  bench.loop.wake('a')
  await bench.time.advance(0)
  bench.loop.wake('a', { interrupt: true })
  expect(bench.passes[0]?.signal.aborted).toBe(true)
  bench.passes[0]?.fail(new Error('aborted'))
  await bench.time.advance(0)
  expect(bench.begun()).toEqual(['a', 'a'])
  expect(bench.faults).toEqual([])
})

test('[L12] a pass that hangs gives its place away, but its key gets no second pass', async () => {
  const bench = createBench({ concurrency: 1, deletionPlaces: 0, passTimeoutMs: 30_000 })
  bench.loop.wakeAll(['hangs', 'b'])
  await bench.time.advance(29_999)
  expect(bench.begun()).toEqual(['hangs'])
  await bench.time.advance(1)
  expect(bench.passes[0]?.signal.aborted).toBe(true)
  expect(bench.begun()).toEqual(['hangs', 'b'])
  bench.loop.wake('hangs')
  await bench.time.advance(60_000)
  expect(bench.begun().filter((key) => key === 'hangs')).toEqual(['hangs'])
})

test('[L13] a storm of events gives a key ten passes at once and then one a second', async () => {
  const bench = createBench({ auto: () => done })
  for (let event = 0; event < 600; event += 1) {
    bench.loop.wake('noisy')
    await bench.time.advance(100)
  }
  expect(bench.passes.length).toBeGreaterThanOrEqual(60)
  expect(bench.passes.length).toBeLessThanOrEqual(71)
})

test('[L14] one noisy key does not delay the others', async () => {
  const bench = createBench({
    concurrency: 1,
    deletionPlaces: 0,
    auto: (key) => (key === 'noisy' ? { kind: 'after', delayMs: 0 } : done),
  })
  bench.loop.wake('noisy')
  await bench.time.advance(0)
  bench.loop.wakeAll(['a', 'b'])
  await bench.time.advance(0)
  expect(bench.begun().filter((key) => key !== 'noisy')).toEqual(['a', 'b'])
  bench.loop.forget('noisy')
})

test('[L15] a forgotten key has no timer left and no further pass', async () => {
  const bench = createBench({ auto: () => ({ kind: 'done', intervalMs: 1000 }) })
  bench.loop.wake('a')
  await bench.time.advance(0)
  bench.loop.forget('a')
  await bench.time.advance(10_000)
  expect(bench.begun()).toEqual(['a'])
  expect(bench.time.pending).toBe(0)
  expect(bench.loop.keys()).toEqual([])
})

test('[L16] stopping aborts what is under way, waits for it and begins nothing', async () => {
  const bench = createBench()
  bench.loop.wake('a')
  await bench.time.advance(0)
  let stopped = false
  void bench.loop.stop().then(() => (stopped = true))
  bench.loop.wake('b')
  await bench.time.advance(0)
  expect([stopped, bench.passes[0]?.signal.aborted]).toEqual([false, true])
  bench.passes[0]?.end({ kind: 'done', intervalMs: 5 })
  await bench.time.advance(1000)
  expect(stopped).toBe(true)
  expect(bench.begun()).toEqual(['a'])
  expect(bench.time.pending).toBe(0)
})

test('[L17] what is bounded says how full it is', async () => {
  const bench = createBench({ concurrency: 2, deletionPlaces: 0, maxKeys: 9 })
  bench.loop.wakeAll(['a', 'b', 'c'])
  await bench.time.advance(0)
  lingering(bench, ['a'])
  await bench.time.advance(0)
  expect(bench.loop.gauges()).toEqual([
    { name: 'keys', value: 3, max: 9 },
    { name: 'passes', value: 2, max: 2 },
    { name: 'passes that linger', value: 1, max: 10_000 },
  ])
})

test('[L17] the number of keys is bounded', () => {
  const bench = createBench({ maxKeys: 1 })
  bench.loop.wake('a')
  expect(() => bench.loop.wake('b')).toThrow('the loop holds 1 keys already')
})

/** What goes on after a pause, in its order, and why. */
function lingering(bench: Bench, names: readonly string[], maxMs = 5_000): string[] {
  const wentOn: string[] = []
  for (const name of names) {
    const pass = bench.passes.find((one) => one.key === name)
    void pass?.whenQuiet(maxMs).then((why) => wentOn.push(`${name} ${why}`))
  }
  return wentOn
}

test('[L19] a pass that waits for a quiet moment gives its place away and goes on when nobody else needs one', async () => {
  const bench = createBench({ concurrency: 2, deletionPlaces: 0 })
  bench.loop.wakeAll(['a', 'b', 'c'])
  await bench.time.advance(0)
  const wentOn = lingering(bench, ['a'])
  await bench.time.advance(100)
  expect({ begun: bench.begun(), wentOn }).toEqual({ begun: ['a', 'b', 'c'], wentOn: [] })
  bench.passes[1]?.end(done)
  await bench.time.advance(100)
  expect(wentOn).toEqual([])
  bench.passes[2]?.end(done)
  await bench.time.advance(100)
  expect(wentOn).toEqual(['a quiet'])
  expect(bench.loop.state('a')?.phase).toBe('running')
  bench.passes[0]?.end(done)
  await bench.time.advance(0)
  expect(bench.loop.state('a')?.phase).toBe('resting')
  expect(bench.time.pending).toBe(0)
})

test('[L19] no more passes go on at once than there are places, in the order of asking', async () => {
  const bench = createBench({ concurrency: 2, deletionPlaces: 0 })
  bench.loop.wakeAll(['a', 'b', 'busy'])
  await bench.time.advance(0)
  const first = lingering(bench, ['a', 'b'])
  await bench.time.advance(0)
  bench.loop.wake('c')
  await bench.time.advance(0)
  const second = lingering(bench, ['c'])
  bench.passes.find((one) => one.key === 'busy')?.end(done)
  await bench.time.advance(0)
  expect([first, second]).toEqual([['a quiet', 'b quiet'], []])
  bench.passes[0]?.end(done)
  await bench.time.advance(0)
  expect(second).toEqual(['c quiet'])
})

test('[L19] the quiet moment is not waited for longer than the pass says', async () => {
  const bench = createBench()
  bench.loop.wakeAll(['a', 'busy'])
  await bench.time.advance(0)
  const wentOn = lingering(bench, ['a'], 3_000)
  await bench.time.advance(2_999)
  expect(wentOn).toEqual([])
  await bench.time.advance(1)
  expect(wentOn).toEqual(['a late'])
})

test.each([
  ['the key is woken', (loop: Loop) => loop.wake('a')],
  ['the key is forgotten', (loop: Loop) => loop.forget('a')],
  ['the loop stops', (loop: Loop) => void loop.stop()],
])('[L19] a pass goes on at once when %s', async (_, happen) => {
  const bench = createBench()
  bench.loop.wakeAll(['a', 'busy'])
  await bench.time.advance(0)
  const wentOn = lingering(bench, ['a'])
  await bench.time.advance(0)
  expect(wentOn).toEqual([])
  happen(bench.loop)
  await bench.time.advance(0)
  expect(wentOn).toEqual(['a overtaken'])
})

test('[L19] a key that was woken during its pass has no time to wait', async () => {
  const bench = createBench()
  bench.loop.wakeAll(['a', 'busy'])
  await bench.time.advance(0)
  bench.loop.wake('a')
  const wentOn = lingering(bench, ['a'])
  await bench.time.advance(0)
  expect(wentOn).toEqual(['a overtaken'])
})

test('[L20] passes that need nothing from outside let the world be heard in between', async () => {
  const bench = createBench({ concurrency: 4, auto: () => done })
  const heard: number[] = []
  bench.time.timers.after(0, () => heard.push(bench.passes.length))
  bench.loop.wakeAll(Array.from({ length: 20 }, (_, index) => `key-${index}`))
  await bench.time.advance(0)
  expect(heard).toEqual([8])
  expect(bench.passes.length).toBe(20)
})
