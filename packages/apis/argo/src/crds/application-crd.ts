import { type KubeObject } from '@kedge/manifest'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
/** Fields that this version does not read are kept as they are, for those who do. */
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function record(properties: Readonly<Record<string, Schema>>, rest: Schema = {}): Schema {
  return { type: 'object', properties, 'x-kubernetes-preserve-unknown-fields': true, ...rest }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

const source = record(
  {
    repoURL: text,
    path: text,
    targetRevision: text,
    chart: text,
    ref: text,
    name: text,
    directory: record({ recurse: flag, include: text, exclude: text }),
    kustomize: record({ namePrefix: text, nameSuffix: text, namespace: text, images: list(text) }),
  },
  { required: ['repoURL'] },
)

const retry = record({ limit: { type: 'integer', format: 'int64' } })

const syncOperation = record({
  revision: text,
  prune: flag,
  dryRun: flag,
  source,
  syncOptions: list(text),
  resources: list(record({ group: text, kind: text, name: text, namespace: text })),
})

const operation = record({ sync: syncOperation, initiatedBy: record({ username: text, automated: flag }), retry })

const spec = record(
  {
    project: text,
    source,
    sources: list(source),
    destination: record({ server: text, name: text, namespace: text }),
    syncPolicy: record({
      automated: record({ enabled: flag, prune: flag, selfHeal: flag, allowEmpty: flag }),
      syncOptions: list(text),
      retry,
    }),
    revisionHistoryLimit: { type: 'integer', format: 'int64' },
  },
  { required: ['destination', 'project'] },
)

const status = record({
  sync: record({ status: text, revision: text, comparedTo: open }, { required: ['status'] }),
  health: record({ status: text, message: text }),
  operationState: open,
  history: list(open),
  resources: list(open),
  conditions: list(record({ type: text, message: text, lastTransitionTime: { type: 'string', format: 'date-time' } })),
  reconciledAt: { type: 'string', format: 'date-time' },
})

/** The definition of Application (argoproj.io): no status subresource, as Argo CD's own has none. */
export function applicationCrd(): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'applications.argoproj.io',
      labels: { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/managed-by': 'kedge' },
    },
    spec: {
      group: 'argoproj.io',
      names: {
        kind: 'Application',
        listKind: 'ApplicationList',
        plural: 'applications',
        singular: 'application',
        shortNames: ['app', 'apps'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
            { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
            { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
            { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'A directory of a repository, and the cluster and namespace it goes to.',
              required: ['metadata', 'spec'],
              properties: {
                apiVersion: text,
                kind: text,
                metadata: { type: 'object' },
                spec,
                operation,
                status,
              },
            },
          },
        },
      ],
    },
  }
}
