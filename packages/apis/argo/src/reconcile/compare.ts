import { describeFailure } from '@kedge/base'
import { type Change, type InventoryEntry, type Preview } from '@kedge/engine'
import { formatKey, type KubeObject } from '@kedge/manifest'

import { resourceOptions } from '../delivery/resource-options.ts'
import { type ApplicationCondition, type ResourceStatus } from '../status/application-status.ts'
import { applicationHealth, resourceHealth, type HealthWord } from '../status/health-word.ts'

/** An application's objects in the source beside those in the cluster. */
export interface Comparison {
  readonly sync: 'Synced' | 'OutOfSync'
  readonly health: HealthWord
  readonly resources: readonly ResourceStatus[]
  readonly conditions: readonly ApplicationCondition[]
  /** Whether all that is out of sync only waits to be pruned. */
  readonly onlyPruning: boolean
  /** Whether a sync with pruning would leave nothing of what there is. */
  readonly wouldEmpty: boolean
}

/** Turns the engine's plan into Argo CD's words (SPEC.md CMP6 to CMP8). */
export function compareResources(
  preview: Preview,
  options: { readonly stored: readonly InventoryEntry[]; readonly liveOf: (key: string) => KubeObject | undefined },
): Comparison {
  const changes = preview.plan.waves.flatMap((wave) => wave.changes)
  const stored = new Map(options.stored.map((entry) => [formatKey(entry), entry]))
  const desired = changes.map((change) => fromChange(change, stored.get(formatKey(change.target.ref))))
  const extra = preview.plan.prune.flatMap(({ entry, verdict }): readonly Compared[] => {
    if (verdict.kind === 'gone' || verdict.kind === 'release') return []
    return [fromExtra(entry, options.liveOf(formatKey(entry)))]
  })
  const all = [...desired, ...extra]
  const outOfSync = all.filter((one) => one.counts && one.resource.status === 'OutOfSync')
  return {
    sync: outOfSync.length > 0 ? 'OutOfSync' : 'Synced',
    health: applicationHealth(all.filter((one) => !one.ignoresHealth).map((one) => one.resource.health)),
    resources: all.map((one) => one.resource).toSorted(byKey),
    conditions: preview.failures.map((failure) => ({ type: 'ComparisonError', message: describeFailure(failure) })),
    onlyPruning: outOfSync.length > 0 && outOfSync.every((one) => one.resource.requiresPruning === true),
    wouldEmpty: extra.length > 0 && desired.length === 0,
  }
}

interface Compared {
  readonly resource: ResourceStatus
  /** Whether the application is out of sync when this object is. */
  readonly counts: boolean
  readonly ignoresHealth: boolean
}

function fromChange(change: Change, stored: InventoryEntry | undefined): Compared {
  const { ref, object } = change.target
  const live = change.kind === 'none' || change.kind === 'update' || change.kind === 'wait' ? change.live : undefined
  const isKnownLive = live !== undefined || change.kind === 'create'
  const health = isKnownLive ? resourceHealth(live) : undefined
  const { wave, ignoresHealth } = resourceOptions(object)
  return {
    counts: true,
    ignoresHealth,
    resource: {
      ...identity(ref),
      status: change.kind === 'none' || change.kind === 'skip' ? 'Synced' : 'OutOfSync',
      ...(health === undefined ? {} : { health }),
      ...(wave === 0 ? {} : { syncWave: wave }),
      ...remembered(stored),
    },
  }
}

function fromExtra(entry: InventoryEntry, live: KubeObject | undefined): Compared {
  const health = live === undefined ? undefined : resourceHealth(live)
  const options = live === undefined ? undefined : resourceOptions(live)
  return {
    counts: options?.ignoresExtraneous !== true,
    ignoresHealth: options?.ignoresHealth ?? false,
    resource: {
      ...identity(entry),
      status: 'OutOfSync',
      requiresPruning: true,
      ...(health === undefined ? {} : { health }),
      ...remembered(entry),
    },
  }
}

function identity(ref: {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}): Pick<ResourceStatus, 'group' | 'version' | 'kind' | 'namespace' | 'name'> {
  const { group, version, kind, namespace, name } = ref
  return { group, version, kind, namespace, name }
}

function remembered(entry: InventoryEntry | undefined): Pick<ResourceStatus, 'uid' | 'digest'> {
  if (entry === undefined) return {}
  return { uid: entry.uid, ...(entry.digest === undefined ? {} : { digest: entry.digest }) }
}

function byKey(a: ResourceStatus, b: ResourceStatus): number {
  return formatKey(a) < formatKey(b) ? -1 : 1
}
