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
  namespacedRef,
  record,
  text,
  texts,
  time,
  type Schema,
} from './schema.ts'

const postBuild = record('What is done to the objects after they are built.', {
  substitute: map('Variables and their values.'),
  substituteFrom: list(
    'ConfigMaps and Secrets whose keys are variables; later ones win, and the inline ones over all.',
    record(
      'One of them.',
      {
        kind: choice('ConfigMap or Secret.', ['Secret', 'ConfigMap']),
        name: text('Name, in the same namespace.', { minLength: 1, maxLength: 253 }),
        optional: flag('Whether it may be absent.', { default: false }),
      },
      { required: ['kind', 'name'] },
    ),
  ),
  substituteStrategy: choice('Whether to substitute when there is no variable.', ['WithVariables', 'Always']),
})

const health = {
  healthCheckExprs,
  healthChecks: list(
    'Objects that must be healthy.',
    record(
      'One of them.',
      {
        apiVersion: text('apiVersion.'),
        kind: text('Kind.'),
        name: text('Name.'),
        namespace: text('Namespace.'),
      },
      { required: ['kind', 'name'] },
    ),
  ),
  wait: flag('Whether all applied objects must be healthy; healthChecks is then not looked at.'),
}

const building = {
  buildMetadata: list('What the build writes on the objects of where they come from.', {
    type: 'string',
    enum: ['originAnnotations', 'transformerAnnotations'],
  }),
  commonMetadata: record('Labels and annotations that every object gets.', {
    annotations: map('Annotations.'),
    labels: map('Labels.'),
  }),
  components: texts('Components, as paths relative to path.'),
  ignoreMissingComponents: flag('Whether components may be absent.'),
  images,
  namePrefix: text('Put before all names.', { minLength: 1, maxLength: 200 }),
  nameSuffix: text('Put after all names.', { minLength: 1, maxLength: 200 }),
  patches,
  path: text('Directory of the source; its root when not set.'),
  postBuild,
  targetNamespace: text('Namespace that all objects are put into.', { minLength: 1, maxLength: 63 }),
}

const decryption = record(
  'How Secrets of the source are decrypted.',
  {
    provider: choice('The tool.', ['sops']),
    secretRef: nameRef('Secret with the private keys.'),
    serviceAccountName: text('ServiceAccount whose identity opens the keys.'),
  },
  { required: ['provider'] },
)

const dependsOn = list(
  'Kustomizations that must be ready before this one is reconciled.',
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

function specSchema(extra: Readonly<Record<string, Schema>> = {}): Schema {
  const properties = {
    ...building,
    ...health,
    decryption,
    deletionPolicy: choice('What becomes of the objects when this one is deleted.', [
      'MirrorPrune',
      'Delete',
      'WaitForTermination',
      'Orphan',
    ]),
    dependsOn,
    force: flag('Whether objects are replaced when a change is refused as immutable.', { default: false }),
    ignore: ignoreRules,
    interval: text('How often to reconcile.', { pattern: intervalPattern }),
    kubeConfig,
    prune: flag('Whether objects that are no longer in the source are deleted.'),
    retryInterval: text('How long to wait after a failure; interval when not set.', { pattern: intervalPattern }),
    serviceAccountName: text('ServiceAccount that objects are applied as.'),
    sourceRef: namespacedRef('The source.', ['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']),
    suspend: flag('Whether reconciliation is off.'),
    timeout: text('Limit of building, applying and waiting for health.', { pattern: intervalPattern }),
    ...extra,
  }
  return record('What is wanted.', properties, { required: ['interval', 'prune', 'sourceRef'] })
}

const historySchema = list(
  'The last builds and how they went, newest first.',
  record(
    'One of them.',
    {
      digest: text('Digest of the built objects.'),
      firstReconciled: time('When it was first reconciled.'),
      lastReconciled: time('When it was last reconciled.'),
      lastReconciledDuration: text('How long that took.'),
      lastReconciledStatus: text('The reason it ended with.'),
      metadata: map('Revisions.'),
      totalReconciliations: integer('How often it was reconciled.'),
    },
    {
      required: [
        'digest',
        'firstReconciled',
        'lastReconciled',
        'lastReconciledDuration',
        'lastReconciledStatus',
        'totalReconciliations',
      ],
    },
  ),
)

function statusSchema(): Schema {
  return record('What is.', {
    conditions: conditionsSchema(),
    history: historySchema,
    inventory: inventorySchema,
    lastAppliedOriginRevision: text('Origin revision of the artifact applied last.'),
    lastAppliedRevision: text('The revision applied last.'),
    lastAttemptedRevision: text('The revision tried last.'),
    lastHandledForceAt: text('The last force request that was answered.'),
    lastHandledReconcileAt: text('The last reconcile request that was answered.'),
    observedGeneration: integer('The generation that the status speaks of.'),
  })
}

/** The definition of Kustomization (kustomize.toolkit.fluxcd.io). */
export function kustomizationCrd(): KubeObject {
  const loose: Schema = { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const legacy = {
    patchesJson6902: loose,
    patchesStrategicMerge: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
    validation: choice('Not used any more.', ['none', 'client', 'server']),
  }
  return defineKind({
    group: 'kustomize.toolkit.fluxcd.io',
    kind: 'Kustomization',
    plural: 'kustomizations',
    shortNames: ['ks'],
    categories: ['all', 'fluxcd', 'fluxcd-appliers'],
    versions: [
      { name: 'v1', spec: specSchema(), status: statusSchema() },
      { name: 'v1beta2', spec: specSchema(legacy), status: statusSchema() },
    ],
    columns: readyColumns,
    description: 'A directory of a source, and how it is brought to a cluster.',
  })
}
