/** Works that take longer than a turn may, one of each key, a bounded number at once; the others wait their turn. */
export interface Tasks<T> {
  isUnderWay(key: string): boolean
  /** Begins, or waits for a place. Neither end is told once the tasks are closed. */
  start(key: string, work: Work<T>, ends: Ends<T>): void
  /** Ends a work as soon as it lets itself be ended. */
  abort(key: string, reason: string): void
  /** How many are begun or wait. */
  readonly size: number
  /** Aborts all; resolves when none is left. */
  close(): Promise<void>
}

export type Work<T> = (signal: AbortSignal) => Promise<T>

/** Who hears of a work's end: one of the two, once. */
export interface Ends<T> {
  /** It came to its end, also where it was asked to stop in vain. */
  readonly ended: (outcome: T) => void
  /** It was aborted, or threw, which is a bug of its own and nobody else's. */
  readonly lost: (error: unknown) => void
}

export function createTasks<T>(maxAtOnce: number): Tasks<T> {
  const underWay = new Map<string, AbortController>()
  const waiting: (() => void)[] = []
  const runs = new Set<Promise<void>>()
  const state = { begun: 0, isClosed: false }

  async function run(key: string, work: Work<T>, ends: Ends<T>): Promise<void> {
    const { signal } = underWay.get(key) ?? new AbortController()
    if (state.begun >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    state.begun += 1
    try {
      signal.throwIfAborted()
      const outcome = await work(signal)
      underWay.delete(key)
      if (!state.isClosed) ends.ended(outcome)
    } catch (error) {
      underWay.delete(key)
      if (!state.isClosed) ends.lost(error)
    } finally {
      state.begun -= 1
      waiting.shift()?.()
    }
  }

  return {
    isUnderWay: (key) => underWay.has(key),
    start(key, work, ends) {
      underWay.set(key, new AbortController())
      const running = run(key, work, ends).finally(() => runs.delete(running))
      runs.add(running)
    },
    abort: (key, reason) => underWay.get(key)?.abort(new Error(reason)),
    get size() {
      return underWay.size
    },
    async close() {
      state.isClosed = true
      for (const controller of underWay.values()) controller.abort(new Error('the agent is closed'))
      for (const resolve of waiting.splice(0)) resolve()
      await Promise.allSettled(runs)
    },
  }
}
