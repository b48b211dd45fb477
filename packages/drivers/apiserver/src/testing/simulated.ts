import type { Clock, Random, Timers } from '@kedge/base'

/** A clock that stands still until it is moved, with the timers that hang on it. */
export interface SimulatedTime extends Clock, Timers {
  /** Moves the clock on, running what falls due in its order. */
  advance(ms: number): void
}

export function simulatedTime(startMs: number = Date.parse('2026-11-23T18:31:45Z')): SimulatedTime {
  let nowMs = startMs
  let count = 0
  const waiting = new Map<number, { readonly dueMs: number; readonly run: () => void }>()
  return {
    now: () => nowMs,
    after: (delayMs, run) => {
      const id = ++count
      waiting.set(id, { dueMs: nowMs + delayMs, run })
      return () => {
        waiting.delete(id)
      }
    },
    advance: (ms) => {
      const endMs = nowMs + ms
      for (;;) {
        const [next] = [...waiting]
          .filter(([, timer]) => timer.dueMs <= endMs)
          .toSorted(([, a], [, b]) => a.dueMs - b.dueMs)
        if (next === undefined) break
        waiting.delete(next[0])
        nowMs = Math.max(nowMs, next[1].dueMs)
        next[1].run()
      }
      nowMs = endMs
    },
  }
}

/** Numbers that look random and are the same in every run. */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}
