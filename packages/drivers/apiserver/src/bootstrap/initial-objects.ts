import type { Draft } from '../contracts.ts'
import { aggregatedRules, isAggregated } from '../access/aggregation.ts'
import { timestamp } from '../http/draft.ts'
import { child, text } from '../kinds/draft.ts'
import { bootstrapObjects } from '../schema/load.ts'
import { simulatedNodes } from './nodes.ts'

/** An object the server makes for itself, and the path of the collection it belongs to. */
export interface InitialObject {
  readonly path: string
  readonly object: Draft
  /** Written through the status subresource after the object. */
  readonly status?: Draft
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1'

/**
 * Everything a new server starts with, in the order of creation. The namespaces come first; what is here already on a
 * restart is left as it is, as the real server leaves what it does not reconcile.
 */
export function initialObjects(options: {
  readonly nowMs: number
  readonly apiServerPort: number
}): readonly InitialObject[] {
  const recorded = bootstrapObjects()
  const of = (resource: string): readonly Draft[] =>
    (recorded[resource] ?? []).map((object) => structuredClone(object) as Draft)
  const at = (path: string, objects: readonly Draft[]): InitialObject[] => objects.map((object) => ({ path, object }))
  return [
    ...at('/api/v1/namespaces', of('namespaces')),
    ...at('/apis/scheduling.k8s.io/v1/priorityclasses', of('priorityclasses')),
    ...at(`${RBAC}/clusterroles`, withAggregatedRules(of('clusterroles'))),
    ...at(`${RBAC}/clusterrolebindings`, of('clusterrolebindings')),
    ...inNamespaces('roles', of('roles')),
    ...inNamespaces('rolebindings', of('rolebindings')),
    ...at('/apis/storage.k8s.io/v1/storageclasses', [standardStorageClass()]),
    ...at('/api/v1/namespaces/default/services', [kubernetesService(options.apiServerPort)]),
    ...of('apiservices').map((object) => ({
      path: '/apis/apiregistration.k8s.io/v1/apiservices',
      object,
      status: { conditions: [localCondition(options.nowMs)] },
    })),
    ...simulatedNodes(options.nowMs),
  ]
}

/** This server answers for every group-version itself. */
function localCondition(nowMs: number): Draft {
  return {
    type: 'Available',
    status: 'True',
    lastTransitionTime: timestamp(nowMs),
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
}

function inNamespaces(resource: string, objects: readonly Draft[]): readonly InitialObject[] {
  return objects.map((object) => ({
    path: `${RBAC}/namespaces/${text(child(object, 'metadata'), 'namespace')}/${resource}`,
    object,
  }))
}

/** The recorded roles admin, edit and view are still empty: a controller fills them. Here they are full from the start. */
function withAggregatedRules(roles: readonly Draft[]): readonly Draft[] {
  let current = roles
  // Aggregated roles are sources of others (view of edit, edit of admin), so a few rounds are needed.
  for (let round = 0; round < 4; round += 1) {
    const before = current
    current = before.map((role) => (isAggregated(role) ? { ...role, rules: aggregatedRules(role, before) } : role))
  }
  return current
}

function standardStorageClass(): Draft {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kedge.dev/simulated',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    allowVolumeExpansion: true,
  }
}

function kubernetesService(targetPort: number): Draft {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort }],
    },
  }
}
