import { defaultSettings, type PassContext } from '../reconcile/settings.ts'
import { type KubeObject } from '@kedge/manifest'
import { type StoredHook, type StoredRelease } from '@kedge/helm'

import { factsOf, type StorageFacts } from '../helm-release/facts.ts'
import { readHelmRelease, type HelmReleaseSpec } from '../helm-release/spec.ts'
import { readHelmReleaseStatus, type HelmReleaseStatus } from '../helm-release/status.ts'
import { toSnapshot, type Snapshot } from '../helm-release/snapshot.ts'

/** A stored revision of the release `apps/web` of chart `web`. */
export function revision(version: number, parts: RevisionParts = {}): StoredRelease {
  const { status = 'deployed', chartVersion = '1.0.0', config, hooks = [] } = parts
  return {
    name: 'web',
    namespace: 'apps',
    version,
    info: {
      firstDeployed: '2026-01-01T00:00:00.123456789Z',
      lastDeployed: '2026-01-02T00:00:00Z',
      deleted: '',
      description: 'Install complete',
      status,
      rollbackRevision: 0,
      notes: '',
    },
    chart: {
      metadata: { name: parts.chartName ?? 'web', version: chartVersion, appVersion: '9', apiVersion: 'v2' },
      lock: undefined,
      templates: [],
      values: undefined,
      schema: '',
      schemaModTime: '',
      files: [],
      modTime: '',
    },
    config,
    manifest: '---\n# Source: web/templates/cm.yaml\n',
    hooks,
    applyMethod: 'ssa',
    labels: {},
  }
}

export interface RevisionParts {
  readonly status?: StoredRelease['info']['status']
  readonly chartVersion?: string
  readonly chartName?: string
  readonly config?: Record<string, unknown>
  readonly hooks?: readonly StoredHook[]
}

/** A test hook and how it ran. */
export function testHook(name: string, phase: string): StoredHook {
  return {
    name,
    kind: 'Pod',
    path: `web/templates/tests/${name}.yaml`,
    manifest: '',
    events: ['test'],
    weight: 0,
    deletePolicies: [],
    outputLogPolicies: [],
    lastRun: { startedAt: '2026-01-02T00:00:00Z', completedAt: '2026-01-02T00:01:00Z', phase },
  }
}

export function factsFor(...releases: readonly StoredRelease[]): StorageFacts {
  const newestFirst = releases.toSorted((a, b) => b.version - a.version)
  return { revisions: newestFirst.map((one) => factsOf(one, '')), malformed: [] }
}

export function snapshotOf(release: StoredRelease, more: Partial<Snapshot> = {}): Snapshot {
  return { ...toSnapshot(release, { action: 'install' }), ...more }
}

/** A HelmRelease `apps/web` of a chart in a HelmRepository. */
export function helmRelease(spec: object = {}, more: { status?: object; metadata?: object } = {}): KubeObject {
  const chart = { spec: { chart: 'web', version: '1.x', sourceRef: { kind: 'HelmRepository', name: 'charts' } } }
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: {
      name: 'web',
      namespace: 'apps',
      uid: 'u1',
      generation: 1,
      finalizers: ['finalizers.fluxcd.io'],
      ...more.metadata,
    },
    spec: { interval: '10m', chart, ...spec },
    ...(more.status === undefined ? {} : { status: more.status }),
  }
}

export function specOf(spec: object = {}): HelmReleaseSpec {
  const read = readHelmRelease(helmRelease(spec))
  if (!read.ok) throw new Error(read.failure.message)
  return read.value
}

export function statusOf(status: object = {}): HelmReleaseStatus {
  return readHelmReleaseStatus(helmRelease({}, { status }))
}

export function contextOf(settings: Partial<PassContext['settings']> = {}): PassContext {
  return {
    nowMs: 1_800_000_000_000,
    now: '2027-01-15T08:00:00Z',
    random: 0.5,
    deletionMs: () => 0,
    elapsedMs: () => 0,
    settings: { ...defaultSettings, ...settings },
    expressions: { check: () => undefined, ready: () => ({ ok: true, value: true }) },
  }
}
