/** The files of the flow test: a cluster folder with eight Kustomizations, and what they bring. */

/** Names that one run of the test has for itself, because runs share the real cluster. */
export interface Names {
  /** Where the Flux objects live. */
  readonly home: string
  readonly staging: string
  readonly production: string
  readonly tools: string
  /** Group of the test's own kind. */
  readonly group: string
}

export function namesOf(run: string): Names {
  return {
    home: `flow-${run}`,
    staging: `flow-${run}-staging`,
    production: `flow-${run}-production`,
    tools: `flow-${run}-tools`,
    group: `flow-${run}.example.com`,
  }
}

export type Files = Readonly<Record<string, string>>

/** Every file of the repository as it is first pushed. */
export function files(names: Names): Files {
  return {
    'README.md': '# Flow\n',
    ...clusterFiles(names),
    'infrastructure/definitions/widgets.yaml': definition(names),
    ...namespaceFiles(names),
    ...policyFiles(names),
    ...widgetFiles(names),
    ...toolFiles(names),
    ...shopFiles(names),
  }
}

function clusterFiles(names: Names): Files {
  return {
    'clusters/demo/definitions.yaml': kustomization(names, 'definitions', { path: './infrastructure/definitions' }),
    'clusters/demo/namespaces.yaml': kustomization(names, 'namespaces', { path: './infrastructure/namespaces' }),
    'clusters/demo/policies.yaml': kustomization(names, 'policies', {
      path: './infrastructure/policies',
      dependsOn: ['namespaces'],
    }),
    'clusters/demo/widgets.yaml': kustomization(names, 'widgets', {
      path: './infrastructure/widgets',
      dependsOn: ['definitions', 'namespaces'],
    }),
    'clusters/demo/tools.yaml': kustomization(names, 'tools', { path: './tools', dependsOn: ['policies'], wait: true }),
    'clusters/demo/shop-staging.yaml': kustomization(names, 'shop-staging', {
      path: './shop/staging',
      dependsOn: ['policies', 'widgets'],
      wait: true,
      substitute: { GREETING: 'hello from staging' },
    }),
    'clusters/demo/shop-production.yaml': kustomization(names, 'shop-production', {
      path: './shop/production',
      dependsOn: ['shop-staging'],
      wait: true,
      substitute: { GREETING: 'hello from production' },
    }),
  }
}

interface KustomizationOptions {
  readonly path: string
  readonly dependsOn?: readonly string[]
  readonly wait?: boolean
  readonly substitute?: Readonly<Record<string, string>>
}

/** A Kustomization of the cluster folder; also the root, which the test applies by hand. */
export function kustomization(names: Names, name: string, options: KustomizationOptions): string {
  const { path, dependsOn = [], wait = false, substitute = {} } = options
  const dependencies = dependsOn.map((one) => `    - name: ${one}\n`).join('')
  const variables = Object.entries(substitute).map(([key, value]) => `      ${key}: ${value}\n`)
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: ${names.home}
spec:
  interval: 10m
  timeout: 2m
  prune: true
  wait: ${wait}
  path: ${path}
  sourceRef:
    kind: GitRepository
    name: repo
${dependencies === '' ? '' : `  dependsOn:\n${dependencies}`}${
    variables.length === 0 ? '' : `  postBuild:\n    substitute:\n${variables.join('')}`
  }`
}

function definition(names: Names): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.${names.group}
spec:
  group: ${names.group}
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer, default: 1}
                colour: {type: string}
`
}

function namespaceFiles(names: Names): Files {
  const entries = [names.staging, names.production, names.tools].map((namespace) => {
    const quota = `apiVersion: v1
kind: ResourceQuota
metadata: {name: pods, namespace: ${namespace}}
spec:
  hard: {pods: "100"}
`
    const limits = `apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: ${namespace}}
spec:
  limits:
    - type: Container
      default: {memory: 64Mi}
      defaultRequest: {memory: 32Mi}
`
    const object = `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${namespace}\n`
    return [`infrastructure/namespaces/${namespace}.yaml`, `${object}---\n${quota}---\n${limits}`] as const
  })
  return Object.fromEntries(entries)
}

function policyFiles(names: Names): Files {
  const entries = [names.staging, names.production, names.tools].map((namespace) => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-ingress, namespace: ${namespace}}
spec:
  podSelector: {}
  policyTypes: [Ingress]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner, namespace: ${namespace}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: runner, namespace: ${namespace}}
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: runner, namespace: ${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runner}
subjects:
  - {kind: ServiceAccount, name: runner, namespace: ${namespace}}
`
    return [`infrastructure/policies/${namespace}.yaml`, text] as const
  })
  return Object.fromEntries(entries)
}

function widgetFiles(names: Names): Files {
  const colours = ['red', 'green', 'blue']
  const documents = colours.map(
    (colour) => `apiVersion: ${names.group}/v1
kind: Widget
metadata: {name: ${colour}, namespace: ${names.tools}}
spec: {colour: ${colour}}
`,
  )
  return { 'infrastructure/widgets/widgets.yaml': documents.join('---\n') }
}

function toolFiles(names: Names): Files {
  return {
    'tools/store.yaml': `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: ${names.tools}}
spec:
  serviceName: store
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
        - {name: store, image: "registry.example.com/store:1.0"}
---
apiVersion: v1
kind: Service
metadata: {name: store, namespace: ${names.tools}}
spec:
  clusterIP: None
  selector: {app: store}
  ports: [{name: tcp, port: 6379}]
`,
    'tools/report.yaml': `apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: ${names.tools}}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - {name: report, image: "registry.example.com/report:1.0"}
`,
    'tools/settings.yaml': configMap(names.tools, 'settings', 'one'),
  }
}

export function configMap(namespace: string, name: string, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}}
data: {value: ${value}}
`
}

function shopFiles(names: Names): Files {
  return {
    'shop/base/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [web.yaml, api.yaml]
labels:
  - pairs: {part-of: shop}
configMapGenerator:
  - name: shop
    literals: ["greeting=\${GREETING}"]
`,
    'shop/base/web.yaml': workload('web'),
    'shop/base/api.yaml': workload('api'),
    'shop/staging/kustomization.yaml': overlay(names.staging, 1, '1.0'),
    'shop/production/kustomization.yaml': overlay(names.production, 3, '1.0'),
  }
}

/** One overlay of the shop. */
export function overlay(namespace: string, replicas: number, tag: string): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${namespace}
resources: [../base]
replicas:
  - {name: web, count: ${replicas}}
images:
  - {name: registry.example.com/web, newTag: "${tag}"}
`
}

function workload(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: ${name}
          image: registry.example.com/${name}:0.1
          envFrom: [{configMapRef: {name: shop}}]
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: ${name}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  minReplicas: 1
  maxReplicas: 5
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}}
---
apiVersion: v1
kind: Secret
metadata: {name: ${name}}
stringData: {token: not-a-secret}
`
}
