import { describeFailure } from '@kedge/base'

import { formatDuration } from '../spec/duration.ts'
import { readArtifact } from '../reconcile/git-repository.ts'
import { type OrderedContent } from './action-order.ts'
import { parseChartName } from './chart-template.ts'
import { trackVersion } from './chart-version.ts'
import { composeValues, type LoadedReference } from './compose-values.ts'
import { ask, type HelmProgram } from './effects.ts'
import { accessDenied } from './keep-chart.ts'
import { prerequisiteEnd, type HelmReleaseEnd, type ReleasePass } from './release-pass.ts'
import { sourceProblem } from './source-readiness.ts'
import { type ChartRef } from './spec.ts'
import { digestValues, type Values } from './values-digest.ts'

export type FoundChart =
  | { readonly kind: 'found'; readonly content: OrderedContent }
  | { readonly kind: 'end'; readonly end: HelmReleaseEnd }

/** The chart and the values that are wanted now (SPEC.md HS12, HV1). */
export function* findChart(pass: ReleasePass): HelmProgram<FoundChart> {
  const source = sourceOf(pass)
  const { settings } = pass.context
  const place = `${source.kind}/${source.namespace}/${source.name}`
  if (settings.noCrossNamespaceRefs && source.namespace !== pass.object.metadata.namespace) {
    return { kind: 'end', end: accessDenied(pass, place) }
  }
  const { kind, namespace, name } = source
  const found = yield* ask({ kind: 'read', ref: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind, namespace, name } })
  if (found === undefined) {
    const plural = `${kind.toLowerCase().replace(/y$/, 'ie')}s`
    const message = `could not get Source object: ${plural}.source.toolkit.fluxcd.io "${name}" not found`
    return ended(pass, { reason: 'ArtifactFailed', message, next: { kind: 'retry', cause: message } })
  }
  const problem = sourceProblem(found)
  const artifact = readArtifact(found)
  const later = { kind: 'after', delayMs: settings.requeueDependencyMs } as const
  if (problem !== undefined || artifact === undefined) {
    return ended(pass, { reason: 'SourceNotReady', message: problem ?? '', next: later })
  }
  const values = yield* loadValues(pass)
  if (values.kind === 'end') return values
  const load = yield* ask({ kind: 'load-chart', source, artifact })
  if (load.kind === 'awaited') {
    const wait = formatDuration(settings.requeueDependencyMs)
    const message = `Source not ready: artifact not found. Retrying in ${wait}`
    return { kind: 'end', end: awaitedEnd(pass, message, later) }
  }
  if (load.kind === 'failed') {
    const told = describeFailure(load.failure)
    const message = `Could not load chart: ${told}`
    return ended(pass, {
      reason: 'ArtifactFailed',
      message,
      told,
      next: { kind: 'retry', cause: message },
      severity: 'error',
    })
  }
  const tracked = trackVersion(kind, artifact.revision, load.chart.version)
  if (!tracked.ok) {
    const { message } = tracked.failure
    return ended(pass, { reason: 'ChartMutateError', message, next: { kind: 'retry', cause: message } })
  }
  const { ociDigest } = tracked.value
  const version = settings.disableChartDigestTracking ? load.chart.version : tracked.value.version
  const chart = { ...load.chart, version }
  const content = {
    source,
    artifact,
    chart,
    values: values.values,
    configDigest: digestValues(values.values),
    ociDigest,
  }
  return { kind: 'found', content }
}

function ended(pass: ReleasePass, end: Parameters<typeof prerequisiteEnd>[1]): FoundChart {
  return { kind: 'end', end: prerequisiteEnd(pass, end) }
}

/** After a restart charts are fetched again, and the source tells when: no reason to say that anything is wrong. */
function awaitedEnd(pass: ReleasePass, message: string, next: HelmReleaseEnd['next']): HelmReleaseEnd {
  const hasReleased = (pass.status.history ?? []).length > 0
  if (hasReleased) return { status: undefined, notes: pass.notes, next, summary: message }
  return prerequisiteEnd(pass, { reason: 'ArtifactFailed', message, next })
}

function sourceOf(pass: ReleasePass): ChartRef {
  const { spec, status } = pass
  const made = parseChartName(status.helmChart ?? '') ?? { namespace: '', name: '' }
  return spec.chartRef ?? { kind: 'HelmChart', ...made }
}

type LoadedValues =
  | { readonly kind: 'values'; readonly values: Values }
  | { readonly kind: 'end'; readonly end: HelmReleaseEnd }

function* loadValues(pass: ReleasePass): HelmProgram<LoadedValues> {
  const { spec, object } = pass
  const namespace = object.metadata.namespace ?? ''
  const loaded: LoadedReference[] = []
  for (const reference of spec.valuesFrom) {
    const { kind, name } = reference
    const found = yield* ask({ kind: 'read', ref: { apiVersion: 'v1', kind, namespace, name } })
    loaded.push({ reference, found })
  }
  const values = composeValues(loaded, spec.values, namespace)
  if (values.ok) return { kind: 'values', values: values.value }
  const message = describeFailure(values.failure)
  const next = { kind: 'retry', cause: message } as const
  return { kind: 'end', end: prerequisiteEnd(pass, { reason: 'ValuesError', message, next, severity: 'error' }) }
}
