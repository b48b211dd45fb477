import type { ApiStatus, GroupVersionKind, KubeObject, ObjectKey } from '@kedge/manifest'

import type { Propagation } from './delivery.ts'
import type { InventoryEntry, ObjectRef } from './inventory.ts'

/** Who an effect is done for. */
export interface EffectOwner {
  readonly deliveryId: string
  readonly revision: string
}

/**
 * One touch of the world, as plain data. The engine yields it, an interpreter carries it out and answers.
 * Effects that write are exactly those of `WritingEffect`.
 */
export type Effect = ReadingEffect | WritingEffect

export type ReadingEffect =
  /** Asks whether a kind is served and has namespaces; version `` asks for any. `fresh` bypasses what is remembered. */
  | { readonly kind: 'resolve'; readonly gvk: GroupVersionKind; readonly fresh: boolean }
  /** Asks that kinds be held in the watch cache from now on; answers when they are (or cannot be). */
  | { readonly kind: 'watch'; readonly kinds: readonly GroupVersionKind[] }
  /** Reads an object: from the watch cache where that is in step with the server, else with a request. */
  | { readonly kind: 'read'; readonly ref: ObjectRef; readonly fresh: boolean }
  /** Asks how many objects of a kind there are in all namespaces; counting stops at `limit`. */
  | { readonly kind: 'count'; readonly gvk: GroupVersionKind; readonly limit: number }
  /** Asks which other deliveries of this process have an object in their present desired set. */
  | { readonly kind: 'claims'; readonly keys: readonly ObjectKey[] }
  | { readonly kind: 'dry-run'; readonly object: KubeObject; readonly ref: ObjectRef; readonly fieldManager: string }

export type WritingEffect =
  /** Stores the inventory, and returns only when it is stored. */
  | { readonly kind: 'save-inventory'; readonly entries: readonly InventoryEntry[] }
  | { readonly kind: 'apply'; readonly object: KubeObject; readonly ref: ObjectRef; readonly fieldManager: string }
  /** Rewrites who owns which field of an object; the patch carries the resourceVersion it is based on. */
  | {
      readonly kind: 'patch-owners'
      readonly ref: ObjectRef
      readonly patch: readonly JsonPatchStep[]
      readonly fieldManager: string
    }
  | { readonly kind: 'delete'; readonly ref: ObjectRef; readonly uid: string; readonly propagation: Propagation }

export interface JsonPatchStep {
  readonly op: 'add' | 'remove' | 'replace' | 'test'
  readonly path: string
  readonly value?: unknown
}

/** Why an effect failed. `outcomeKnown` is false when it may have been carried out all the same. */
export interface EffectError extends ApiStatus {
  readonly outcomeKnown: boolean
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EffectError }

/** What each kind of effect answers with when it succeeds. */
export interface AnswerValues {
  readonly resolve: ResourceKindInfo | undefined
  readonly watch: null
  /** Undefined when the object, or its whole kind, does not exist. */
  readonly read: KubeObject | undefined
  readonly count: number
  /** By `formatKey`; objects that nobody else claims are left out. */
  readonly claims: Readonly<Record<string, string>>
  readonly 'dry-run': KubeObject
  readonly 'save-inventory': null
  readonly apply: KubeObject
  readonly 'patch-owners': KubeObject
  /** `gone` when the object was absent or is removed already, `changed` when the UID precondition did not hold. */
  readonly delete: 'gone' | 'terminating' | 'changed'
}

export interface ResourceKindInfo {
  readonly version: string
  readonly namespaced: boolean
}

export type AnswerOf<E extends Effect> = Answer<AnswerValues[E['kind']]>

/** What a program yields: independent effects that may run in any order or at once; it is resumed with all answers. */
export type Batch = readonly Effect[]

/** A step machine: plain effects out, answers in, a value at the end. Never awaits. */
export type Program<T> = Generator<Batch, T, readonly Answer<unknown>[]>
