import { type KubeObject } from '@kedge/manifest'

import { defineKind, readyColumns } from './definition.ts'
import { choice, conditionsSchema, list, map, record, text, type Schema } from './schema.ts'

const alias = '[a-z0-9]([a-z0-9_-]*[a-z0-9])?'
const objectName = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

const source = record(
  'A source that files are taken from.',
  {
    alias: text('What this object calls the source.', { pattern: `^${alias}$`, maxLength: 63 }),
    kind: choice('Kind of the source.', ['Bucket', 'GitRepository', 'OCIRepository', 'HelmChart', 'ExternalArtifact']),
    name: text('Name of the source.', { pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', maxLength: 253 }),
    namespace: text("Namespace of the source; the object's own when not set.", {
      pattern: `^${objectName}$`,
      minLength: 1,
      maxLength: 63,
    }),
  },
  { required: ['alias', 'kind', 'name'] },
)

const copy = record(
  'One step of copying.',
  {
    exclude: list('Patterns of what is left out, of paths or of plain names.', { type: 'string' }, { maxItems: 100 }),
    from: text('`@<alias>/<pattern>`: what is copied.', {
      pattern: `^@(${alias})/(.*)$`,
      minLength: 1,
      maxLength: 1024,
    }),
    strategy: choice('What becomes of files that are there, or of archives.', ['Overwrite', 'Merge', 'Extract']),
    to: text('`@artifact/<path>`: where it goes.', { pattern: '^@(artifact)/(.*)$', minLength: 1, maxLength: 1024 }),
  },
  { required: ['from', 'to'] },
)

const aliasRef = { pattern: `^@(${alias})$`, maxLength: 64 }

const artifact = record(
  'One ExternalArtifact to be made.',
  {
    copy: list('Steps of copying; later ones win.', copy, { minItems: 1 }),
    name: text('Name of the ExternalArtifact; captures of pathPattern stand in braces.', {
      minLength: 1,
      maxLength: 253,
    }),
    originRevision: text('`@<alias>`: the source whose origin the artifact tells.', aliasRef),
    revision: text('`@<alias>`: the source whose revision it has; else one is made of the content.', aliasRef),
  },
  { required: ['copy', 'name'] },
)

function specSchema(): Schema {
  const properties = {
    artifacts: list('What is made.', artifact, { minItems: 1, maxItems: 1000 }),
    commonMetadata: record('Labels and annotations of all ExternalArtifacts.', {
      annotations: map('Annotations to be set.'),
      labels: map('Labels to be set.'),
    }),
    pathPattern: text('`@<alias>/<path>` with captures in braces: every directory that matches makes the artifacts.', {
      pattern: `^@(${alias})/(.*)$`,
      maxLength: 1024,
    }),
    sources: list('Where files are taken from.', source, { minItems: 1, maxItems: 1000 }),
  }
  return record('What is wanted.', properties, {
    required: ['artifacts', 'sources'],
    'x-kubernetes-validations': [
      {
        rule: `has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^${objectName}(\\\\.${objectName})*$'))`,
        message: 'artifact names must be valid Kubernetes object names when pathPattern is not set',
      },
    ],
  })
}

function statusSchema(): Schema {
  const entry = record(
    'One ExternalArtifact.',
    {
      digest: text('Digest of its file.'),
      filename: text('Name of its file.'),
      name: text('Its name.'),
      namespace: text('Its namespace.'),
    },
    { required: ['digest', 'filename', 'name', 'namespace'] },
  )
  return record('What is.', {
    conditions: conditionsSchema(),
    inventory: list('The ExternalArtifacts that were made.', entry),
    lastHandledReconcileAt: text('The last reconcile request that was answered.'),
    observedSourcesDigest: text('Digest of the artifacts of all sources.'),
  })
}

/** The definition of ArtifactGenerator (source.extensions.fluxcd.io): artifacts made of parts of others. */
export function artifactGeneratorCrd(): KubeObject {
  return defineKind({
    group: 'source.extensions.fluxcd.io',
    kind: 'ArtifactGenerator',
    plural: 'artifactgenerators',
    shortNames: ['ag'],
    categories: ['all', 'fluxcd', 'fluxcd-sources'],
    versions: [{ name: 'v1beta1', spec: specSchema(), status: statusSchema() }],
    columns: readyColumns,
    description: 'Makes artifacts of parts of the artifacts of sources.',
    // Its status has no observedGeneration; its conditions have.
    isReconciled: false,
  })
}
