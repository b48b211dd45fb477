import type { Origin } from '@kedge/base'
import type { KubeObject, ObjectKey } from '@kedge/manifest'

/** An object as the source says it should be, with its place in the source. */
export interface Desired {
  readonly object: KubeObject
  readonly origin: Origin
}

/** What the record holds of an applied object. `uid` is empty until the server has told it. */
export interface InventoryEntry extends ObjectKey {
  readonly version: string
  readonly uid: string
}

/**
 * Objects applied together. Waves run in the order of the list; the next begins when every object of this one was
 * applied and, with `awaitHealth`, became healthy within `timeoutMs`.
 */
export interface Wave {
  readonly name: string
  readonly objects: readonly Desired[]
  readonly awaitHealth: boolean
  readonly timeoutMs: number
}

/** How objects are stamped as ours, and recognised again. Pure; made by the API family. */
export interface OwnerMark {
  /** The object with the mark added. */
  stamp(object: KubeObject): KubeObject
  /** Whether a live object carries this very owner's mark. */
  confirms(live: KubeObject): boolean
}

/** One source path brought to one target: everything the engine needs to know, and nothing of who asks. */
export interface Delivery {
  /** Unique among all deliveries of a process and stable across restarts. */
  readonly id: string
  readonly mark: OwnerMark
  readonly fieldManager: string
  /** `<branch>@sha1:<commit>` and the like; every effect of one pass carries the same. */
  readonly revision: string
  readonly desired: readonly Desired[]
  /** Orders the objects; pure. */
  waves(objects: readonly Desired[]): readonly Wave[]
  /** What earlier passes recorded. */
  readonly inventory: readonly InventoryEntry[]
  readonly prune: boolean
  /** Replace objects whose change is refused as immutable. */
  readonly force: boolean
  readonly guards: DeleteGuards
}

/** When a plan that deletes is held instead of carried out. `confirmed` names the plan digest the user let pass. */
export interface DeleteGuards {
  readonly allowEmpty: boolean
  readonly limit: 'default' | 'off'
  readonly confirmed?: string
}
