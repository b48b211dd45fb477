import type { Timers } from '@kedge/base'

/** Why a pass goes on: there is room, its time is up, or it is overtaken by what has happened to its key. */
export type LullEnd = 'quiet' | 'late' | 'overtaken'

/** Passes that have given their place away and wait for a quieter moment to finish. */
export interface Lull {
  /** Passes that wait. */
  readonly size: number
  /** Resolves in a quiet moment, in the order of coming, or after `maxMs`, whichever is first. */
  join(key: string, maxMs: number): Promise<LullEnd>
  /** Something has happened to a key: its pass goes on now. */
  overtake(key: string): void
  /** A pass that has waited here has ended, and makes room for the next one. */
  left(): void
  /** Looks whether there is a quiet moment. */
  look(): void
  /** Lets all go on, and keeps nobody any more. */
  open(): void
}

/** Passes that wait at once; what comes on top goes on without waiting. */
export const maxLingering: number = 10_000

/** `isQuiet` says whether nothing more urgent is there; at most `width` passes go on at once then. */
export function createLull(timers: Timers, options: { readonly isQuiet: () => boolean; readonly width: number }): Lull {
  const waiting = new Map<string, (end: LullEnd) => void>()
  let finishing = 0
  let isOpen = false

  function go(key: string, end: LullEnd): void {
    const resolve = waiting.get(key)
    if (resolve === undefined) return
    waiting.delete(key)
    finishing += 1
    resolve(end)
  }

  function look(): void {
    while (finishing < options.width && waiting.size > 0 && options.isQuiet()) {
      const [first] = waiting.keys()
      if (first !== undefined) go(first, 'quiet')
    }
  }

  return {
    get size() {
      return waiting.size
    },
    async join(key, maxMs) {
      if (isOpen || waiting.size >= maxLingering) {
        finishing += 1
        return isOpen ? 'overtaken' : 'late'
      }
      const { promise, resolve } = Promise.withResolvers<LullEnd>()
      waiting.set(key, resolve)
      const cancel = timers.after(maxMs, () => go(key, 'late'))
      look()
      const end = await promise
      cancel()
      return end
    },
    overtake: (key) => go(key, 'overtaken'),
    left() {
      finishing -= 1
      look()
    },
    look,
    open() {
      isOpen = true
      for (const key of waiting.keys()) go(key, 'overtaken')
    },
  }
}
