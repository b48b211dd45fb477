import type { Clock, Timers } from '@kedge/base'

/** Keys waiting to be reconciled, each at most once. */
export interface WorkQueue {
  add(key: string): void
  /** Adds the key later; of several times for a key the earliest counts. */
  addAfter(key: string, delayMs: number): void
  /** Keys waiting or in work now; those on a timer do not count. */
  readonly active: number
  close(): void
}

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly timers: Timers
  /** Brings one key to its desired state. A rejection is retried with back-off. */
  readonly reconcile: (key: string) => Promise<void>
  readonly onError: (error: unknown, key: string) => void
  /** Keys in work at the same time. */
  readonly concurrency?: number
  /** Called when the last active key is done. */
  readonly onIdle: () => void
}

const FIRST_RETRY_MS = 5
const LONGEST_RETRY_MS = 60_000
/** Passes over one key within a second after which it waits: two writers that undo each other must not spin. */
const BURST = 100
const BURST_WINDOW_MS = 1000
/** Keys whose passes are counted. */
const PASSES_LIMIT = 10_000

/**
 * Makes a queue. Work starts in order of arrival, in a later turn of the event loop each time, so that requests from
 * outside are answered in between.
 */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyQueue(options)
}

class KeyQueue implements WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #concurrency: number
  readonly #waiting = new Set<string>()
  readonly #running = new Set<string>()
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>()
  readonly #passes = new Map<string, { count: number; readonly sinceMs: number }>()
  #isScheduled = false
  #isClosed = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#concurrency = options.concurrency ?? 8
  }

  get active(): number {
    return this.#waiting.size + this.#running.size
  }

  add(key: string): void {
    if (this.#isClosed) return
    if (this.#running.has(key)) this.#again.add(key)
    else {
      this.#waiting.add(key)
      this.#schedule()
    }
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return
    const present = this.#timers.get(key)
    const dueMs = this.#options.clock.now() + Math.max(0, delayMs)
    if (present !== undefined && present.dueMs <= dueMs) return
    present?.cancel()
    const cancel = this.#options.timers.after(Math.max(0, delayMs), () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, { dueMs, cancel })
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#waiting.clear()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0 || this.#running.size >= this.#concurrency) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#concurrency) return
      this.#waiting.delete(key)
      if (this.#isBursting(key)) this.addAfter(key, BURST_WINDOW_MS)
      else {
        this.#running.add(key)
        void this.#work(key)
      }
    }
    this.#tellIdle()
  }

  async #work(key: string): Promise<void> {
    try {
      await this.#options.reconcile(key)
      this.#failures.delete(key)
    } catch (error) {
      if (!this.#isClosed) this.#retry(key, error)
    }
    this.#running.delete(key)
    if (this.#again.delete(key)) this.add(key)
    this.#schedule()
    this.#tellIdle()
  }

  #tellIdle(): void {
    if (this.active === 0) this.#options.onIdle()
  }

  #retry(key: string, error: unknown): void {
    const count = this.#failures.get(key) ?? 0
    this.#failures.set(key, count + 1)
    this.#options.onError(error, key)
    this.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LONGEST_RETRY_MS))
  }

  #isBursting(key: string): boolean {
    const nowMs = this.#options.clock.now()
    const passes = this.#passes.get(key)
    if (passes === undefined || nowMs - passes.sinceMs >= BURST_WINDOW_MS) {
      if (this.#passes.size >= PASSES_LIMIT) this.#passes.clear()
      this.#passes.set(key, { count: 1, sinceMs: nowMs })
      return false
    }
    passes.count += 1
    return passes.count > BURST
  }
}
