import { type KubeObject } from '@kedge/manifest'
import { type InventoryEntry } from '@kedge/engine'

import { isRecord } from '../spec/field-reader.ts'
import { readConditions, type Condition } from '../status/conditions.ts'
import { parseInventoryId } from '../status/inventory-id.ts'
import { type StoredEntry } from '../status/kustomization-status.ts'
import { readHistory, type History } from './snapshot.ts'

/** A HelmRelease's status as it is stored. */
export interface HelmReleaseStatus {
  readonly conditions: readonly Condition[]
  readonly observedGeneration: number
  /** `<namespace>/<name>` of the HelmChart that was made for it. */
  readonly helmChart?: string
  readonly storageNamespace?: string
  readonly history?: History
  readonly inventory?: { readonly entries: readonly StoredEntry[] }
  readonly observedPostRenderersDigest?: string
  readonly observedCommonMetadataDigest?: string
  readonly lastAttemptedGeneration?: number
  /** The chart's version, with what source digests add to it. */
  readonly lastAttemptedRevision?: string
  readonly lastAttemptedRevisionDigest?: string
  readonly lastAttemptedConfigDigest?: string
  readonly lastAttemptedReleaseAction?: 'install' | 'upgrade'
  readonly lastAttemptedReleaseActionDuration?: string
  readonly failures?: number
  readonly installFailures?: number
  readonly upgradeFailures?: number
  readonly lastHandledReconcileAt?: string
  readonly lastHandledForceAt?: string
  readonly lastHandledResetAt?: string
}

const texts = [
  'helmChart',
  'storageNamespace',
  'observedPostRenderersDigest',
  'observedCommonMetadataDigest',
  'lastAttemptedRevision',
  'lastAttemptedRevisionDigest',
  'lastAttemptedConfigDigest',
  'lastAttemptedReleaseActionDuration',
  'lastHandledReconcileAt',
  'lastHandledForceAt',
  'lastHandledResetAt',
] as const
const numbers = ['lastAttemptedGeneration', 'failures', 'installFailures', 'upgradeFailures'] as const

/** Reads the status of a HelmRelease; what cannot be read counts as absent. */
export function readHelmReleaseStatus(object: KubeObject): HelmReleaseStatus {
  const status = isRecord(object['status']) ? object['status'] : {}
  const inventory = isRecord(status['inventory']) ? status['inventory']['entries'] : undefined
  const action = status['lastAttemptedReleaseAction']
  const pick = (names: readonly string[], type: 'string' | 'number'): object =>
    Object.fromEntries(names.filter((name) => typeof status[name] === type).map((name) => [name, status[name]]))
  const history = readHistory(status['history'])
  return {
    conditions: readConditions(status),
    observedGeneration: typeof status['observedGeneration'] === 'number' ? status['observedGeneration'] : -1,
    ...pick(texts, 'string'),
    ...pick(numbers, 'number'),
    ...(history.length === 0 ? {} : { history }),
    ...(Array.isArray(inventory) ? { inventory: { entries: inventory.filter(isStoredEntry) } } : {}),
    ...(action === 'install' || action === 'upgrade' ? { lastAttemptedReleaseAction: action } : {}),
  }
}

function isStoredEntry(value: unknown): value is StoredEntry {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['v'] === 'string'
}

/** The inventory as the engine reads it; entries with an unreadable id are left out. */
export function readReleaseInventory(status: HelmReleaseStatus): readonly InventoryEntry[] {
  return (status.inventory?.entries ?? []).flatMap((entry) => {
    const key = parseInventoryId(entry.id)
    if (key === undefined) return []
    const digest = entry.digest === undefined ? {} : { digest: entry.digest }
    return [{ ...key, version: entry.v, uid: entry.uid ?? '', ...digest }]
  })
}

/** The status with all failures forgotten; a counter that is 0 is absent. */
export function clearFailures(status: HelmReleaseStatus): HelmReleaseStatus {
  const { failures: _all, installFailures: _installs, upgradeFailures: _upgrades, ...rest } = status
  return rest
}

/** The status without its history. */
export function clearHistory(status: HelmReleaseStatus): HelmReleaseStatus {
  const { history: _history, ...rest } = status
  return rest
}
