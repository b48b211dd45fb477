import type { Failure } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'

import type { Desired } from './desired.ts'
import type { InventoryEntry, ObjectRef } from './inventory.ts'

/**
 * What has to happen to one desired object.
 * `create`: it is absent. `update`: its live form differs. `none`: it is as desired.
 * `skip`: its mode or its owner says so. `wait`: its live form is being deleted. `defer`: its kind is defined by an
 * earlier wave of the same plan. `refuse`: it cannot be applied, and `failure` says why.
 */
export type Change =
  | { readonly kind: 'create'; readonly target: Target }
  | { readonly kind: 'update'; readonly target: Target; readonly live: KubeObject; readonly cause: UpdateCause }
  | { readonly kind: 'none'; readonly target: Target; readonly live: KubeObject }
  | { readonly kind: 'skip'; readonly target: Target; readonly reason: string }
  | { readonly kind: 'wait'; readonly target: Target; readonly live: KubeObject }
  | { readonly kind: 'defer'; readonly target: Target }
  | { readonly kind: 'refuse'; readonly target: Target; readonly failure: Failure; readonly retryable: boolean }

/** `desired`: the source asks for something else than before. `drift`: somebody changed the live object. */
export type UpdateCause = 'desired' | 'drift'

/** A desired object, stamped, its scope settled, with what is needed to address it. */
export interface Target {
  readonly ref: ObjectRef
  readonly desired: Desired
  /** The object as it is sent: stamped, namespace settled, ignored fields given their live value. */
  readonly object: KubeObject
  /** Digest of `object`. */
  readonly digest: string
  /** What a dry run said the object would become; only in previews and where nothing else could tell. */
  readonly predicted?: KubeObject
}

/** What happens to one inventory entry that is no longer desired. */
export type PruneVerdict =
  /** It is deleted. */
  | { readonly kind: 'delete'; readonly uid: string }
  /** Its deletion was accepted before and has not finished. */
  | { readonly kind: 'terminating'; readonly blockedBy: readonly string[] }
  /** It is confirmed absent; the entry leaves. */
  | { readonly kind: 'gone' }
  /** It is not ours to delete any more; the entry leaves and the object stays. */
  | { readonly kind: 'release'; readonly reason: ReleaseReason; readonly message: string }
  /** It stays, and so does the entry, until a later pass. */
  | { readonly kind: 'keep'; readonly reason: KeepReason; readonly message: string }
  /** It is deleted as soon as somebody confirms the plan. */
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly message: string }

export type ReleaseReason = 'PruneDisabled' | 'OptedOut' | 'Foreign' | 'HandedOver'
export type KeepReason = 'SelfProtection' | 'ClaimedElsewhere' | 'PartialResult' | 'EarlierFailure' | 'Unreadable'
/** `HoldsOthers`: namespaces, definitions and volumes take other objects or data along. */
export type HoldReason = 'EmptyResult' | 'TooManyDeletes' | 'HoldsOthers'

export interface PruneItem {
  readonly entry: InventoryEntry
  readonly verdict: PruneVerdict
  /** What would go with a definition whose deletion is held, for people: `3 objects of kind Widget`. */
  readonly takesAlong?: string
}

/** Everything a pass is going to do, before it does anything. Frozen and serialisable but for the waves' origin. */
export interface Plan {
  readonly deliveryId: string
  readonly revision: string
  readonly waves: readonly PlannedWave[]
  /** In the order of deletion. */
  readonly prune: readonly PruneItem[]
  /** Names the set of objects to be deleted, `sha256:<hex>`: what `DeleteGuards.confirmed` confirms. */
  readonly digest: string
}

export interface PlannedWave {
  readonly name: string
  readonly awaitHealth: boolean
  readonly timeoutMs: number
  readonly changes: readonly Change[]
}
