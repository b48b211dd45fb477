import { fail, ok, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { requiredDuration } from '../spec/duration.ts'
import { readSpec, type FieldReader } from '../spec/field-reader.ts'

/** A HelmChart's spec with its defaults filled in. */
export interface HelmChartSpec {
  readonly chart: string
  /** Range of versions; `*` when not set. */
  readonly version: string
  readonly source: { readonly kind: ChartHolder; readonly name: string }
  readonly intervalMs: number
  readonly reconcileStrategy: 'ChartVersion' | 'Revision'
  readonly valuesFiles: readonly string[]
  readonly ignoreMissingValuesFiles: boolean
  readonly suspend: boolean
  /** How signatures are to be checked; undefined when they are not. */
  readonly verifyProvider: 'cosign' | 'notation' | undefined
}

/** Kinds of sources that hold charts. */
export type ChartHolder = 'HelmRepository' | 'GitRepository' | 'Bucket'

/** Reads a HelmChart of any served version. */
export function readHelmChart(object: KubeObject): Result<HelmChartSpec> {
  return readSpec(object, (fields) => ({
    chart: fields.requiredString('chart'),
    version: fields.string('version') || '*',
    source: fields.object('sourceRef', readSource) ?? fields.refuse('sourceRef is required'),
    intervalMs: requiredDuration(fields, 'interval'),
    reconcileStrategy: fields.oneOf('reconcileStrategy', ['ChartVersion', 'Revision']) ?? 'ChartVersion',
    valuesFiles: valuesFilesOf(fields.strings('valuesFiles')),
    ignoreMissingValuesFiles: fields.boolean('ignoreMissingValuesFiles') ?? false,
    suspend: fields.boolean('suspend') ?? false,
    verifyProvider: fields.object('verify', readVerifyProvider),
  }))
}

function readSource(fields: FieldReader): HelmChartSpec['source'] {
  const kind = fields.oneOf('kind', ['HelmRepository', 'GitRepository', 'Bucket'])
  return { kind: kind ?? fields.refuse('kind is required'), name: fields.requiredString('name') }
}

/** The provider of `spec.verify`. */
export function readVerifyProvider(fields: FieldReader): 'cosign' | 'notation' {
  return fields.oneOf('provider', ['cosign', 'notation']) ?? 'cosign'
}

/** The chart's own values.yaml alone is as good as no file: nothing is packaged anew for it. */
function valuesFilesOf(files: readonly string[]): readonly string[] {
  return files.length === 1 && files[0]?.replace(/^(?:\.\/)+/, '') === 'values.yaml' ? [] : files
}

/** Checks a chart's name in a repository: lower case words parted by `-`, `/` and `.`. */
export function checkChartName(name: string): Result<string> {
  if (name.length <= 256 && /^[-a-z0-9](?:[-a-z0-9]|(?<=[-a-z0-9])\/|(?<=[-a-z0-9/])\.)*$/.test(name)) return ok(name)
  return fail({
    code: 'InvalidChartReference',
    message: `invalid chart name '${name}': a valid name must be lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or periods (.)`,
    fix: 'correct spec.chart',
  })
}
