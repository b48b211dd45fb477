import { kindRank, wavesByKind, type Delivery, type Desired } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'

/** One state of the source, and how it is to be delivered. */
export interface Phase {
  readonly name: string
  readonly revision: string
  readonly objects: readonly KubeObject[]
  readonly guards: Delivery['guards']
  /** How the pass that ends the phase has to end. */
  readonly ends: 'ready' | 'held'
  /** Whether the delivery itself is being deleted. */
  readonly dismantles: boolean
}

/** Which of the objects carries the delivery's mark. */
export const ownerLabel = 'sweep.example.com/owner'
export const fieldManager = 'kedge-sweep'

/** Install, update, prune, an empty result by mistake, and removal, over 50 objects of one world. */
export function phasesOf(world: string): readonly Phase[] {
  const strict = { allowEmpty: false, limit: 'default' as const }
  const first = installed(world)
  const second = updated(first, world)
  const third = second.filter((object) => !prunedNames.includes(object.metadata.name ?? ''))
  const base = { guards: strict, ends: 'ready' as const, dismantles: false }
  return [
    { ...base, name: 'install', revision: 'main@sha1:1111', objects: first },
    { ...base, name: 'update', revision: 'main@sha1:2222', objects: second },
    { ...base, name: 'prune', revision: 'main@sha1:3333', objects: third },
    { ...base, name: 'empty', revision: 'main@sha1:4444', objects: [], ends: 'held' },
    {
      ...base,
      name: 'remove',
      revision: 'main@sha1:4444',
      objects: [],
      guards: { allowEmpty: true, limit: 'off' },
      dismantles: true,
    },
  ]
}

const prunedNames: readonly string[] = [
  ...Array.from({ length: 9 }, (_, index) => `settings-${index + 20}`),
  'credentials-3',
  'second',
  'worker',
]

/** The delivery of a phase. The namespace is protected, as an engine protects its own: it outlives the removal. */
export function deliveryOf(phase: Phase, world: string): Omit<Delivery, 'inventory'> {
  return {
    id: `sweep/${world}`,
    mark: {
      stamp: (object) => ({
        ...object,
        metadata: { ...object.metadata, labels: { ...object.metadata.labels, [ownerLabel]: world } },
      }),
      confirms: (live) => live.metadata.labels?.[ownerLabel] === world,
      ownerOf: (live) => live.metadata.labels?.[ownerLabel],
    },
    fieldManager,
    takeOver: [],
    revision: phase.revision,
    desired: { kind: 'complete', objects: phase.objects.map(desiredOf) },
    waves: wavesByKind,
    rank: kindRank,
    prune: true,
    force: false,
    sharing: 'refuse',
    guards: phase.guards,
    protect: [{ group: '', kind: 'Namespace', namespace: '*', name: '*' }],
    healthExpressions: [],
    failFast: true,
  }
}

function desiredOf(object: KubeObject): Desired {
  return { object, origin: { file: `${object.kind}-${object.metadata.name ?? ''}.yaml`, line: 1 } }
}

function installed(world: string): readonly KubeObject[] {
  const group = `${world}.example.com`
  const at = { namespace: world }
  const rbac = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: world } },
    widgetDefinition(group),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: `reader-${world}` },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app', ...at } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'app', ...at },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'app', ...at },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'app' },
      subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: world }],
    },
    ...Array.from({ length: 34 }, (_, index) => settings(world, index, '1')),
    ...Array.from({ length: 4 }, (_, index): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `credentials-${index}`, ...at },
      stringData: { password: `secret-${index}` },
    })),
    service(world, 'web', 80),
    service(world, 'worker-metrics', 9090),
    deployment(world, 'web', 'web:1'),
    deployment(world, 'worker', 'worker:1'),
    { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'first', ...at }, spec: { size: 1 } },
    { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'second', ...at }, spec: { size: 2 } },
  ]
}

/** Changes, two renames and one addition. */
function updated(objects: readonly KubeObject[], world: string): readonly KubeObject[] {
  const changed = new Map<string, KubeObject>([
    ...Array.from({ length: 8 }, (_, index): [string, KubeObject] => [
      `ConfigMap/settings-${index}`,
      settings(world, index, '2'),
    ]),
    ['ConfigMap/settings-10', { ...settings(world, 10, '1'), metadata: { name: 'renamed-10', namespace: world } }],
    ['ConfigMap/settings-11', { ...settings(world, 11, '1'), metadata: { name: 'renamed-11', namespace: world } }],
    ['Deployment/web', deployment(world, 'web', 'web:2')],
    ['Service/web', service(world, 'web', 8080)],
  ])
  const next = objects.map((object) => changed.get(`${object.kind}/${object.metadata.name ?? ''}`) ?? object)
  return [...next, settings(world, 99, '1')]
}

function settings(world: string, index: number, value: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `settings-${index}`, namespace: world },
    data: { value, index: String(index) },
  }
}

function service(world: string, name: string, port: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: world },
    spec: { selector: { app: name }, ports: [{ port }] },
  }
}

function deployment(world: string, name: string, image: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: world },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image, resources: { requests: { cpu: '1000m' } } }] },
      },
    },
  }
}

function widgetDefinition(group: string): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  }
}
