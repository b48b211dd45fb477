import type { Clock } from '@kedge/base'
import type { GroupVersionKind, KubeObject, ObjectKey } from '@kedge/manifest'

import type { JsonPatchStep } from './model/effect.ts'
import type { InventoryEntry, ObjectRef } from './model/inventory.ts'

/** Discovery's word on a kind. */
export interface ClusterResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Plural, as in paths. */
  readonly resource: string
  readonly namespaced: boolean
}

/**
 * One cluster as one identity. Requests that do not succeed throw ApiError, with `outcomeKnown` false when the
 * server may have carried them out; reads of what does not exist answer undefined.
 */
export interface ClusterPort {
  /**
   * Undefined when the server is known not to serve the kind; throws when discovery is incomplete. An empty version asks
   * for the preferred one. `fresh` asks discovery anew.
   */
  resourceFor(gvk: GroupVersionKind, options?: { readonly fresh?: boolean }): Promise<ClusterResource | undefined>
  get(ref: ObjectRef): Promise<KubeObject | undefined>
  list(
    gvk: GroupVersionKind,
    options?: { readonly namespace?: string; readonly limit?: number },
  ): Promise<readonly KubeObject[]>
  /** Server-side apply. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  /** JSON patch (RFC 6902). */
  patch(
    ref: ObjectRef,
    patch: readonly JsonPatchStep[],
    options: { readonly fieldManager: string },
  ): Promise<KubeObject>
  /** Throws ApiError 404 when absent and 409 when a precondition does not hold. `gone` when nothing is left of it. */
  delete(ref: ObjectRef, options: DeleteOptions): Promise<'gone' | 'terminating'>
  /** Holds kinds in the watch cache; resolves when each is in step with the server or known not to be served. */
  watch(kinds: readonly GroupVersionKind[]): Promise<void>
  /** The object as the watch cache has it; undefined when absent; `unknown` when the kind is not held or not in step. */
  live(ref: ObjectRef): KubeObject | undefined | 'unknown'
}

export interface ApplyOptions {
  readonly fieldManager: string
  readonly force: boolean
  readonly dryRun?: boolean
}

export interface DeleteOptions {
  readonly uid: string
  readonly resourceVersion?: string
  readonly propagation: 'background' | 'foreground' | 'orphan'
}

/** Where a delivery's inventory is stored. Resolves only when it is stored; throws ApiError. */
export interface RecordPort {
  saveInventory(deliveryId: string, entries: readonly InventoryEntry[]): Promise<void>
}

/** Which deliveries of this process have an object in their present desired set. */
export interface ClaimsPort {
  /** Another delivery than `deliveryId` that claims the object; undefined when none does. */
  claimedElsewhere(key: ObjectKey, deliveryId: string): string | undefined
}

/** Everything that `run` needs to carry out a program. */
export interface EnginePorts {
  readonly cluster: ClusterPort
  readonly record: RecordPort
  readonly claims: ClaimsPort
  readonly clock: Clock
}
