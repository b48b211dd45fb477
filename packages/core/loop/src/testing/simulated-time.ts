import type { Clock, Timers } from '@kedge/base'

/** A clock that moves only when told, and the timers that hang on it. */
export interface SimulatedTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Moves on, running what becomes due in its order and letting promises settle in between. */
  advance(ms: number): Promise<void>
  /** How many timers are set. */
  readonly pending: number
}

export function createSimulatedTime(startMs = 1_000_000): SimulatedTime {
  let nowMs = startMs
  let count = 0
  const due = new Map<number, { atMs: number; run: () => void }>()
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return {
    clock: { now: () => nowMs },
    timers: {
      after(delayMs, run) {
        const id = (count += 1)
        due.set(id, { atMs: nowMs + delayMs, run })
        return () => due.delete(id)
      },
    },
    async advance(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const next = [...due]
          .filter(([, one]) => one.atMs <= endMs)
          .toSorted((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])[0]
        if (next === undefined) break
        due.delete(next[0])
        nowMs = Math.max(nowMs, next[1].atMs)
        next[1].run()
        await settle()
      }
      nowMs = endMs
    },
    get pending() {
      return due.size
    },
  }
}
