/**
 * When a key is to be looked at again, as its pass decided.
 * `done`: at the next interval, when one is given, or when something wakes it. `after`: in `delayMs`, without counting
 * as a failure. `retry`: after a back-off that grows with each retry in a row. `stalled`: not before its input changes.
 * `waiting`: when an event wakes it, or at `deadlineMs` (milliseconds since the epoch); holds no worker meanwhile.
 */
export type Next =
  | { readonly kind: 'done'; readonly intervalMs?: number }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'retry'; readonly cause: string; readonly delayMs?: number }
  | { readonly kind: 'stalled'; readonly reason: string }
  | { readonly kind: 'waiting'; readonly deadlineMs: number }

/** `request`: somebody asked and watches. `deletion`: has its own share of the workers. `normal`: all else. */
export type Priority = 'request' | 'deletion' | 'normal'
