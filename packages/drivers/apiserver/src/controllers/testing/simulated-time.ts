import type { Clock, Random, Timers } from '@kedge/base'

/** A clock that stands still until it is moved, and the timers that hang on it. */
export interface SimulatedTime extends Clock, Timers {
  /** Moves to the next timer that is due until a time, and runs it. False when there is none. */
  step(untilMs: number): boolean
  set(nowMs: number): void
  /** Timers that wait. */
  readonly waiting: number
}

/** Starts at a time. Timers of one instant run in the order in which they were set. */
export function createSimulatedTime(startMs: number): SimulatedTime {
  let nowMs = startMs
  let count = 0
  const timers = new Map<number, { readonly dueMs: number; readonly run: () => void }>()
  return {
    now: () => nowMs,
    set: (ms) => {
      nowMs = Math.max(nowMs, ms)
    },
    after: (delayMs, run) => {
      count += 1
      const id = count
      timers.set(id, { dueMs: nowMs + delayMs, run })
      return () => {
        timers.delete(id)
      }
    },
    step: (untilMs) => {
      let first: { readonly id: number; readonly dueMs: number; readonly run: () => void } | undefined
      for (const [id, timer] of timers) {
        if (timer.dueMs <= untilMs && (first === undefined || timer.dueMs < first.dueMs)) first = { id, ...timer }
      }
      if (first === undefined) return false
      timers.delete(first.id)
      nowMs = Math.max(nowMs, first.dueMs)
      first.run()
      return true
    },
    get waiting() {
      return timers.size
    },
  }
}

/** Numbers that are the same in each run (mulberry32). */
export function createSeededRandom(seed: number): Random {
  let state = seed
  return {
    next: () => {
      state = (state + 0x6d_2b_79_f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}
