import { type KubeObject } from '@kedge/manifest'

import { defineKind, readyColumns } from './definition.ts'
import { artifactSchema, conditionsSchema, record, text } from './schema.ts'

/** The definition of ExternalArtifact (source.toolkit.fluxcd.io): what others have made and serve over HTTP. */
export function externalArtifactCrd(): KubeObject {
  const sourceRef = record(
    'The object that the artifact was made for.',
    {
      apiVersion: text('API version of the referent.'),
      kind: text('Kind of the referent.'),
      name: text('Name of the referent.'),
      namespace: text("Namespace of the referent; the object's own when not set."),
    },
    { required: ['kind', 'name'] },
  )
  return defineKind({
    group: 'source.toolkit.fluxcd.io',
    kind: 'ExternalArtifact',
    plural: 'externalartifacts',
    shortNames: ['ea'],
    categories: ['all', 'fluxcd', 'fluxcd-sources'],
    versions: [
      {
        name: 'v1',
        spec: record('Where it comes from.', { sourceRef }),
        status: record('What is.', { artifact: artifactSchema(), conditions: conditionsSchema() }),
      },
    ],
    columns: [...readyColumns, { name: 'Source', type: 'string', jsonPath: '.spec.sourceRef.name' }],
    description: 'An artifact that something outside of the engine makes.',
    isReconciled: false,
  })
}
