import type { Failure } from '@kedge/base'
import { emptyMemory, type InventoryEntry } from '@kedge/engine'
import { recordName, surplusRevisions, type HookEvent, type StoredRelease } from '@kedge/helm'

import { awaitedObjects } from '../apply/awaited-objects.ts'
import { bringObjects, type Brought } from '../apply/bring-objects.ts'
import { releaseDelivery } from '../apply/release-delivery.ts'
import type { SettledObject } from '../apply/settle-objects.ts'
import { runHooks } from '../hooks/run-hooks.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { RecordList, ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { Standing, Work } from '../model/work.ts'
import { askPatiently } from '../patience.ts'
import { createRecord, deleteRecord, supersedeRecord, updateRecord } from '../records/keep-record.ts'
import { withInfo } from '../records/release-changes.ts'
import { failed, standingBefore, succeeded, type Refusal } from './action-result.ts'

/** What is different between install, upgrade and rollback once it is known what to bring. */
export interface Course {
  /** Whether there was a manifest before. */
  readonly isUpdate: boolean
  readonly before: HookEvent
  readonly after: HookEvent
  /** The action's error for one of its steps, in Helm's words. */
  error(step: Step, message: string): string
  /** The record's description of a failure. */
  describe(step: Step, message: string): string
  /** Whether the revision before is marked as superseded when objects could not be applied. */
  readonly supersedesOnFailure: boolean
  /** Whether objects that the action made are deleted when it fails. */
  readonly cleansUp: boolean
}

/** Where an action can fail once its record is stored. */
export type Step = 'before-hooks' | 'apply' | 'wait' | 'after-hooks'

/** A revision to bring. */
export interface Revision {
  /** As it is stored first, `pending-*`, with the description of a success. */
  readonly release: StoredRelease
  readonly success: string
  readonly objects: readonly SettledObject[]
  readonly stale: readonly InventoryEntry[]
  /** Of the chart's crds/ folder; stay in the inventory. */
  readonly definitions: readonly InventoryEntry[]
  readonly merges: boolean
  readonly history: RecordList
  /** Revisions that a success takes the place of. */
  readonly replaces: readonly StoredRecord[]
}

/** Stores a revision's record, and does what it says: hooks, objects, waiting, hooks, and the record of how it went. */
export function* runRevision(work: Work, revision: Revision, course: Course): ReleaseProgram<ActionEnd> {
  yield* pruneHistory(work, revision.history)
  const created = yield* createRecord(work.target, revision.release)
  if (!created.ok) return failed(work, standingBefore(work), created)
  return yield* carryOut({ work, revision, course }, created.value)
}

interface Run {
  readonly work: Work
  readonly revision: Revision
  readonly course: Course
}

function* carryOut(run: Run, created: StoredRecord): ReleaseProgram<ActionEnd> {
  const { work, revision, course } = run
  const { hooks } = work.options
  const before = standingBefore(work)
  const prepared = hooks ? yield* runHooks(work, created, { event: course.before }) : { record: created }
  if (prepared.failure !== undefined)
    return yield* fail(run, { ...prepared, step: 'before-hooks', standing: before, failure: prepared.failure })
  const brought = yield* bring(run)
  const standing = withDefinitions(brought, revision.definitions)
  if (brought.failure !== undefined) {
    const step = brought.failure.code === 'Unhealthy' ? 'wait' : 'apply'
    const { failure, retryable } = brought
    return yield* fail(run, { record: prepared.record, step, standing, failure, retryable, brought })
  }
  const after = hooks ? yield* runHooks(work, prepared.record, { event: course.after }) : prepared
  if (after.failure !== undefined)
    return yield* fail(run, { ...after, step: 'after-hooks', standing, failure: after.failure, brought })
  yield* supersede(work, revision.replaces)
  const info = { status: 'deployed', description: work.options.description ?? revision.success } as const
  const kept = yield* updateRecord(work.target, after.record, withInfo(after.record.release, info))
  if (kept.ok) return succeeded(work, standing, kept.value.release)
  return failed(work, standing, { ...kept, release: after.record.release })
}

function* bring({ work, revision, course }: Run): ReleaseProgram<Brought> {
  const { objects, stale, merges, release } = revision
  const known = work.target.inventory
  const delivery = releaseDelivery(work, {
    version: release.version,
    objects,
    inventory: [...known.filter((entry) => isWanted(entry, objects)), ...stale],
    awaited: awaitedObjects(work, objects),
    merges,
  })
  work.log.add(`applying ${objects.length} object(s), deleting ${stale.length}`)
  return yield* bringObjects(work, delivery, { memory: emptyMemory, untilGone: false, isUpdate: course.isUpdate })
}

function isWanted(entry: InventoryEntry, objects: readonly SettledObject[]): boolean {
  return objects.some(
    ({ ref }) =>
      ref.group === entry.group &&
      ref.kind === entry.kind &&
      ref.namespace === entry.namespace &&
      ref.name === entry.name,
  )
}

function withDefinitions(standing: Standing, definitions: readonly InventoryEntry[]): Standing {
  const { inventory, memory } = standing
  const isNew = (entry: InventoryEntry): boolean =>
    !inventory.some((one) => one.kind === entry.kind && one.name === entry.name)
  return { inventory: [...inventory, ...definitions.filter(isNew)], memory }
}

interface Failing {
  readonly record: StoredRecord
  readonly step: Step
  readonly standing: Standing
  readonly failure: Failure
  readonly retryable?: boolean
  readonly brought?: Brought
}

/** Records the failure, so that it is no lock, and cleans up where that is asked for. */
function* fail(run: Run, failing: Failing): ReleaseProgram<ActionEnd> {
  const { work, course, revision } = run
  const { record, step, failure } = failing
  work.log.add(failure.message)
  if (step === 'apply' && course.supersedesOnFailure) yield* supersede(work, revision.history.records.slice(-1))
  const info = { status: 'failed', description: course.describe(step, failure.message) } as const
  const kept = yield* updateRecord(work.target, record, withInfo(record.release, info))
  if (!kept.ok) work.log.add(kept.failure.message)
  const release = kept.ok ? kept.value.release : record.release
  const message = course.error(step, failure.message)
  const refused: Refusal = { failure: { ...failure, message }, retryable: failing.retryable ?? false, release }
  if (!course.cleansUp || !work.options.cleanupOnFail) return failed(work, failing.standing, refused)
  const standing = yield* cleanUp(work, failing)
  return failed(work, standing, refused)
}

/** Deletes, each by its UID, the objects that the failed action made. */
function* cleanUp(work: Work, { brought, standing }: Failing): ReleaseProgram<Standing> {
  const gone = new Set<string>()
  for (const entry of (brought?.created ?? []).toReversed()) {
    const { uid, ...ref } = entry
    const answer = yield* askPatiently({ kind: 'delete' as const, ref, uid, propagation: 'background' })
    const name = `${ref.kind} ${ref.namespace}/${ref.name}`
    work.log.add(answer.ok ? `cleaned up ${name}` : `unable to cleanup resources: ${name}: ${answer.error.message}`)
    if (answer.ok) gone.add(uid)
  }
  return { ...standing, inventory: standing.inventory.filter(({ uid }) => !gone.has(uid)) }
}

function* supersede(work: Work, records: readonly StoredRecord[]): ReleaseProgram<void> {
  for (const record of records) {
    const kept = yield* supersedeRecord(work.target, record)
    if (!kept.ok) work.log.add(kept.failure.message)
  }
}

/** Makes room for a revision; what cannot be deleted now is deleted the next time. */
function* pruneHistory(work: Work, { records }: RecordList): ReleaseProgram<void> {
  const surplus = surplusRevisions(
    records.map(({ release }) => release),
    work.options.maxHistory,
  )
  for (const { name, version } of surplus) {
    const uid = records.find(({ release }) => release.version === version)?.uid ?? ''
    const problem = yield* deleteRecord(work.target, { name: recordName(name, version), uid })
    if (problem !== undefined) work.log.add(`error pruning release: ${problem.message}`)
  }
}
