import type { KubeObject, ObjectKey } from '@kedge/manifest'

import type { Desired, DesiredSet } from './desired.ts'
import type { HealthExpressions } from '@kedge/health'
import type { InventoryEntry, ObjectRef } from './inventory.ts'

/**
 * Objects applied together. Waves run in the order of the list; the next begins when every object of this one was
 * applied and, with `awaitHealth`, became healthy within `timeoutMs`. `rank` orders the objects of a wave.
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
  /** A name for people of the owner whose mark a live object carries, this one or another; undefined without any. */
  ownerOf(live: KubeObject): string | undefined
}

/** When a plan that deletes is held instead of carried out. */
export interface DeleteGuards {
  /** Lets an empty result delete everything that earlier ones brought. */
  readonly allowEmpty: boolean
  /**
   * `default` holds plans that delete more than max(10, 30 %) of the inventory, or any Namespace, CRD, PV or PVC.
   * `off` holds none of them.
   */
  readonly limit: 'default' | 'off'
  /** The plan digest (or its first 12 or more hexadecimal digits) that the user let pass. */
  readonly confirmed?: string
}

/** Objects that must be healthy, once everything is applied, for the delivery to be ready. */
export interface HealthCheck {
  /** `applied` stands for every object of the delivery that is not skipped. */
  readonly objects: 'applied' | readonly ObjectRef[]
  readonly timeoutMs: number
}

/**
 * Place in an order. Objects of one tier are begun by ascending `order` and run in parallel; a tier begins when the
 * one before has ended.
 */
export interface Rank {
  readonly tier: number
  readonly order: number
}

/** Matches entries of managedFields (never those of a subresource). */
export interface FieldOwnerPattern {
  readonly name: string
  /** Whether `name` is the whole name; else it is how the name begins. */
  readonly exact: boolean
  /** Both operations when absent. */
  readonly operation?: 'Apply' | 'Update'
}

/** What no delivery may delete: the engine's own objects. `name` or `namespace` `*` matches any. */
export interface ProtectedObject {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** One source path brought to one target: everything the engine needs to know, and nothing of who asks. */
export interface Delivery {
  /** Unique among all deliveries of a process and stable across restarts. */
  readonly id: string
  readonly mark: OwnerMark
  readonly fieldManager: string
  /** Owners whose fields are taken over as our own, and so reverted where the source does not have them. */
  readonly takeOver: readonly FieldOwnerPattern[]
  /** `<branch>@sha1:<commit>` and the like; every effect of one pass carries the same. */
  readonly revision: string
  readonly desired: DesiredSet
  /** Where objects go that have namespaces and name none; without it they are refused. */
  readonly defaultNamespace?: string
  /** Orders the objects; pure. Every object of the argument is in exactly one wave. `wavesByKind` is the default. */
  waves(objects: readonly Desired[]): readonly Wave[]
  /** Order inside a wave, ascending; deletion runs in the opposite order. `kindRank` is the default. */
  rank(key: ObjectKey): Rank
  /** What earlier passes recorded, as read from where it is stored. */
  readonly inventory: readonly InventoryEntry[]
  readonly prune: boolean
  /** Replace objects whose change is refused as immutable. */
  readonly force: boolean
  /** What to do with an object that another live delivery claims: `refuse` reports it, `take` applies over it. */
  readonly sharing: 'refuse' | 'take'
  readonly guards: DeleteGuards
  readonly protect: readonly ProtectedObject[]
  /** Why a live object must not be deleted although it is ours (the user opted out on the object itself). Pure. */
  keeps?(live: KubeObject): string | undefined
  /** Why a live object is neither changed nor judged (the user opted out on the object in the cluster). Pure. */
  leaves?(live: KubeObject): string | undefined
  readonly healthCheck?: HealthCheck
  readonly healthExpressions: readonly HealthExpressions[]
  /** Whether an object's first failed health check ends the wait, or only the deadline does. */
  readonly failFast: boolean
  /** How dependents of a deleted object are treated; `background` when absent. */
  readonly propagation?: Propagation
}

export type Propagation = 'background' | 'foreground' | 'orphan'
