import { hash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'

import { useHostSha256 } from '@kedge/engine'
import { decodeRecord, type RecordHost, type StoredRelease } from '@kedge/helm'
import { ApiError, formatKey, type KubeObject, type ObjectKey } from '@kedge/manifest'

import { createModelCluster, type ModelCluster } from '../../../engine/src/testing/model-cluster.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import { defaultActionOptions, type ActionOptions, type ReleaseContent, type ReleaseTarget } from '../model/target.ts'
import type { RecordStore, ReleasePorts } from '../ports.ts'
import { runRelease, type RunReleaseOptions } from '../run-release.ts'

// Sweeps take thousands of passes.
useHostSha256((bytes) => hash('sha256', bytes))

/** How the tests pack records. */
export const recordHost: RecordHost = {
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  encodeBase64: (bytes) => Buffer.from(bytes).toString('base64'),
  decodeBase64: (text) => Buffer.from(text, 'base64'),
}

/** A cluster with controllers that work while programs pause, and simulated time. */
export interface ReleaseBench {
  readonly cluster: ModelCluster
  readonly ports: ReleasePorts
  nowMs: number
  /** How long each pause lasted. */
  readonly pauses: number[]
  /** What happens in the cluster while a program pauses; returns whether anything did. */
  work: (cluster: ModelCluster) => boolean
  /** Runs a program to its end. */
  run<T>(program: ReleaseProgram<T>, options?: Partial<RunReleaseOptions>): Promise<T>
  /** The stored revisions of the release, oldest first. */
  records(): readonly StoredRelease[]
  /** `v1 deployed Install complete` and so on. */
  history(): readonly string[]
}

/** The namespace of the test release. */
export const namespace = 'shop'

/** An empty cluster with the release's namespace. */
export function createReleaseBench(): ReleaseBench {
  const cluster = createModelCluster()
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const bench: ReleaseBench = {
    cluster,
    nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    pauses: [],
    work: workOnce,
    ports: {
      cluster,
      clock: { now: () => bench.nowMs },
      record: { saveInventory: () => Promise.reject(new Error('the records are the record ahead')) },
      claims: { claimedElsewhere: () => undefined },
      records: modelRecords(cluster),
      host: recordHost,
      pauses: {
        pause: (seen, untilMs) => {
          const startedMs = bench.nowMs
          const isChanged = seen.some(({ ref, resourceVersion }) => {
            const shown = cluster.live(ref)
            return shown !== 'unknown' && (shown?.metadata.resourceVersion ?? '') !== resourceVersion
          })
          // A second for the controllers; when nothing is left for them to do, nothing happens until the end.
          if (!isChanged) bench.nowMs = bench.work(cluster) ? bench.nowMs + 1000 : Math.max(bench.nowMs, untilMs)
          bench.pauses.push(bench.nowMs - startedMs)
          return Promise.resolve()
        },
      },
    },
    run: (program, options) =>
      runRelease(program, bench.ports, { owner: { deliveryId: 'shop/web', revision: '' }, ...options }),
    records: () =>
      [...cluster.objects.values()]
        .filter((one) => one['type'] === 'helm.sh/release.v1')
        .map((secret) => decodeRecord(secret, recordHost))
        .toSorted((a, b) => a.version - b.version),
    history: () => bench.records().map(({ version, info }) => `v${version} ${info.status} ${info.description}`),
  }
  return bench
}

function modelRecords(cluster: ModelCluster): RecordStore {
  const keyOf = (inNamespace: string, name: string): ObjectKey => ({
    group: '',
    kind: 'Secret',
    namespace: inNamespace,
    name,
  })
  const fault = (code: number, reason: string): ApiError =>
    new ApiError({ code, reason, message: `the server answered ${code} ${reason}` }, { outcomeKnown: true })
  const find = (secret: KubeObject): KubeObject | undefined =>
    cluster.find(keyOf(secret.metadata.namespace ?? '', secret.metadata.name ?? ''))
  return {
    list: async (inNamespace, selector) =>
      [...cluster.objects.values()].filter(
        (one) => one.kind === 'Secret' && one.metadata.namespace === inNamespace && matches(one, selector),
      ),
    create: async (secret) => {
      if (
        cluster.find({ group: '', kind: 'Namespace', namespace: '', name: secret.metadata.namespace ?? '' }) ===
        undefined
      )
        throw fault(404, 'NotFound')
      if (find(secret) !== undefined) throw fault(409, 'AlreadyExists')
      return cluster.put(secret)
    },
    update: async (secret) => {
      const live = find(secret)
      if (live === undefined) throw fault(404, 'NotFound')
      if (live.metadata.resourceVersion !== secret.metadata.resourceVersion) throw fault(409, 'Conflict')
      return cluster.put(secret)
    },
    delete: async (inNamespace, name, uid) => {
      const live = cluster.find(keyOf(inNamespace, name))
      if (live === undefined) return
      if (live.metadata.uid !== uid) throw fault(409, 'Conflict')
      cluster.erase(keyOf(inNamespace, name))
    },
  }
}

function matches(secret: KubeObject, selector: string): boolean {
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split('=')
    return secret.metadata.labels?.[key] === value
  })
}

/** Deployments get ready, Jobs complete, Pods end, CRDs are established; those that are to fail have the label `fails`. */
export function workOnce(cluster: ModelCluster): boolean {
  let worked = false
  for (const object of cluster.objects.values()) {
    const status = statusOf(object)
    if (status === undefined || JSON.stringify(object['status']) === JSON.stringify(status)) continue
    cluster.setStatus(keyOfObject(object), status)
    worked = true
  }
  return worked
}

function keyOfObject(object: KubeObject): ObjectKey {
  const { namespace: own = '', name = '' } = object.metadata
  const slash = object.apiVersion.indexOf('/')
  return { group: slash < 0 ? '' : object.apiVersion.slice(0, slash), kind: object.kind, namespace: own, name }
}

function statusOf(object: KubeObject): Record<string, unknown> | undefined {
  const fails = object.metadata.labels?.['fails'] === 'true'
  switch (object.kind) {
    case 'Deployment':
      if (fails) return { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }
      return {
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        conditions: [
          { type: 'Available', status: 'True' },
          { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
        ],
      }
    case 'Job':
      return {
        startTime: '2026-01-01T00:00:00Z',
        conditions: [{ type: fails ? 'Failed' : 'Complete', status: 'True' }],
      }
    case 'Pod':
      return { phase: fails ? 'Failed' : 'Succeeded' }
    case 'CustomResourceDefinition':
      return {
        conditions: [
          { type: 'Established', status: 'True' },
          { type: 'NamesAccepted', status: 'True' },
        ],
      }
    default:
      return undefined
  }
}

/** The test release. */
export function targetOf(changes: Partial<ReleaseTarget> = {}): ReleaseTarget {
  return {
    id: 'shop/web',
    name: 'web',
    namespace,
    storageNamespace: namespace,
    fieldManager: 'kedge-test',
    takeOver: [],
    inventory: [],
    protect: [],
    ...changes,
  }
}

/** Options with Helm's defaults. */
export function optionsOf(changes: Partial<ActionOptions> = {}): ActionOptions {
  return { ...defaultActionOptions, ...changes }
}

/** A rendered chart of these objects; those with a `helm.sh/hook` annotation are its hooks. */
export function contentOf(objects: readonly KubeObject[], changes: Partial<ReleaseContent> = {}): ReleaseContent {
  const events = (object: KubeObject): string | undefined => object.metadata.annotations?.['helm.sh/hook']
  const text = (object: KubeObject): string =>
    `---\n# Source: web/templates/${fileOf(object)}\n${JSON.stringify(object)}\n`
  return {
    chart: {
      metadata: { name: 'web', version: '1.0.0' },
      lock: undefined,
      templates: [],
      values: undefined,
      schema: '',
      schemaModTime: '',
      files: [],
      modTime: '',
    },
    config: undefined,
    manifest: objects
      .filter((object) => events(object) === undefined)
      .map(text)
      .join(''),
    hooks: objects
      .filter((object) => events(object) !== undefined)
      .map((object) => ({
        name: object.metadata.name ?? '',
        kind: object.kind,
        path: `web/templates/${fileOf(object)}`,
        manifest: JSON.stringify(object),
        events: (events(object) ?? '').split(','),
        weight: Number(object.metadata.annotations?.['helm.sh/hook-weight'] ?? 0),
        deletePolicies: (object.metadata.annotations?.['helm.sh/hook-delete-policy'] ?? '').split(',').filter(Boolean),
        outputLogPolicies: [],
        lastRun: { startedAt: '', completedAt: '', phase: '' },
      })),
    notes: '',
    crds: [],
    labels: {},
    ...changes,
  }
}

function fileOf(object: KubeObject): string {
  return `${object.kind.toLowerCase()}-${object.metadata.name ?? ''}.yaml`
}

/** A ConfigMap of the release. */
export function configMap(name: string, data: Readonly<Record<string, string>> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

/** A Deployment; one that never gets ready with `fails`. */
export function deployment(name: string, how: { readonly fails?: boolean; readonly image?: string } = {}): KubeObject {
  const labels = how.fails === true ? { labels: { fails: 'true' } } : {}
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...labels },
    spec: { replicas: 1, template: { image: how.image ?? 'a' } },
  }
}

/** A Job that runs as a hook. */
export function hookJob(
  name: string,
  events: string,
  how: {
    readonly fails?: boolean
    readonly policy?: string
    readonly weight?: number
    readonly kind?: 'Job' | 'Pod'
  } = {},
): KubeObject {
  const { fails = false, policy, weight = 0, kind = 'Job' } = how
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'v1',
    kind,
    metadata: {
      name,
      ...(fails ? { labels: { fails: 'true' } } : {}),
      annotations: {
        'helm.sh/hook': events,
        'helm.sh/hook-weight': String(weight),
        ...(policy === undefined ? {} : { 'helm.sh/hook-delete-policy': policy }),
      },
    },
    spec: {},
  }
}

/** What the cluster has beside records and namespaces, as `Kind/name`. */
export function objectsOf(bench: ReleaseBench): readonly string[] {
  return [...bench.cluster.objects.values()]
    .filter((one) => one.kind !== 'Namespace' && one['type'] !== 'helm.sh/release.v1')
    .map((one) => `${one.kind}/${one.metadata.name ?? ''}`)
    .toSorted()
}

/** An object of the release's namespace. */
export function liveObject(bench: ReleaseBench, kind: string, name: string): KubeObject | undefined {
  const found = [...bench.cluster.objects.values()].find((one) => one.kind === kind && one.metadata.name === name)
  return found === undefined ? undefined : bench.cluster.objects.get(formatKey(keyOfObject(found)))
}
