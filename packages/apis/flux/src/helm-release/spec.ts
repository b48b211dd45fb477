import { type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { durationField, requiredDuration } from '../spec/duration.ts'
import { isRecord, readSpec, type FieldReader } from '../spec/field-reader.ts'
import {
  readCommonMetadata,
  readDependency,
  readHealthCheckExpr,
  readImage,
  readKubeConfig,
  readSelector,
  type CommonMetadata,
  type Dependency,
  type HealthCheckExpr,
  type IgnoreRule,
  type ImageChange,
  type KubeConfigRef,
  type Patch,
} from '../spec/kustomization.ts'
import { defaultSettings } from '../reconcile/settings.ts'
import { readActions, withDefaults, type ActionFields, type ReleaseDefaults } from './action-fields.ts'
import { shortenName } from './release-name.ts'

/** A HelmRelease's spec with its defaults filled in (SPEC.md HS1 to HS5). Durations are in milliseconds. */
export interface HelmReleaseSpec extends ActionFields {
  readonly chart: ChartTemplate | undefined
  readonly chartRef: ChartRef | undefined
  readonly intervalMs: number
  readonly suspend: boolean
  /** Of at most 53 characters. */
  readonly releaseName: string
  readonly releaseNamespace: string
  readonly storageNamespace: string
  /** Whether `targetNamespace` is set, without which no namespace is made. */
  readonly hasTargetNamespace: boolean
  /** Revisions that are kept; 0 keeps all. */
  readonly maxHistory: number
  readonly serviceAccountName: string | undefined
  readonly kubeConfig: KubeConfigRef | undefined
  readonly dependsOn: readonly Dependency[]
  readonly values: Readonly<Record<string, unknown>> | undefined
  readonly valuesFrom: readonly ValuesReference[]
  readonly drift: { readonly mode: DriftMode; readonly ignore: readonly IgnoreRule[] }
  /** Undefined where the field is absent, which digests tell from an empty one. */
  readonly commonMetadata: CommonMetadata | undefined
  readonly postRenderers: readonly PostRenderer[] | undefined
  readonly postRenderStrategy: PostRenderStrategy
  readonly waitStrategy: 'poller' | 'legacy'
  readonly healthCheckExprs: readonly HealthCheckExpr[]
}

export type DriftMode = 'enabled' | 'warn' | 'disabled'
/** How hooks go through post-renderers: not at all, in one stream with the rest, or in one of their own. */
export type PostRenderStrategy = 'nohooks' | 'combined' | 'separate'

/** The HelmChart object that a HelmRelease asks for. */
export interface ChartTemplate {
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
  /** `spec.chart.spec.sourceRef`; the HelmChart lives in its namespace. */
  readonly sourceRef: { readonly kind: string; readonly name: string; readonly namespace: string }
  /** All of the HelmChart's spec but its sourceRef, as written. */
  readonly spec: Readonly<Record<string, unknown>>
}

/** The source that a chart is taken from. */
export interface ChartRef {
  readonly kind: 'OCIRepository' | 'HelmChart' | 'ExternalArtifact'
  readonly name: string
  readonly namespace: string
}

/** A ConfigMap or Secret in the HelmRelease's namespace that values come from. */
export interface ValuesReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly valuesKey: string
  /** Where in the values the text goes, in the grammar of `--set`; empty merges it at the root. */
  readonly targetPath: string
  readonly optional: boolean
  /** The text at the target path is taken as it is. */
  readonly literal: boolean
}

/** One post-renderer; one without changes is passed over. */
export interface PostRenderer {
  readonly kustomize: { readonly patches: readonly Patch[]; readonly images: readonly ImageChange[] } | undefined
}

/** Reads and checks a HelmRelease of any served version. */
export function readHelmRelease(
  object: KubeObject,
  defaults: ReleaseDefaults = defaultSettings,
): Result<HelmReleaseSpec> {
  return readSpec(object, (fields) => readFields(fields, object, defaults))
}

function readFields(fields: FieldReader, object: KubeObject, defaults: ReleaseDefaults): HelmReleaseSpec {
  const { useHelm3Defaults } = defaults
  const { name = '', namespace = '' } = object.metadata
  const intervalMs = requiredDuration(fields, 'interval')
  if (fields.has('chart') === fields.has('chartRef')) fields.refuse('either chart or chartRef must be set')
  return {
    chart: fields.object('chart', (chart) => readChartTemplate(chart, { namespace, object })),
    chartRef: fields.object('chartRef', (ref) => readChartRef(ref, namespace)),
    intervalMs,
    suspend: fields.boolean('suspend') ?? false,
    ...readPlace(fields, { name, namespace }),
    maxHistory: fields.integer('maxHistory') ?? 5,
    serviceAccountName: fields.string('serviceAccountName') || undefined,
    kubeConfig: fields.object('kubeConfig', readKubeConfig),
    dependsOn: fields.list('dependsOn', (item) => readDependency(item, namespace)),
    values: readValues(fields, object),
    valuesFrom: fields.list('valuesFrom', readValuesReference),
    drift: fields.object('driftDetection', readDrift) ?? { mode: 'disabled', ignore: [] },
    commonMetadata: fields.object('commonMetadata', readCommonMetadata),
    postRenderers: fields.has('postRenderers') ? fields.list('postRenderers', readPostRenderer) : undefined,
    postRenderStrategy:
      fields.oneOf('postRenderStrategy', ['nohooks', 'combined', 'separate']) ??
      (useHelm3Defaults ? 'nohooks' : 'combined'),
    waitStrategy:
      fields.object('waitStrategy', (wait) => wait.oneOf('name', ['poller', 'legacy'])) ??
      (useHelm3Defaults ? 'legacy' : 'poller'),
    healthCheckExprs: fields.list('healthCheckExprs', readHealthCheckExpr),
    ...withDefaults(readActions(fields), fields, defaults),
  }
}

/** Where the release and its records are. */
function readPlace(
  fields: FieldReader,
  owner: { readonly name: string; readonly namespace: string },
): Pick<HelmReleaseSpec, 'releaseName' | 'releaseNamespace' | 'storageNamespace' | 'hasTargetNamespace'> {
  const target = fields.string('targetNamespace') || undefined
  const name = target === undefined ? owner.name : `${target}-${owner.name}`
  return {
    releaseName: shortenName(fields.string('releaseName') || name),
    releaseNamespace: target ?? owner.namespace,
    storageNamespace: fields.string('storageNamespace') || owner.namespace,
    hasTargetNamespace: target !== undefined,
  }
}

function readChartTemplate(
  fields: FieldReader,
  owner: { readonly namespace: string; readonly object: KubeObject },
): ChartTemplate {
  const metadata = fields.object('metadata', (meta) => ({
    labels: meta.has('labels') ? meta.stringMap('labels') : undefined,
    annotations: meta.has('annotations') ? meta.stringMap('annotations') : undefined,
  }))
  const spec = fields.object('spec', (inner) => readChartSpec(inner, owner.namespace))
  return {
    labels: metadata?.labels,
    annotations: metadata?.annotations,
    ...(spec ?? fields.refuse('spec is required')),
  }
}

function readChartSpec(fields: FieldReader, namespace: string): Pick<ChartTemplate, 'sourceRef' | 'spec'> {
  const sourceRef = fields.object('sourceRef', (ref) => ({
    kind: ref.oneOf('kind', ['HelmRepository', 'GitRepository', 'Bucket']) ?? ref.refuse('kind is required'),
    name: ref.requiredString('name'),
    namespace: ref.string('namespace') || namespace,
  }))
  const verify = fields.object('verify', (item) => {
    const secretName = item.object('secretRef', (ref) => ref.requiredString('name'))
    return {
      provider: item.string('provider') ?? 'cosign',
      ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
    }
  })
  const interval = fields.string('interval')
  if (interval !== undefined) durationField(fields, 'interval')
  const valuesFiles = fields.strings('valuesFiles')
  const ignoreMissing = fields.boolean('ignoreMissingValuesFiles') ?? false
  return {
    sourceRef: sourceRef ?? fields.refuse('sourceRef is required'),
    spec: {
      chart: fields.requiredString('chart'),
      version: fields.string('version') || '*',
      reconcileStrategy: fields.string('reconcileStrategy') || 'ChartVersion',
      ...(interval === undefined ? {} : { interval }),
      ...(valuesFiles.length === 0 ? {} : { valuesFiles }),
      ...(ignoreMissing ? { ignoreMissingValuesFiles: true } : {}),
      ...(verify === undefined ? {} : { verify }),
    },
  }
}

function readChartRef(fields: FieldReader, namespace: string): ChartRef {
  return {
    kind: fields.oneOf('kind', ['OCIRepository', 'HelmChart', 'ExternalArtifact']) ?? fields.refuse('kind is required'),
    name: fields.requiredString('name'),
    namespace: fields.string('namespace') || namespace,
  }
}

function readValues(fields: FieldReader, object: KubeObject): HelmReleaseSpec['values'] {
  if (!fields.has('values')) return undefined
  const spec = isRecord(object['spec']) ? object['spec'] : {}
  return isRecord(spec['values']) ? spec['values'] : fields.refuse('values must be an object')
}

function readValuesReference(fields: FieldReader): ValuesReference {
  return {
    kind: fields.oneOf('kind', ['ConfigMap', 'Secret']) ?? fields.refuse('kind is required'),
    name: fields.requiredString('name'),
    valuesKey: fields.string('valuesKey') || 'values.yaml',
    targetPath: fields.string('targetPath') ?? '',
    optional: fields.boolean('optional') ?? false,
    literal: fields.boolean('literal') ?? false,
  }
}

function readDrift(fields: FieldReader): HelmReleaseSpec['drift'] {
  return {
    mode: fields.oneOf('mode', ['enabled', 'warn', 'disabled']) ?? 'disabled',
    ignore: fields.list('ignore', (item) => ({
      paths: item.strings('paths'),
      target: item.object('target', readSelector),
    })),
  }
}

function readPostRenderer(fields: FieldReader): PostRenderer {
  return {
    kustomize: fields.object('kustomize', (item) => ({
      patches: item.list('patches', (patch) => ({
        patch: patch.requiredString('patch'),
        target: patch.object('target', readSelector),
      })),
      images: item.list('images', readImage),
    })),
  }
}
