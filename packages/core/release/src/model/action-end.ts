import type { Failure } from '@kedge/base'
import type { InventoryEntry, Memory } from '@kedge/engine'
import type { StoredRelease } from '@kedge/helm'

/** What an action does, in Helm's words. */
export type ActionKind = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'test'

interface Ended {
  /** What was noted on the way, oldest first: for the tail of a failure's message. Bounded, no values of Secrets. */
  readonly log: readonly string[]
  /** What the release has in the cluster now, CRDs included; to be stored and given to the next action. */
  readonly inventory: readonly InventoryEntry[]
  /** What the engine remembers of the objects, for corrections of drift in this process. */
  readonly memory: Memory
}

/** How an action ended. */
export type ActionEnd = ActionSuccess | ActionFailure

/** The release as it is stored now; after an uninstall without history, as it was before its records were deleted. */
export interface ActionSuccess extends Ended {
  readonly ok: true
  readonly release: StoredRelease
}

/**
 * `message` is what Helm prints. `release` is the revision that the action made and, as far as possible, marked as
 * failed; without one the action ended before it changed anything but CRDs.
 */
export interface ActionFailure extends Ended {
  readonly ok: false
  readonly failure: Failure
  /** Whether the cause may pass by itself (a fault of the API, another operation), so that nothing has to be remedied. */
  readonly retryable: boolean
  readonly release?: StoredRelease
}
