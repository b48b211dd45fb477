/** Where a built-in resource is served; what controllers need of discovery for kinds they know. */
export interface ResourceType {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

function define(apiVersion: string, kind: string, plural: string): ResourceType {
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  return { group, version, kind, plural, namespaced: true }
}

function defineForCluster(apiVersion: string, kind: string, plural: string): ResourceType {
  return { ...define(apiVersion, kind, plural), namespaced: false }
}

/** Names of the resources that controllers read or write. */
export type ResourceName =
  | 'claims'
  | 'clusterRoles'
  | 'configMaps'
  | 'controllerRevisions'
  | 'cronJobs'
  | 'daemonSets'
  | 'definitions'
  | 'deployments'
  | 'disruptionBudgets'
  | 'endpoints'
  | 'endpointSlices'
  | 'events'
  | 'horizontalAutoscalers'
  | 'ingresses'
  | 'jobs'
  | 'namespaces'
  | 'nodes'
  | 'pods'
  | 'replicaSets'
  | 'serviceAccounts'
  | 'services'
  | 'statefulSets'
  | 'storageClasses'
  | 'volumes'

/** The resources that controllers read or write. */
export const TYPES: Readonly<Record<ResourceName, ResourceType>> = {
  claims: define('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  clusterRoles: defineForCluster('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles'),
  configMaps: define('v1', 'ConfigMap', 'configmaps'),
  controllerRevisions: define('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  cronJobs: define('batch/v1', 'CronJob', 'cronjobs'),
  daemonSets: define('apps/v1', 'DaemonSet', 'daemonsets'),
  definitions: defineForCluster('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  deployments: define('apps/v1', 'Deployment', 'deployments'),
  disruptionBudgets: define('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  endpoints: define('v1', 'Endpoints', 'endpoints'),
  endpointSlices: define('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  events: define('v1', 'Event', 'events'),
  horizontalAutoscalers: define('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  ingresses: define('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  jobs: define('batch/v1', 'Job', 'jobs'),
  namespaces: defineForCluster('v1', 'Namespace', 'namespaces'),
  nodes: defineForCluster('v1', 'Node', 'nodes'),
  pods: define('v1', 'Pod', 'pods'),
  replicaSets: define('apps/v1', 'ReplicaSet', 'replicasets'),
  serviceAccounts: define('v1', 'ServiceAccount', 'serviceaccounts'),
  services: define('v1', 'Service', 'services'),
  statefulSets: define('apps/v1', 'StatefulSet', 'statefulsets'),
  storageClasses: defineForCluster('storage.k8s.io/v1', 'StorageClass', 'storageclasses'),
  volumes: defineForCluster('v1', 'PersistentVolume', 'persistentvolumes'),
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

/** The path of a collection, or of all namespaces' when none is given. */
export function collectionPath(type: ResourceType, namespace = ''): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  return type.namespaced && namespace !== ''
    ? `${root}/namespaces/${namespace}/${type.plural}`
    : `${root}/${type.plural}`
}

/** The path of one object, and of a subresource of it. */
export function objectPath(
  type: ResourceType,
  place: { readonly namespace: string; readonly name: string },
  subresource = '',
): string {
  const path = `${collectionPath(type, place.namespace)}/${encodeURIComponent(place.name)}`
  return subresource === '' ? path : `${path}/${subresource}`
}
