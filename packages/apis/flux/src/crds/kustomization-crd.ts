import { type KubeObject } from '@kedge/manifest'

import { defineKind, readyColumns } from './definition.ts'
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

const selector = record('Which objects; expressions must match whole values.', {
  annotationSelector: text('A label selector over annotations.'),
  group: text('Group.'),
  kind: text('Kind.'),
  labelSelector: text('A label selector.'),
  name: text('Name.'),
  namespace: text('Namespace.'),
  version: text('Version.'),
})

const patches = list(
  'Changes to the built objects, as strategic merge or JSON patches.',
  record('One of them.', { patch: text('The patch.'), target: selector }, { required: ['patch'] }),
)

const images = list(
  'Container images to replace.',
  record(
    'One of them.',
    {
      digest: text('Digest to use.'),
      name: text('Name of the image as written.'),
      newName: text('Name to use.'),
      newTag: text('Tag to use.'),
    },
    { required: ['name'] },
  ),
)

const kubeConfig = record(
  'The cluster to deliver to, when it is not this one.',
  {
    configMapRef: nameRef('ConfigMap that describes the cluster and the provider of its credentials.'),
    secretRef: record(
      'Secret with a kubeconfig.',
      { key: text('Key in the Secret; value or value.yaml when not set.'), name: text('Name of the Secret.') },
      { required: ['name'] },
    ),
  },
  {
    'x-kubernetes-validations': [
      {
        rule: 'has(self.configMapRef) || has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.secretRef or spec.kubeConfig.configMapRef must be specified',
      },
      {
        rule: '!has(self.configMapRef) || !has(self.secretRef)',
        message: 'exactly one of spec.kubeConfig.secretRef or spec.kubeConfig.configMapRef must be specified',
      },
    ],
  },
)

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
  healthCheckExprs: list(
    'How to judge custom objects, in CEL over their fields.',
    record(
      'The rules of one kind.',
      {
        apiVersion: text('apiVersion of the objects.'),
        current: text('True when the object is as wanted.'),
        failed: text('True when it failed.'),
        inProgress: text('True while it changes.'),
        kind: text('Kind of the objects; all of the apiVersion when not set.'),
      },
      { required: ['apiVersion', 'current'] },
    ),
  ),
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

const ignoreRules = list(
  'Fields whose drift is left alone.',
  record(
    'Fields of some objects.',
    { paths: { ...texts('JSON pointers.'), minItems: 1 }, target: selector },
    { required: ['paths'] },
  ),
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

const inventorySchema = record(
  'The objects that were applied and are to be deleted when they leave the source.',
  {
    entries: list(
      'The objects.',
      record(
        'One of them.',
        {
          id: text('<namespace>_<name>_<group>_<kind>'),
          v: text('Version.'),
          uid: text('UID, by which a deletion hits no other object of the same name.'),
          digest: text('Digest of what was applied and what became of it; spares a dry run after a restart.'),
        },
        { required: ['id', 'v'] },
      ),
    ),
  },
  { required: ['entries'] },
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
