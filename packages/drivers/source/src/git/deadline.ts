import type { Timers } from '@kedge/base'
import { GitError, gitError } from './git-failure.ts'

/** Runs work under a time limit and the caller's signal; what the abort of either causes becomes `Timeout` or `Cancelled`. */
export async function withDeadline<T>(
  limit: { readonly timers: Timers; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const late = () =>
    gitError('Timeout', `the Git operation took longer than ${limit.timeoutMs} ms`, 'raise the timeout')
  const cancelled = () => gitError('Cancelled', 'the Git operation was cancelled')
  const abort = (error: GitError) => controller.abort(error)
  const onAbort = () => abort(cancelled())
  const stopTimer = limit.timers.after(limit.timeoutMs, () => abort(late()))
  if (limit.signal?.aborted === true) onAbort()
  else limit.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    controller.signal.throwIfAborted()
    return await Promise.race([work(controller.signal), rejection(controller.signal)])
  } catch (error) {
    if (controller.signal.reason instanceof GitError) throw controller.signal.reason
    throw error
  } finally {
    stopTimer()
    limit.signal?.removeEventListener('abort', onAbort)
    // Whatever still runs (an answer nobody reads to its end) is let go.
    controller.abort()
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')),
      {
        once: true,
      },
    )
  })
}

/** Timers of the host. A timer does not keep the process alive. */
export const hostTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
