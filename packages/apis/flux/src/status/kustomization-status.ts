import { type InventoryEntry } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { isRecord } from '../spec/field-reader.ts'
import { readConditions, type Condition } from './conditions.ts'
import { type HistoryEntry } from './history.ts'
import { formatInventoryId, parseInventoryId } from './inventory-id.ts'

/** A Kustomization's status as it is stored. */
export interface KustomizationStatus {
  readonly conditions: readonly Condition[]
  readonly observedGeneration: number
  readonly inventory?: { readonly entries: readonly StoredEntry[] }
  readonly history?: readonly HistoryEntry[]
  readonly lastAppliedRevision?: string
  readonly lastAppliedOriginRevision?: string
  readonly lastAttemptedRevision?: string
  readonly lastHandledReconcileAt?: string
  readonly lastHandledForceAt?: string
}

/** An inventory entry as stored; `uid` and `digest` only where the definition has room for them. */
export interface StoredEntry {
  readonly id: string
  readonly v: string
  readonly uid?: string
  readonly digest?: string
}

/** Reads the status of a Kustomization; what cannot be read counts as absent. */
export function readKustomizationStatus(object: KubeObject): KustomizationStatus {
  const status = isRecord(object['status']) ? object['status'] : {}
  const inventory = isRecord(status['inventory']) ? status['inventory']['entries'] : undefined
  return {
    conditions: readConditions(status),
    observedGeneration: typeof status['observedGeneration'] === 'number' ? status['observedGeneration'] : -1,
    ...(Array.isArray(inventory) ? { inventory: { entries: inventory.filter(isStoredEntry) } } : {}),
    ...(Array.isArray(status['history']) ? { history: status['history'].filter(isHistoryEntry) } : {}),
    ...textField(status, 'lastAppliedRevision'),
    ...textField(status, 'lastAppliedOriginRevision'),
    ...textField(status, 'lastAttemptedRevision'),
    ...textField(status, 'lastHandledReconcileAt'),
    ...textField(status, 'lastHandledForceAt'),
  }
}

function textField<Name extends string>(
  status: Readonly<Record<string, unknown>>,
  name: Name,
): { readonly [K in Name]?: string } {
  const value = status[name]
  return typeof value === 'string' ? ({ [name]: value } as { readonly [K in Name]?: string }) : {}
}

function isStoredEntry(value: unknown): value is StoredEntry {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['v'] === 'string'
}

function isHistoryEntry(value: unknown): value is HistoryEntry {
  return isRecord(value) && typeof value['digest'] === 'string' && typeof value['totalReconciliations'] === 'number'
}

/** The inventory as the engine reads it; entries with an unreadable id are left out. */
export function readInventory(status: KustomizationStatus): readonly InventoryEntry[] {
  return (status.inventory?.entries ?? []).flatMap((entry) => {
    const key = parseInventoryId(entry.id)
    if (key === undefined) return []
    const digest = entry.digest === undefined ? {} : { digest: entry.digest }
    return [{ ...key, version: entry.v, uid: entry.uid ?? '', ...digest }]
  })
}

/** Entries with which the digests are left out, so that the object stays well below what etcd takes. */
const maxWithDigests = 2_000

/** The inventory as it is stored, in the order of ids. */
export function writeInventory(entries: readonly InventoryEntry[]): { readonly entries: readonly StoredEntry[] } {
  const stored = entries.map((entry) => ({
    id: formatInventoryId(entry),
    v: entry.version,
    ...(entry.uid === '' ? {} : { uid: entry.uid }),
    ...(entry.digest === undefined || entries.length > maxWithDigests ? {} : { digest: entry.digest }),
  }))
  return { entries: stored.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
}
