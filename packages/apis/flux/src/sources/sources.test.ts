import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { type FluxEffect, type FluxProgram } from '../reconcile/effects.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { defaultSettings, type PassContext } from '../reconcile/settings.ts'
import { reconcileHelmChart } from './helm-chart.ts'
import { reconcileHelmRepository } from './helm-repository.ts'
import { reconcileOciRepository } from './oci-repository.ts'
import { readOciRepository } from './oci-repository-spec.ts'

const context: PassContext = {
  nowMs: 0,
  now: '2026-01-01T00:00:00Z',
  random: 0.5,
  elapsedMs: () => 0,
  deletionMs: () => 0,
  settings: defaultSettings,
  expressions: { check: () => undefined, ready: () => ({ ok: true, value: true }) },
}

const stored = {
  kind: 'fetched',
  artifact: { revision: 'r1', digest: 'sha256:1', path: 'p/1', url: 'http://x/p/1', size: 30_881 },
  latestUrl: 'http://x/p/latest',
  changed: true,
} as const

type Reconcile = (object: KubeObject, context: PassContext) => FluxProgram<PassEnd>

/** Runs a pass whose effects are all answered alike, but for reads. */
function pass(
  reconcile: Reconcile,
  object: KubeObject,
  given: { readonly answer?: unknown; readonly source?: KubeObject } = {},
): { end: PassEnd; effects: FluxEffect[] } {
  const effects: FluxEffect[] = []
  const program = reconcile(object, context)
  let step = program.next()
  while (!step.done) {
    effects.push(step.value)
    const answer = step.value.kind === 'read' ? given.source : (given.answer ?? null)
    step = program.next(answer as never)
  }
  return { end: step.value, effects }
}

function source(kind: string, spec: object, status?: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'one', namespace: 'ns', generation: 3, ...metadata },
    spec: { interval: '10m', ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

const repository = (spec: object = {}, status?: object, metadata?: object) =>
  source('HelmRepository', { url: 'https://charts.example.com', ...spec }, status, metadata)
const chart = (spec: object = {}, status?: object) =>
  source('HelmChart', { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'one' }, ...spec }, status)
const oci = (spec: object = {}, status?: object) =>
  source('OCIRepository', { url: 'oci://host/org/app', ...spec }, status)
const withArtifact = (object: KubeObject): KubeObject => ({
  ...object,
  status: { artifact: { revision: 'main@sha1:0123456789abcdef', digest: 'sha256:s' } },
})

function conditions(end: PassEnd): readonly string[] {
  const list = (end.status?.['conditions'] ?? []) as readonly { type: string; status: string; reason: string }[]
  return list.map((one) => `${one.type}=${one.status}/${one.reason}`)
}

function message(end: PassEnd): string {
  const list = (end.status?.['conditions'] ?? []) as readonly { type: string; message: string }[]
  return list.find(({ type }) => type === 'Ready')?.message ?? ''
}

const told = (end: PassEnd): readonly string[] => end.notes.map((note) => `${note.reason}: ${note.message}`)

test('[Y1] [Y4] an index is stored and told once; the same one changes nothing', () => {
  const { end } = pass(reconcileHelmRepository, repository(), { answer: stored })
  expect(conditions(end)).toEqual(['Ready=True/Succeeded', 'ArtifactInStorage=True/Succeeded'])
  expect(message(end)).toBe("stored artifact: revision 'r1'")
  expect(end.status).toMatchObject({
    observedGeneration: 3,
    url: 'http://x/p/latest',
    artifact: { revision: 'r1', digest: 'sha256:1', path: 'p/1', size: 30_881, lastUpdateTime: '2026-01-01T00:00:00Z' },
  })
  expect(told(end)).toEqual(["NewArtifact: stored fetched index of size 30.88kB from 'https://charts.example.com'"])
  expect(end.next).toEqual({ kind: 'done', intervalMs: 600_000 })
  const again = pass(reconcileHelmRepository, repository({}, end.status), { answer: { ...stored, changed: false } })
  expect([again.end.status, again.end.notes]).toEqual([end.status, []])
})

test('[Y4] a failed fetch keeps the index, is told once, backs off, and its end is told', () => {
  const before = pass(reconcileHelmRepository, repository(), { answer: stored }).end.status
  const failure = { code: 'Failed', message: 'failed to fetch Helm repository index: no route' }
  const failed = pass(reconcileHelmRepository, repository({}, before), { answer: { kind: 'failed', failure } })
  expect(conditions(failed.end)).toEqual([
    'Reconciling=True/ProgressingWithRetry',
    'Ready=False/Failed',
    'ArtifactInStorage=True/Succeeded',
    'FetchFailed=True/Failed',
  ])
  expect(failed.end.status?.['artifact']).toEqual(before?.['artifact'])
  expect([told(failed.end).length, failed.end.next.kind]).toEqual([1, 'retry'])
  const still = pass(reconcileHelmRepository, repository({}, failed.end.status), {
    answer: { kind: 'failed', failure },
  })
  expect(told(still.end)).toEqual([])
  const well = pass(reconcileHelmRepository, repository({}, still.end.status), { answer: stored })
  expect(told(well.end).map((one) => one.split(':')[0])).toEqual(['Succeeded'])
  expect(conditions(well.end)).toEqual(['Ready=True/Succeeded', 'ArtifactInStorage=True/Succeeded'])
})

test('[Y2] a registry is left alone, and cleaned of what a reconciler once left on it', () => {
  const fresh = repository({ type: 'oci', url: 'oci://host/charts' }, { observedGeneration: -1 })
  expect(pass(reconcileHelmRepository, fresh)).toMatchObject({ effects: [], end: { status: undefined, notes: [] } })
  const old = repository(
    { type: 'oci', url: 'oci://host/charts' },
    { observedGeneration: 2, conditions: [], url: 'http://x' },
    { finalizers: ['finalizers.fluxcd.io', 'other'] },
  )
  const { end, effects } = pass(reconcileHelmRepository, old)
  expect(effects).toEqual([{ kind: 'set-finalizers', finalizers: ['other'] }])
  expect(end.status).toEqual({})
})

test.each([
  [
    '[Y3]',
    reconcileHelmRepository,
    repository({ url: 'oci://host/charts' }),
    'URLInvalid',
    "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type; set spec.type to oci",
  ],
  ['[Y3]', reconcileHelmRepository, repository({ url: 'ftp://host' }), 'URLInvalid', 'invalid Helm repository URL: '],
  [
    '[Z3]',
    reconcileHelmChart,
    chart({ chart: 'Web' }),
    'InvalidChartReference',
    "invalid chart reference: invalid chart name 'Web': a valid name must be lower case letters and numbers",
  ],
  ['[Z3]', reconcileHelmChart, chart({ chart: '../web' }), 'InvalidChartReference', 'invalid chart reference: '],
  [
    '[Z7]',
    reconcileHelmChart,
    chart({ verify: {} }),
    'VerificationError',
    'chart verification error: failed to verify',
  ],
  [
    '[Z7]',
    reconcileHelmChart,
    chart({ sourceRef: { kind: 'Bucket', name: 'b' } }),
    'UnsupportedSourceKind',
    "source kind 'Bucket' is not read by this version of Kedge",
  ],
  [
    '[Q2]',
    reconcileOciRepository,
    oci({ url: 'oci://host/org/app:v1' }),
    'URLInvalid',
    "URL validation failed for 'oci://host/org/app:v1': URL must not contain a tag; remove ':v1'",
  ],
  ['[Q2]', reconcileOciRepository, oci({ url: 'https://host/org/app' }), 'URLInvalid', 'URL validation failed for'],
  [
    '[Q5]',
    reconcileOciRepository,
    oci({ verify: { provider: 'cosign' } }),
    'VerificationError',
    "failed to verify the signature using provider 'cosign'",
  ],
] as const)('%s what no retry can mend stalls (%#)', (_, reconcile, object, reason, words) => {
  const { end, effects } = pass(reconcile, object)
  expect(effects).toEqual([])
  expect(conditions(end).slice(0, 2)).toEqual([`Stalled=True/${reason}`, `Ready=False/${reason}`])
  expect(message(end)).toContain(words)
  expect(end.next.kind).toBe('stalled')
})

test('[Z7] [Q5] what was not verified says so in SourceVerified, until nobody asks for it any more', () => {
  const ofChart = pass(reconcileHelmChart, chart({ verify: { provider: 'notation' } })).end
  expect(conditions(ofChart).toSorted()).toEqual([
    'BuildFailed=True/ChartVerificationError',
    'Ready=False/VerificationError',
    'SourceVerified=False/VerificationError',
    'Stalled=True/VerificationError',
  ])
  const unverified = pass(reconcileOciRepository, oci({ verify: { provider: 'cosign' } })).end
  expect(conditions(unverified).toSorted()).toEqual([
    'Ready=False/VerificationError',
    'SourceVerified=False/VerificationError',
    'Stalled=True/VerificationError',
  ])
  const failed = { kind: 'failed', failure: { code: 'OCIArtifactPullFailed', message: 'no route' } }
  const after = pass(reconcileOciRepository, oci({}, unverified.status), { answer: failed }).end
  expect(conditions(after).toSorted()).toEqual([
    'FetchFailed=True/OCIArtifactPullFailed',
    'Ready=False/OCIArtifactPullFailed',
    'Reconciling=True/ProgressingWithRetry',
  ])
})

test.each([reconcileHelmRepository, reconcileHelmChart, reconcileOciRepository])(
  'a suspended source rests (%#)',
  (run) => {
    const spec = { chart: 'web', url: 'https://x', sourceRef: { kind: 'HelmRepository', name: 'r' }, suspend: true }
    const kept = { conditions: [], artifact: { revision: 'r', digest: 'd' } }
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
    const object = source('Any', spec, { ...kept, observedGeneration: 2 }, { annotations })
    const { end, effects } = pass(run, object)
    expect([effects, end.notes, end.next.kind]).toEqual([[], [], 'stalled'])
    // HelmReleases take a chart of a suspended source only when its generation was seen.
    expect(end.status).toEqual({ ...kept, observedGeneration: 3, lastHandledReconcileAt: 'now' })
  },
)

test('[Y2] a suspended registry gets no status either', () => {
  const { end, effects } = pass(reconcileHelmRepository, repository({ type: 'oci', url: 'oci://h/c', suspend: true }))
  expect([end.status, effects]).toEqual([undefined, []])
})

test('[Z1] a chart without its source, or whose source has nothing yet, says which', () => {
  const missing = pass(reconcileHelmChart, chart())
  expect(message(missing.end)).toContain(
    'failed to get source: helmrepositories.source.toolkit.fluxcd.io "one" not found',
  )
  expect([conditions(missing.end).at(-1), missing.end.next.kind]).toEqual([
    'FetchFailed=True/SourceUnavailable',
    'retry',
  ])
  const early = pass(reconcileHelmChart, chart(), { source: repository() })
  expect(message(early.end)).toBe("no artifact available for HelmRepository source 'one'")
  expect(conditions(early.end).at(-1)).toBe('FetchFailed=True/NoSourceArtifact')
  expect([early.end.next, early.end.notes]).toEqual([{ kind: 'after', delayMs: 30_000 }, []])
})

const pulled = { ...stored, chart: { name: 'web', version: '1.2.3', isPackaged: false, valuesFiles: [] } }

test('[Z2] [Z5] a chart is pulled from a registry, which has no artifact', () => {
  const registry = repository({ type: 'oci', url: 'oci://host/charts' })
  const { end } = pass(reconcileHelmChart, chart(), { source: registry, answer: pulled })
  expect(conditions(end)).toEqual(['Ready=True/ChartPullSucceeded', 'ArtifactInStorage=True/ChartPullSucceeded'])
  expect(message(end)).toBe("pulled 'web' chart with version '1.2.3'")
  expect(told(end)).toEqual(["ChartPullSucceeded: pulled 'web' chart with version '1.2.3'"])
  expect(end.status).toMatchObject({ observedChartName: 'web', observedGeneration: 3 })
  expect(end.status).not.toHaveProperty('observedSourceArtifactRevision')
})

test('[Z5] a packaged chart names the values files that went into it, and notes those that were there', () => {
  const built = { name: 'web', version: '1.2.3+3', isPackaged: true, valuesFiles: ['a.yaml', 'b.yaml'] }
  const spec = { valuesFiles: ['a.yaml', 'b.yaml', 'c.yaml'], ignoreMissingValuesFiles: true }
  const given = { source: withArtifact(repository()), answer: { ...stored, chart: built } }
  const { end } = pass(reconcileHelmChart, chart(spec), given)
  expect(message(end)).toBe("packaged 'web' chart with version '1.2.3+3' and merged values files [a.yaml b.yaml]")
  expect(end.status).toMatchObject({
    observedValuesFiles: ['a.yaml', 'b.yaml'],
    observedSourceArtifactRevision: 'main@sha1:0123456789abcdef',
  })
})

const git = { kind: 'GitRepository', name: 'one' }

test.each([
  [{}, ''],
  [{ valuesFiles: ['values.yaml'] }, ''],
  [{ valuesFiles: ['./values.yaml', 'a.yaml'] }, '3'],
  [{ reconcileStrategy: 'Revision' }, ''],
  [{ sourceRef: git, chart: './charts/Web' }, ''],
  [{ sourceRef: git, chart: 'web', reconcileStrategy: 'Revision' }, '0123456789ab'],
  [{ sourceRef: git, chart: 'web', reconcileStrategy: 'Revision', valuesFiles: ['a.yaml'] }, '0123456789ab.3'],
])('[Z4] the version of a chart with %j gets the metadata %j', (spec, wanted) => {
  const { effects } = pass(reconcileHelmChart, chart(spec, { observedGeneration: 3 }), {
    source: withArtifact(repository()),
    answer: pulled,
  })
  expect(effects.at(-1)).toMatchObject({ kind: 'build-chart', request: { versionMetadata: wanted } })
})

test.each([
  ['ChartPullError', 'FetchFailed', 'chart pull error: broken', 'retry'],
  ['AuthenticationFailed', 'FetchFailed', 'broken', 'retry'],
  ['DependencyBuildError', 'BuildFailed', 'dependency build error: broken', 'retry'],
  ['ValuesFilesError', 'BuildFailed', 'values files merge error: broken', 'stalled'],
  ['InvalidChartReference', 'FetchFailed', 'invalid chart reference: broken', 'stalled'],
])('[Z6] %s is %s', (code, type, words, next) => {
  const answer = { kind: 'failed', failure: { code, message: 'broken' } }
  const { end } = pass(reconcileHelmChart, chart(), { source: withArtifact(repository()), answer })
  expect(conditions(end).at(-1)).toBe(`${type}=True/${code}`)
  expect([message(end), end.next.kind]).toEqual([words, next])
})

test.each([
  [undefined, { kind: 'tag', tag: 'latest' }],
  [{ tag: 'v1' }, { kind: 'tag', tag: 'v1' }],
  [
    { tag: 'v1', semver: '1.x', semverFilter: '.*-rc.*' },
    { kind: 'semver', range: '1.x', filter: '.*-rc.*' },
  ],
  [
    { tag: 'v1', semver: '1.x', digest: 'sha256:1' },
    { kind: 'digest', digest: 'sha256:1' },
  ],
])('[Q1] ref %j pulls %j', (ref, wanted) => {
  const read = readOciRepository(oci(ref === undefined ? {} : { ref }))
  expect(read.ok ? read.value.ref : read.failure).toEqual(wanted)
})

test('[Q3] [Q4] a pulled artifact keeps its annotations, tells its origin, and notes what made it', () => {
  const metadata = {
    'org.opencontainers.image.source': 'https://git/app',
    'org.opencontainers.image.revision': 'main@sha1:1',
  }
  const spec = { ignore: '*.md', layerSelector: { operation: 'copy' } }
  const { end } = pass(reconcileOciRepository, oci(spec), { answer: { ...stored, metadata } })
  expect(message(end)).toBe("stored artifact for digest 'r1'")
  expect(end.status).toMatchObject({
    artifact: { metadata },
    observedIgnore: '*.md',
    observedLayerSelector: { operation: 'copy' },
  })
  expect(told(end)).toEqual([
    "NewArtifact: stored artifact with revision 'r1' from 'oci://host/org/app', origin source 'https://git/app', origin revision 'main@sha1:1'",
  ])
})

test('[Z1] a source whose files are fetched again after a restart is waited for without a word', () => {
  const given = { source: withArtifact(repository()), answer: { kind: 'awaited' } }
  const { end } = pass(reconcileHelmChart, chart({ sourceRef: git }), given)
  expect([end.status, end.notes, end.next]).toEqual([undefined, [], { kind: 'after', delayMs: 30_000 }])
})
