import type { Timers } from '@kedge/base'
import type { HttpResponse } from '../http/http-port.ts'

/** Milliseconds to wait before the next attempt after so many; undefined when an answer is final. */
export type RetryDelay = (status: number, attempts: number) => number | undefined

/** Asks again as long as the delay says so; whoever waits can be given up. */
export async function retried(
  ask: () => Promise<HttpResponse>,
  delay: RetryDelay,
  { timers, signal }: { readonly timers: Timers; readonly signal: AbortSignal },
): Promise<HttpResponse> {
  for (let attempts = 1; ; attempts += 1) {
    const response = await ask()
    const waitMs = delay(response.status, attempts)
    if (waitMs === undefined) return response
    await response.drop()
    await pause(timers, waitMs, signal)
  }
}

/** Token servers that are busy or broken are asked three times more, after 1, 2 and 4 seconds. */
export const transientDelay: RetryDelay = (status, attempts) =>
  (status === 429 || status >= 500) && attempts <= 3 ? 500 * 2 ** attempts : undefined

function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const giveUp = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = timers.after(delayMs, () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    })
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
