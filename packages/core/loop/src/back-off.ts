import type { Random } from '@kedge/base'

/** How delays grow and scatter. */
export interface BackOffOptions {
  /** Delay after the first failure, milliseconds. */
  readonly minMs: number
  /** No delay is longer, jitter aside. */
  readonly maxMs: number
  /** Delays scatter by this share up and down, so that what failed together does not come back together. */
  readonly jitter: number
}

/** 750 ms doubling to 15 min. */
export const defaultBackOff: BackOffOptions = Object.freeze({ minMs: 750, maxMs: 900_000, jitter: 0.05 })

/** The delay after so many failures in a row (1 is the first). */
export function backOffMs(failures: number, options: BackOffOptions, random: Random): number {
  // Beyond 2^40 every minimum has reached every maximum, and numbers stay exact.
  const grown = options.minMs * 2 ** Math.min(40, Math.max(0, failures - 1))
  return scatter(Math.min(options.maxMs, grown), options.jitter, random)
}

/** A delay scattered by a share up and down. */
export function scatter(delayMs: number, jitter: number, random: Random): number {
  return Math.round(delayMs * (1 + jitter * (2 * random.next() - 1)))
}
