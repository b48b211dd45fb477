import { describeFailure } from '@kedge/base'
import { describeKey, keyOf, type KubeObject } from '@kedge/manifest'

import { type EventNote } from '../status/event-note.ts'
import { isChartAsDesired, isOwnChart, parseChartName, toHelmChart } from './chart-template.ts'
import { ask, type HelmProgram } from './effects.ts'
import { prerequisiteEnd, stalledEnd, type HelmReleaseEnd, type ReleasePass } from './release-pass.ts'

export type KeptChart =
  | { readonly kind: 'kept'; readonly pass: ReleasePass }
  | { readonly kind: 'end'; readonly end: HelmReleaseEnd }

const apiVersion = 'source.toolkit.fluxcd.io/v1'

/** Brings the HelmChart to what the spec asks for, and deletes the one that it does not ask for any more (SPEC.md HS10). */
export function* keepChart(pass: ReleasePass): HelmProgram<KeptChart> {
  const desired = toHelmChart(pass.object, pass.spec)
  if (desired === undefined) return { kind: 'kept', pass: yield* deleteChart(pass) }
  const { namespace = '', name = '' } = desired.metadata
  const cleaned = pass.status.helmChart === `${namespace}/${name}` ? pass : yield* deleteChart(pass)
  return yield* keepDesired(pass, cleaned, desired)
}

function* keepDesired(pass: ReleasePass, cleaned: ReleasePass, desired: KubeObject): HelmProgram<KeptChart> {
  const { settings } = pass.context
  const { namespace = '', name = '' } = desired.metadata
  if (settings.noCrossNamespaceRefs && namespace !== pass.object.metadata.namespace) {
    return { kind: 'end', end: accessDenied(pass, `HelmChart/${namespace}/${name}`) }
  }
  const live = yield* ask({ kind: 'read', ref: { apiVersion, kind: 'HelmChart', namespace, name } })
  const noted = { ...cleaned, status: { ...cleaned.status, helmChart: `${namespace}/${name}` } }
  if (live?.metadata.deletionTimestamp !== undefined) {
    const message = `${describeKey(keyOf(live))} is being deleted`
    const next = { kind: 'after', delayMs: settings.requeueDependencyMs } as const
    return { kind: 'end', end: prerequisiteEnd(pass, { reason: 'SourceNotReady', message, next }) }
  }
  // Labels that the template had before go with an apply; who else's they may be only the server knows.
  const isLeftOver = pass.status.observedGeneration !== pass.object.metadata.generation && hasMore(live, desired)
  if (live !== undefined && isChartAsDesired(live, desired) && !isLeftOver) return { kind: 'kept', pass: noted }
  const write = yield* ask({ kind: 'apply-chart', chart: desired })
  if (write.outcome === 'failed') {
    const message = `failed to run server-side apply: ${describeFailure(write.failure)}`
    const next = { kind: 'retry', cause: message } as const
    return { kind: 'end', end: prerequisiteEnd(pass, { reason: 'HelmChartSyncErr', message, next, severity: 'error' }) }
  }
  if (write.outcome === 'unchanged') return { kind: 'kept', pass: noted }
  return { kind: 'kept', pass: { ...noted, notes: [...noted.notes, chartNote(pass, write.outcome, desired)] } }
}

/** Whether a live HelmChart has labels or annotations that are not asked for. */
function hasMore(live: KubeObject | undefined, desired: KubeObject): boolean {
  const count = (map: Readonly<Record<string, string>> | undefined): number => Object.keys(map ?? {}).length
  const { labels, annotations } = live?.metadata ?? {}
  return count(labels) > count(desired.metadata.labels) || count(annotations) > count(desired.metadata.annotations)
}

function chartNote(pass: ReleasePass, outcome: 'created' | 'configured', chart: KubeObject): EventNote {
  const isNew = outcome === 'created'
  const { namespace = '', name = '' } = chart.metadata
  const { kind, name: sourceName } = pass.spec.chart?.sourceRef ?? { kind: '', name: '' }
  const what = `${isNew ? 'Created' : 'Configured'} HelmChart/${namespace}/${name}`
  const message = `${what} with SourceRef '${kind}/${namespace}/${sourceName}'`
  return { severity: 'info', reason: isNew ? 'HelmChartCreated' : 'HelmChartConfigured', message, metadata: {} }
}

/** Deletes the HelmChart that the status names, when it is ours. */
export function* deleteChart<P extends Pick<ReleasePass, 'object' | 'status' | 'notes' | 'context'>>(
  pass: P,
): HelmProgram<P> {
  const { helmChart, ...status } = pass.status
  const place = helmChart === undefined ? undefined : parseChartName(helmChart)
  if (helmChart === undefined || place === undefined) return pass
  const isAllowed = !pass.context.settings.noCrossNamespaceRefs || place.namespace === pass.object.metadata.namespace
  const live = isAllowed ? yield* ask({ kind: 'read', ref: { apiVersion, kind: 'HelmChart', ...place } }) : undefined
  if (live === undefined || !isOwnChart(live, pass.object)) return { ...pass, status }
  yield* ask({ kind: 'delete-chart', chart: live })
  const message = `deleted HelmChart '${helmChart}'`
  const note: EventNote = { severity: 'info', reason: 'HelmChartDeleted', message, metadata: {} }
  return { ...pass, status, notes: [...pass.notes, note] }
}

/** A reference into another namespace, where the operator has forbidden these. */
export function accessDenied(pass: ReleasePass, place: string): HelmReleaseEnd {
  const message = `can't access '${place}', cross-namespace references have been blocked`
  return stalledEnd(pass, { reason: 'AccessDenied', failure: { code: 'AccessDenied', message }, isReady: 'false' })
}
