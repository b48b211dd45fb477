/** The details of a Kubernetes Status answer. */
export interface ApiStatus {
  /** HTTP status; 0 when no answer arrived. */
  readonly code: number
  /** The machine-readable reason, such as `NotFound`, `Conflict`, `Invalid`. */
  readonly reason: string
  readonly message: string
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  readonly retryAfterMs?: number
}

/**
 * A request that did not succeed. `outcomeKnown` is false when the server may have carried it out all the same:
 * a timeout, a reset connection, an answer that cannot be read.
 */
export class ApiError extends Error {
  readonly status: ApiStatus
  readonly outcomeKnown: boolean

  constructor(status: ApiStatus, options: { outcomeKnown: boolean; cause?: unknown }) {
    super(status.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiError'
    this.status = status
    this.outcomeKnown = options.outcomeKnown
  }
}
