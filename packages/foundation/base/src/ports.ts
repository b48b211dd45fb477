/** Wall-clock time. Milliseconds since the epoch, as Date.now() gives. */
export interface Clock {
  now(): number
}

/** Delayed calls. The returned function cancels; calling it twice is harmless. */
export interface Timers {
  after(delayMs: number, run: () => void): () => void
}

/** Uniform random numbers in [0, 1). */
export interface Random {
  next(): number
}
