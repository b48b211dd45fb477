import { FailureError, type Clock, type Timers } from '@kedge/base'
import { registryFailure } from '../http/registry-failure.ts'
import type { EntraToken } from './entra-token.ts'

/** Tokens by what they are for, each asked for by one at a time and kept until shortly before it runs out. */
export interface SharedTokens {
  get(key: string, ask: (signal: AbortSignal) => Promise<EntraToken>, signal: AbortSignal): Promise<string>
}

/** Tokens that are kept, as many as Flux keeps; and for how long at most. */
const maxKept = 100
const maxKeptMs = 3_600_000
/** A token is asked for anew so long before it runs out, or after half its life if that is shorter. */
const earlyMs = 300_000
/** How long a refusal speaks for the next ones. */
const refusedMs = 10_000
/** How long a token is waited for, whoever waits for it. */
const limitMs = 100_000

export function createSharedTokens(ports: { readonly clock: Clock; readonly timers: Timers }): SharedTokens {
  return new KeptTokens(ports.clock, ports.timers)
}

type Kept =
  | { readonly kind: 'token'; readonly token: string; readonly untilMs: number }
  | { readonly kind: 'refused'; readonly error: FailureError; readonly untilMs: number }

class KeptTokens implements SharedTokens {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #kept = new Map<string, Kept>()
  readonly #asking = new Map<string, Promise<string>>()

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock
    this.#timers = timers
  }

  async get(key: string, ask: (signal: AbortSignal) => Promise<EntraToken>, signal: AbortSignal): Promise<string> {
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#clock.now() < kept.untilMs) {
      if (kept.kind === 'refused') throw kept.error
      return kept.token
    }
    signal.throwIfAborted()
    const asking = this.#asking.get(key) ?? this.#ask(key, ask).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return unlessAborted(asking, signal)
  }

  /** Runs to its end whoever gives up meanwhile: others may wait for the same. */
  async #ask(key: string, ask: (signal: AbortSignal) => Promise<EntraToken>): Promise<string> {
    const limit = new AbortController()
    const stop = this.#timers.after(limitMs, () =>
      limit.abort(registryFailure('ServerFailed', `the Azure identity gave no token within ${limitMs} ms`)),
    )
    try {
      const { token, untilMs } = await ask(limit.signal)
      const now = this.#clock.now()
      const life = untilMs - now
      const keptMs = Math.min(Math.max(life - earlyMs, life / 2), maxKeptMs)
      this.#keep(key, { kind: 'token', token, untilMs: now + keptMs })
      return token
    } catch (error) {
      if (error instanceof FailureError)
        this.#keep(key, { kind: 'refused', error, untilMs: this.#clock.now() + refusedMs })
      throw error
    } finally {
      stop()
    }
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest)
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
