import type { Priority } from './next.ts'

/** Keys that wait for a place, each once. */
export interface ReadyQueue {
  readonly size: number
  has(key: string): boolean
  /** Adds a key at the end of its priority's line; a key that is there moves only to a more urgent line. */
  put(key: string, priority: Priority): void
  remove(key: string): void
  /** The key whose turn it is, given which kinds of places are free; undefined when there is none. */
  take(free: { readonly ordinary: boolean; readonly deletion: boolean }): string | undefined
}

/** After so many requests in a row one ordinary key gets its turn, so that nobody can be starved by asking. */
const requestsInARow = 4

/** A queue with a line for each priority, first in first out within it. */
export function createReadyQueue(): ReadyQueue {
  const lines: Record<Priority, Map<string, true>> = { request: new Map(), deletion: new Map(), normal: new Map() }
  let row = 0
  function lineOf(key: string): Priority | undefined {
    return (['request', 'deletion', 'normal'] as const).find((priority) => lines[priority].has(key))
  }
  function shift(priority: Priority): string | undefined {
    const [key] = lines[priority].keys()
    if (key !== undefined) lines[priority].delete(key)
    return key
  }
  function takeOrdinary(): string | undefined {
    const requestsFirst = row < requestsInARow || lines.normal.size === 0
    row = requestsFirst && lines.request.size > 0 ? row + 1 : 0
    return requestsFirst ? (shift('request') ?? shift('normal')) : shift('normal')
  }
  return {
    get size() {
      return lines.request.size + lines.deletion.size + lines.normal.size
    },
    has: (key) => lineOf(key) !== undefined,
    put(key, priority) {
      const present = lineOf(key)
      if (present === priority || present === 'deletion' || (present === 'request' && priority === 'normal')) return
      if (present !== undefined) lines[present].delete(key)
      lines[priority].set(key, true)
    },
    remove(key) {
      const present = lineOf(key)
      if (present !== undefined) lines[present].delete(key)
    },
    take(free) {
      // Deletions have places of their own, and take others only when nobody else waits for them.
      if (free.deletion && lines.deletion.size > 0 && (!free.ordinary || isQuiet())) return shift('deletion')
      if (free.ordinary) return takeOrdinary() ?? (free.deletion ? shift('deletion') : undefined)
      return undefined
    },
  }
  function isQuiet(): boolean {
    return lines.request.size === 0 && lines.normal.size === 0
  }
}
