import { type Failure, fail, ok, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { readSpec, type FieldReader } from '../spec/field-reader.ts'
import { notYet } from './source-status.ts'

/** An ArtifactGenerator's spec with its defaults filled in. */
export interface ArtifactGeneratorSpec {
  readonly commonMetadata: {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly sources: readonly GeneratorSource[]
  /** `@<alias>/<path with {captures}>`; undefined when artifacts are listed one by one. */
  readonly pathPattern: string | undefined
  readonly artifacts: readonly OutputArtifact[]
}

/** A source that an ArtifactGenerator takes files from. */
export interface GeneratorSource {
  readonly alias: string
  readonly kind: GeneratorSourceKind
  readonly namespace: string
  readonly name: string
}

/** Kinds of sources that an ArtifactGenerator may name. */
export type GeneratorSourceKind = 'Bucket' | 'GitRepository' | 'OCIRepository' | 'HelmChart' | 'ExternalArtifact'

/** One artifact to be made. */
export interface OutputArtifact {
  readonly name: string
  /** Alias of the source whose revision it takes; undefined has a revision made of its content. */
  readonly revision: string | undefined
  /** Alias of the source whose origin it tells. */
  readonly originRevision: string | undefined
  readonly copy: readonly CopyStep[]
}

/** One step of copying: `from` is `@<alias>/<pattern>`, `to` is `@artifact/<path>`. */
export interface CopyStep {
  readonly from: string
  readonly to: string
  readonly exclude: readonly string[]
  readonly strategy: 'Overwrite' | 'Merge' | 'Extract'
}

/** Annotation by which an ArtifactGenerator is suspended, with the value `disabled`. */
export const generatorReconcileAnnotation = 'source.extensions.fluxcd.io/reconcile'

/** Reads an ArtifactGenerator. */
export function readArtifactGenerator(object: KubeObject): Result<ArtifactGeneratorSpec> {
  const home = object.metadata.namespace ?? ''
  const parsed = readSpec(object, (fields) => ({
    commonMetadata: fields.object('commonMetadata', readMetadata) ?? { labels: {}, annotations: {} },
    sources: fields.list('sources', (source) => readSource(source, home)),
    pathPattern: fields.string('pathPattern') || undefined,
    artifacts: fields.list('artifacts', readArtifact),
  }))
  return parsed.ok ? parsed : fail({ ...parsed.failure, code: 'ValidationFailed' })
}

/** Whether an annotation has the object left alone. */
export function isDisabledGenerator(object: KubeObject): boolean {
  return object.metadata.annotations?.[generatorReconcileAnnotation]?.toLowerCase() === 'disabled'
}

/** Checks what the schema cannot: aliases and names are unique and known, and references stay in the namespace. */
export function checkArtifactGenerator(
  spec: ArtifactGeneratorSpec,
  rules: { readonly namespace: string; readonly noCrossNamespaceRefs: boolean },
): Result<undefined> {
  const aliases = new Set<string>()
  for (const { alias, kind, namespace, name } of spec.sources) {
    if (aliases.has(alias)) return fail(invalid(`duplicate source alias '${alias}' found`))
    aliases.add(alias)
    if (rules.noCrossNamespaceRefs && namespace !== rules.namespace) return fail(denied(`${kind}/${namespace}/${name}`))
    if (kind === 'Bucket')
      return fail({ ...notYet('UnsupportedSourceKind', "source kind 'Bucket' is not read"), fix: 'use another source' })
  }
  const names = new Set<string>()
  for (const artifact of spec.artifacts) {
    if (names.has(artifact.name)) return fail(invalid(`duplicate artifact name '${artifact.name}' found`))
    names.add(artifact.name)
    if (spec.pathPattern === undefined && !isObjectName(artifact.name))
      return fail(invalid(`artifact name ${JSON.stringify(artifact.name)} is not a valid Kubernetes object name`))
    const unknown = unknownAlias(artifact, aliases)
    if (unknown !== undefined) return fail(invalid(`artifact ${artifact.name} ${unknown} not found`))
  }
  return ok(undefined)
}

function unknownAlias(artifact: OutputArtifact, aliases: ReadonlySet<string>): string | undefined {
  const { revision, originRevision } = artifact
  if (revision !== undefined && !aliases.has(revision)) return `revision source alias '${revision}'`
  if (originRevision !== undefined && !aliases.has(originRevision))
    return `originRevision source alias '${originRevision}'`
  return undefined
}

/** Whether a text can be the name of an object: a DNS subdomain. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(label))
}

function readMetadata(fields: FieldReader): ArtifactGeneratorSpec['commonMetadata'] {
  return { labels: fields.stringMap('labels'), annotations: fields.stringMap('annotations') }
}

const sourceKinds = ['Bucket', 'GitRepository', 'OCIRepository', 'HelmChart', 'ExternalArtifact'] as const

function readSource(fields: FieldReader, home: string): GeneratorSource {
  return {
    alias: fields.requiredString('alias'),
    kind: fields.oneOf('kind', sourceKinds) ?? fields.refuse('kind is required'),
    namespace: fields.string('namespace') || home,
    name: fields.requiredString('name'),
  }
}

function readArtifact(fields: FieldReader): OutputArtifact {
  return {
    name: fields.requiredString('name'),
    revision: aliasOf(fields.string('revision')),
    originRevision: aliasOf(fields.string('originRevision')),
    copy: fields.list('copy', (step) => ({
      from: step.requiredString('from'),
      to: step.requiredString('to'),
      exclude: step.strings('exclude'),
      strategy: step.oneOf('strategy', ['Overwrite', 'Merge', 'Extract']) ?? 'Overwrite',
    })),
  }
}

function aliasOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text.replace(/^@/, '')
}

function invalid(message: string): Failure {
  return { code: 'ValidationFailed', message }
}

function denied(source: string): Failure {
  return { code: 'AccessDenied', message: `cross-namespace reference to source ${source} is not allowed` }
}
