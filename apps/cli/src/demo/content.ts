/**
 * The demo repository: one application with a base and two overlays, a chart, the namespaces and access they need, and
 * the Kustomizations and the HelmRelease that bring them to the cluster in order. Paths are relative to the repository's root.
 */
export const demoFiles: Readonly<Record<string, string>> = {
  'README.md': `# The Kedge demo

\`clusters/demo\` says what runs where; \`infrastructure\` and \`apps\` hold the manifests.
Change something, commit it, and watch the cluster follow.
`,
  'clusters/demo/infrastructure.yaml': kustomization({ name: 'infrastructure', path: './infrastructure' }),
  'clusters/demo/policies.yaml': kustomization({ name: 'policies', path: './policies', after: ['infrastructure'] }),
  'clusters/demo/staging.yaml': kustomization({
    name: 'shop-staging',
    path: './apps/shop/staging',
    after: ['infrastructure'],
    wait: true,
  }),
  'clusters/demo/production.yaml': kustomization({
    name: 'shop-production',
    path: './apps/shop/production',
    after: ['policies', 'shop-staging'],
    wait: true,
  }),
  'clusters/demo/mailer.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: mailer
  namespace: flux-system
spec:
  interval: 10m
  targetNamespace: mail
  install:
    createNamespace: true
  driftDetection:
    mode: enabled
  chart:
    spec:
      chart: ./apps/mailer
      sourceRef:
        kind: GitRepository
        name: demo
  values:
    greeting: Hello from a chart
`,
  'apps/mailer/Chart.yaml': `apiVersion: v2
name: mailer
version: 0.1.0
description: Sends what the shop has to say.
`,
  'apps/mailer/values.yaml': `greeting: Hello from the chart's own values
replicas: 1
`,
  'apps/mailer/templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  GREETING: {{ .Values.greeting | quote }}
`,
  'apps/mailer/templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: {{ .Release.Name }}
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
    spec:
      containers:
        - name: mailer
          image: example/shop-mailer:2.1.0
          envFrom:
            - configMapRef:
                name: {{ .Release.Name }}
`,
  'infrastructure/namespaces.yaml': `apiVersion: v1
kind: Namespace
metadata:
  name: staging
---
apiVersion: v1
kind: Namespace
metadata:
  name: production
`,
  'infrastructure/priority.yaml': `apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: customer-facing
value: 100000
description: What customers see goes first.
`,
  'policies/default-deny.yaml': networkPolicy('staging') + '---\n' + networkPolicy('production'),
  'policies/readers.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: shop-readers
  namespace: production
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: shop-developers
`,
  'apps/shop/base/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - web.yaml
  - cart.yaml
  - services.yaml
labels:
  - pairs:
      app.kubernetes.io/part-of: shop
configMapGenerator:
  - name: web-config
    literals:
      - GREETING=Hello from the base
`,
  'apps/shop/base/web.yaml': deployment('web', 8080, 'web-config'),
  'apps/shop/base/cart.yaml': deployment('cart', 9090),
  'apps/shop/base/services.yaml': service('web', 8080) + '---\n' + service('cart', 9090),
  'apps/shop/staging/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: staging
resources:
  - ../base
configMapGenerator:
  - name: web-config
    behavior: merge
    literals:
      - GREETING=Hello from staging
images:
  - name: example/shop-web
    newTag: 1.5.0-rc.1
`,
  'apps/shop/production/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: production
resources:
  - ../base
  - disruption-budget.yaml
configMapGenerator:
  - name: web-config
    behavior: merge
    literals:
      - GREETING=Hello from production
images:
  - name: example/shop-web
    newTag: 1.4.2
replicas:
  - name: web
    count: 3
patches:
  - target:
      kind: Deployment
      name: web
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: customer-facing
`,
  'apps/shop/production/disruption-budget.yaml': `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  minAvailable: 2
  selector:
    matchLabels:
      app: web
`,
}

interface DemoKustomization {
  readonly name: string
  readonly path: string
  readonly after?: readonly string[]
  readonly wait?: boolean
}

function kustomization({ name, path, after = [], wait = false }: DemoKustomization): string {
  const dependsOn = after.length === 0 ? '' : `  dependsOn:\n${after.map((other) => `    - name: ${other}\n`).join('')}`
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: flux-system
spec:
  interval: 10m
  path: ${path}
  prune: true
${wait ? '  wait: true\n  timeout: 2m\n' : ''}${dependsOn}  sourceRef:
    kind: GitRepository
    name: demo
`
}

function networkPolicy(namespace: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: ${namespace}
spec:
  podSelector: {}
  policyTypes:
    - Ingress
`
}

function deployment(name: string, port: number, config?: string): string {
  const envFrom =
    config === undefined ? '' : `          envFrom:\n            - configMapRef:\n                name: ${config}\n`
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: example/shop-${name}:1.4.0
          ports:
            - containerPort: ${port}
${envFrom}          readinessProbe:
            httpGet:
              path: /healthz
              port: ${port}
`
}

function service(name: string, port: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
    - port: 80
      targetPort: ${port}
`
}
