import type { ObjectKey } from '@kedge/manifest'

import type { Rank } from '../model/delivery.ts'

/**
 * Kinds that others build on come first, what admits or changes requests comes last; the order users know from others.
 * A new tier begins only where the later kinds need the earlier ones to exist.
 */
const tiers: readonly (readonly string[])[] = [
  ['CustomResourceDefinition', 'Namespace', 'ClusterRole'],
  [
    'ClusterClass',
    'RuntimeClass',
    'PriorityClass',
    'StorageClass',
    'VolumeSnapshotClass',
    'IngressClass',
    'GatewayClass',
    'ClusterRoleBinding',
    'ResourceQuota',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'ConfigMap',
    'Secret',
    'Service',
    'LimitRange',
  ],
  ['Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'],
  ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
]

/** The tier of kinds that the table does not name. */
const otherTier = 2

const ranks: ReadonlyMap<string, Rank> = new Map(
  tiers.flatMap((kinds, tier) => kinds.map((kind, order): [string, Rank] => [kind, { tier, order }])),
)

/** The default order of kinds inside a wave. */
export function kindRank(key: Pick<ObjectKey, 'kind'>): Rank {
  return ranks.get(key.kind) ?? { tier: otherTier, order: Number.MAX_SAFE_INTEGER }
}

/** Compares objects by rank, then by group, kind, namespace and name: a total order. */
export function byRank(rank: (key: ObjectKey) => Rank): (a: ObjectKey, b: ObjectKey) => number {
  return (a, b) => {
    const left = rank(a)
    const right = rank(b)
    return (
      left.tier - right.tier ||
      left.order - right.order ||
      compareText(a.group, b.group) ||
      compareText(a.kind, b.kind) ||
      compareText(a.namespace, b.namespace) ||
      compareText(a.name, b.name)
    )
  }
}

/** Cuts a sorted list where the tier changes. */
export function splitTiers<T>(sorted: readonly T[], tierOf: (item: T) => number): readonly (readonly T[])[] {
  const groups: T[][] = []
  let last: number | undefined
  for (const item of sorted) {
    const tier = tierOf(item)
    if (tier !== last) groups.push([])
    groups.at(-1)?.push(item)
    last = tier
  }
  return groups
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
