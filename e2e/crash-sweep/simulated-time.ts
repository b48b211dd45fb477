import type { Clock, Timers } from '@kedge/base'

/** Time that moves only when nothing else can happen. */
export interface SimulatedTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Jumps to the next timer and runs it; false when there is none. */
  jump(): boolean
}

export function createSimulatedTime(startMs: number): SimulatedTime {
  let nowMs = startMs
  let count = 0
  const due = new Map<number, { readonly atMs: number; readonly run: () => void }>()
  return {
    clock: { now: () => nowMs },
    timers: {
      after(delayMs, run) {
        const id = (count += 1)
        due.set(id, { atMs: nowMs + Math.max(0, delayMs), run })
        return () => due.delete(id)
      },
    },
    jump() {
      let next: number | undefined
      for (const [id, one] of due) {
        const best = next === undefined ? undefined : due.get(next)
        if (best === undefined || one.atMs < best.atMs) next = id
      }
      const found = next === undefined ? undefined : due.get(next)
      if (next === undefined || found === undefined) return false
      due.delete(next)
      nowMs = Math.max(nowMs, found.atMs)
      found.run()
      return true
    },
  }
}

/** Timers of one process: they die with it. */
export function timersOf(time: SimulatedTime, isAlive: () => boolean): Timers {
  return {
    after: (delayMs, run) =>
      time.timers.after(delayMs, () => {
        if (isAlive()) run()
      }),
  }
}

/** A seeded generator (mulberry32): the same seed gives the same run. */
export function seededRandom(seed: number): { next(): number } {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}
