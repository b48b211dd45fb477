import { ApiError } from '@kedge/manifest'

/** Lets a bounded number of tasks run at once, the others in the order they came. */
export interface Limiter {
  /** Runs the task when there is room. Rejects with ApiError reason `ClientBusy` when too many wait already. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How many tasks run and wait, and how many may. */
  gauges(): readonly Gauge[]
}

/** How full something bounded is. */
export interface Gauge {
  readonly name: string
  readonly value: number
  readonly max: number
}

interface Waiter {
  start(): void
}

/** A limiter for `concurrency` tasks with at most `maxWaiting` in its queue. */
export function createLimiter(concurrency: number, maxWaiting: number): Limiter {
  let running = 0
  const waiting = new Set<Waiter>()

  function release(): void {
    running -= 1
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next)
    running += 1
    next.start()
  }

  async function acquire(signal?: AbortSignal): Promise<void> {
    if (running < concurrency) {
      running += 1
      return
    }
    if (waiting.size >= maxWaiting) throw busy(maxWaiting)
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        if (waiting.delete(waiter)) reject(signal?.reason instanceof Error ? signal.reason : busy(maxWaiting))
      }
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      waiting.add(waiter)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  return {
    gauges: () => [
      { name: 'requests', value: running, max: concurrency },
      { name: 'requests that wait', value: waiting.size, max: maxWaiting },
    ],
    async run(task, signal) {
      await acquire(signal)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}

function busy(maxWaiting: number): ApiError {
  const message = `${maxWaiting} requests to this cluster wait already`
  return new ApiError({ code: 0, reason: 'ClientBusy', message }, { outcomeKnown: true })
}
