import { findConflict, planObjects } from '../apply/plan-objects.ts'
import { staleEntries } from '../apply/stale-entries.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { RecordList, ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'
import { now } from '../program.ts'
import {
  deployedRecord,
  deployedRecords,
  isLocked,
  lastRecord,
  nextVersion,
  standingRecords,
} from '../records/history-view.ts'
import { inProgress } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { beginWork, failed, refusal, standingBefore, type Refusal } from './action-result.ts'
import { bringDefinitions } from './apply-definitions.ts'
import { newRevision } from './new-revision.ts'
import { runRevision, type Course } from './run-revision.ts'

/** Brings a new revision of a release, whoever made the last one: `helm upgrade`. */
export function* upgradeRelease(
  target: ReleaseTarget,
  content: ReleaseContent,
  options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, options)
  const end = (why: Refusal): ActionEnd => failed(work, standingBefore(work), why)
  const read = yield* readRecords(target)
  if (!read.ok) return end(read)
  const history = read.value
  const current = currentRecord(target, history)
  if ('failure' in current) return end(current)
  const definitions = yield* bringDefinitions(work, content.crds, options.crds)
  if (!definitions.ok) return end(definitions)
  const planned = yield* planObjects(work, {
    manifest: content.manifest,
    prefix: '',
    hasNewKinds: definitions.changed,
  })
  if (!planned.ok) return end({ ...planned, retryable: false })
  const objects = planned.value
  const records = standingRecords(history)
  const conflict = yield* findConflict(work, objects, { records, prefix: 'unable to continue with update: ' })
  if (conflict !== undefined) return end({ failure: conflict, retryable: false })
  const stale = yield* staleEntries(
    work,
    records.map(({ release }) => release),
    objects.map(({ ref }) => ref),
  )
  if (!stale.ok) return end({ ...stale, retryable: false })
  const last = lastRecord(history)?.release
  const release = newRevision(target, content, {
    version: nextVersion(history),
    nowMs: yield* now(),
    status: 'pending-upgrade',
    description: 'Preparing upgrade',
    firstDeployed: current.release.info.firstDeployed,
    labels: mergeLabels(last?.labels ?? {}, content.labels),
  })
  return yield* runRevision(
    work,
    {
      release,
      success: 'Upgrade complete',
      objects,
      stale: stale.value,
      definitions: definitions.inventory,
      merges: mergesFields(options, last?.applyMethod ?? ''),
      history,
      // Without a deployed revision the failed one that is upgraded is superseded.
      replaces: [...new Set([...deployedRecords(history), current])],
    },
    upgradeCourse(target.name),
  )
}

/** The revision that is in the cluster, or why there is none to upgrade. */
function currentRecord(target: ReleaseTarget, history: RecordList): StoredRecord | Refusal {
  const last = lastRecord(history)
  const none = refusal('ReleaseNotFound', `"${target.name}" has no deployed releases`)
  if (last === undefined) return none
  if (isLocked(last)) return refusal('OperationInProgress', inProgress, true)
  const { status } = last.release.info
  const deployed = deployedRecord(history)
  if (deployed !== undefined) return deployed
  return status === 'failed' || status === 'superseded' ? last : none
}

/** Whether fields of other owners are left alone: asked for, or how the release was applied so far. */
export function mergesFields(options: ActionOptions, applyMethod: string): boolean {
  const { serverSideApply } = options
  return serverSideApply === 'auto' ? applyMethod !== 'ssa' : !serverSideApply
}

/** `null` takes a label away. */
function mergeLabels(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...before, ...after }).filter(([, value]) => value !== 'null'))
}

function upgradeCourse(name: string): Course {
  const words = {
    'before-hooks': 'pre-upgrade hooks failed: ',
    'after-hooks': 'post-upgrade hooks failed: ',
    apply: '',
    wait: '',
  }
  const error: Course['error'] = (step, message) => `${words[step]}${message}`
  return {
    isUpdate: true,
    before: 'pre-upgrade',
    after: 'post-upgrade',
    error,
    describe: (step, message) => `Upgrade "${name}" failed: ${error(step, message)}`,
    supersedesOnFailure: false,
    cleansUp: true,
  }
}
