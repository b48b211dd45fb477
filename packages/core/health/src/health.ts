/** The states of kstatus. `Unknown` means that the object could not be read. */
export type HealthStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'

/** An object's health and, for people, why. */
export interface Health {
  readonly status: HealthStatus
  readonly message: string
}

/**
 * A user's own rule for a kind: CEL over the object's top-level fields. `kind` absent covers all kinds of the group;
 * only the group of `apiVersion` counts. Read in the order inProgress, failed, current; none true means in progress.
 */
export interface HealthExpressions {
  readonly apiVersion: string
  readonly kind?: string
  readonly current: string
  readonly inProgress?: string
  readonly failed?: string
}

/** Ready, or nothing to wait for. */
export function current(message: string): Health {
  return { status: 'Current', message }
}

/** Not ready yet. */
export function inProgress(message: string): Health {
  return { status: 'InProgress', message }
}

/** Not ready, and not expected to get there by itself. */
export function failed(message: string): Health {
  return { status: 'Failed', message }
}
