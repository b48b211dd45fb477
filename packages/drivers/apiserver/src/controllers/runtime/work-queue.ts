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

/** Makes a queue. Work starts in a microtask, in order of arrival. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>()
  const running = new Set<string>()
  const again = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>()
  const concurrency = options.concurrency ?? 8
  let isPumping = false
  let isClosed = false

  function add(key: string): void {
    if (isClosed) return
    if (running.has(key)) {
      again.add(key)
      return
    }
    waiting.add(key)
    if (isPumping) return
    isPumping = true
    queueMicrotask(pump)
  }

  function pump(): void {
    isPumping = false
    for (const key of waiting) {
      if (running.size >= concurrency) return
      waiting.delete(key)
      running.add(key)
      void work(key)
    }
  }

  async function work(key: string): Promise<void> {
    try {
      await options.reconcile(key)
      failures.delete(key)
    } catch (error) {
      if (!isClosed) retry(key, error)
    }
    running.delete(key)
    if (again.delete(key)) add(key)
    pump()
    if (running.size === 0 && waiting.size === 0) options.onIdle()
  }

  function retry(key: string, error: unknown): void {
    const count = failures.get(key) ?? 0
    failures.set(key, count + 1)
    options.onError(error, key)
    addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LONGEST_RETRY_MS))
  }

  function addAfter(key: string, delayMs: number): void {
    if (isClosed) return
    const present = timers.get(key)
    const dueMs = options.clock.now() + Math.max(0, delayMs)
    if (present !== undefined && present.dueMs <= dueMs) return
    present?.cancel()
    const cancel = options.timers.after(Math.max(0, delayMs), () => {
      timers.delete(key)
      add(key)
    })
    timers.set(key, { dueMs, cancel })
  }

  return {
    add,
    addAfter,
    get active() {
      return waiting.size + running.size
    },
    close: () => {
      isClosed = true
      for (const timer of timers.values()) timer.cancel()
      timers.clear()
      waiting.clear()
    },
  }
}
