/** Small charts with the names of large ones, for repositories that refer to those. */
import { chartLayer, packedChart, type ChartServer } from '../../../packages/assembly/agent/src/testing/chart-server.ts'

/** Serves stand-ins of all charts that the repositories name. */
export async function serveStandIns(server: ChartServer): Promise<void> {
  for (const [name, version, files] of inRepositories)
    server.addChart(await packedChart(name, version, files), name, version)
  for (const [name, version, files] of inRegistries) {
    const bytes = await packedChart(name, version, files)
    server.push(`charts/${name}`, version, [{ mediaType: chartLayer, bytes }])
  }
}

/** Addresses that the repositories name, and where the stand-ins are. */
export function standInAddresses({ origin, host }: ChartServer): ReadonlyMap<string, string> {
  const repository = `${origin}/charts`
  const artifact = (name: string): string => `oci://${host}/charts/${name}\n  insecure: true`
  return new Map([
    ['https://stefanprodan.github.io/podinfo', repository],
    ['https://charts.bitnami.com/bitnami', repository],
    ['https://kubernetes.github.io/ingress-nginx', repository],
    ['oci://quay.io/jetstack/charts/cert-manager', artifact('cert-manager')],
    ['oci://docker.io/envoyproxy/gateway-helm', artifact('gateway-helm')],
  ])
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: 1
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: main
          image: example.com/{{ .Chart.Name }}:{{ .Chart.Version }}
`

/** A definition that accepts every spec. */
function definition(group: string, kind: string, plural: string, scope: 'Cluster' | 'Namespaced'): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${plural}.${group}
  annotations:
    api-approved.kubernetes.io: https://github.com/kubernetes-sigs/gateway-api/pull/2466
spec:
  group: ${group}
  names: {kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()}, listKind: ${kind}List}
  scope: ${scope}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
`
}

const gateways = 'gateway.networking.k8s.io'

/** Definitions that the stand-in of gateway-helm installs as it does itself: they stay when it goes. */
export const gatewayDefinitions: readonly string[] = [
  `gatewayclasses.${gateways}`,
  `gateways.${gateways}`,
  `httproutes.${gateways}`,
]

type Chart = readonly [name: string, version: string, files: Readonly<Record<string, string>>]

const inRepositories: readonly Chart[] = [
  [
    'podinfo',
    '6.9.0',
    {
      'values.yaml': 'httpRoute: {enabled: false}\ningress: {enabled: false}\n',
      'templates/deployment.yaml': deployment,
      'templates/route.yaml': `{{- if .Values.httpRoute.enabled }}
apiVersion: ${gateways}/v1
kind: HTTPRoute
metadata:
  name: {{ .Release.Name }}
spec:
  hostnames: {{ toJson .Values.httpRoute.hostnames }}
  parentRefs: {{ toJson .Values.httpRoute.parentRefs }}
{{- end }}
`,
      'templates/ingress.yaml': `{{- if .Values.ingress.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Release.Name }}
spec:
  rules:
    {{- range .Values.ingress.hosts }}
    - host: {{ .host }}
      http:
        paths:
          {{- range .paths }}
          - path: {{ .path }}
            pathType: {{ .pathType }}
            backend: {service: {name: {{ $.Release.Name }}, port: {number: 80}}}
          {{- end }}
    {{- end }}
{{- end }}
`,
    },
  ],
  [
    'redis',
    '17.17.1',
    {
      'values.yaml': 'image: {repository: bitnami/redis}\n',
      'templates/deployment.yaml': deployment,
      'templates/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  image: {{ .Values.image.repository }}
`,
    },
  ],
  ['ingress-nginx', '4.10.1', { 'templates/deployment.yaml': deployment }],
]

const inRegistries: readonly Chart[] = [
  [
    'cert-manager',
    '1.18.2',
    {
      'values.yaml': 'crds: {enabled: false}\n',
      'templates/deployment.yaml': deployment,
      'templates/crds.yaml': `{{- if .Values.crds.enabled }}\n${definition('cert-manager.io', 'ClusterIssuer', 'clusterissuers', 'Cluster')}{{- end }}\n`,
    },
  ],
  [
    'gateway-helm',
    '1.8.0',
    {
      'templates/deployment.yaml': deployment,
      'crds/gateways.yaml': [
        definition(gateways, 'GatewayClass', 'gatewayclasses', 'Cluster'),
        definition(gateways, 'Gateway', 'gateways', 'Namespaced'),
        definition(gateways, 'HTTPRoute', 'httproutes', 'Namespaced'),
      ].join('---\n'),
    },
  ],
]
