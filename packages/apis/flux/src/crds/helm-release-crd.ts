import { type KubeObject } from '@kedge/manifest'

import { defineKind, readyColumns } from './definition.ts'
import { healthCheckExprs, ignoreRules, images, inventorySchema, kubeConfig, patches } from './delivery-schema.ts'
import {
  choice,
  conditionsSchema,
  flag,
  integer,
  intervalPattern,
  list,
  map,
  nameRef,
  record,
  text,
  texts,
  time,
  type Schema,
} from './schema.ts'
import { helmActionSchemas } from './helm-action-schemas.ts'

const namespaceRules = { minLength: 1, maxLength: 63 }
const nameRules = { minLength: 1, maxLength: 253 }

function sourceRef(description: string, kinds: readonly string[]): Schema {
  const properties = {
    apiVersion: text('API version of the source.'),
    kind: choice('Kind of the source.', kinds),
    name: text('Name of the source.', nameRules),
    namespace: text("Namespace of the source; the object's own when not set.", namespaceRules),
  }
  return record(description, properties, { required: ['kind', 'name'] })
}

const chartSpec = record(
  'What the HelmChart asks for.',
  {
    chart: text('Name of the chart, or its path in the source.', { minLength: 1, maxLength: 2048 }),
    ignoreMissingValuesFiles: flag('Whether values files may be absent.'),
    interval: text("How often the source is looked at; the release's interval when not set.", {
      pattern: intervalPattern,
    }),
    reconcileStrategy: choice(
      'What makes a new chart: another version, or any change of the source.',
      ['ChartVersion', 'Revision'],
      { default: 'ChartVersion' },
    ),
    sourceRef: sourceRef('Where the chart is.', ['HelmRepository', 'GitRepository', 'Bucket']),
    valuesFiles: texts(
      "Files of the source that take the place of the chart's own values, later ones over earlier ones.",
    ),
    verify: record(
      'How the signature of a chart in a registry is verified.',
      {
        provider: choice('What the chart is signed with.', ['cosign', 'notation'], { default: 'cosign' }),
        secretRef: nameRef('Secret with the public keys.'),
      },
      { required: ['provider'] },
    ),
    version: text('Range of versions; not looked at for charts of repositories of files.', { default: '*' }),
  },
  { required: ['chart', 'sourceRef'] },
)

const chart = record(
  'The HelmChart that is made for this release, in the namespace of its source.',
  {
    metadata: record('What the HelmChart is labelled with.', {
      annotations: map('Annotations.'),
      labels: map('Labels.'),
    }),
    spec: chartSpec,
  },
  { required: ['spec'] },
)

const valuesFrom = list(
  'ConfigMaps and Secrets with values, later ones over earlier ones, and the inline ones over all.',
  record(
    'One of them.',
    {
      kind: choice('ConfigMap or Secret.', ['Secret', 'ConfigMap']),
      literal: flag('Whether the value at the target path is taken as it is, without the syntax of --set.'),
      name: text('Name, in the same namespace.', nameRules),
      optional: flag('Whether it may be absent.'),
      targetPath: text('Where in the values it goes, in the syntax of --set; merged at the root when not set.', {
        maxLength: 250,
        pattern: '^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$',
      }),
      valuesKey: text('Key of the data; values.yaml when not set.', { maxLength: 253, pattern: '^[\\-._a-zA-Z0-9]+$' }),
    },
    { required: ['kind', 'name'] },
  ),
)

const dependsOn = list(
  'HelmReleases that must be ready before this one is reconciled.',
  record(
    'One of them.',
    {
      name: text('Name.'),
      namespace: text("Namespace; the object's own when not set."),
      readyExpr: text('CEL over self and dep that decides instead of the Ready condition.'),
    },
    { required: ['name'] },
  ),
)

const rendering = {
  commonMetadata: record('Labels and annotations that every object gets.', {
    annotations: map('Annotations.'),
    labels: map('Labels.'),
  }),
  postRenderStrategy: choice('How hooks go through the post-renderers; combined when not set.', [
    'nohooks',
    'combined',
    'separate',
  ]),
  postRenderers: list(
    'What changes the rendered objects, in this order.',
    record('One of them.', { kustomize: record('Patches and images.', { images, patches }) }),
  ),
  values: {
    description: 'Values for the chart.',
    'x-kubernetes-preserve-unknown-fields': true,
  },
  valuesFrom,
}

function specSchema(): Schema {
  const properties = {
    ...rendering,
    ...helmActionSchemas(),
    chart,
    chartRef: sourceRef('The source of the chart.', ['OCIRepository', 'HelmChart', 'ExternalArtifact']),
    dependsOn,
    driftDetection: record('What is done about objects that are not as the release has them.', {
      ignore: ignoreRules,
      mode: choice('Corrected, told, or not looked for; disabled when not set.', ['enabled', 'warn', 'disabled']),
    }),
    healthCheckExprs,
    interval: text('How often to reconcile.', { pattern: intervalPattern }),
    kubeConfig,
    maxHistory: { type: 'integer', description: 'Revisions that are kept; 0 keeps all, 5 when not set.' },
    persistentClient: flag('Not looked at: what serves a release is found out anew whenever that is needed.'),
    releaseName: text('Name of the Helm release; [targetNamespace-]name when not set.', {
      minLength: 1,
      maxLength: 53,
    }),
    serviceAccountName: text('ServiceAccount that the release is made as.', nameRules),
    storageNamespace: text("Namespace of Helm's records; the object's own when not set.", namespaceRules),
    suspend: flag('Whether reconciliation is off.'),
    targetNamespace: text("Namespace of the release; the object's own when not set.", namespaceRules),
    timeout: text('Limit of each wait of an action; 5m when not set.', { pattern: intervalPattern }),
    waitStrategy: record(
      'How an action finds out that objects are ready.',
      { name: choice('By their status, or as Helm 3 did.', ['poller', 'legacy']) },
      { required: ['name'] },
    ),
  }
  return record('What is wanted.', properties, {
    required: ['interval'],
    'x-kubernetes-validations': [
      {
        rule: '(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))',
        message: 'either chart or chartRef must be set',
      },
    ],
  })
}

const testHook = record('How a test ran last.', {
  lastCompleted: time('When it ended.'),
  lastStarted: time('When it began.'),
  phase: text('How it ended.'),
})

const snapshot = record(
  'A revision of the release.',
  {
    action: text('What made it.'),
    apiVersion: text('How the digest is made.'),
    appVersion: text("The app's version that the chart names."),
    chartName: text('Name of the chart.'),
    chartVersion: text('Version of the chart.'),
    configDigest: text('Digest of the values.'),
    deleted: time('When it was uninstalled.'),
    digest: text('Digest of the release as it is stored.'),
    firstDeployed: time('When the release was first deployed.'),
    lastDeployed: time('When the revision was deployed.'),
    name: text('Name of the release.'),
    namespace: text('Namespace of the release.'),
    ociDigest: text("Digest of the chart's artifact in its registry."),
    status: text("Helm's status of the revision."),
    testHooks: { type: 'object', description: 'The tests, by name.', additionalProperties: testHook },
    version: { type: 'integer', description: 'The revision.' },
  },
  {
    required: [
      'chartName',
      'chartVersion',
      'configDigest',
      'digest',
      'firstDeployed',
      'lastDeployed',
      'name',
      'namespace',
      'status',
      'version',
    ],
  },
)

function statusSchema(): Schema {
  return record('What is.', {
    conditions: conditionsSchema(),
    failures: integer('Failures since something else was wanted.'),
    helmChart: text('The HelmChart that was made, as namespace/name.'),
    history: list('Revisions of the release back to the last good one, newest first.', snapshot),
    installFailures: integer('Failed installs since something else was wanted.'),
    inventory: inventorySchema,
    lastAttemptedConfigDigest: text('Digest of the values tried last.'),
    lastAttemptedGeneration: integer('The generation tried last.'),
    lastAttemptedReleaseAction: choice('What was tried last.', ['install', 'upgrade']),
    lastAttemptedReleaseActionDuration: text('How long that took.'),
    lastAttemptedRevision: text('Version of the chart tried last.'),
    lastAttemptedRevisionDigest: text("Digest of that chart's artifact in its registry."),
    lastAttemptedValuesChecksum: text('Not used any more.'),
    lastHandledForceAt: text('The last force request that was answered.'),
    lastHandledReconcileAt: text('The last reconcile request that was answered.'),
    lastHandledResetAt: text('The last reset request that was answered.'),
    lastReleaseRevision: { type: 'integer', description: 'Not used any more.' },
    observedCommonMetadataDigest: text('Digest of the common metadata that the release was made with.'),
    observedGeneration: integer('The generation that the status speaks of.'),
    observedPostRenderersDigest: text('Digest of the post-renderers that the release was made with.'),
    storageNamespace: text('Namespace of the records of the release as it is.', namespaceRules),
    upgradeFailures: integer('Failed upgrades since something else was wanted.'),
  })
}

/** The definition of HelmRelease (helm.toolkit.fluxcd.io). Versions that Flux has retired are served as the present one. */
export function helmReleaseCrd(): KubeObject {
  const schemas = { spec: specSchema(), status: statusSchema() }
  return defineKind({
    group: 'helm.toolkit.fluxcd.io',
    kind: 'HelmRelease',
    plural: 'helmreleases',
    shortNames: ['hr'],
    categories: ['all', 'fluxcd', 'fluxcd-appliers'],
    versions: ['v2', 'v2beta2', 'v2beta1'].map((name) => ({ name, ...schemas })),
    columns: readyColumns,
    description: 'A Helm release, and how it is kept as it should be.',
  })
}
