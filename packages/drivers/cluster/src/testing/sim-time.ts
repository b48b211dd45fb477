import type { ClusterPorts } from '../ports.ts'

/** Time that passes only when it is told to. */
export interface SimTime extends ClusterPorts {
  /** Runs everything that is due within so many ms, in order, and what follows from it. */
  advance(ms: number): Promise<void>
  /** Lets everything run that needs no time. */
  settle(): Promise<void>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Simulated time that starts at an hour of 2026; `seed` chooses the random numbers. */
export function createSimTime(seed = 1): SimTime {
  let now = 1_790_000_000_000
  let order = 0
  let state = seed
  const timers = new Set<Timer>()

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  const next = (until: number): Timer | undefined =>
    [...timers]
      .filter((timer) => timer.at <= until)
      .toSorted((one, other) => one.at - other.at || one.order - other.order)[0]

  return {
    clock: { now: () => now },
    timers: {
      after(delayMs, run) {
        order += 1
        const timer = { at: now + Math.max(0, delayMs), order, run }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    },
    random: {
      next() {
        // Mulberry32.
        state = (state + 0x6d2b79f5) | 0
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
      },
    },
    settle,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.run()
        await settle()
      }
      now = until
    },
  }
}
