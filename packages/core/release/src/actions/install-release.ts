import type { Failure } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'

import { findConflict, planObjects } from '../apply/plan-objects.ts'
import { staleEntries } from '../apply/stale-entries.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { RecordList, ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'
import type { Work } from '../model/work.ts'
import { askPatiently } from '../patience.ts'
import { now } from '../program.ts'
import { deployedRecords, lastRecord, nextVersion, standingRecords } from '../records/history-view.ts'
import { inProgress } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { beginWork, failed, refusal, standingBefore, type Refusal } from './action-result.ts'
import { bringDefinitions } from './apply-definitions.ts'
import { newRevision } from './new-revision.ts'
import { runRevision, type Course } from './run-revision.ts'

/**
 * Brings a release that is not there yet: `helm install`. With `options.replace` it may follow revisions that failed or
 * were uninstalled.
 */
export function* installRelease(
  target: ReleaseTarget,
  content: ReleaseContent,
  options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, options)
  const end = (why: Refusal): ActionEnd => failed(work, standingBefore(work), why)
  const read = yield* readRecords(target)
  if (!read.ok) return end(read)
  const history = read.value
  const inUse = nameInUse(history, options)
  if (inUse !== undefined) return end(inUse)
  const definitions = yield* bringDefinitions(work, content.crds, options.crds)
  if (!definitions.ok) return end(definitions)
  const prefix = 'unable to build kubernetes objects from release manifest: '
  const planned = yield* planObjects(work, {
    manifest: content.manifest,
    prefix,
    hasNewKinds: definitions.changed,
  })
  if (!planned.ok) return end({ ...planned, retryable: false })
  const objects = planned.value
  const records = standingRecords(history)
  const conflict = yield* findConflict(work, objects, { records, prefix: 'unable to continue with install: ' })
  if (conflict !== undefined) return end({ failure: conflict, retryable: false })
  const namespace = yield* makeNamespace(work)
  if (namespace !== undefined) return end({ failure: namespace, retryable: true })
  const stale = yield* staleEntries(
    work,
    records.map(({ release }) => release),
    objects.map(({ ref }) => ref),
  )
  if (!stale.ok) return end({ ...stale, retryable: false })
  const release = newRevision(target, content, {
    version: nextVersion(history),
    nowMs: yield* now(),
    status: 'pending-install',
    description: 'Initial install underway',
    firstDeployed: '',
    labels: content.labels,
  })
  return yield* runRevision(
    work,
    {
      release,
      success: 'Install complete',
      objects,
      stale: stale.value,
      definitions: definitions.inventory,
      merges: options.serverSideApply === false,
      history,
      replaces: deployedRecords(history),
    },
    installCourse(target.name),
  )
}

function nameInUse(history: RecordList, options: ActionOptions): Refusal | undefined {
  const last = lastRecord(history)
  if (last === undefined) return undefined
  const { status } = last.release.info
  if (status.startsWith('pending-')) return refusal('OperationInProgress', inProgress, true)
  if (options.replace && (status === 'failed' || status === 'uninstalled')) return undefined
  return refusal('NameInUse', 'release name check failed: cannot reuse a name that is still in use')
}

function* makeNamespace(work: Work): ReleaseProgram<Failure | undefined> {
  const { namespace: name, fieldManager } = work.target
  if (!work.options.createNamespace) return undefined
  const ref = { group: '', version: 'v1', kind: 'Namespace', namespace: '', name }
  const found = yield* askPatiently({ kind: 'read' as const, ref, fresh: true })
  if (found.ok && found.value !== undefined) return undefined
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } }
  const made = yield* askPatiently({ kind: 'apply' as const, object, ref, fieldManager })
  if (made.ok) return undefined
  return { code: 'NamespaceNotCreated', message: made.error.message, object: `Namespace/${name}` }
}

function installCourse(name: string): Course {
  const words = { 'before-hooks': 'failed pre-install: ', 'after-hooks': 'failed post-install: ', apply: '', wait: '' }
  const error: Course['error'] = (step, message) => `${words[step]}${message}`
  return {
    isUpdate: false,
    before: 'pre-install',
    after: 'post-install',
    error,
    describe: (step, message) => `Release "${name}" failed: ${error(step, message)}`,
    supersedesOnFailure: false,
    cleansUp: false,
  }
}
