import type { KubeObject } from '@kedge/manifest'

import type { PruneItem, PruneVerdict } from '../model/change.ts'
import type { Delivery } from '../model/delivery.ts'
import type { InventoryEntry } from '../model/inventory.ts'

/** What was found where an inventory entry that is no longer desired points to. */
export type Found =
  | { readonly kind: 'live'; readonly object: KubeObject }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly message: string }

/** An inventory entry that is no longer desired. */
export interface Candidate {
  readonly entry: InventoryEntry
  readonly found: Found
  /** Another delivery that has the object in its present desired set. */
  readonly claimedBy: string | undefined
}

/** One reason not to delete one object; undefined when it does not apply. Pure. */
export type PruneFilter = (candidate: Candidate, delivery: Delivery) => PruneVerdict | undefined

/** One reason to hold deletions, looking at all of them; the items as they are then. Pure. */
export type PruneBrake = (items: readonly PruneItem[], delivery: Delivery) => readonly PruneItem[]

/** The items with every one that would be deleted held instead. */
export function holdAll(
  items: readonly PruneItem[],
  hold: Extract<PruneVerdict, { kind: 'hold' }>,
): readonly PruneItem[] {
  return items.map((item) => (item.verdict.kind === 'delete' ? { ...item, verdict: hold } : item))
}
