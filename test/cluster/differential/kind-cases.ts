import { patch, post, type Case, type Step } from './case.ts'

/** A built-in kind: where its objects are made, a valid one, and changes of it that the servers judge. */
interface Kind {
  /** `apps/v1 deployments` */
  readonly resource: string
  readonly kind: string
  readonly isCluster?: boolean
  /** Everything of a valid object but apiVersion, kind and metadata.name. */
  readonly valid: Readonly<Record<string, unknown>>
  /** A valid object that says more. */
  readonly rich?: Readonly<Record<string, unknown>>
  /** Merge patches of the valid object; each is sent as a dry run. */
  readonly changes?: readonly Readonly<Record<string, unknown>>[]
  /** Objects with mistakes. */
  readonly wrong?: readonly Readonly<Record<string, unknown>>[]
}

const container = { name: 'main', image: 'nginx:1.27' }
const richContainer = {
  name: 'main',
  image: 'registry.example.com/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  command: ['/bin/app'],
  args: ['--verbose', '$(POD_NAME)'],
  ports: [
    { name: 'http', containerPort: 8080 },
    { containerPort: 53, protocol: 'UDP' },
  ],
  env: [
    { name: 'PLAIN', value: 'x' },
    { name: 'EMPTY', value: '' },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
  ],
  envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }],
  resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5, 'ephemeral-storage': '1e3' } },
  livenessProbe: { httpGet: { path: '/live', port: 'http' } },
  readinessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 1 },
  startupProbe: { grpc: { port: 8080 } },
  lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
  securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false },
  volumeMounts: [
    { name: 'data', mountPath: '/data', subPath: 'x' },
    { name: 'all', mountPath: '/all', readOnly: true },
  ],
}
const richPodSpec = {
  initContainers: [{ name: 'init', image: 'busybox', restartPolicy: 'Always' }],
  containers: [richContainer],
  volumes: [
    { name: 'data', emptyDir: { sizeLimit: '1024Ki' } },
    { name: 'all', projected: { sources: [{ configMap: { name: 'c' } }, { downwardAPI: { items: [labelsItem()] } }] } },
    { name: 'secret', secret: { secretName: 's', items: [{ key: 'a', path: 'b' }] } },
    { name: 'host', hostPath: { path: '/tmp' } },
    { name: 'claim', persistentVolumeClaim: { claimName: 'p' } },
    { name: 'own', ephemeral: { volumeClaimTemplate: { spec: claimSpec() } } },
  ],
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } } } },
      ],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } },
  ],
  tolerations: [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }],
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['x'] }],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
  terminationGracePeriodSeconds: 5,
  securityContext: { fsGroup: 1000, sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
}

function labelsItem(): object {
  return { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }
}

function claimSpec(): object {
  return {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'fast',
    resources: { requests: { storage: '1024Mi' } },
  }
}

const template = (spec: object, labels: object = { app: 'a' }): object => ({ metadata: { labels }, spec })
const selector = { matchLabels: { app: 'a' } }
const workload = { spec: { selector, template: template({ containers: [container] }) } }
const richWorkload = (more: object): Readonly<Record<string, unknown>> => ({
  spec: { selector, template: template(richPodSpec), ...more },
})
const job = template({ containers: [container], restartPolicy: 'Never' }, {})
const webhook = {
  name: 'hook.example.com',
  clientConfig: { service: { name: 's', namespace: 'default' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }],
}

/** The built-in kinds that manifests of applications contain. */
const kinds: readonly Kind[] = [
  {
    resource: 'v1 configmaps',
    kind: 'ConfigMap',
    valid: { data: { a: '1' }, binaryData: { b: 'AAE=' } },
    wrong: [{ data: { 'a b': 'x' } }, { data: { a: 'x' }, binaryData: { a: 'AAE=' } }, { binaryData: { b: 'AA=E' } }],
  },
  {
    resource: 'v1 secrets',
    kind: 'Secret',
    valid: { stringData: { a: 'b' }, data: { c: 'ZA==' } },
    changes: [{ type: 'other' }, { data: { c: null } }, { immutable: true }],
    wrong: [
      { type: 'kubernetes.io/tls', data: {} },
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'no' } },
      { type: 'kubernetes.io/basic-auth', data: {} },
      { type: 'kubernetes.io/ssh-auth', data: {} },
      { type: 'kubernetes.io/service-account-token' },
    ],
  },
  {
    resource: 'v1 serviceaccounts',
    kind: 'ServiceAccount',
    valid: { imagePullSecrets: [{ name: 'x' }], automountServiceAccountToken: false },
  },
  {
    resource: 'v1 services',
    kind: 'Service',
    valid: { spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } },
    rich: {
      spec: {
        type: 'LoadBalancer',
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Local',
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        ports: [
          { name: 'a', port: 80, targetPort: 'http', appProtocol: 'http' },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      },
    },
    changes: [
      { spec: { clusterIP: '10.96.99.99' } },
      { spec: { type: 'ExternalName', externalName: 'x.example.com' } },
      { spec: { type: 'NodePort' } },
      { spec: { ports: [] } },
      { spec: { ipFamilies: ['IPv6'] } },
    ],
    wrong: [
      {},
      { spec: { ports: [{ name: 'UPPER', port: 80 }] } },
      { spec: { ports: [{ port: 80, protocol: 'ICMP' }] } },
      { spec: { ports: [{ port: 80 }], sessionAffinity: 'Sometimes' } },
      { spec: { ports: [{ port: 80, nodePort: 30_000 }] } },
      { spec: { ports: [{ port: 80 }], type: 'NodePort', clusterIP: 'None' } },
      { spec: { ports: [{ port: 80 }], externalName: 'not a name', type: 'ExternalName' } },
      { spec: { ports: [{ port: 80 }], selector: { 'bad key!': 'x' } } },
      { spec: { ports: [{ port: 80 }], clusterIP: 'nonsense' } },
    ],
  },
  {
    resource: 'v1 pods',
    kind: 'Pod',
    valid: { spec: { containers: [container] } },
    rich: { spec: richPodSpec },
    changes: [
      { spec: { containers: [{ ...container, image: 'other' }] } },
      { spec: { restartPolicy: 'Never' } },
      { spec: { nodeName: 'x' } },
    ],
    wrong: [
      {},
      { spec: { containers: [container, container] } },
      { spec: { containers: [{ ...container, imagePullPolicy: 'Maybe' }] } },
      { spec: { containers: [{ ...container, ports: [{ containerPort: 0 }] }] } },
      { spec: { containers: [{ ...container, env: [{ name: '' }] }] } },
      { spec: { containers: [{ ...container, env: [{ name: 'x', value: 'a', valueFrom: {} }] }] } },
      { spec: { containers: [{ ...container, livenessProbe: {} }] } },
      { spec: { containers: [{ ...container, resources: { limits: { cpu: '-1' } } }] } },
      { spec: { containers: [container], volumes: [{ name: 'v' }, { name: 'v', emptyDir: {} }] } },
      { spec: { containers: [container], dnsPolicy: 'Nonsense' } },
      { spec: { containers: [container], terminationGracePeriodSeconds: -1 } },
      { spec: { containers: [container], tolerations: [{ key: '', operator: 'Equal' }] } },
      { spec: { containers: [container], nodeSelector: { 'bad key!': 'x' } } },
    ],
  },
  {
    resource: 'v1 persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    valid: { spec: claimSpec() },
    changes: [{ spec: { storageClassName: 'other' } }, { spec: { accessModes: ['ReadOnlyMany'] } }],
    wrong: [{}, { spec: { accessModes: ['Nonsense'], storageClassName: 'x', resources: {} } }],
  },
  {
    resource: 'v1 persistentvolumes',
    kind: 'PersistentVolume',
    isCluster: true,
    valid: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
    wrong: [{}, { spec: { capacity: {}, accessModes: [], hostPath: { path: '../x' } } }],
  },
  {
    resource: 'v1 namespaces',
    kind: 'Namespace',
    isCluster: true,
    valid: {},
  },
  {
    resource: 'v1 resourcequotas',
    kind: 'ResourceQuota',
    valid: { spec: { hard: { pods: '10', 'requests.cpu': '1000m' } } },
    wrong: [{ spec: { hard: { pods: '-1' } } }, { spec: { hard: { nonsense: '1' } } }],
  },
  {
    resource: 'v1 limitranges',
    kind: 'LimitRange',
    valid: { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, default: { memory: '1Gi' } }] } },
    wrong: [{ spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } }],
  },
  {
    resource: 'v1 replicationcontrollers',
    kind: 'ReplicationController',
    valid: { spec: { replicas: 0, selector: { app: 'a' }, template: template({ containers: [container] }) } },
    wrong: [{}, { spec: { selector: { app: 'b' }, template: template({ containers: [container] }) } }],
  },
  {
    resource: 'v1 endpoints',
    kind: 'Endpoints',
    valid: { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }] },
    wrong: [{ subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 0 }] }] }],
  },
  {
    resource: 'apps/v1 deployments',
    kind: 'Deployment',
    valid: { spec: { ...workload.spec, replicas: 0 } },
    rich: richWorkload({ strategy: { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } }, minReadySeconds: 1 }),
    changes: [
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      { spec: { template: { metadata: { labels: { app: 'b' } } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      { spec: { revisionHistoryLimit: -1 } },
      { spec: { progressDeadlineSeconds: 1, minReadySeconds: 2 } },
    ],
    wrong: [
      {},
      { spec: { ...workload.spec, strategy: { type: 'Nonsense' } } },
      { spec: { ...workload.spec, strategy: { rollingUpdate: { maxSurge: '150%', maxUnavailable: '150%' } } } },
      { spec: { selector: {}, template: template({ containers: [container] }) } },
      { spec: { selector, template: template({ containers: [container], restartPolicy: 'Never' }) } },
      { spec: { selector: { matchExpressions: [{ key: 'a', operator: 'Is' }] }, template: workload.spec.template } },
    ],
  },
  {
    resource: 'apps/v1 replicasets',
    kind: 'ReplicaSet',
    valid: { spec: { ...workload.spec, replicas: 0 } },
    changes: [{ spec: { selector: { matchLabels: { app: 'b' } } } }],
    wrong: [{}],
  },
  {
    resource: 'apps/v1 statefulsets',
    kind: 'StatefulSet',
    valid: { spec: { ...workload.spec, serviceName: 's', replicas: 0 } },
    rich: richWorkload({
      serviceName: 's',
      updateStrategy: { rollingUpdate: { partition: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
      volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: claimSpec() }],
    }),
    changes: [
      { spec: { serviceName: 'other' } },
      { spec: { podManagementPolicy: 'Parallel' } },
      { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } },
      { spec: { selector: { matchLabels: { app: 'b' } } } },
    ],
    wrong: [{}, { spec: { ...workload.spec, serviceName: 's', podManagementPolicy: 'Nonsense' } }],
  },
  {
    resource: 'apps/v1 daemonsets',
    kind: 'DaemonSet',
    valid: { spec: { selector, template: template({ containers: [container], nodeSelector: { none: 'here' } }) } },
    rich: richWorkload({ updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } }),
    changes: [
      { spec: { updateStrategy: { type: 'Nonsense' } } },
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      { spec: { template: { spec: { containers: [{ ...container, image: 'x' }] } } } },
    ],
    wrong: [{}, { spec: { selector: {}, template: template({ containers: [container] }) } }],
  },
  {
    resource: 'batch/v1 jobs',
    kind: 'Job',
    valid: { spec: { suspend: true, template: job } },
    rich: {
      spec: {
        suspend: true,
        completions: 3,
        parallelism: 2,
        completionMode: 'Indexed',
        backoffLimitPerIndex: 1,
        ttlSecondsAfterFinished: 5,
        podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
        template: job,
      },
    },
    changes: [
      { spec: { completions: 5 } },
      { spec: { template: { spec: { containers: [{ ...container, image: 'x' }] } } } },
      { spec: { parallelism: -1 } },
    ],
    wrong: [
      {},
      { spec: { template: template({ containers: [container] }) } },
      { spec: { template: job, backoffLimit: -1 } },
      { spec: { template: job, completionMode: 'Nonsense' } },
      { spec: { template: job, completionMode: 'Indexed' } },
    ],
  },
  {
    resource: 'batch/v1 cronjobs',
    kind: 'CronJob',
    valid: { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: job } } } },
    changes: [{ spec: { schedule: 'nonsense' } }, { spec: { timeZone: 'Nowhere/Land' } }],
    wrong: [
      {},
      { spec: { schedule: '', jobTemplate: { spec: { template: job } } } },
      { spec: { schedule: '@daily', concurrencyPolicy: 'Maybe', jobTemplate: { spec: { template: job } } } },
      { spec: { schedule: 'TZ=UTC * * * * *', jobTemplate: { spec: { template: job } } } },
    ],
  },
  {
    resource: 'networking.k8s.io/v1 ingresses',
    kind: 'Ingress',
    valid: { spec: { defaultBackend: { service: { name: 's', port: { name: 'http' } } } } },
    wrong: [
      {},
      { spec: { rules: [{ host: 'UPPER', http: { paths: [] } }] } },
      { spec: { rules: [{ http: { paths: [{ path: 'x', pathType: 'Prefix', backend: {} }] } }] } },
      { spec: { rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 's' } } }] } }] } },
    ],
  },
  {
    resource: 'networking.k8s.io/v1 ingressclasses',
    kind: 'IngressClass',
    isCluster: true,
    valid: { spec: { controller: 'example.com/c', parameters: { kind: 'P', name: 'p' } } },
    changes: [{ spec: { controller: 'example.com/d' } }],
    wrong: [{ spec: { controller: 'nonsense' } }],
  },
  {
    resource: 'networking.k8s.io/v1 networkpolicies',
    kind: 'NetworkPolicy',
    valid: { spec: { podSelector: {} } },
    rich: {
      spec: {
        podSelector: { matchLabels: { a: 'b' } },
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80 }] }],
        egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 1, endPort: 9, protocol: 'UDP' }] }],
      },
    },
    wrong: [
      { spec: { podSelector: {}, policyTypes: ['Nonsense'] } },
      { spec: { podSelector: {}, ingress: [{ from: [{}] }] } },
      { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 'x' } }] }] } },
    ],
  },
  {
    resource: 'policy/v1 poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    valid: { spec: { maxUnavailable: '50%', selector } },
    wrong: [{}, { spec: { maxUnavailable: 1, minAvailable: 1 } }, { spec: { minAvailable: '150%' } }],
  },
  {
    resource: 'autoscaling/v2 horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    valid: {
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } } },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
      },
    },
    wrong: [
      {},
      { spec: { minReplicas: 3, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'x' } } },
      { spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'x' }, metrics: [{ type: 'Nonsense' }] } },
    ],
  },
  {
    resource: 'rbac.authorization.k8s.io/v1 roles',
    kind: 'Role',
    valid: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    wrong: [{ rules: [{}] }, { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }],
  },
  {
    resource: 'rbac.authorization.k8s.io/v1 clusterroles',
    kind: 'ClusterRole',
    isCluster: true,
    valid: { rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
    rich: { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: 'y' } }] } },
    wrong: [
      { rules: [{}] },
      { rules: [{ apiGroups: [''], resources: ['x'], nonResourceURLs: ['/x'], verbs: ['get'] }] },
    ],
  },
  {
    resource: 'rbac.authorization.k8s.io/v1 rolebindings',
    kind: 'RoleBinding',
    valid: {
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [
        { kind: 'ServiceAccount', name: 'a', namespace: 'b' },
        { kind: 'Group', name: 'g' },
      ],
    },
    changes: [{ roleRef: { name: 'edit' } }, { subjects: [] }],
    wrong: [
      {},
      { roleRef: { kind: 'Nonsense', name: 'x' } },
      { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
      { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'Nonsense', name: 'a' }] },
    ],
  },
  {
    resource: 'rbac.authorization.k8s.io/v1 clusterrolebindings',
    kind: 'ClusterRoleBinding',
    isCluster: true,
    valid: { roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' } },
    wrong: [{}, { roleRef: { kind: 'Role', name: 'x' } }],
  },
  {
    resource: 'storage.k8s.io/v1 storageclasses',
    kind: 'StorageClass',
    isCluster: true,
    valid: { provisioner: 'example.com/p' },
    changes: [{ provisioner: 'other' }, { reclaimPolicy: 'Retain' }, { parameters: { a: 'b' } }],
    wrong: [{}, { provisioner: 'example.com/p', volumeBindingMode: 'Nonsense' }],
  },
  {
    resource: 'scheduling.k8s.io/v1 priorityclasses',
    kind: 'PriorityClass',
    isCluster: true,
    valid: { value: 1000 },
    changes: [{ value: 5 }, { preemptionPolicy: 'Never' }, { globalDefault: true }],
    wrong: [{ value: 2_000_000_001 }, { value: 1, preemptionPolicy: 'Nonsense' }],
  },
  {
    resource: 'coordination.k8s.io/v1 leases',
    kind: 'Lease',
    valid: { spec: { holderIdentity: 'x', leaseDurationSeconds: 5 } },
    wrong: [{ spec: { leaseDurationSeconds: -1 } }],
  },
  {
    resource: 'discovery.k8s.io/v1 endpointslices',
    kind: 'EndpointSlice',
    valid: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 80 }] },
    changes: [{ addressType: 'IPv6' }],
    wrong: [{}, { addressType: 'IPv4', endpoints: [{ addresses: [] }] }],
  },
  {
    resource: 'admissionregistration.k8s.io/v1 validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    isCluster: true,
    valid: { webhooks: [webhook] },
    wrong: [
      { webhooks: [{ ...webhook, name: 'short' }] },
      { webhooks: [{ ...webhook, sideEffects: 'Maybe' }] },
      { webhooks: [{ ...webhook, clientConfig: {} }] },
      { webhooks: [{ ...webhook, admissionReviewVersions: [] }] },
    ],
  },
  {
    resource: 'admissionregistration.k8s.io/v1 mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    isCluster: true,
    valid: { webhooks: [webhook] },
    wrong: [{ webhooks: [{ ...webhook, reinvocationPolicy: 'Maybe' }] }],
  },
  {
    resource: 'node.k8s.io/v1 runtimeclasses',
    kind: 'RuntimeClass',
    isCluster: true,
    valid: { handler: 'x' },
    changes: [{ handler: 'y' }],
    wrong: [{}, { handler: 'Not_A_Name' }],
  },
  {
    resource: 'storage.k8s.io/v1 csidrivers',
    kind: 'CSIDriver',
    isCluster: true,
    valid: { spec: {} },
    changes: [{ spec: { attachRequired: false } }],
  },
  {
    resource: 'apiregistration.k8s.io/v1 apiservices',
    kind: 'APIService',
    isCluster: true,
    valid: {},
    wrong: [{ spec: { group: 'x', version: 'v1' } }],
  },
]

function caseOf({ resource, kind, isCluster, valid, rich, changes = [], wrong = [] }: Kind): Case {
  const [apiVersion = '', plural = ''] = resource.split(' ')
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const collection = isCluster === true ? `${root}/${plural}` : `${root}/namespaces/NS/${plural}`
  const object = (name: string, content: object): object => ({ apiVersion, kind, metadata: { name }, ...content })
  const dry = (content: object, index: number): Step => post(`${collection}?dryRun=All`, object(`ns-${index}`, content))
  const name = 'NS-x'
  return {
    name: `${kind}: defaults, changes and mistakes`,
    steps: [
      post(collection, object(name, valid)),
      ...(rich === undefined ? [] : [dry(rich, 0)]),
      ...changes.map((change) => patch('merge', `${collection}/${name}?dryRun=All`, change)),
      ...wrong.map(dry),
      { method: 'DELETE', path: `${collection}/${name}`, unchecked: true },
    ],
  }
}

/** Every kind with its defaults, what of it may change, and how its mistakes are told. */
export const kindCases: readonly Case[] = kinds.map(caseOf)
