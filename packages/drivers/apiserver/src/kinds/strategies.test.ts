import { expect, test } from 'vitest'
import type { Draft, StrategyContext } from '../contracts.ts'
import { createStrategies, customStrategy } from './strategies.ts'

/** Fields of drafts that a test reads without asking what they are. */
// oxlint-disable-next-line typescript/no-explicit-any -- objects of many kinds
type Json = any

function contextWith(stored: Record<string, Draft> = {}, dryRun = false): StrategyContext {
  return {
    user: { name: 'admin', groups: [], extra: {} },
    nowMs: 0,
    random: () => 0.5,
    dryRun,
    lookup: (group, resource, namespace, name) => stored[`${group}/${resource}/${namespace}/${name}`],
    list: (group, resource) =>
      Object.entries(stored).flatMap(([key, object]) => (key.startsWith(`${group}/${resource}/`) ? [object] : [])),
  }
}

function created(
  resource: string,
  object: Draft,
  options: { group?: string; context?: StrategyContext } = {},
): { draft: Json; errors: string[] } {
  const strategy = createStrategies().strategyFor(options.group ?? '', resource)
  const draft = structuredClone(object) as Json
  draft.metadata = { namespace: 'default', uid: 'u-1', ...draft.metadata }
  strategy.applyDefaults(draft)
  strategy.prepareForCreate(draft, options.context ?? contextWith())
  const errors = strategy.validateCreate(draft, options.context ?? contextWith())
  return { draft, errors: errors.map(({ field, message }) => `${field}: ${message}`) }
}

function updateErrors(resource: string, pair: readonly [Draft, Draft], group = ''): string[] {
  const strategy = createStrategies().strategyFor(group, resource)
  const [old, next] = pair.map((object) => created(resource, object, { group }).draft)
  strategy.applyDefaults(next)
  strategy.prepareForUpdate(next, old, contextWith())
  return strategy.validateUpdate(next, old, contextWith()).map(({ field, message }) => `${field}: ${message}`)
}

const podSpec = { containers: [{ name: 'app', image: 'nginx:1.27' }] }

function workload(kind: string, spec: Draft = {}): Draft {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: podSpec },
      ...spec,
    },
  }
}

function service(spec: Draft): Draft {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }], ...spec } }
}

test('[KB1] absent fields are filled, empty optional ones go, structs that are no pointers stay as {}', () => {
  const { draft } = created('deployments', workload('Deployment', { paused: false, minReadySeconds: 0 }), {
    group: 'apps',
  })
  expect(draft.spec.replicas).toBe(1)
  expect(draft.spec.strategy).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
  })
  expect(draft.spec.paused).toBeUndefined()
  expect(draft.spec.minReadySeconds).toBeUndefined()
  expect(draft.status).toEqual({})
  expect(draft.spec.template.spec.containers[0].resources).toEqual({})
})

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1', 'IfNotPresent'],
  ['registry:5000/nginx', 'Always'],
  ['nginx@sha256:0000', 'IfNotPresent'],
])('[KB1] the image %s is pulled %s', (image, policy) => {
  const spec = { containers: [{ name: 'app', image }] }
  const { draft } = created('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })
  expect(draft.spec.containers[0].imagePullPolicy).toBe(policy)
})

test('[KB2] quantities in typed kinds are canonical, and requests of pods come from limits', () => {
  const limits = { cpu: '1000m', memory: '1024Mi' }
  const spec = { containers: [{ name: 'app', image: 'nginx:1', resources: { limits } }] }
  const { draft } = created('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })
  expect(draft.spec.containers[0].resources).toEqual({
    limits: { cpu: '1', memory: '1Gi' },
    requests: { cpu: '1', memory: '1Gi' },
  })
  expect(draft.status.qosClass).toBe('Guaranteed')
})

test('[KB3] stringData becomes data, and wins over it', () => {
  const { draft } = created('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { a: 'b2xk' },
    stringData: { a: 'new' },
  })
  expect(draft).toMatchObject({ type: 'Opaque', data: { a: 'bmV3' } })
  expect(draft.stringData).toBeUndefined()
})

test('[KB4] Services get addresses and node ports that no other Service has', () => {
  const strategy = createStrategies().strategyFor('', 'services')
  const seen = new Set<string>()
  const ports = new Set<number>()
  for (let index = 0; index < 50; index += 1) {
    const draft = structuredClone(service({ type: 'NodePort' })) as Json
    draft.metadata = { name: `s-${index}`, namespace: 'default' }
    strategy.applyDefaults(draft)
    strategy.prepareForCreate(draft, contextWith())
    seen.add(draft.spec.clusterIP)
    ports.add(draft.spec.ports[0].nodePort)
  }
  expect([seen.size, ports.size]).toEqual([50, 50])
})

test('[KB4] an address in use is refused', () => {
  const holder = { metadata: { name: 'other', namespace: 'default' }, spec: { clusterIPs: ['10.96.0.9'] } }
  const context = contextWith({ '/services/default/other': holder })
  expect(created('services', service({ clusterIP: '10.96.0.9' }), { context }).errors).toEqual([
    'spec.clusterIPs: Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: provided IP is already allocated',
  ])
})

test('[KB5] a Job gets its selector and labels from its uid', () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
  }
  const { draft, errors } = created('jobs', job, { group: 'batch' })
  expect(errors).toEqual([])
  expect(draft.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } })
  expect(draft.spec.template.metadata.labels['job-name']).toBe('j')
})

const sts = (spec: Draft) => workload('StatefulSet', { serviceName: 'a', ...spec })
const config = (more: Draft): Draft => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c' },
  data: { a: '1' },
  ...more,
})
const binding = (name: string): Draft => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'b' },
  roleRef: { kind: 'Role', name },
})
const claim = (size: string, className: string): Draft => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'd' },
  spec: { storageClassName: className, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } },
})
const storageClass = (parameters: Draft): Draft => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 's' },
  provisioner: 'a.b/c',
  parameters,
})
const typed = (type: string): Draft => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type })

test.each([
  [
    'deployments',
    'apps',
    workload('Deployment'),
    workload('Deployment', {
      selector: { matchLabels: { app: 'web', z: 'z' } },
      template: { metadata: { labels: { app: 'web', z: 'z' } }, spec: podSpec },
    }),
    'spec.selector: Invalid value: {"matchLabels":{"app":"web","z":"z"}}: field is immutable',
  ],
  [
    'statefulsets',
    'apps',
    sts({}),
    sts({ serviceName: 'z' }),
    'spec.serviceName: Invalid value: "z": field is immutable',
  ],
  [
    'services',
    '',
    service({ clusterIP: '10.96.0.7' }),
    service({ clusterIP: '10.96.0.8' }),
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
  ],
  [
    'configmaps',
    '',
    config({ immutable: true }),
    config({ immutable: true, data: { a: '2' } }),
    'data: Forbidden: field is immutable when `immutable` is set',
  ],
  ['secrets', '', typed('Opaque'), typed('x/y'), 'type: Invalid value: "x/y": field is immutable'],
  [
    'rolebindings',
    'rbac.authorization.k8s.io',
    binding('one'),
    binding('two'),
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"two"}: field is immutable',
  ],
  [
    'persistentvolumeclaims',
    '',
    claim('1Gi', 'a'),
    claim('1Gi', 'b'),
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  ],
  [
    'storageclasses',
    'storage.k8s.io',
    storageClass({ a: '1' }),
    storageClass({ a: '2' }),
    'parameters: Invalid value: null: field is immutable',
  ],
])('[KC1] what may not change in %s is said in the words that clients match', (resource, group, old, next, message) => {
  expect(updateErrors(resource, [old, next], group)).toEqual([message])
})

test('[KC1] a Service keeps the address and node port it was given when an update leaves them out', () => {
  const strategy = createStrategies().strategyFor('', 'services')
  const old = created('services', service({ type: 'NodePort' })).draft
  const next = structuredClone(service({ type: 'NodePort', selector: { a: 'b' } })) as Json
  next.metadata = old.metadata
  strategy.applyDefaults(next)
  strategy.prepareForUpdate(next, old, contextWith())
  expect(next.spec.clusterIP).toBe(old.spec.clusterIP)
  expect(next.spec.ports[0].nodePort).toBe(old.spec.ports[0].nodePort)
  expect(strategy.validateUpdate(next, old, contextWith())).toEqual([])
})

const pod = (container: Draft, more: Draft = {}): Draft => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'app', image: 'nginx:1', ...container }], ...more },
})

test.each([
  ['pods', '', pod({ name: '' }), 'spec.containers[0].name: Required value'],
  ['pods', '', pod({ image: '' }), 'spec.containers[0].image: Required value'],
  [
    'pods',
    '',
    pod({ ports: [{ containerPort: 70_000 }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'pods',
    '',
    pod({ livenessProbe: {} }),
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ],
  [
    'pods',
    '',
    pod({ env: [{ name: 'A=B', value: 'x' }] }),
    'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
  ],
  [
    'pods',
    '',
    pod({ volumeMounts: [{ name: 'gone', mountPath: '/x' }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "gone"',
  ],
  [
    'pods',
    '',
    pod({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'pods',
    '',
    pod({}, { initContainers: [{ name: 'app', image: 'x' }] }),
    'spec.initContainers[0].name: Duplicate value: "app"',
  ],
  ['services', '', service({ ports: [] }), 'spec.ports: Required value'],
  ['services', '', service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] }), 'spec.ports[0].name: Required value'],
  [
    'services',
    '',
    service({ type: 'Odd' }),
    'spec.type: Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    'deployments',
    'apps',
    workload('Deployment', { replicas: -1 }),
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'deployments',
    'apps',
    workload('Deployment', { selector: {} }),
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ],
  [
    'configmaps',
    '',
    config({ data: { 'a/b': '' } }),
    "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  ],
  [
    'configmaps',
    '',
    config({ metadata: { name: 'c', labels: { a: 'x y' } } }),
    "metadata.labels: Invalid value: \"x y\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
  [
    'roles',
    'rbac.authorization.k8s.io',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r' },
      rules: [{ verbs: [], apiGroups: [''], resources: ['pods'] }],
    },
    'rules[0].verbs: Required value',
  ],
])('[KC2] %s: what is wrong is said field by field (%#)', (resource, group, object, message) => {
  expect(created(resource, object, { group }).errors).toEqual([message])
})

test('[KC3] a pod whose ServiceAccount is not there is refused with 403', () => {
  const strategy = createStrategies().strategyFor('', 'pods')
  const { draft } = created('pods', pod({}))
  expect(strategy.admit?.(draft, undefined, contextWith())).toEqual({
    code: 403,
    reason: 'Forbidden',
    message:
      'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  })
})

test('[KB6] an autoscaler keeps in annotations what autoscaling/v1 has no field for', () => {
  const strategy = createStrategies().strategyFor('autoscaling', 'horizontalpodautoscalers')
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
  }
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
  const v2 = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { maxReplicas: 3, metrics: [cpu, memory] },
    status: { desiredReplicas: 0, currentMetrics: null },
  }
  const v1 = strategy.convert?.(v2, 'autoscaling/v1') as Json
  expect(v1.spec).toEqual({ maxReplicas: 3, targetCPUUtilizationPercentage: 50 })
  expect(strategy.convert?.(v1, 'autoscaling/v2')).toMatchObject({ spec: v2.spec })
})

test('[KB7] status counts as content only where it has no subresource of its own', () => {
  const pair = [
    { spec: 1, status: 1 },
    { spec: 1, status: 2 },
  ] as const
  expect(customStrategy({ namespaced: true, hasStatus: true }).specChanged(...pair)).toBe(false)
  expect(customStrategy({ namespaced: true, hasStatus: false }).specChanged(...pair)).toBe(true)
})

test('hooks leave a stored, frozen object alone', () => {
  const strategies = createStrategies()
  for (const [group, resource, object] of [
    ['', 'services', service({ type: 'NodePort' })],
    ['', 'pods', pod({})],
    ['apps', 'deployments', workload('Deployment')],
  ] as const) {
    const stored = freeze(created(resource, object, { group }).draft)
    const strategy = strategies.strategyFor(group, resource)
    const draft = { ...(stored as Draft) }
    strategy.applyDefaults(draft)
    strategy.prepareForUpdate(draft, stored, contextWith())
    expect(draft).toEqual(stored)
  }
})

function freeze(value: Json): Json {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) freeze(part)
  return value
}
