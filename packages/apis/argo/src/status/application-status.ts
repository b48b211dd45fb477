import { type InventoryEntry } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { asRecord, listAt, textAt } from '../json.ts'
import { type HealthWord, type ResourceHealth } from './health-word.ts'

/** One entry of `status.resources`: also what the engine's inventory is kept in. */
export interface ResourceStatus {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly status: 'Synced' | 'OutOfSync' | 'Unknown'
  readonly health?: ResourceHealth
  readonly requiresPruning?: true
  readonly syncWave?: number
  /** Not Argo CD's: by these a deletion hits no other object, and a restart needs no dry run. */
  readonly uid?: string
  readonly digest?: string
}

/** The inventory that an Application's status holds; entries without an identity are left out. */
export function readInventory(object: KubeObject): readonly InventoryEntry[] {
  return listAt(asRecord(object['status']), 'resources').flatMap((item) => {
    const entry = asRecord(item)
    const kind = textAt(entry, 'kind')
    const name = textAt(entry, 'name')
    if (kind === '' || name === '') return []
    const digest = textAt(entry, 'digest')
    return [
      {
        group: textAt(entry, 'group'),
        version: textAt(entry, 'version'),
        kind,
        namespace: textAt(entry, 'namespace'),
        name,
        uid: textAt(entry, 'uid'),
        ...(digest === '' ? {} : { digest }),
      },
    ]
  })
}

/** An entry as it is stored: empty fields are left out, as Argo CD does. */
export function writeResource(resource: ResourceStatus): Readonly<Record<string, unknown>> {
  const { group, namespace, uid, digest, health, ...rest } = resource
  return {
    ...(group === '' ? {} : { group }),
    ...rest,
    ...(namespace === '' ? {} : { namespace }),
    ...(health === undefined ? {} : { health: health.message === '' ? { status: health.status } : health }),
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(digest === undefined ? {} : { digest }),
  }
}

export interface ApplicationCondition {
  readonly type: 'ComparisonError' | 'InvalidSpecError' | 'SyncError' | 'ExcludedResourceWarning' | 'DeletionError'
  readonly message: string
}

/** The conditions to store: one that says the same as before keeps its time. */
export function writeConditions(
  before: unknown,
  conditions: readonly ApplicationCondition[],
  now: string,
): readonly Readonly<Record<string, unknown>>[] {
  const old = Array.isArray(before) ? before.map(asRecord) : []
  return conditions.map((condition) => {
    const same = old.find(
      (one) => textAt(one, 'type') === condition.type && textAt(one, 'message') === condition.message,
    )
    return { ...condition, lastTransitionTime: textAt(same, 'lastTransitionTime') || now }
  })
}

/** `status.health`, with the time of its last change. */
export function writeHealth(before: unknown, status: HealthWord, now: string): Readonly<Record<string, unknown>> {
  const old = asRecord(before)
  const since = textAt(old, 'status') === status ? textAt(old, 'lastTransitionTime') : ''
  return { status, lastTransitionTime: since || now }
}
