import { type Desired, type Rank, type Wave } from '@kedge/engine'
import { type ObjectKey } from '@kedge/manifest'

import { resourceOptions } from './resource-options.ts'

/** Argo CD waits for a wave's health as long as it takes; a day is as good. */
const waveTimeoutMs = 86_400_000
const establishTimeoutMs = 60_000

const kindOrder = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
]
const ranks = new Map(kindOrder.map((kind, index) => [kind, index]))

/** The place of a kind within a wave; kinds that are not in the list come last (SPEC.md SY5). */
export function syncRank(key: Pick<ObjectKey, 'kind'>): Rank {
  const tier = ranks.get(key.kind) ?? kindOrder.length
  return { tier, order: tier }
}

/**
 * Objects by sync wave. Definitions go ahead within their wave, so that the kinds they bring are served; namespaces and
 * definitions are hoisted to the first wave that needs them. A sync of one wave ends without waiting for health.
 */
export function syncWaves(objects: readonly Desired[]): readonly Wave[] {
  const numbered = objects.map((desired) => ({ desired, wave: waveOf(desired, objects) }))
  const numbers = [...new Set(numbered.map(({ wave }) => wave))].toSorted((a, b) => a - b)
  return numbers.flatMap((number) => {
    const members = numbered.filter(({ wave }) => wave === number).map(({ desired }) => desired)
    const definitions = members.filter(isDefinition)
    const others = members.filter((desired) => !isDefinition(desired))
    const ahead: Wave[] =
      definitions.length === 0
        ? []
        : [
            {
              name: `${String(number)} definitions`,
              objects: definitions,
              awaitHealth: true,
              timeoutMs: establishTimeoutMs,
            },
          ]
    if (others.length === 0) return ahead
    return [
      ...ahead,
      { name: String(number), objects: others, awaitHealth: numbers.length > 1, timeoutMs: waveTimeoutMs },
    ]
  })
}

function isDefinition(desired: Desired): boolean {
  return desired.object.kind === 'CustomResourceDefinition'
}

function waveOf(desired: Desired, all: readonly Desired[]): number {
  const own = resourceOptions(desired.object).wave
  const users = all.filter((other) => needs(other, desired)).map((other) => resourceOptions(other.object).wave)
  return Math.min(own, ...users)
}

function needs(user: Desired, provider: Desired): boolean {
  const { object } = provider
  if (object.kind === 'Namespace') return user.object.metadata.namespace === object.metadata.name
  if (!isDefinition(provider)) return false
  const spec = object['spec'] as { readonly group?: string; readonly names?: { readonly kind?: string } } | undefined
  const group = user.object.apiVersion.split('/').length === 1 ? '' : user.object.apiVersion.split('/')[0]
  return spec?.group === group && spec?.names?.kind === user.object.kind
}
