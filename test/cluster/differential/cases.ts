import { patch, post, put, read, remove, unchecked, type Case } from './case.ts'

const configMaps = '/api/v1/namespaces/NS/configmaps'
const secrets = '/api/v1/namespaces/NS/secrets'
const services = '/api/v1/namespaces/NS/services'
const pods = '/api/v1/namespaces/NS/pods'
const deployments = '/apis/apps/v1/namespaces/NS/deployments'
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const widgets = '/apis/NS.example.com/v1/namespaces/NS/widgets'

const configMap = (name: string, extra: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...extra,
})

const podSpec = { containers: [{ name: 'main', image: 'nginx:1.27' }] }

const deployment = (name: string, extra: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec },
    ...extra,
  },
})

const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
})

const crd = (schema: object): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.NS.example.com' },
  spec: {
    group: 'NS.example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} } },
    ],
  },
})

const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', enum: ['red', 'green'], default: 'red' },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      },
      'x-kubernetes-validations': [{ rule: "self.size > 1 || self.color == 'red'", message: 'small ones are red' }],
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
}

const widget = (name: string, spec: object, extra: object = {}): object => ({
  apiVersion: 'NS.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...extra,
})

const apply = (manager: string, path: string, body: unknown, force = false): ReturnType<typeof patch> =>
  patch('apply', `${path}?fieldManager=${manager}&force=${force}`, body)

const objects: readonly Case[] = [
  {
    name: 'an object is created, read, replaced and deleted',
    steps: [
      post(configMaps, configMap('a')),
      read(`${configMaps}/a`),
      put(`${configMaps}/a`, configMap('a', { data: { a: '2' } })),
      remove(`${configMaps}/a`),
      read(`${configMaps}/a`),
      remove(`${configMaps}/a`),
    ],
  },
  {
    name: 'an object that is there already, and one that is not',
    steps: [
      unchecked(post(configMaps, configMap('a'))),
      post(configMaps, configMap('a')),
      put(`${configMaps}/b`, configMap('b')),
      put(`${configMaps}/a`, configMap('b')),
      patch('merge', `${configMaps}/b`, { data: { x: 'y' } }),
    ],
  },
  {
    name: 'names that cannot be',
    steps: [
      post(configMaps, configMap('Upper')),
      post(configMaps, configMap('under_score')),
      post(configMaps, configMap('')),
      post(configMaps, configMap('x'.repeat(254))),
      post(configMaps, configMap('-dash')),
      post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } }),
    ],
  },
  {
    name: 'bodies that are not what the path says',
    steps: [
      post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
      post(configMaps, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } }),
      post(configMaps, configMap('a', { metadata: { name: 'a', namespace: 'other' } })),
      post(configMaps, { metadata: { name: 'a' } }),
      post(configMaps, []),
      post(configMaps, 'text'),
    ],
  },
  {
    name: 'fields that nobody knows, in the three modes',
    steps: [
      post(`${configMaps}?fieldValidation=Strict`, configMap('a', { nonsense: 1 })),
      post(`${configMaps}?fieldValidation=Warn`, configMap('b', { nonsense: 1, metadata: { name: 'b', more: true } })),
      post(`${configMaps}?fieldValidation=Ignore`, configMap('c', { nonsense: 1 })),
      post(configMaps, configMap('d', { nonsense: 1 })),
      post(`${configMaps}?fieldValidation=Sometimes`, configMap('e')),
      post(
        `${deployments}?fieldValidation=Strict`,
        deployment('f', { replica: 1, template: { spec: { containerz: [] } } }),
      ),
    ],
  },
  {
    name: 'values of the wrong type',
    steps: [
      post(configMaps, configMap('a', { data: { a: 1 } })),
      post(configMaps, configMap('a', { data: 'text' })),
      post(configMaps, configMap('a', { metadata: { name: 'a', labels: { x: true } } })),
      post(deployments, deployment('a', { replicas: 'three' })),
      post(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { a: 'not base64!' } }),
    ],
  },
  {
    name: 'preconditions of a delete',
    steps: [
      unchecked(post(configMaps, configMap('a'))),
      remove(`${configMaps}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'other' } }),
      remove(`${configMaps}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { resourceVersion: '1' } }),
      remove(`${configMaps}/a?dryRun=All`),
      remove(`${configMaps}/a?propagationPolicy=Sideways`),
      remove(`${configMaps}/a?propagationPolicy=Foreground`),
    ],
  },
  {
    name: 'finalizers hold an object',
    steps: [
      post(configMaps, configMap('a', { metadata: { name: 'a', finalizers: ['example.com/hold'] } })),
      remove(`${configMaps}/a`),
      remove(`${configMaps}/a`),
      patch('merge', `${configMaps}/a`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }),
      patch('merge', `${configMaps}/a`, { metadata: { finalizers: null } }),
      read(`${configMaps}/a`),
      post(configMaps, configMap('b', { metadata: { name: 'b', finalizers: ['nonsense'] } })),
    ],
  },
  {
    name: 'an update from an old state is refused',
    steps: [
      unchecked(post(configMaps, configMap('a'))),
      put(`${configMaps}/a`, configMap('a', { metadata: { name: 'a', resourceVersion: '1' } })),
      patch('merge', `${configMaps}/a`, { metadata: { resourceVersion: '1' }, data: { b: '2' } }),
      put(`${configMaps}/a`, configMap('a', { metadata: { name: 'a', uid: 'another' } })),
    ],
  },
  {
    name: 'dry runs leave nothing behind',
    steps: [
      post(`${configMaps}?dryRun=All`, configMap('a')),
      read(`${configMaps}/a`),
      apply('m', `${configMaps}/a`, configMap('a')),
      patch('merge', `${configMaps}/a?dryRun=All`, { data: { a: '9' } }),
      read(`${configMaps}/a`),
      post(`${configMaps}?dryRun=Some`, configMap('c')),
    ],
  },
  {
    name: 'a namespace that is not there',
    steps: [
      post('/api/v1/namespaces/NS-absent/configmaps', configMap('a')),
      read('/api/v1/namespaces/NS-absent/configmaps'),
      read('/api/v1/namespaces/NS-absent'),
      apply('m', '/api/v1/namespaces/NS-absent/configmaps/a', configMap('a')),
    ],
  },
  {
    name: 'paths that are not served',
    steps: [
      read('/apis/example.com/v1/namespaces/NS/things'),
      read('/apis/apps/v9/deployments'),
      read('/api/v1/namespaces/NS/things'),
      read('/nonsense'),
      remove(`${configMaps}/a/status`),
      post(`${configMaps}/a`, configMap('a')),
      put(configMaps, configMap('a')),
    ],
  },
  {
    name: 'immutable configuration stays as it is',
    steps: [
      post(configMaps, configMap('a', { immutable: true })),
      patch('merge', `${configMaps}/a`, { data: { a: '2' } }),
      patch('merge', `${configMaps}/a`, { immutable: false }),
      post(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'b' },
        type: 'Opaque',
        stringData: { a: 'b' },
      }),
      patch('merge', `${secrets}/b`, { type: 'other' }),
    ],
  },
]

const patches: readonly Case[] = [
  {
    name: 'server-side apply: creation, sharing, conflict and force',
    steps: [
      apply('one', `${configMaps}/a`, configMap('a')),
      apply('one', `${configMaps}/a`, configMap('a')),
      apply('two', `${configMaps}/a`, configMap('a')),
      apply('two', `${configMaps}/a`, configMap('a', { data: { a: '2', b: '3' } })),
      apply('two', `${configMaps}/a`, configMap('a', { data: { a: '2', b: '3' } }), true),
      apply('one', `${configMaps}/a`, configMap('a', { data: {} })),
    ],
  },
  {
    name: 'server-side apply: what is refused',
    steps: [
      patch('apply', `${configMaps}/a`, configMap('a')),
      apply('one', `${configMaps}/a`, configMap('b')),
      apply('one', `${configMaps}/a`, { ...configMap('a'), dat: {} }),
      apply('one', `${configMaps}/a`, configMap('a', { metadata: { name: 'a', managedFields: [{ manager: 'x' }] } })),
      apply('one', `${configMaps}/a`, { kind: 'ConfigMap', metadata: { name: 'a' } }),
      apply('one', `${configMaps}/a`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }),
      apply('x'.repeat(200), `${configMaps}/a`, configMap('a')),
      apply('one', `${configMaps}/a`, configMap('a', { metadata: { name: 'a', resourceVersion: '1' } })),
    ],
  },
  {
    name: 'server-side apply: lists with keys',
    steps: [
      apply('one', `${deployments}/a`, deployment('a')),
      apply('two', `${deployments}/a`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'X', value: '1' }] }] } } },
      }),
      apply('two', `${deployments}/a`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'a' },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'other' }] } } },
      }),
      apply('one', `${deployments}/a`, deployment('a', { replicas: 3 })),
    ],
  },
  {
    name: 'merge patches',
    steps: [
      unchecked(post(configMaps, configMap('a'))),
      patch('merge', `${configMaps}/a`, { data: { a: null, b: '2' }, metadata: { labels: { x: 'y' } } }),
      patch('merge', `${configMaps}/a?fieldManager=mine`, { data: { c: '3' } }),
      patch('merge', `${configMaps}/a`, { data: { c: '3' } }),
      patch('merge', `${configMaps}/a`, { data: { c: 3 } }),
      patch('merge', `${configMaps}/a`, { metadata: { name: 'other' } }),
      patch('merge', `${configMaps}/a`, []),
    ],
  },
  {
    name: 'JSON patches',
    steps: [
      unchecked(post(configMaps, configMap('a'))),
      patch('json', `${configMaps}/a`, [{ op: 'add', path: '/data/b', value: '2' }]),
      patch('json', `${configMaps}/a`, [{ op: 'test', path: '/data/b', value: '3' }]),
      patch('json', `${configMaps}/a`, [{ op: 'remove', path: '/data/nothing' }]),
      patch('json', `${configMaps}/a`, [{ op: 'replace', path: '/data/a', value: 5 }]),
      patch('json', `${configMaps}/a`, { op: 'add' }),
      patch('json', `${configMaps}/a`, [{ op: 'juggle', path: '/data/a' }]),
    ],
  },
  {
    name: 'strategic merge patches',
    steps: [
      unchecked(post(deployments, deployment('a'))),
      patch('strategic', `${deployments}/a`, {
        spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } },
      }),
      patch('strategic', `${deployments}/a`, {
        spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
      }),
      patch('strategic', `${deployments}/a`, { spec: { template: { spec: { containers: [{ image: 'x' }] } } } }),
      { method: 'PATCH', path: `${deployments}/a`, body: {}, headers: { 'content-type': 'application/nonsense' } },
    ],
  },
]

const kinds: readonly Case[] = [
  {
    name: 'a Deployment: defaults, immutable selector, checks',
    steps: [
      post(deployments, deployment('a')),
      patch('merge', `${deployments}/a`, { spec: { selector: { matchLabels: { app: 'b' } } } }),
      post(deployments, deployment('b', { selector: { matchLabels: { app: 'other' } } })),
      post(deployments, deployment('c', { replicas: -1 })),
      post(
        deployments,
        deployment('d', { template: { metadata: { labels: { app: 'd' } }, spec: { containers: [] } } }),
      ),
      post(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'e' } }),
      post(deployments, deployment('f', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })),
    ],
  },
  {
    name: 'a Service: defaults and checks',
    steps: [
      post(services, service('a', { ports: [{ port: 80 }], selector: { app: 'a' } })),
      post(services, service('b', { ports: [{ port: 80, targetPort: 'http' }], type: 'NodePort' })),
      post(services, service('c', { clusterIP: 'None', selector: { app: 'c' } })),
      post(services, service('d', { type: 'ExternalName', externalName: 'example.com' })),
      post(services, service('e', { type: 'ExternalName' })),
      post(services, service('f', { ports: [{ port: 0 }] })),
      post(services, service('g', { ports: [{ port: 80 }, { port: 81 }] })),
      post(services, service('h', { type: 'Nonsense', ports: [{ port: 80 }] })),
      post(services, service('1a', { ports: [{ port: 80 }] })),
      patch('merge', `${services}/a`, { spec: { clusterIP: '10.96.200.200' } }),
    ],
  },
  {
    name: 'a Pod: defaults and checks',
    steps: [
      post(`${pods}?dryRun=All`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: podSpec }),
      post(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'b' },
        spec: { containers: [{ name: 'B_', image: 'x' }] },
      }),
      post(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' }, spec: { containers: [{ name: 'c' }] } }),
      post(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'd' },
        spec: { ...podSpec, restartPolicy: 'Sometimes' },
      }),
      post(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'e' },
        spec: { containers: [{ name: 'e', image: 'x', volumeMounts: [{ name: 'none', mountPath: '/x' }] }] },
      }),
      post(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'f' },
        spec: { containers: [{ name: 'f', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
      }),
      post(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'g' },
        spec: { ...podSpec, serviceAccountName: 'none' },
      }),
    ],
  },
  {
    name: 'metadata: labels, annotations and owners',
    steps: [
      post(configMaps, configMap('a', { metadata: { name: 'a', labels: { 'bad key!': 'x' } } })),
      post(configMaps, configMap('b', { metadata: { name: 'b', labels: { good: 'bad value!' } } })),
      post(configMaps, configMap('c', { metadata: { name: 'c', annotations: { 'bad key!': 'x' } } })),
      post(
        configMaps,
        configMap('d', { metadata: { name: 'd', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x' }] } }),
      ),
      post(configMaps, configMap('e', { metadata: { name: 'e', generateName: 'f-' } })),
      post(
        configMaps,
        configMap('f', { metadata: { name: 'f', creationTimestamp: null, selfLink: '/x', generation: 7 } }),
      ),
    ],
  },
  {
    name: 'roles and bindings',
    steps: [
      post('/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'a' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
      post('/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'a' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
        subjects: [{ kind: 'User', name: 'jane' }],
      }),
      patch('merge', '/apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings/a', { roleRef: { name: 'b' } }),
      post('/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'b' },
        rules: [{ resources: ['pods'] }],
      }),
    ],
  },
  {
    name: 'who may do what, as another user',
    steps: [
      read(pods, { 'impersonate-user': 'jane' }),
      { ...post(configMaps, configMap('a')), headers: { 'impersonate-user': 'jane' } },
      read('/api/v1/namespaces/NS', { 'impersonate-user': 'system:serviceaccount:NS:default' }),
      read('/api/v1/nodes/none', { 'impersonate-user': 'jane', 'impersonate-group': 'dev' }),
      read('/version', { 'impersonate-user': 'jane' }),
      read('/metrics', { 'impersonate-user': 'jane' }),
      read(pods, { 'impersonate-group': 'dev' }),
      { ...remove(`${configMaps}/a`), headers: { 'impersonate-user': 'system:anonymous' } },
    ],
  },
  {
    name: 'workloads of other kinds are defaulted alike',
    steps: [
      post(`/apis/batch/v1/namespaces/NS/jobs?dryRun=All`, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'a' },
        spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
      }),
      post(`/apis/batch/v1/namespaces/NS/cronjobs?dryRun=All`, {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'a' },
        spec: {
          schedule: '* * * * *',
          jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
        },
      }),
      post(`/apis/apps/v1/namespaces/NS/statefulsets?dryRun=All`, {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'a' },
        spec: {
          serviceName: 'a',
          selector: { matchLabels: { app: 'a' } },
          template: { metadata: { labels: { app: 'a' } }, spec: podSpec },
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          ],
        },
      }),
      post(`/apis/apps/v1/namespaces/NS/daemonsets?dryRun=All`, { ...deployment('a'), kind: 'DaemonSet' }),
      post(`/apis/networking.k8s.io/v1/namespaces/NS/ingresses?dryRun=All`, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'a' },
        spec: {
          rules: [
            {
              host: 'example.com',
              http: {
                paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 80 } } } }],
              },
            },
          ],
        },
      }),
      post(`/apis/autoscaling/v2/namespaces/NS/horizontalpodautoscalers?dryRun=All`, {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'a' },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' } },
      }),
      post(`/apis/policy/v1/namespaces/NS/poddisruptionbudgets?dryRun=All`, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'a' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
      }),
      post('/api/v1/namespaces/NS/persistentvolumeclaims?dryRun=All', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'a' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }),
    ],
  },
]

const lists: readonly Case[] = [
  {
    name: 'lists: selectors, pages and forms',
    steps: [
      ...['a', 'b', 'c'].map((name) =>
        unchecked(post(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: { n: name } } })),
      ),
      read(secrets),
      read(`${secrets}?labelSelector=${encodeURIComponent('n in (a,b)')}`),
      read(`${secrets}?labelSelector=${encodeURIComponent('n in (a')}`),
      read(`${secrets}?fieldSelector=metadata.name%3Db`),
      read(`${secrets}?fieldSelector=data.x%3Db`),
      read(`${secrets}?limit=2`),
      read(`${secrets}?continue=nonsense`),
      read(`${secrets}?resourceVersion=nonsense`),
      read(`${secrets}?resourceVersionMatch=Exact`),
      read(`${secrets}/a`, { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' }),
      read(secrets, { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }),
      read(secrets, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }),
      read(secrets, { accept: 'application/nonsense' }),
      remove(`${secrets}?labelSelector=n%3Da`),
      read(secrets),
    ],
  },
  {
    name: 'a Deployment in a table',
    steps: [
      unchecked(post(deployments, deployment('a', { replicas: 0 }))),
      read(`${deployments}/a/scale`),
      patch('merge', `${deployments}/a/scale`, { spec: { replicas: -1 } }),
    ],
  },
]

const custom: readonly Case[] = [
  {
    name: 'definitions that are refused',
    steps: [
      post(crds, crd({ type: 'object', properties: { spec: {} } })),
      post(crds, crd({ type: 'object', properties: { spec: { type: 'nonsense' } } })),
      post(crds, { ...crd(widgetSchema), metadata: { name: 'wrong.NS.example.com' } }),
      post(crds, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'a.b' },
        spec: {},
      }),
    ],
  },
  {
    name: 'custom objects: defaults, pruning, validation, status',
    steps: [
      unchecked(post(crds, crd(widgetSchema))),
      { method: 'GET', path: widgets, unchecked: true, headers: { 'x-wait-for': '200' } },
      post(widgets, widget('a', { size: 2, nonsense: true }, { status: { ready: true } })),
      post(widgets, widget('b', {})),
      post(widgets, widget('c', { size: 11, color: 'blue' })),
      post(widgets, widget('d', { size: 1, color: 'green' })),
      post(widgets, widget('e', { size: 'two' })),
      post(widgets, widget('f', { size: 2, tags: ['x', 'x'] })),
      post(`${widgets}?fieldValidation=Strict`, widget('g', { size: 2, nonsense: true })),
      patch('merge', `${widgets}/a`, { spec: { size: 3 }, status: { ready: false } }),
      patch('merge', `${widgets}/a/status`, { spec: { size: 9 }, status: { ready: true } }),
      patch('merge', `${widgets}/a/status`, { status: { ready: 'yes' } }),
      patch('strategic', `${widgets}/a`, { spec: { size: 4 } }),
      apply('one', `${widgets}/h`, widget('h', { size: 5, tags: ['x'] })),
      apply('two', `${widgets}/h`, widget('h', { size: 6, tags: ['y'] })),
      apply('two', `${widgets}/h`, widget('h', { size: 5, tags: ['y'] })),
      apply('one', `${widgets}/i`, widget('i', { size: 5, nonsense: 1 })),
      read(widgets),
      unchecked(remove(`${crds}/widgets.NS.example.com`)),
    ],
  },
]

/** Every case, by subject. */
export const cases: readonly Case[] = [...objects, ...patches, ...kinds, ...lists, ...custom]
