import { type KubeObject } from '@kedge/manifest'

import { defineSource } from './define-source.ts'
import { readyColumns } from './definition.ts'
import { choice, flag, intervalPattern, record, text, texts, type Schema } from './schema.ts'
import { verificationSchema } from './verification-schema.ts'

const sourceRef = record(
  'The source that has the chart, in the same namespace.',
  {
    apiVersion: text('API version of the referent.'),
    kind: choice('Kind of the referent.', ['HelmRepository', 'GitRepository', 'Bucket']),
    name: text('Name of the referent.'),
  },
  { required: ['kind', 'name'] },
)

function specSchema(): Schema {
  const properties = {
    chart: text('Name of the chart in a repository, or its path in other sources.'),
    ignoreMissingValuesFiles: flag('Whether files of valuesFiles may be absent.'),
    interval: text('How often the source is looked at.', { pattern: intervalPattern }),
    reconcileStrategy: choice('What makes a new artifact.', ['ChartVersion', 'Revision'], { default: 'ChartVersion' }),
    sourceRef,
    suspend: flag('Whether reconciliation is off.'),
    valuesFiles: texts("Files that take the place of the chart's values.yaml, merged in this order."),
    verify: verificationSchema(),
    version: text('Range of versions; other sources than repositories have but one.', { default: '*' }),
  }
  return record('What is wanted.', properties, {
    required: ['chart', 'interval', 'sourceRef'],
    'x-kubernetes-validations': [
      {
        rule: "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
        message: "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
      },
    ],
  })
}

/** The definition of HelmChart (source.toolkit.fluxcd.io). */
export function helmChartCrd(): KubeObject {
  return defineSource({
    kind: 'HelmChart',
    plural: 'helmcharts',
    shortName: 'hc',
    description: 'A Helm chart of a repository, or of a path in another source.',
    columns: [
      { name: 'Chart', type: 'string', jsonPath: '.spec.chart' },
      { name: 'Version', type: 'string', jsonPath: '.spec.version' },
      { name: 'Source Kind', type: 'string', jsonPath: '.spec.sourceRef.kind' },
      { name: 'Source Name', type: 'string', jsonPath: '.spec.sourceRef.name' },
      ...readyColumns,
    ],
    spec: specSchema(),
    status: {
      observedChartName: text('Name of the chart in the artifact.'),
      observedSourceArtifactRevision: text('Revision of the source that was last looked at.'),
      observedValuesFiles: texts('Files of valuesFiles that were there.'),
      url: text('Where the present chart can be had over HTTP.'),
    },
  })
}
