import { digestText } from '@kedge/engine'
import { encodeRelease, printGoJson, type GoJson, type StoredHook, type StoredRelease } from '@kedge/helm'

import { isRecord } from '../spec/field-reader.ts'
import { type TestFields } from './action-fields.ts'
import { digestValues } from './values-digest.ts'

/** What a HelmRelease's history says of one revision of its release. Times are RFC 3339 with whole seconds. */
export interface Snapshot {
  /** Names how the digest is made; others than the present way are not verified. */
  readonly apiVersion?: string
  /** `sha256:<hex>` of the release as it was stored. */
  readonly digest: string
  readonly name: string
  readonly namespace: string
  /** The revision. */
  readonly version: number
  readonly status: string
  readonly action?: SnapshotAction
  readonly chartName: string
  readonly chartVersion: string
  readonly appVersion?: string
  readonly configDigest: string
  readonly firstDeployed: string
  readonly lastDeployed: string
  readonly deleted?: string
  /** By name of the hook; undefined before tests ran, empty when the chart has none that are selected. */
  readonly testHooks?: Readonly<Record<string, TestHook>>
  readonly ociDigest?: string
}

/** What made the revision. */
export type SnapshotAction = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'uninstall-remediation'

/** How a test of a release went when it last ran. */
export interface TestHook {
  readonly lastStarted?: string
  readonly lastCompleted?: string
  readonly phase?: string
}

/** What a snapshot has that its release has not. */
export interface SnapshotOrigin {
  readonly action?: SnapshotAction
  readonly ociDigest?: string
}

/** Flux's name of the way in which Helm 4's releases are digested. */
export const snapshotVersion = 'v2'
/** Snapshots that are kept when none of them is good. */
const maxSnapshots = 5

/** The snapshot of a release as it is stored (SPEC.md HN1). */
export function toSnapshot(release: StoredRelease, origin: SnapshotOrigin = {}): Snapshot {
  const { info } = release
  const chart = chartOf(release)
  const { action, ociDigest = '' } = origin
  return {
    apiVersion: snapshotVersion,
    digest: releaseDigest(release, ociDigest),
    name: release.name,
    namespace: release.namespace,
    version: release.version,
    status: info.status,
    ...(action === undefined ? {} : { action }),
    chartName: chart.name,
    chartVersion: chart.version,
    ...(chart.appVersion === '' ? {} : { appVersion: chart.appVersion }),
    configDigest: digestValues(release.config),
    firstDeployed: wholeSeconds(info.firstDeployed),
    lastDeployed: wholeSeconds(info.lastDeployed),
    ...(info.deleted === '' ? {} : { deleted: wholeSeconds(info.deleted) }),
    ...(ociDigest === '' ? {} : { ociDigest }),
  }
}

/** Name and versions of the chart of a release; empty where the record has lost them. */
export function chartOf(release: StoredRelease): {
  readonly name: string
  readonly version: string
  readonly appVersion: string
} {
  const metadata = release.chart?.metadata ?? {}
  const text = (name: string): string => (typeof metadata[name] === 'string' ? metadata[name] : '')
  return { name: text('name'), version: text('version'), appVersion: text('appVersion') }
}

/** The digest by which a release is known to be the one that was made: test hooks left out (SPEC.md HN2). */
export function releaseDigest(release: StoredRelease, ociDigest: string): string {
  const hooks = release.hooks.filter((hook) => !isTest(hook))
  const encoded = encodeRelease({ ...release, hooks })
  const stored = encoded instanceof Map ? (encoded as ReadonlyMap<string, GoJson>) : new Map<string, GoJson>()
  const chart = stored.get('chart')
  const metadata = chart instanceof Map ? (chart as ReadonlyMap<string, GoJson>).get('metadata') : undefined
  const observation = new Map<string, GoJson>([
    ['name', release.name],
    ['version', release.version],
    ['info', stored.get('info') ?? new Map()],
    ['chartMetadata', metadata ?? new Map()],
    ['config', stored.get('config') ?? null],
    ['manifest', release.manifest],
    ['hooks', stored.get('hooks') ?? null],
    ['namespace', release.namespace],
    ...(ociDigest === '' ? [] : [['ociDigest', ociDigest] as const]),
  ])
  return digestText(`${printGoJson(observation)}\n`)
}

/** Kubernetes keeps times without fractions. */
function wholeSeconds(time: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(time)
  if (match === null) return '1970-01-01T00:00:00Z'
  const [, day = '', zone = 'Z'] = match
  return zone === 'Z' ? `${day}Z` : `${day}${zone}`
}

function isTest(hook: StoredHook): boolean {
  return hook.events.includes('test')
}

/** The tests of a release that the filters select, and how each ran last. */
export function testHooksOf(
  release: StoredRelease,
  filters: TestFields['filters'],
): Readonly<Record<string, TestHook>> {
  const selected = release.hooks.filter((hook) => isTest(hook) && isSelected(hook.name, filters))
  return Object.fromEntries(selected.map((hook) => [hook.name, toTestHook(hook)]))
}

function isSelected(name: string, filters: TestFields['filters']): boolean {
  if (filters.some((filter) => filter.exclude && filter.name === name)) return false
  const included = filters.filter((filter) => !filter.exclude)
  return included.length === 0 || included.some((filter) => filter.name === name)
}

function toTestHook({ lastRun }: StoredHook): TestHook {
  return {
    ...(lastRun.startedAt === '' ? {} : { lastStarted: wholeSeconds(lastRun.startedAt) }),
    ...(lastRun.completedAt === '' ? {} : { lastCompleted: wholeSeconds(lastRun.completedAt) }),
    ...(lastRun.phase === '' ? {} : { phase: lastRun.phase }),
  }
}

/** `<namespace>/<name>.v<revision>`. */
export function fullReleaseName(snapshot: Snapshot | undefined): string {
  return snapshot === undefined ? '' : `${snapshot.namespace}/${snapshot.name}.v${String(snapshot.version)}`
}

/** `<chart>@<version>`. */
export function versionedChart(snapshot: Snapshot | undefined): string {
  return snapshot === undefined ? '' : `${snapshot.chartName}@${snapshot.chartVersion}`
}

/** Whether a snapshot speaks of this revision of this release. */
export function targets(
  snapshot: Snapshot,
  release: { readonly name: string; readonly namespace: string; readonly version: number },
): boolean {
  const { name, namespace, version } = release
  return snapshot.name === name && snapshot.namespace === namespace && snapshot.version === version
}

/** Whether the tests have run: none is selected, one failed, or all succeeded (SPEC.md HN4). */
export function hasBeenTested(snapshot: Snapshot | undefined): boolean {
  if (snapshot?.testHooks === undefined) return false
  const phases = Object.values(snapshot.testHooks).map((hook) => hook.phase)
  return phases.includes('Failed') || phases.every((phase) => phase === 'Succeeded')
}

export function hasFailedTest(snapshot: Snapshot | undefined): boolean {
  return Object.values(snapshot?.testHooks ?? {}).some((hook) => hook.phase === 'Failed')
}

/** Snapshots, newest revision first. */
export type History = readonly Snapshot[]

export function sortHistory(history: History): History {
  return history.toSorted((a, b) => b.version - a.version)
}

/** The newest snapshot before the latest that can be rolled back to (SPEC.md HN5). */
export function previousGood(history: History, ignoreTests: boolean): Snapshot | undefined {
  return sortHistory(history)
    .slice(1)
    .find((one) => isGood(one, ignoreTests))
}

/** The history without what lies before the last good revision; five entries when there is none (SPEC.md HN6). */
export function truncateHistory(history: History, ignoreTests: boolean): History {
  const sorted = sortHistory(history)
  const good = sorted.findIndex((one, index) => index > 0 && isGood(one, ignoreTests))
  return good < 0 ? sorted.slice(0, maxSnapshots) : sorted.slice(0, good + 1)
}

/** The five newest snapshots, good or not. */
export function newestOf(history: History): History {
  return sortHistory(history).slice(0, maxSnapshots)
}

function isGood(snapshot: Snapshot, ignoreTests: boolean): boolean {
  const stands = snapshot.status === 'deployed' || snapshot.status === 'superseded'
  return stands && (ignoreTests || !hasFailedTest(snapshot))
}

/** Reads a stored history; what is no snapshot is left out. */
export function readHistory(value: unknown): History {
  return Array.isArray(value) ? value.filter(isSnapshot) : []
}

function isSnapshot(value: unknown): value is Snapshot {
  return (
    isRecord(value) &&
    ['digest', 'name', 'namespace', 'status', 'chartName', 'chartVersion', 'configDigest'].every(
      (name) => typeof value[name] === 'string',
    ) &&
    typeof value['version'] === 'number' &&
    (value['testHooks'] === undefined || isRecord(value['testHooks']))
  )
}
