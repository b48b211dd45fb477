import type { Failure } from '@kedge/base'
import { emptyMemory, type InventoryEntry } from '@kedge/engine'
import { recordName } from '@kedge/helm'

import { bringObjects } from '../apply/bring-objects.ts'
import { readManifest } from '../apply/read-manifest.ts'
import { isKept, releaseDelivery } from '../apply/release-delivery.ts'
import { staleEntries } from '../apply/stale-entries.ts'
import { runHooks } from '../hooks/run-hooks.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { RecordList, ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'
import type { Standing, Work } from '../model/work.ts'
import { now } from '../program.ts'
import { lastRecord, standingRecords } from '../records/history-view.ts'
import { deleteRecord, updateRecord } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { recordTime } from '../records/record-time.ts'
import { withInfo } from '../records/release-changes.ts'
import { beginWork, failed, refusal, standingBefore, succeeded } from './action-result.ts'

/**
 * Deletes what a release brought and its records: `helm uninstall`. May follow an uninstall that was cut off, and a
 * release in any other state. Without any record it fails with `ReleaseNotFound`. The records stay until all else is done.
 */
export function* uninstallRelease(target: ReleaseTarget, options: ActionOptions): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, options)
  const before = standingBefore(work)
  const read = yield* readRecords(target)
  if (!read.ok) return failed(work, before, read)
  const history = read.value
  const last = lastRecord(history)
  if (last === undefined) {
    const message = `uninstall: Release not loaded: ${target.name}: release: not found`
    return failed(work, before, refusal('ReleaseNotFound', message))
  }
  if (last.release.info.status === 'uninstalled') return yield* forgetUninstalled(work, history, last)
  const marked = yield* updateRecord(
    target,
    last,
    withInfo(last.release, {
      status: 'uninstalling',
      deleted: recordTime(yield* now()),
      description: 'Deletion in progress (or silently failed)',
    }),
  )
  if (!marked.ok) return failed(work, before, { ...marked, release: last.release })
  return yield* removeRelease(work, history, marked.value)
}

function* forgetUninstalled(work: Work, history: RecordList, last: StoredRecord): ReleaseProgram<ActionEnd> {
  const standing = standingBefore(work)
  if (work.options.keepHistory) {
    const message = `the release named "${work.target.name}" is already deleted`
    return failed(work, standing, { ...refusal('AlreadyUninstalled', message), release: last.release })
  }
  const problem = yield* purge(work, history)
  if (problem === undefined) return succeeded(work, standing, last.release)
  return failed(work, standing, { failure: problem, retryable: true, release: last.release })
}

function* removeRelease(work: Work, history: RecordList, marked: StoredRecord): ReleaseProgram<ActionEnd> {
  const { hooks } = work.options
  const before = standingBefore(work)
  const prepared = hooks ? yield* runHooks(work, marked, { event: 'pre-delete' }) : { record: marked }
  let { record } = prepared
  if (prepared.failure !== undefined) return yield* leave(work, before, { record, failure: prepared.failure })
  const removed = yield* removeObjects(work, history)
  if (removed.failure !== undefined)
    return yield* leave(work, removed.standing, { record, failure: removed.failure, retryable: removed.retryable })
  const finished = hooks ? yield* runHooks(work, record, { event: 'post-delete' }) : { record }
  record = finished.record
  if (finished.failure !== undefined) {
    const message = completedWithErrors(finished.failure.message)
    return yield* leave(work, removed.standing, { record, failure: { ...finished.failure, message } })
  }
  return yield* closeRecords(work, removed.standing, { history, record })
}

/** Leaves the record as it is, `uninstalling`: the next uninstall finds everything it needs. */
function* leave(
  work: Work,
  standing: Standing,
  why: { readonly record: StoredRecord; readonly failure: Failure; readonly retryable?: boolean },
): ReleaseProgram<ActionEnd> {
  const { record, failure, retryable = false } = why
  const kept = yield* updateRecord(work.target, record, record.release)
  if (!kept.ok) work.log.add(kept.failure.message)
  return failed(work, standing, { failure, retryable, release: record.release })
}

interface Removed {
  readonly standing: Standing
  readonly failure?: Failure
  readonly retryable: boolean
}

function* removeObjects(work: Work, history: RecordList): ReleaseProgram<Removed> {
  const standing = standingBefore(work)
  const records = standingRecords(history).map(({ release }) => release)
  const stale = yield* staleEntries(work, records, [])
  if (!stale.ok) return { standing, failure: stale.failure, retryable: true }
  const kept = keptByManifest(work, history)
  const entries = stale.value.filter((entry) => !kept(entry))
  work.log.add(`deleting ${entries.length} object(s)`)
  const delivery = releaseDelivery(work, {
    version: history.records.at(-1)?.release.version ?? 0,
    objects: [],
    inventory: entries,
    awaited: [],
    merges: false,
  })
  const brought = yield* bringObjects(work, delivery, { memory: emptyMemory, untilGone: work.options.wait })
  const { failure, retryable, inventory, memory } = brought
  if (failure === undefined) return { standing: { inventory: [], memory }, retryable }
  const message =
    failure.code === 'StillTerminating'
      ? completedWithErrors(failure.message)
      : `failed to delete release: ${work.target.name}: ${failure.message}`
  return { standing: { inventory, memory }, failure: { ...failure, message }, retryable }
}

function completedWithErrors(message: string): string {
  return `uninstallation completed with 1 error(s): ${message}`
}

/** What the last manifest says is to be kept stays, whatever the live object says. */
function keptByManifest(work: Work, history: RecordList): (entry: InventoryEntry) => boolean {
  const read = readManifest(history.records.at(-1)?.release.manifest ?? '')
  const kept = (read.ok ? read.value : []).map(({ object }) => object).filter(isKept)
  for (const { kind, metadata } of kept)
    work.log.add(`kept due to the resource policy: [${kind}] ${metadata.name ?? ''}`)
  return (entry) =>
    kept.some(
      ({ kind, metadata }) =>
        kind === entry.kind &&
        metadata.name === entry.name &&
        (metadata.namespace || work.target.namespace) ===
          (entry.namespace || metadata.namespace || work.target.namespace),
    )
}

function* closeRecords(
  work: Work,
  standing: Standing,
  with_: { readonly history: RecordList; readonly record: StoredRecord },
): ReleaseProgram<ActionEnd> {
  const { history, record } = with_
  const description = work.options.description ?? 'Uninstallation complete'
  const release = withInfo(record.release, { status: 'uninstalled', description })
  const refuse = (failure: Failure): ActionEnd =>
    failed(work, standing, { failure, retryable: true, release: record.release })
  if (!work.options.keepHistory) {
    const problem = yield* purge(work, history)
    return problem === undefined ? succeeded(work, standing, release) : refuse(problem)
  }
  const kept = yield* updateRecord(work.target, record, release)
  if (!kept.ok) return refuse(kept.failure)
  for (const older of history.records.slice(0, -1).filter((one) => one.release.info.status === 'deployed'))
    yield* updateRecord(work.target, older, withInfo(older.release, { status: 'superseded' }))
  return succeeded(work, standing, kept.value.release)
}

/** Deletes all records, the newest last: as long as any is left it says that the release is being uninstalled. */
function* purge(work: Work, { records, malformed }: RecordList): ReleaseProgram<Failure | undefined> {
  const all = [
    ...malformed.map(({ name, uid }) => ({ name, uid })),
    ...records.map(({ release, uid }) => ({ name: recordName(release.name, release.version), uid })),
  ]
  for (const record of all) {
    const problem = yield* deleteRecord(work.target, record)
    if (problem !== undefined)
      return { ...problem, message: `uninstall: Failed to purge the release: ${problem.message}` }
  }
  return undefined
}
