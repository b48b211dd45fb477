/** Works that take longer than a turn may, one of each key, a bounded number at once; the others wait their turn. */
export interface Tasks<T> {
  isUnderWay(key: string): boolean
  /** Begins, or waits for a place. `ended` is called unless the tasks were closed before. */
  start(key: string, work: Work<T>, ended: (outcome: T) => void): void
  /** How many are begun or wait. */
  readonly size: number
  /** Aborts all; resolves when none is left. */
  close(): Promise<void>
}

export type Work<T> = (signal: AbortSignal) => Promise<T>

/** `onFault` is told what a work threw, which is a bug of its own and nobody else's. */
export function createTasks<T>(maxAtOnce: number, onFault: (key: string, error: unknown) => void): Tasks<T> {
  const controller = new AbortController()
  const underWay = new Set<string>()
  const waiting: (() => void)[] = []
  const runs = new Set<Promise<void>>()
  let begun = 0

  async function run(key: string, work: Work<T>, ended: (outcome: T) => void): Promise<void> {
    if (begun >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    begun += 1
    try {
      if (controller.signal.aborted) return
      const outcome = await work(controller.signal)
      underWay.delete(key)
      if (!isAborted(controller.signal)) ended(outcome)
    } catch (error) {
      underWay.delete(key)
      if (!isAborted(controller.signal)) onFault(key, error)
    } finally {
      begun -= 1
      waiting.shift()?.()
    }
  }

  return {
    isUnderWay: (key) => underWay.has(key),
    start(key, work, ended) {
      underWay.add(key)
      const running = run(key, work, ended).finally(() => runs.delete(running))
      runs.add(running)
    },
    get size() {
      return underWay.size
    },
    async close() {
      controller.abort(new Error('the agent is closed'))
      for (const resolve of waiting.splice(0)) resolve()
      await Promise.allSettled(runs)
    },
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
