import { formatKey } from '@kedge/manifest'

import type { Change, PruneItem } from '../model/change.ts'
import type { InventoryEntry, ObjectRef } from '../model/inventory.ts'
import type { AppliedRecord } from '../model/memory.ts'

/** Whether every object is in the stored inventory already, so that writing ahead would change nothing. */
export function isRecorded(inventory: readonly InventoryEntry[], refs: readonly ObjectRef[]): boolean {
  const known = new Set(inventory.map(formatKey))
  return refs.every((ref) => known.has(formatKey(ref)))
}

/**
 * The inventory to be stored before the first write: all that is in it, and all that this pass may bring about. A
 * process that dies at any later moment leaves no object that the inventory does not name.
 */
export function inventoryAhead(
  inventory: readonly InventoryEntry[],
  refs: readonly ObjectRef[],
): readonly InventoryEntry[] {
  const known = new Set(inventory.map(formatKey))
  const added = refs.filter((ref) => !known.has(formatKey(ref))).map((ref) => entryOf(ref, undefined, undefined))
  return sorted([...inventory, ...added])
}

/** The objects of changes that lead, or may lead, to a write. */
export function refsToRecord(changes: readonly Change[]): readonly ObjectRef[] {
  return changes
    .filter((change) => ['create', 'update', 'defer', 'wait'].includes(change.kind))
    .map((change) => change.target.ref)
}

/**
 * The inventory after a pass: everything desired that is or may be in the cluster, and every earlier entry that is not
 * settled. While a deletion is open, settled ones stay with it, so that the plan keeps the name that was confirmed.
 */
export function inventoryAfter(parts: {
  readonly before: readonly InventoryEntry[]
  readonly desired: readonly ObjectRef[]
  readonly pruned: readonly PruneItem[]
  readonly applied: Readonly<Record<string, AppliedRecord>>
}): readonly InventoryEntry[] {
  const before = new Map(parts.before.map((entry) => [formatKey(entry), entry]))
  const wanted = parts.desired.map((ref) => {
    const key = formatKey(ref)
    return entryOf(ref, before.get(key), parts.applied[key])
  })
  const isOpen = parts.pruned.some((item) => ['delete', 'hold', 'terminating'].includes(item.verdict.kind))
  const left = parts.pruned.filter((item) => {
    if (item.verdict.kind === 'release') return false
    return item.verdict.kind === 'gone' ? isOpen : true
  })
  return sorted([...wanted, ...left.map((item) => before.get(formatKey(item.entry)) ?? item.entry)])
}

function entryOf(
  ref: ObjectRef,
  before: InventoryEntry | undefined,
  record: AppliedRecord | undefined,
): InventoryEntry {
  const { group, kind, namespace, name, version } = ref
  const digest = record === undefined ? before?.digest : record.digest
  const uid = record?.uid ?? before?.uid ?? ''
  return { group, kind, namespace, name, version, uid, ...(digest === undefined ? {} : { digest }) }
}

function sorted(entries: readonly InventoryEntry[]): readonly InventoryEntry[] {
  return entries.toSorted((a, b) => {
    const left = formatKey(a)
    const right = formatKey(b)
    return left < right ? -1 : Number(left > right)
  })
}
