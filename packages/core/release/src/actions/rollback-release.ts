import type { StoredRelease } from '@kedge/helm'

import { planObjects } from '../apply/plan-objects.ts'
import { staleEntries } from '../apply/stale-entries.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'
import { now } from '../program.ts'
import { deployedRecords, isLocked, lastRecord, nextVersion, standingRecords } from '../records/history-view.ts'
import { inProgress } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { recordTime } from '../records/record-time.ts'
import { beginWork, failed, refusal, standingBefore, type Refusal } from './action-result.ts'
import { runRevision, type Course } from './run-revision.ts'
import { mergesFields } from './upgrade-release.ts'

/** Brings an earlier revision back as a new one: `helm rollback`. 0 means the one before the last. */
export function* rollbackRelease(
  target: ReleaseTarget,
  toRevision: number,
  options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, options)
  const end = (why: Refusal): ActionEnd => failed(work, standingBefore(work), why)
  const read = yield* readRecords(target)
  if (!read.ok) return end(read)
  const history = read.value
  const last = lastRecord(history)
  if (last === undefined) return end(refusal('ReleaseNotFound', 'release: not found'))
  if (isLocked(last)) return end(refusal('OperationInProgress', inProgress, true))
  const to = toRevision === 0 ? last.release.version - 1 : toRevision
  const goal = history.records.find(({ release }) => release.version === to)?.release
  if (goal === undefined) return end(refusal('RevisionNotFound', `release has no ${to} version`))
  const prefix = 'unable to build kubernetes objects from new release manifest: '
  const planned = yield* planObjects(work, { manifest: goal.manifest, prefix })
  if (!planned.ok) return end({ ...planned, retryable: false })
  const objects = planned.value
  const stale = yield* staleEntries(
    work,
    standingRecords(history, to).map(({ release }) => release),
    objects.map(({ ref }) => ref),
  )
  if (!stale.ok) return end({ ...stale, retryable: false })
  const success = options.description ?? `Rollback to ${to}`
  const release = rolledBack(goal, {
    version: nextVersion(history),
    nowMs: yield* now(),
    firstDeployed: last.release.info.firstDeployed,
    description: success,
  })
  const merges = mergesFields(options, goal.applyMethod)
  return yield* runRevision(
    work,
    {
      release,
      success,
      objects,
      stale: stale.value,
      definitions: definitionsOf(target),
      merges,
      history,
      replaces: deployedRecords(history),
    },
    rollbackCourse(target.name),
  )
}

/** Definitions of the crds/ folder are no part of a rollback, and stay. */
function definitionsOf(target: ReleaseTarget): ReleaseTarget['inventory'] {
  return target.inventory.filter(({ kind }) => kind === 'CustomResourceDefinition')
}

function rolledBack(
  goal: StoredRelease,
  how: {
    readonly version: number
    readonly nowMs: number
    readonly firstDeployed: string
    readonly description: string
  },
): StoredRelease {
  return {
    ...goal,
    version: how.version,
    info: {
      firstDeployed: how.firstDeployed,
      lastDeployed: recordTime(how.nowMs),
      deleted: '',
      description: how.description,
      status: 'pending-rollback',
      rollbackRevision: goal.version,
      notes: goal.info.notes,
    },
    applyMethod: 'ssa',
  }
}

function rollbackCourse(name: string): Course {
  return {
    isUpdate: true,
    before: 'pre-rollback',
    after: 'post-rollback',
    error: (step, message) => (step === 'wait' ? `release ${name} failed: ${message}` : message),
    describe: (step, message) => `${step === 'wait' ? 'Release' : 'Rollback'} "${name}" failed: ${message}`,
    supersedesOnFailure: true,
    cleansUp: true,
  }
}
