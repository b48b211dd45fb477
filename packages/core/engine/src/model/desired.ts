import type { Origin } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'

/**
 * How an object is brought to the cluster.
 * `apply`: server-side apply with force; fields of the delivery's `takeOver` owners are taken over first.
 * `merge`: server-side apply with force that leaves the fields of every other owner alone.
 * `create-only`: created when absent, never changed afterwards.
 * `skip`: neither applied nor deleted nor judged for health; stays in the inventory.
 */
export type ApplyMode = 'apply' | 'merge' | 'create-only' | 'skip'

/** An object as the source says it should be, with its place in the source. Not yet stamped with the owner's mark. */
export interface Desired {
  readonly object: KubeObject
  readonly origin: Origin
  /** `apply` when absent. */
  readonly mode?: ApplyMode
  /**
   * The user's explicit word, on this very object, that it may be deleted and made anew when its change is refused as
   * immutable. Needed even with `Delivery.force` for kinds that hold data (PVC, PV, Namespace, CRD, StatefulSet with claims).
   */
  readonly replace?: boolean
  /** JSON pointers of fields whose live value is kept: no drift, and not written back. Not used when creating. */
  readonly ignore?: readonly string[]
}

/**
 * The outcome of fetching, verifying and rendering. There is no way to write a failed render as an empty list: who
 * could not render has no Delivery. `partial` sets are applied, and nothing is ever deleted because of them.
 */
export type DesiredSet =
  | { readonly kind: 'complete'; readonly objects: readonly Desired[] }
  | { readonly kind: 'partial'; readonly objects: readonly Desired[]; readonly reason: string }
