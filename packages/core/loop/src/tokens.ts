/** So many passes of one key may follow each other at once. */
export const burst = 10
/** After a burst a key gets one pass in this time: nothing that happens in the cluster can make it spin. */
export const refillMs = 1000

/** A bucket that passes are taken from. */
export interface Tokens {
  /** Milliseconds until the next pass may begin; 0 when it may now. */
  waitMs(nowMs: number): number
  take(nowMs: number): void
}

/** A full bucket. A clock that jumps back costs at most one refill. */
export function createTokens(startMs: number): Tokens {
  let left = burst
  let filledAtMs = startMs
  function refill(nowMs: number): void {
    if (nowMs < filledAtMs) filledAtMs = nowMs
    const gained = Math.floor((nowMs - filledAtMs) / refillMs)
    if (gained <= 0) return
    left = Math.min(burst, left + gained)
    filledAtMs += gained * refillMs
  }
  return {
    waitMs(nowMs) {
      refill(nowMs)
      return left > 0 ? 0 : Math.max(1, filledAtMs + refillMs - nowMs)
    },
    take(nowMs) {
      refill(nowMs)
      left = Math.max(0, left - 1)
    },
  }
}
