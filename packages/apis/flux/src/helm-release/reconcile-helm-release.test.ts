import { emptyMemory } from '@kedge/engine'
import { type StoredRelease } from '@kedge/helm'
import { type KubeObject } from '@kedge/manifest'
import { type Drift } from '@kedge/release'
import { expect, test } from 'vitest'

import { type FluxSettings } from '../reconcile/settings.ts'
import { contextOf, factsFor, helmRelease, revision, snapshotOf } from '../testing/helm-releases.ts'
import { type HelmAnswers, type HelmEffect } from './effects.ts'
import { type HelmReleaseEnd } from './release-pass.ts'
import { reconcileHelmRelease, type ResumedRun } from './reconcile-helm-release.ts'
import { digestValues } from './values-digest.ts'

const chartSpec = {
  interval: '10m0s',
  chart: 'web',
  version: '1.x',
  reconcileStrategy: 'ChartVersion',
  sourceRef: { kind: 'HelmRepository', name: 'charts' },
}
const labels = { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'apps' }

function helmChart(more: { status?: object; spec?: object; metadata?: object } = {}): KubeObject {
  const artifact = { revision: '1.0.0', digest: 'sha256:c', path: '', url: '', lastUpdateTime: '' }
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: { name: 'apps-web', namespace: 'apps', uid: 'c1', generation: 1, labels, ...more.metadata },
    spec: more.spec ?? chartSpec,
    status: more.status ?? { observedGeneration: 1, artifact },
  }
}

interface Given {
  readonly objects?: readonly KubeObject[]
  readonly storage?: readonly StoredRelease[]
  readonly drift?: readonly Drift[]
  readonly chartVersion?: string
  readonly resumed?: ResumedRun
  readonly settings?: Partial<FluxSettings>
  readonly dependenciesOf?: (key: string) => readonly string[]
  readonly answers?: Partial<HelmAnswers>
  readonly holder?: string
}

interface Passed {
  readonly end: HelmReleaseEnd
  readonly effects: readonly HelmEffect[]
}

function pass(object: KubeObject, given: Given = {}): Passed {
  const effects: HelmEffect[] = []
  const { dependenciesOf = () => [] } = given
  const input = { object, resumed: given.resumed, dependenciesOf, holder: given.holder }
  const program = reconcileHelmRelease(input, contextOf(given.settings))
  let step = program.next()
  while (!step.done) {
    effects.push(step.value)
    step = program.next(answerTo(step.value, given))
  }
  return { end: step.value, effects }
}

function answerTo(effect: HelmEffect, given: Given): HelmAnswers[HelmEffect['kind']] {
  const set = given.answers?.[effect.kind]
  if (set !== undefined) return set
  switch (effect.kind) {
    case 'read': {
      const { kind, namespace, name } = effect.ref
      const objects = given.objects ?? [helmChart()]
      return objects.find(
        (one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name,
      )
    }
    case 'set-finalizers':
    case 'delete-chart':
      return null
    case 'apply-chart':
      return { outcome: 'created' }
    case 'load-chart':
      return { kind: 'loaded', chart: { name: 'web', version: given.chartVersion ?? '1.0.0', appVersion: '9' } }
    case 'read-storage':
      return { kind: 'facts', facts: factsFor(...(given.storage ?? [])), preserved: undefined }
    case 'find-drift':
      return { kind: 'drift', drift: given.drift ?? [] }
    case 'correct-drift':
      return { ok: true, release: revision(1), log: [], inventory: [], memory: emptyMemory }
  }
}

function conditionOf(
  end: HelmReleaseEnd,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  const conditions = (end.status?.['conditions'] ?? []) as {
    type: string
    status: string
    reason: string
    message: string
  }[]
  return conditions.find((one) => one.type === type)
}

const released = {
  observedGeneration: 1,
  helmChart: 'apps/apps-web',
  storageNamespace: 'apps',
  lastAttemptedGeneration: 1,
  lastAttemptedRevision: '1.0.0',
  lastAttemptedConfigDigest: digestValues({}),
  lastAttemptedReleaseAction: 'install',
  history: [snapshotOf(revision(1))],
  conditions: ['Ready', 'Released'].map((type) => ({
    type,
    status: 'True',
    reason: 'InstallSucceeded',
    message: 'Helm install succeeded for release apps/web.v1 with chart web@1.0.0',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  })),
}

test('[HD30] a new object has its HelmChart made and its release installed', () => {
  const { end, effects } = pass(helmRelease({}, { metadata: { finalizers: [] } }), { objects: [] })
  expect(effects.map(({ kind }) => kind)).toEqual(['set-finalizers', 'read', 'apply-chart', 'read'])
  expect(effects.find((one) => one.kind === 'apply-chart')?.chart).toEqual({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmChart',
    metadata: { name: 'apps-web', namespace: 'apps', labels },
    spec: chartSpec,
  })
  expect(end.status).toMatchObject({ helmChart: 'apps/apps-web' })
  const { end: next } = pass(helmRelease())
  expect(next.start?.action).toEqual({ kind: 'install' })
  const message = "Running 'install' action with timeout of 5m0s"
  expect(conditionOf(next, 'Reconciling')).toMatchObject({ status: 'True', reason: 'Progressing', message })
  expect(conditionOf(next, 'Ready')).toMatchObject({ status: 'Unknown', reason: 'Progressing', message })
  expect(next.status).toMatchObject({
    storageNamespace: 'apps',
    lastAttemptedGeneration: 1,
    lastAttemptedRevision: '1.0.0',
    lastAttemptedConfigDigest: digestValues({}),
  })
})

test('[HD5] a release that is as wanted has its status left as it is', () => {
  const object = helmRelease({}, { status: released })
  const { end, effects } = pass(object, { storage: [revision(1)] })
  expect(end.status).toEqual(released)
  expect(end.notes).toEqual([])
  expect(end.next).toEqual({ kind: 'done', intervalMs: 600_000 })
  expect(effects.map(({ kind }) => kind)).toEqual(['read', 'read', 'load-chart', 'read-storage'])
})

test('[HD31] after a remedy the next try waits, and the last one stalls', () => {
  const resumed = { done: ['release', 'remediate'], outcome: { kind: 'stop' } } as const
  const status = { ...released, lastAttemptedReleaseAction: 'upgrade', upgradeFailures: 1 }
  const spec = { upgrade: { remediation: { retries: 1 } } }
  const again = pass(helmRelease(spec, { status }), { resumed }).end
  expect(again.next.kind).toBe('retry')
  expect(conditionOf(again, 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' })
  const out = pass(helmRelease(spec, { status: { ...status, upgradeFailures: 2 } }), { resumed }).end
  expect(out.next.kind).toBe('stalled')
  expect(conditionOf(out, 'Stalled')).toMatchObject({
    status: 'True',
    reason: 'RetriesExceeded',
    message: 'Failed to upgrade after 2 attempt(s)',
  })
})

test('[HD32] no kind of action is done twice in one run', () => {
  const resumed = { done: ['release'], outcome: { kind: 'continue' } } as const
  const failed = revision(1, { status: 'failed' })
  const history = [snapshotOf(failed)]
  const spec = { install: { strategy: { name: 'RetryOnFailure', retryInterval: '3m' } } }
  const { end } = pass(helmRelease(spec, { status: { ...released, history } }), { storage: [failed], resumed })
  expect(end.start).toBeUndefined()
  expect(end.next).toEqual({ kind: 'after', delayMs: 180_000 })
  expect(conditionOf(end, 'Reconciling')).toMatchObject({ message: 'retrying after 3m0s' })
})

test('[HD33] dependencies are waited for', () => {
  const spec = { dependsOn: [{ name: 'db' }] }
  const absent = pass(helmRelease(spec)).end
  expect(conditionOf(absent, 'Ready')).toMatchObject({
    reason: 'DependencyNotReady',
    message: `unable to get 'apps/db' dependency: helmreleases.helm.toolkit.fluxcd.io "db" not found`,
  })
  expect(absent.next).toEqual({ kind: 'after', delayMs: 30_000 })
  const db = { ...helmRelease(), metadata: { name: 'db', namespace: 'apps', generation: 2 }, status: released }
  const behind = pass(helmRelease(spec), { objects: [helmChart(), db] }).end
  expect(conditionOf(behind, 'Ready')).toMatchObject({ message: `dependency 'apps/db' is not ready` })
  const cycle = pass(helmRelease(spec), {
    dependenciesOf: (key) => (key === 'apps/web' ? ['apps/db'] : ['apps/web']),
  }).end
  expect(conditionOf(cycle, 'Stalled')).toMatchObject({ reason: 'DependencyCycle' })
})

test('[HD34] a release that moved is uninstalled where it was', () => {
  const { end } = pass(helmRelease({ targetNamespace: 'elsewhere' }, { status: released }), { storage: [revision(1)] })
  expect(end.start).toMatchObject({
    action: { kind: 'uninstall' },
    purpose: 'replace-target',
    release: { name: 'web', namespace: 'apps', storageNamespace: 'apps' },
  })
  const renamed = helmRelease({ upgrade: { chartNameChangeStrategy: 'InPlaceUpdate' } }, { status: released })
  const loaded = { kind: 'loaded', chart: { name: 'other', version: '1.0.0', appVersion: '' } } as const
  const inPlace = pass(renamed, { storage: [revision(1)], answers: { 'load-chart': loaded } }).end
  expect(inPlace.start?.action).toEqual({ kind: 'upgrade' })
  const again = pass(helmRelease({}, { status: released }), {
    storage: [revision(1)],
    answers: { 'load-chart': loaded },
  }).end
  expect(again.start?.purpose).toBe('replace-target')
})

test('[HD35] failures are forgotten when something else is wanted, or on request', () => {
  const status = { ...released, failures: 2, installFailures: 1, upgradeFailures: 1 }
  const kept = pass(helmRelease({}, { status }), { storage: [revision(1)] }).end
  expect(kept.status).toMatchObject({ failures: 2 })
  const other = pass(helmRelease({}, { status }), { storage: [revision(1)], chartVersion: '1.1.0' }).end
  expect(other.status?.['failures']).toBeUndefined()
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'x', 'reconcile.fluxcd.io/resetAt': 'x' }
  const reset = pass(helmRelease({}, { status, metadata: { annotations } }), { storage: [revision(1)] }).end
  expect(reset.status?.['failures']).toBeUndefined()
  expect(reset.status).toMatchObject({ lastHandledResetAt: 'x', lastHandledReconcileAt: 'x' })
})

test('[HC13] a request is answered, and forces once', () => {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'x', 'reconcile.fluxcd.io/forceAt': 'x' }
  const { end } = pass(helmRelease({}, { status: released, metadata: { annotations } }), { storage: [revision(1)] })
  expect(end.start?.action).toEqual({ kind: 'upgrade' })
  expect(end.status).toMatchObject({ lastHandledForceAt: 'x' })
  expect(end.status?.['lastHandledReconcileAt']).toBeUndefined()
  const handled = { ...released, lastHandledForceAt: 'x' }
  const after = pass(helmRelease({}, { status: handled, metadata: { annotations } }), { storage: [revision(1)] }).end
  expect(after.start).toBeUndefined()
  expect(after.status).toMatchObject({ lastHandledReconcileAt: 'x' })
})

const drifted: readonly Drift[] = [
  {
    ref: { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'apps', name: 'web' },
    kind: 'changed',
    steps: [{ op: 'replace', path: '/spec/replicas', value: 1 }],
  },
  { ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'web' }, kind: 'missing', steps: [] },
]
const driftMessage = [
  'Cluster state of release apps/web.v1 has drifted from the desired state:',
  'Deployment/apps/web changed (0 additions, 1 changes, 0 removals)',
  'ConfigMap/apps/web removed',
].join('\n')

test('[HD22] drift is told in warn mode and left alone', () => {
  const object = helmRelease({ driftDetection: { mode: 'warn' } }, { status: released })
  const { end, effects } = pass(object, { storage: [revision(1)], drift: drifted })
  expect(effects.some(({ kind }) => kind === 'correct-drift')).toBe(false)
  expect(conditionOf(end, 'Drifted')).toMatchObject({ status: 'True', reason: 'DriftDetected', message: driftMessage })
  expect(end.notes).toMatchObject([{ severity: 'error', reason: 'DriftDetected', message: driftMessage }])
  const again = pass({ ...object, status: end.status }, { storage: [revision(1)], drift: drifted }).end
  expect(again.notes).toEqual([])
})

test('[HD23] drift is corrected when that is enabled, and both are told', () => {
  const object = helmRelease({ driftDetection: { mode: 'enabled' } }, { status: released })
  const { end } = pass(object, { storage: [revision(1)], drift: drifted })
  expect(end.notes.map(({ reason }) => reason)).toEqual(['DriftDetected', 'DriftCorrected'])
  expect(conditionOf(end, 'Drifted')).toMatchObject({ status: 'False', reason: 'NoDriftDetected' })
  const none = pass(object, { storage: [revision(1)] }).end
  expect(none.notes).toEqual([])
})

test.each([
  [{}, { kind: 'after' }],
  [{ upgrade: { strategy: { name: 'RemediateOnFailure' } } }, { kind: 'stalled' }],
])('[HS14] with DefaultToRetryOnFailure a failure is retried where no strategy is named (%#)', (spec, next) => {
  const failed = revision(1, { status: 'failed' })
  const status = {
    ...released,
    lastAttemptedReleaseAction: 'upgrade',
    upgradeFailures: 1,
    history: [snapshotOf(failed)],
  }
  const resumed: ResumedRun = { done: ['release'], outcome: { kind: 'continue' } }
  const given = { storage: [failed], resumed, settings: { defaultToRetryOnFailure: true } }
  expect(pass(helmRelease(spec, { status }), given).end.next).toMatchObject(next)
})

test('[HS14] UseHelm3Defaults is for what the object does not say', () => {
  const read = (spec: object): unknown[] => {
    const { end } = pass(helmRelease(spec), { settings: { useHelm3Defaults: true } })
    const { postRenderStrategy, waitStrategy, install } = end.start?.spec ?? {}
    return [postRenderStrategy, waitStrategy, install?.serverSideApply]
  }
  expect(read({})).toEqual(['nohooks', 'legacy', false])
  const said = { postRenderStrategy: 'separate', waitStrategy: { name: 'poller' }, install: { serverSideApply: true } }
  expect(read(said)).toEqual(['separate', 'poller', true])
})

test('[HC15] the event of a chart that cannot be loaded has the error alone, and is told once', () => {
  const failure = { code: 'ChartMalformed', message: 'Chart.yaml file is missing' }
  const given = { answers: { 'load-chart': { kind: 'failed', failure } } } as const
  const { end } = pass(helmRelease(), given)
  expect(conditionOf(end, 'Ready')?.message).toBe('Could not load chart: Chart.yaml file is missing')
  const note = { severity: 'error', reason: 'ArtifactFailed', message: 'Chart.yaml file is missing' }
  expect(end.notes.filter(({ reason }) => reason === 'ArtifactFailed')).toMatchObject([note])
  const again = pass(helmRelease({}, { status: { ...end.status } }), given)
  expect(again.end.notes.filter(({ reason }) => reason === 'ArtifactFailed')).toEqual([])
})

test('[HS12] a source that is not ready is waited for', () => {
  const problem = (chart: KubeObject): string | undefined =>
    conditionOf(pass(helmRelease(), { objects: [chart] }).end, 'Ready')?.message
  expect(problem(helmChart({ status: { observedGeneration: -1 } }))).toBe(
    `HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled`,
  )
  expect(problem(helmChart({ status: { observedGeneration: 1 } }))).toBe(
    `HelmChart 'apps/apps-web' is not ready: does not have an artifact`,
  )
})

test('[HS10] the HelmChart of before is deleted when another one, or a chart that is there, is taken', () => {
  const spec = { chart: undefined, chartRef: { kind: 'HelmChart', name: 'shared' } }
  const shared = helmChart({ metadata: { name: 'shared', labels: {} } })
  const { effects, end } = pass(helmRelease(spec, { status: released }), {
    objects: [helmChart(), shared],
    storage: [revision(1)],
  })
  expect(effects.find((one) => one.kind === 'delete-chart')?.chart.metadata.uid).toBe('c1')
  expect(end.status?.['helmChart']).toBeUndefined()
  const foreign = helmChart({ metadata: { labels: {} } })
  const kept = pass(helmRelease(spec, { status: released }), { objects: [foreign, shared], storage: [revision(1)] })
  expect(kept.effects.some((one) => one.kind === 'delete-chart')).toBe(false)
})

test('[HS10] a HelmChart that somebody changed is put back, but stays suspended', () => {
  const changed = helmChart({ spec: { ...chartSpec, version: '2.x' } })
  expect(pass(helmRelease(), { objects: [changed] }).effects.some(({ kind }) => kind === 'apply-chart')).toBe(true)
  const suspended = helmChart({ spec: { ...chartSpec, suspend: true } })
  expect(pass(helmRelease(), { objects: [suspended] }).effects.some(({ kind }) => kind === 'apply-chart')).toBe(false)
})

test('[HS10] labels that the template had before are taken off, in a new generation', () => {
  const chart = { metadata: { labels: { team: 'blue' } }, spec: { chart: 'web', sourceRef: chartSpec.sourceRef } }
  const more = helmChart({
    metadata: { labels: { ...labels, team: 'blue', tier: 'web' } },
    spec: { ...chartSpec, version: '*' },
  })
  const applies = (metadata: object): boolean =>
    pass(helmRelease({ chart }, { metadata, status: released }), { objects: [more] }).effects.some(
      ({ kind }) => kind === 'apply-chart',
    )
  expect([applies({ generation: 1 }), applies({ generation: 2 })]).toEqual([false, true])
})

test('[HS10] a HelmChart that the API refuses is told, and tried again', () => {
  const failure = { code: 'Invalid', message: 'HelmChart.source.toolkit.fluxcd.io "apps-web" is invalid' }
  const given = { objects: [], answers: { 'apply-chart': { outcome: 'failed', failure } } } as const
  const { end } = pass(helmRelease(), given)
  const message = `failed to run server-side apply: ${failure.message}`
  expect(conditionOf(end, 'Ready')).toMatchObject({ status: 'False', reason: 'HelmChartSyncErr', message })
  expect(end.next).toEqual({ kind: 'retry', cause: message })
  expect(end.notes).toMatchObject([{ reason: 'HelmChartSyncErr', message }])
})

test('[HS11] the digest of an artifact is part of the version', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
  const oci = (revisionText: string): KubeObject => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'web', namespace: 'apps', generation: 1 },
    status: { observedGeneration: 1, artifact: { revision: revisionText, digest: 'sha256:c' } },
  })
  const spec = { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'web' } }
  const tracked = (revisionText: string, settings: Partial<FluxSettings> = {}): HelmReleaseEnd =>
    pass(helmRelease(spec), { objects: [oci(revisionText)], settings }).end
  expect(tracked(`1.0.0@${digest}`).status).toMatchObject({
    lastAttemptedRevision: '1.0.0+0123456789ab',
    lastAttemptedRevisionDigest: digest,
  })
  expect(tracked(digest).status).toMatchObject({ lastAttemptedRevision: '1.0.0+0123456789ab' })
  expect(tracked(digest, { disableChartDigestTracking: true }).status).toMatchObject({
    lastAttemptedRevision: '1.0.0',
    lastAttemptedRevisionDigest: digest,
  })
  expect(conditionOf(tracked(`2.0.0@${digest}`), 'Ready')).toMatchObject({
    reason: 'ChartMutateError',
    message: 'artifact revision 2.0.0 does not match chart version 1.0.0',
  })
})

test('[HS13] references into other namespaces are refused where the operator says so', () => {
  const sourceRef = { kind: 'HelmRepository', name: 'charts', namespace: 'shared' }
  const spec = { chart: { spec: { chart: 'web', sourceRef } } }
  const { end, effects } = pass(helmRelease(spec), { settings: { noCrossNamespaceRefs: true } })
  expect(effects).toEqual([])
  expect(conditionOf(end, 'Stalled')).toMatchObject({
    reason: 'AccessDenied',
    message: `can't access 'HelmChart/shared/apps-web', cross-namespace references have been blocked`,
  })
})

test('[HD36] a release that another HelmRelease has is left to it, also when this one goes', () => {
  const conflict = pass(helmRelease({}, { status: released }), { holder: 'apps/first' })
  expect(conflict.effects).toEqual([])
  expect(conflict.end).toMatchObject({ next: { kind: 'stalled' } })
  for (const type of ['Ready', 'Stalled'])
    expect(conditionOf(conflict.end, type)).toMatchObject({
      reason: 'ReleaseConflict',
      message: expect.stringContaining('release apps/web belongs to HelmRelease apps/first'),
    })
  const metadata = { deletionTimestamp: '2027-01-01T00:00:00Z' }
  const removed = pass(helmRelease({}, { status: released, metadata }), { holder: 'apps/first' })
  expect(removed.effects.map(({ kind }) => kind)).toEqual(['read', 'delete-chart', 'set-finalizers'])
})

test('[HD40] a deleted object has its release uninstalled before it goes', () => {
  const metadata = { deletionTimestamp: '2027-01-01T00:00:00Z' }
  const object = helmRelease({}, { status: released, metadata })
  const first = pass(object, { storage: [revision(1)] }).end
  expect(first.start).toMatchObject({ action: { kind: 'uninstall' }, purpose: 'deletion' })
  const { storageNamespace: _namespace, history: _history, ...left } = released
  const last = pass(helmRelease({}, { status: left, metadata }))
  expect(last.effects.map(({ kind }) => kind)).toEqual(['read', 'delete-chart', 'set-finalizers'])
})

test('[HD41] without the account or kubeconfig, or while suspended, nothing is uninstalled', () => {
  const metadata = { deletionTimestamp: '2027-01-01T00:00:00Z' }
  const gone = { kind: 'no-target', failure: { code: 'x', message: 'x' }, gone: true } as const
  const orphaned = pass(helmRelease({}, { status: released, metadata }), { answers: { 'read-storage': gone } })
  expect(orphaned.end.start).toBeUndefined()
  expect(orphaned.effects.at(-1)).toEqual({ kind: 'set-finalizers', finalizers: [] })
  const suspended = pass(helmRelease({ suspend: true }, { status: released, metadata }), { storage: [revision(1)] })
  expect(suspended.effects).toEqual([{ kind: 'set-finalizers', finalizers: [] }])
  const denied = { kind: 'failed', failure: { code: 'x', message: 'x' }, denied: true } as const
  const { history: _history, ...never } = released
  const fruitless = pass(helmRelease({}, { status: never, metadata }), { answers: { 'read-storage': denied } })
  expect(fruitless.effects.at(-1)).toEqual({ kind: 'set-finalizers', finalizers: [] })
  const refused = pass(helmRelease({}, { status: released, metadata }), { answers: { 'read-storage': denied } })
  expect(refused.end.next.kind).toBe('retry')
  const failing = { ...gone, gone: false }
  const retried = pass(helmRelease({}, { status: released, metadata }), { answers: { 'read-storage': failing } })
  expect(retried.end.next.kind).toBe('retry')
  expect(conditionOf(retried.end, 'Ready')).toMatchObject({ status: 'False', reason: 'UninstallFailed' })
})

test('[HC3] what is suspended is left alone, and a request answered', () => {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'x' }
  const { end, effects } = pass(helmRelease({ suspend: true }, { status: released, metadata: { annotations } }))
  expect(effects).toEqual([])
  expect(end.status).toEqual({ ...released, lastHandledReconcileAt: 'x' })
})

test('[HC3] who depends on a release that is ready goes on while it is suspended', () => {
  const suspended = helmRelease({ suspend: true }, { status: released, metadata: { generation: 2 } })
  const { end } = pass(suspended)
  expect(end.status).toEqual({ ...released, observedGeneration: 2 })
  const dependent = helmRelease({ dependsOn: [{ name: 'web' }] }, { metadata: { name: 'app' } })
  const object = { ...suspended, status: end.status } as KubeObject
  const went = pass(dependent, { objects: [object, helmChart({ metadata: { name: 'apps-app' } })] })
  expect(conditionOf(went.end, 'Ready')?.reason).not.toBe('DependencyNotReady')
})
