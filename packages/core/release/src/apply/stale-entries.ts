import type { Failure, Result } from '@kedge/base'
import { fail, ok } from '@kedge/base'
import type { Answer, InventoryEntry, ObjectRef } from '@kedge/engine'
import type { StoredRelease } from '@kedge/helm'
import { formatKey, type KubeObject } from '@kedge/manifest'

import type { ReleaseProgram } from '../model/effect.ts'
import type { Work } from '../model/work.ts'
import { readFresh } from '../patience.ts'
import { releaseMark } from '../release-mark.ts'
import { readManifest, type ManifestObject } from './read-manifest.ts'
import { isKept } from './release-delivery.ts'
import { settleObjects } from './settle-objects.ts'

/**
 * What the release may have in the cluster and is to have no longer, as entries that the engine may delete: what the
 * records name and the cluster marks as the release's own, with the UIDs that are live now; and what earlier actions
 * left in the inventory.
 */
export function* staleEntries(
  work: Work,
  records: readonly StoredRelease[],
  wanted: readonly ObjectRef[],
): ReleaseProgram<Result<readonly InventoryEntry[]>> {
  const named = yield* recordedObjects(work, records)
  if (!named.ok) return named
  const keys = new Set(wanted.map(formatKey))
  const stale = [...named.value].filter(([key]) => !keys.has(key))
  const entries = new Map<string, InventoryEntry>()
  for (const entry of work.target.inventory) {
    const key = formatKey(entry)
    // Definitions of the crds/ folder are in the inventory and never deleted.
    if (!keys.has(key) && !named.value.has(key) && entry.kind !== 'CustomResourceDefinition') entries.set(key, entry)
  }
  const answers = yield* readFresh(stale.map(([, ref]) => ref))
  for (const [index, [key, ref]] of stale.entries()) {
    const entry = ownEntry(work, ref, answers[index])
    if (entry !== undefined) entries.set(key, entry)
  }
  return ok([...entries.values()])
}

/** Objects that records name, by key; those whose kind is no longer served cannot exist any more. */
function* recordedObjects(
  work: Work,
  records: readonly StoredRelease[],
): ReleaseProgram<Result<ReadonlyMap<string, ObjectRef>>> {
  const objects: ManifestObject[] = []
  for (const { manifest } of records) {
    const read = readManifest(manifest)
    if (!read.ok) return fail(corrupted(read.failure))
    objects.push(...read.value)
  }
  const settled = yield* settleObjects(objects, work.target.namespace)
  if (!settled.ok) return settled
  for (const { object } of settled.value.unknown)
    work.log.add(`passing over ${object.kind} ${object.metadata.name ?? ''}: its kind is not served any more`)
  return ok(new Map(settled.value.settled.map(({ ref }) => [formatKey(ref), ref])))
}

function corrupted(failure: Failure): Failure {
  const message = `unable to build kubernetes objects from current release manifest: ${failure.message}`
  return { ...failure, code: 'RecordCorrupted', message }
}

/** The entry of an object that carries the release's mark; undefined for what is gone or somebody else's. */
function ownEntry(
  work: Work,
  ref: ObjectRef,
  answer: Answer<KubeObject | undefined> | undefined,
): InventoryEntry | undefined {
  const known = work.target.inventory.find((entry) => formatKey(entry) === formatKey(ref))
  // The engine reads it again and keeps the entry when it still cannot.
  if (answer?.ok !== true) return { ...ref, uid: known?.uid ?? '' }
  const live = answer.value
  if (live === undefined) return undefined
  const name = `${ref.kind} ${ref.namespace}/${ref.name}`
  if (isKept(live)) {
    work.log.add(`skipping delete of ${name} due to its resource policy`)
    return undefined
  }
  if (releaseMark(work.target).confirms(live)) return { ...ref, uid: live.metadata.uid ?? '' }
  work.log.add(`skipping delete of resource not owned by this release: ${name}`)
  return undefined
}
