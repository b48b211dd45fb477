import type { Failure } from '@kedge/base'
import {
  digestValues,
  driftRules,
  factsOf,
  type DriftAnswer,
  type DriftQuery,
  type HelmAnswers,
  type HelmEffect,
  type ReleaseHistory,
  type StorageAnswer,
  type StorageFacts,
  type StorageQuery,
} from '@kedge/flux'
import { currentRevision, reusedValues, type StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import { correctDrift, findDrift, readHistory, type ActionEnd, type DriftOptions } from '@kedge/release'

import type { ReleaseCharts } from './charts.ts'
import type { WatchedReleases } from './drift.ts'
import type { KnownRecords } from './records.ts'
import type { OpenRelease, ReleaseWorks, WorkFor } from './work.ts'

/** What the effects of a pass over a HelmRelease are carried out with. */
export interface HelmHost {
  readonly charts: ReleaseCharts
  readonly works: ReleaseWorks
  readonly records: KnownRecords
  readonly watched: WatchedReleases
  readonly read: (ref: Extract<HelmEffect, { kind: 'read' }>['ref']) => Promise<KubeObject | undefined>
  readonly setFinalizers: (object: KubeObject, finalizers: readonly string[]) => Promise<void>
  readonly workFor: (object: KubeObject) => WorkFor
}

/** Carries out one effect. What it throws ends the pass; the loop tries again. */
export async function carryOutHelm(
  effect: HelmEffect,
  object: KubeObject,
  host: HelmHost,
): Promise<HelmAnswers[HelmEffect['kind']]> {
  switch (effect.kind) {
    case 'set-finalizers':
      await host.setFinalizers(object, effect.finalizers)
      return null
    case 'read':
      return host.read(effect.ref)
    case 'apply-chart':
      return host.charts.apply(effect.chart)
    case 'delete-chart':
      await host.charts.delete(effect.chart)
      return null
    case 'load-chart':
      return host.charts.load(effect.source, effect.artifact.digest)
    case 'read-storage':
      return readStorage(effect.query, object, host)
    case 'find-drift':
      return lookForDrift(effect.query, object, host)
    case 'correct-drift':
      return putBack(effect.query, object, host)
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
}

/** Revisions whose digests are wanted beside those that the history names. */
const newest = 2

/** What the records of a release say, from memory where nothing has changed since they were read. */
export async function readStorage(
  query: StorageQuery,
  object: KubeObject,
  host: Pick<HelmHost, 'records' | 'works' | 'workFor'>,
): Promise<StorageAnswer> {
  const { release, target, history, preserve } = query
  const key = keyOf(object)
  const place = { namespace: release.storageNamespace, release: release.name }
  // The watch shows the agent's own cluster only, and tells nothing of values.
  const isWatched = target.kubeConfig === undefined
  const remembered = isWatched && preserve === undefined ? host.records.recall(key, place) : undefined
  if (remembered !== undefined && isOfHistory(remembered, history)) {
    return { kind: 'facts', facts: remembered, preserved: undefined }
  }
  const stamp = isWatched ? host.records.stamp(place) : undefined
  const opened = await host.works.open(release, target, host.workFor(object))
  if (!opened.ok) return { kind: 'no-target', failure: opened.failure, gone: opened.failure.gone }
  const read = await opened.value.run(readHistory(opened.value.release))
  if (!read.ok) return { kind: 'failed', failure: read.failure, denied: !read.retryable }
  const releases = read.releases.toReversed()
  const wanted = releases.filter(
    (one, index) => index < newest || history.some((snapshot) => snapshot.version === one.version),
  )
  const facts = {
    revisions: wanted.map((one) => factsOf(one, ociDigestOf(history, one))),
    malformed: read.malformed.map(({ name }) => name),
  }
  if (isWatched) host.records.remember(key, { records: place, stamp, versions: read.versions, facts })
  const preserved = preserve === undefined ? undefined : digestValues(reusedValues(currentRevision(releases), preserve))
  return { kind: 'facts', facts, preserved }
}

/** Digests depend on what the snapshots say of the registry. */
function isOfHistory(facts: StorageFacts, history: ReleaseHistory): boolean {
  return facts.revisions.every((one) => ociDigestOf(history, one) === one.ociDigest)
}

function ociDigestOf(history: ReleaseHistory, revision: { readonly version: number; readonly name: string }): string {
  const snapshot = history.find((one) => one.version === revision.version && one.name === revision.name)
  return snapshot?.ociDigest ?? ''
}

async function lookForDrift(query: DriftQuery, object: KubeObject, host: HelmHost): Promise<DriftAnswer> {
  const key = keyOf(object)
  if (host.watched.isUntouched(key)) return { kind: 'drift', drift: [] }
  const found = await openRevision(query, object, host)
  if (!found.ok) return { kind: 'failed', failure: found.failure }
  const { open, revision, inventory } = found
  const answer = await open.run(findDrift(open.release, revision, driftOptions(query, key, host)))
  if (!answer.ok) return { kind: 'failed', failure: answer.failure }
  const { clusterId, caches } = open.target
  // The dry runs of the comparison have had the kinds watched; what has changed since is found the next time.
  if (answer.drift.length === 0) host.watched.attend(key, { clusterId, caches, objects: inventory })
  return { kind: 'drift', drift: answer.drift }
}

async function putBack(query: DriftQuery, object: KubeObject, host: HelmHost): Promise<ActionEnd> {
  const key = keyOf(object)
  const found = await openRevision(query, object, host)
  if (!found.ok) {
    const { inventory } = host.workFor(object)
    const memory = host.watched.memory(key) ?? { applied: {}, fights: {}, waits: {}, revision: '' }
    return { ok: false, failure: found.failure, retryable: true, log: [], inventory, memory }
  }
  const { open, revision } = found
  const end = await open.run(correctDrift(open.release, revision, driftOptions(query, key, host)))
  host.watched.forget(key)
  host.watched.remember(key, end.memory)
  const { clusterId, caches } = open.target
  if (end.ok) host.watched.attend(key, { clusterId, caches, objects: end.inventory })
  return end
}

function driftOptions(query: DriftQuery, key: string, host: HelmHost): DriftOptions {
  const memory = host.watched.memory(key)
  return { ...driftRules(query.ignore), ...(memory === undefined ? {} : { memory }) }
}

type FoundRevision =
  | {
      readonly ok: true
      readonly open: OpenRelease
      readonly revision: StoredRelease
      readonly inventory: WorkFor['inventory']
    }
  | { readonly ok: false; readonly failure: Failure }

async function openRevision(query: DriftQuery, object: KubeObject, host: HelmHost): Promise<FoundRevision> {
  const work = host.workFor(object)
  const opened = await host.works.open(query.release, query.target, work)
  if (!opened.ok) return opened
  const open = opened.value
  const history = await open.run(readHistory(open.release))
  if (!history.ok) return history
  const revision = history.releases.find(({ version }) => version === query.version)
  if (revision !== undefined) return { ok: true, open, revision, inventory: work.inventory }
  const message = `revision ${query.version} of the release is not in storage any more`
  return { ok: false, failure: { code: 'ReleaseNotFound', message } }
}
