import { type Failure, fail, ok, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { perform, type BuiltChart, type FluxProgram } from '../reconcile/effects.ts'
import { readArtifact } from '../reconcile/git-repository.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { isRecord } from '../spec/field-reader.ts'
import { checkChartName, readHelmChart, type HelmChartSpec } from './helm-chart-spec.ts'
import { failedEnd, storedEnd, awaitedSource, type SourcePass, type Stored } from './source-end.ts'
import { notYet, suspendedSource } from './source-status.ts'

/** What Flux says in front of a failure, by its reason. */
const openings: Readonly<Record<string, string>> = {
  InvalidChartReference: 'invalid chart reference',
  ChartPullError: 'chart pull error',
  MetadataPatchError: 'chart metadata patch error',
  ValuesFilesError: 'values files merge error',
  DependencyBuildError: 'dependency build error',
  ChartPackageError: 'chart package error',
  VerificationError: 'chart verification error',
  Unknown: 'unknown build error',
}

/** Reasons that speak of making the chart, not of getting it. */
const ofBuilding: ReadonlySet<string> = new Set([
  'MetadataPatchError',
  'ValuesFilesError',
  'DependencyBuildError',
  'ChartPackageError',
])

/** One pass over a HelmChart: bring the chart out of its source, and say so in the status (SPEC.md Z1 to Z7). */
export function* reconcileHelmChart(object: KubeObject, context: PassContext): FluxProgram<PassEnd> {
  const pass: SourcePass = { object, context }
  const parsed = readHelmChart(object)
  if (!parsed.ok) return failedEnd(pass, parsed.failure)
  const spec = parsed.value
  if (spec.suspend) return suspendedSource(object)
  const checked = checkSpec(spec)
  if (!checked.ok) return buildFailed(pass, checked.failure)
  const { kind, name } = spec.source
  const { namespace = '', generation = 0 } = object.metadata
  const source = yield* perform({
    kind: 'read',
    ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind, namespace, name },
  })
  if (source === undefined) return failedEnd(pass, sourceMissing(kind, name))
  const revision = readArtifact(source)?.revision
  if (revision === undefined && !isRegistry(source)) return noArtifact(pass, spec)
  const answer = yield* perform({
    kind: 'build-chart',
    request: {
      place: { namespace, name: object.metadata.name ?? '' },
      spec,
      source,
      versionMetadata: versionMetadata(spec, generation, revision ?? ''),
    },
  })
  if (answer.kind === 'awaited') return awaitedSource(context)
  const observed = revision === undefined ? {} : { observedSourceArtifactRevision: revision }
  if (answer.kind === 'failed') return buildFailed(pass, answer.failure, observed)
  return chartEnd(pass, spec, { ...answer, observed })
}

function chartEnd(
  pass: SourcePass,
  spec: HelmChartSpec,
  built: Pick<Stored, 'artifact' | 'latestUrl' | 'observed'> & { readonly chart: BuiltChart },
): PassEnd {
  const { chart, artifact, latestUrl, observed } = built
  const message = describeChart(chart)
  const reason = chart.isPackaged ? 'ChartPackageSucceeded' : 'ChartPullSucceeded'
  return storedEnd(pass, {
    artifact,
    latestUrl,
    intervalMs: spec.intervalMs,
    reason,
    message,
    news: { reason, recovered: reason, message },
    observed: {
      ...observed,
      observedChartName: chart.name,
      ...(spec.ignoreMissingValuesFiles ? { observedValuesFiles: chart.valuesFiles } : {}),
    },
  })
}

function checkSpec(spec: HelmChartSpec): Result<unknown> {
  // A chart that somebody wants checked is not taken unchecked.
  if (spec.verifyProvider !== undefined) {
    const message = `failed to verify the signature using provider '${spec.verifyProvider}': signatures are not checked`
    return fail(notYet('VerificationError', message))
  }
  if (spec.source.kind === 'Bucket') {
    return fail({ ...notYet('UnsupportedSourceKind', "source kind 'Bucket' is not read"), fix: 'use another source' })
  }
  return spec.source.kind === 'HelmRepository' ? checkChartName(spec.chart) : ok(undefined)
}

function sourceMissing(kind: string, name: string): Failure {
  const plurals: Readonly<Record<string, string>> = {
    HelmRepository: 'helmrepositories',
    GitRepository: 'gitrepositories',
  }
  const resource = `${plurals[kind] ?? kind.toLowerCase()}.source.toolkit.fluxcd.io`
  return {
    code: 'SourceUnavailable',
    message: `failed to get source: ${resource} "${name}" not found`,
    fix: 'create it, or correct spec.sourceRef',
  }
}

function noArtifact(pass: SourcePass, spec: HelmChartSpec): PassEnd {
  const { kind, name } = spec.source
  const failure = { code: 'NoSourceArtifact', message: `no artifact available for ${kind} source '${name}'` }
  // The source wakes the chart when it has one; nothing is wrong enough for an event.
  const delayMs = pass.context.settings.requeueDependencyMs
  return { ...failedEnd(pass, failure, { delayMs }), notes: [] }
}

function isRegistry(source: KubeObject): boolean {
  return source.kind === 'HelmRepository' && isRecord(source['spec']) && source['spec']['type'] === 'oci'
}

function buildFailed(pass: SourcePass, failure: Failure, observed: Readonly<Record<string, unknown>> = {}): PassEnd {
  const opening = Object.hasOwn(openings, failure.code) ? `${openings[failure.code] ?? ''}: ` : ''
  const told = { ...failure, message: `${opening}${failure.message}` }
  if (failure.code === 'VerificationError') {
    const also = { type: 'BuildFailed', reason: 'ChartVerificationError' } as const
    return failedEnd(pass, told, { type: 'SourceVerified', also, observed })
  }
  const type = ofBuilding.has(failure.code) ? 'BuildFailed' : 'FetchFailed'
  return failedEnd(pass, told, { type, observed })
}

/** What is added to a version, so that the same version of other content is another one. */
function versionMetadata(spec: HelmChartSpec, generation: number, sourceRevision: string): string {
  const isFiles = spec.source.kind !== 'HelmRepository'
  const parts: string[] = []
  if (isFiles && spec.reconcileStrategy === 'Revision') parts.push(hashOf(sourceRevision).slice(0, 12))
  if (spec.valuesFiles.length > 0) parts.push(String(generation))
  return parts.join('.')
}

/** `main@sha1:abc` names the commit `abc`. */
function hashOf(revision: string): string {
  return revision.slice(revision.lastIndexOf(':') + 1)
}

function describeChart({ name, version, isPackaged, valuesFiles }: BuiltChart): string {
  const merged = valuesFiles.length === 0 ? '' : ` and merged values files [${valuesFiles.join(' ')}]`
  return `${isPackaged ? 'packaged' : 'pulled'} '${name}' chart with version '${version}'${merged}`
}
