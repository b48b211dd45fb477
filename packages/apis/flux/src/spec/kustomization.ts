import { type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { durationField, requiredDuration } from './duration.ts'
import { readSpec, type FieldReader } from './field-reader.ts'

/** A Kustomization's spec with its defaults filled in. Durations are in milliseconds. */
export interface KustomizationSpec {
  readonly intervalMs: number
  readonly retryIntervalMs: number
  /** Governs building, applying and waiting for health: interval less 30 s, at least 30 s, where not set. */
  readonly timeoutMs: number
  readonly sourceRef: SourceRef
  readonly path: string
  readonly prune: boolean
  readonly deletionPolicy: DeletionPolicy
  readonly dependsOn: readonly Dependency[]
  readonly suspend: boolean
  readonly force: boolean
  readonly wait: boolean
  readonly healthChecks: readonly HealthCheck[]
  readonly healthCheckExprs: readonly HealthCheckExpr[]
  readonly build: BuildFields
  readonly commonMetadata: CommonMetadata
  readonly postBuild: PostBuild | undefined
  readonly decrypts: boolean
  readonly serviceAccountName: string | undefined
  readonly kubeConfig: KubeConfigRef | undefined
  readonly ignore: readonly IgnoreRule[]
}

export interface SourceRef {
  readonly kind: 'GitRepository' | 'OCIRepository' | 'Bucket' | 'ExternalArtifact'
  readonly name: string
  /** The Kustomization's own namespace where not set. */
  readonly namespace: string
}

export type DeletionPolicy = 'MirrorPrune' | 'Delete' | 'WaitForTermination' | 'Orphan'

export interface Dependency {
  readonly namespace: string
  readonly name: string
  readonly readyExpr: string | undefined
}

export interface HealthCheck {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface HealthCheckExpr {
  readonly apiVersion: string
  /** Every kind of the apiVersion where not set. */
  readonly kind: string | undefined
  readonly current: string
  readonly inProgress: string | undefined
  readonly failed: string | undefined
}

/** What is merged into the overlay before it is built. */
export interface BuildFields {
  readonly targetNamespace: string | undefined
  readonly namePrefix: string | undefined
  readonly nameSuffix: string | undefined
  readonly patches: readonly Patch[]
  readonly images: readonly ImageChange[]
  readonly components: readonly string[]
  readonly ignoreMissingComponents: boolean
  readonly buildMetadata: readonly string[]
}

export interface Patch {
  readonly patch: string
  readonly target: Selector | undefined
}

/** Regular expressions, anchored at both ends; absent fields match all. */
export interface Selector {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

export interface ImageChange {
  readonly name: string
  readonly newName?: string
  readonly newTag?: string
  readonly digest?: string
}

export interface CommonMetadata {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface PostBuild {
  readonly substitute: Readonly<Record<string, string>>
  readonly substituteFrom: readonly SubstituteReference[]
  readonly always: boolean
}

export interface SubstituteReference {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly optional: boolean
}

/** Where the kubeconfig of a remote cluster is kept, in the Kustomization's namespace. */
export interface KubeConfigRef {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  /** `value`, then `value.yaml`, where not set. */
  readonly key: string | undefined
}

/** JSON pointers whose drift is left alone, on the objects that the target selects (all, without one). */
export interface IgnoreRule {
  readonly paths: readonly string[]
  readonly target: Selector | undefined
}

/** Reads and checks a Kustomization of any served version. */
export function readKustomization(object: KubeObject): Result<KustomizationSpec> {
  const namespace = object.metadata.namespace ?? ''
  return readSpec(object, (fields) => readFields(fields, namespace))
}

function readFields(fields: FieldReader, namespace: string): KustomizationSpec {
  const intervalMs = requiredDuration(fields, 'interval')
  const sourceRef = fields.object('sourceRef', (ref) => readSourceRef(ref, namespace))
  return {
    intervalMs,
    retryIntervalMs: durationField(fields, 'retryInterval') ?? intervalMs,
    timeoutMs: durationField(fields, 'timeout') ?? Math.max(30_000, intervalMs - 30_000),
    sourceRef: sourceRef ?? fields.refuse('sourceRef is required'),
    path: fields.string('path') ?? '',
    prune: fields.boolean('prune') ?? fields.refuse('prune is required'),
    deletionPolicy:
      fields.oneOf('deletionPolicy', ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan']) ?? 'MirrorPrune',
    dependsOn: fields.list('dependsOn', (item) => readDependency(item, namespace)),
    suspend: fields.boolean('suspend') ?? false,
    force: fields.boolean('force') ?? false,
    wait: fields.boolean('wait') ?? false,
    healthChecks: fields.list('healthChecks', (item) => readHealthCheck(item, namespace)),
    healthCheckExprs: fields.list('healthCheckExprs', readHealthCheckExpr),
    build: readBuildFields(fields),
    commonMetadata: fields.object('commonMetadata', readCommonMetadata) ?? { labels: {}, annotations: {} },
    postBuild: fields.object('postBuild', readPostBuild),
    decrypts: fields.has('decryption'),
    serviceAccountName: fields.string('serviceAccountName') || undefined,
    kubeConfig: fields.object('kubeConfig', readKubeConfig),
    ignore: fields.list('ignore', (item) => ({
      paths: item.strings('paths'),
      target: item.object('target', readSelector),
    })),
  }
}

function readSourceRef(fields: FieldReader, namespace: string): SourceRef {
  const kind = fields.oneOf('kind', ['GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact'])
  return {
    kind: kind ?? fields.refuse('kind is required'),
    name: fields.requiredString('name'),
    namespace: fields.string('namespace') || namespace,
  }
}

/** A dependency on an object of the same kind; `namespace` is where one without a namespace is looked for. */
export function readDependency(fields: FieldReader, namespace: string): Dependency {
  return {
    namespace: fields.string('namespace') || namespace,
    name: fields.requiredString('name'),
    readyExpr: fields.string('readyExpr') || undefined,
  }
}

function readHealthCheck(fields: FieldReader, namespace: string): HealthCheck {
  return {
    apiVersion: fields.string('apiVersion') ?? '',
    kind: fields.requiredString('kind'),
    namespace: fields.string('namespace') || namespace,
    name: fields.requiredString('name'),
  }
}

/** The CEL rules by which custom objects are judged. */
export function readHealthCheckExpr(fields: FieldReader): HealthCheckExpr {
  return {
    apiVersion: fields.requiredString('apiVersion'),
    kind: fields.string('kind') || undefined,
    current: fields.requiredString('current'),
    inProgress: fields.string('inProgress') || undefined,
    failed: fields.string('failed') || undefined,
  }
}

function readBuildFields(fields: FieldReader): BuildFields {
  return {
    targetNamespace: fields.string('targetNamespace') || undefined,
    namePrefix: fields.string('namePrefix') || undefined,
    nameSuffix: fields.string('nameSuffix') || undefined,
    patches: fields.list('patches', (item) => ({
      patch: item.requiredString('patch'),
      target: item.object('target', readSelector),
    })),
    images: fields.list('images', readImage),
    components: fields.strings('components'),
    ignoreMissingComponents: fields.boolean('ignoreMissingComponents') ?? false,
    buildMetadata: fields.strings('buildMetadata'),
  }
}

const selectorFields = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'] as const

/** A selector; fields that are empty count as absent. */
export function readSelector(fields: FieldReader): Selector {
  const entries = selectorFields.map((name) => [name, fields.string(name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''))
}

/** A change of a container image. */
export function readImage(fields: FieldReader): ImageChange {
  const entries = (['newName', 'newTag', 'digest'] as const).map((name) => [name, fields.string(name)] as const)
  const set = Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''))
  return { name: fields.requiredString('name'), ...set }
}

/** Labels and annotations that every object gets. */
export function readCommonMetadata(fields: FieldReader): CommonMetadata {
  return { labels: fields.stringMap('labels'), annotations: fields.stringMap('annotations') }
}

function readPostBuild(fields: FieldReader): PostBuild {
  return {
    substitute: fields.stringMap('substitute'),
    substituteFrom: fields.list('substituteFrom', (item) => ({
      kind: item.oneOf('kind', ['ConfigMap', 'Secret']) ?? item.refuse('kind is required'),
      name: item.requiredString('name'),
      optional: item.boolean('optional') ?? false,
    })),
    always: fields.oneOf('substituteStrategy', ['WithVariables', 'Always']) === 'Always',
  }
}

/** Where the kubeconfig of a remote cluster is kept. */
export function readKubeConfig(fields: FieldReader): KubeConfigRef {
  const secret = fields.object('secretRef', (ref) => ({
    kind: 'Secret' as const,
    name: ref.requiredString('name'),
    key: ref.string('key') || undefined,
  }))
  const configMap = fields.object('configMapRef', (ref) => ({
    kind: 'ConfigMap' as const,
    name: ref.requiredString('name'),
    key: undefined,
  }))
  if ((secret === undefined) === (configMap === undefined)) {
    return fields.refuse('exactly one of secretRef and configMapRef must be set')
  }
  return secret ?? configMap ?? fields.refuse('secretRef is required')
}
