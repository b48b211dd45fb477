import type { Failure } from '@kedge/base'
import type { EffectError } from '@kedge/engine'
import { recordName, type StoredRelease } from '@kedge/helm'

import type { ReleaseProgram, StoredRecord } from '../model/effect.ts'
import { mayPass, maxTries, rest } from '../patience.ts'
import { ask, type AnswerTo } from '../program.ts'
import { readRecords, type RecordPlace, type Unread } from './read-history.ts'
import { saysTheSame, withInfo } from './release-changes.ts'

/** A record as it is stored now, or why it is not. */
export type Kept = { readonly ok: true; readonly value: StoredRecord } | Unread

/** Helm's words for a lock that somebody else holds. */
export const inProgress = 'another operation (install/upgrade/rollback) is in progress'

/** Stores a new revision. Its name is the lock: when it is taken, somebody else is at work. */
export function* createRecord(place: RecordPlace, release: StoredRelease): ReleaseProgram<Kept> {
  const step = { kind: 'create-record' as const, namespace: place.storageNamespace, release }
  return yield* keep(place, release, () => ({ step, failure: taken(place, release) }))
}

/** Stores what became of a revision, if its record still is the one that was read. */
export function* updateRecord(place: RecordPlace, record: StoredRecord, release: StoredRelease): ReleaseProgram<Kept> {
  const { resourceVersion } = record
  const step = { kind: 'update-record' as const, namespace: place.storageNamespace, release, resourceVersion }
  return yield* keep(place, release, () => ({ step, failure: changed(place, release) }))
}

/**
 * Marks a revision that another one took the place of. Whoever else touched its record meanwhile, and whatever the API
 * said, it is no longer the one that is deployed: two of them would be left otherwise, so this is tried a few times.
 */
export function* supersedeRecord(place: RecordPlace, record: StoredRecord): ReleaseProgram<Kept> {
  let present = record
  for (let tries = 1; ; tries += 1) {
    const kept = yield* updateRecord(place, present, withInfo(present.release, { status: 'superseded' }))
    if (kept.ok || tries === maxTries) return kept
    yield* rest(tries)
    const read = yield* readRecords(place)
    if (!read.ok) return read
    const found = read.value.records.find(({ release }) => release.version === record.release.version)
    const isAsBefore = found?.release.info.status === record.release.info.status
    if (found === undefined || !isAsBefore) return { ok: true, value: found ?? record }
    present = found
  }
}

interface Attempt {
  readonly step:
    | { readonly kind: 'create-record'; readonly namespace: string; readonly release: StoredRelease }
    | {
        readonly kind: 'update-record'
        readonly namespace: string
        readonly release: StoredRelease
        readonly resourceVersion: string
      }
  /** What a conflict means. */
  readonly failure: Failure
}

/** An answer that never came may have been a success: then the record says what we wanted it to say. */
function* keep(place: RecordPlace, release: StoredRelease, attempt: () => Attempt): ReleaseProgram<Kept> {
  const { step, failure } = attempt()
  let isDoubtful = false
  for (let tries = 1; ; tries += 1) {
    const answer: AnswerTo<typeof step> = yield* ask(step)
    if (answer.ok) return answer
    const { error } = answer
    if (error.code === 409 && error.outcomeKnown) {
      const own = isDoubtful ? yield* findOwn(place, release) : undefined
      return own === undefined ? { ok: false, failure, retryable: true } : { ok: true, value: own }
    }
    isDoubtful ||= !error.outcomeKnown
    if (!mayPass(error) || tries === maxTries) return notStored(place, release, error)
    yield* rest(tries)
  }
}

function* findOwn(place: RecordPlace, release: StoredRelease): ReleaseProgram<StoredRecord | undefined> {
  const read = yield* readRecords(place)
  if (!read.ok) return undefined
  return read.value.records.find((one) => one.release.version === release.version && saysTheSame(one.release, release))
}

/** Deletes the very record; one that is gone already is no failure. */
export function* deleteRecord(
  place: RecordPlace,
  record: { readonly name: string; readonly uid: string },
): ReleaseProgram<Failure | undefined> {
  for (let tries = 1; ; tries += 1) {
    const answer = yield* ask({ kind: 'delete-record' as const, namespace: place.storageNamespace, ...record })
    if (answer.ok || (answer.error.outcomeKnown && answer.error.code === 404)) return undefined
    if (!mayPass(answer.error) || tries === maxTries) {
      const object = `Secret/${place.storageNamespace}/${record.name}`
      return { code: 'RecordNotDeleted', message: answer.error.message, object }
    }
    yield* rest(tries)
  }
}

function taken(place: RecordPlace, release: StoredRelease): Failure {
  return { code: 'OperationInProgress', message: inProgress, object: secretOf(place, release) }
}

function changed(place: RecordPlace, release: StoredRelease): Failure {
  const message = 'the record was changed by somebody else meanwhile'
  return { code: 'OperationInProgress', message, object: secretOf(place, release) }
}

function notStored(place: RecordPlace, release: StoredRelease, error: EffectError): Unread {
  const message = `the record of revision ${release.version} could not be stored: ${error.message}`
  return {
    ok: false,
    failure: { code: 'RecordNotStored', message, object: secretOf(place, release) },
    retryable: mayPass(error),
  }
}

function secretOf(place: RecordPlace, release: StoredRelease): string {
  return `Secret/${place.storageNamespace}/${recordName(place.name, release.version)}`
}
