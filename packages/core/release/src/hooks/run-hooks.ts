import type { Failure } from '@kedge/base'
import type { HookEvent, StoredHook } from '@kedge/helm'
import { gvkOf, type GroupVersionKind } from '@kedge/manifest'

import { readManifest } from '../apply/read-manifest.ts'
import { wordsFor } from '../apply/recorded-already.ts'
import { describeUnknown, settleObjects, type SettledObject } from '../apply/settle-objects.ts'
import type { ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { Work } from '../model/work.ts'
import { askPatiently } from '../patience.ts'
import { ask, now } from '../program.ts'
import { updateRecord } from '../records/keep-record.ts'
import { recordTime } from '../records/record-time.ts'
import { withHook } from '../records/release-changes.ts'
import { awaitObjects, type AppliedObject } from './await-objects.ts'
import { deleteHook, policiesOf } from './delete-hook.ts'
import { hookHealth } from './hook-health.ts'

/** What came of the hooks of one event. */
export interface HooksRun {
  /** With the hooks' runs; the last of them may not be stored yet. */
  readonly record: StoredRecord
  /** In Helm's words. */
  readonly failure?: Failure
}

/** Runs the chosen hooks of an event by weight and name, one after the other; the first that fails ends it. */
export function* runHooks(
  work: Work,
  start: StoredRecord,
  which: { readonly event: HookEvent; readonly isChosen?: (hook: StoredHook) => boolean },
): ReleaseProgram<HooksRun> {
  const { event, isChosen = () => true } = which
  let record = start
  const done: string[] = []
  for (const { path, name, kind } of hooksOf(start.release.hooks, event).filter(isChosen)) {
    const find = (hooks: readonly StoredHook[]): StoredHook | undefined =>
      hooks.find(
        (hook) => hook.path === path && hook.name === name && hook.kind === kind && hook.events.includes(event),
      )
    const ran = yield* runHook(work, record, { event, find })
    record = ran.record
    if (ran.failure !== undefined) {
      yield* deleteDone(work, record, { keys: done, event })
      return ran
    }
    done.unshift(keyOf({ path, name, kind }))
  }
  const problem = yield* deleteDone(work, record, { keys: done, event })
  return problem === undefined ? { record } : { record, failure: { code: 'HookFailed', message: problem } }
}

function keyOf({ path, name, kind }: Pick<StoredHook, 'path' | 'name' | 'kind'>): string {
  return `${path} ${kind} ${name}`
}

/** In the order in which they run. */
export function hooksOf(hooks: readonly StoredHook[], event: HookEvent): readonly StoredHook[] {
  return hooks
    .filter((hook) => hook.events.includes(event))
    .toSorted((a, b) => a.weight - b.weight || (a.name < b.name ? -1 : Number(a.name > b.name)))
}

interface HookTurn {
  readonly event: HookEvent
  find(hooks: readonly StoredHook[]): StoredHook | undefined
}

function* runHook(work: Work, start: StoredRecord, turn: HookTurn): ReleaseProgram<HooksRun> {
  const hook = turn.find(start.release.hooks)
  if (hook === undefined) return { record: start }
  const cleared = yield* deleteHook(work, hook, 'before-hook-creation')
  if (cleared !== undefined) return hookFailure(start, cleared, hook)
  const built = yield* buildHook(work, hook, turn.event)
  if (typeof built === 'string') return hookFailure(start, built, hook)
  const startedAt = recordTime(yield* now())
  const lastRun = { startedAt, completedAt: '', phase: 'Running' }
  // A hook that has run is stored with the policy that was used.
  const running = withHook(start.release, hook, { ...hook, deletePolicies: policiesOf(hook), lastRun })
  const kept = yield* updateRecord(work.target, start, running)
  if (!kept.ok) return { record: start, failure: kept.failure }
  const problem = yield* carryOutHook(work, built, { hook, event: turn.event })
  const completedAt = recordTime(yield* now())
  const phase = problem === undefined ? 'Succeeded' : 'Failed'
  const stored = turn.find(kept.value.release.hooks) ?? hook
  const ended = withHook(kept.value.release, stored, { ...stored, lastRun: { startedAt, completedAt, phase } })
  const record = { ...kept.value, release: ended }
  if (problem === undefined) return { record }
  const undeleted = yield* deleteHook(work, hook, 'hook-failed')
  if (undeleted !== undefined) work.log.add(`error deleting the hook resource on hook failure: ${undeleted}`)
  return hookFailure(record, problem, hook)
}

function hookFailure(record: StoredRecord, message: string, hook: StoredHook): HooksRun {
  return { record, failure: { code: 'HookFailed', message, object: `${hook.kind}/${hook.name}` } }
}

/** The objects of a hook, or why they cannot be made. */
function* buildHook(work: Work, hook: StoredHook, event: HookEvent): ReleaseProgram<readonly SettledObject[] | string> {
  const prefix = `unable to build kubernetes object for ${event} hook ${hook.path}`
  const read = readManifest(hook.manifest)
  if (!read.ok) return `${prefix}: ${read.failure.message}`
  const settled = yield* settleObjects(read.value, work.target.namespace)
  if (!settled.ok) return `${prefix}: ${settled.failure.message}`
  if (settled.value.unknown.length > 0) return `${prefix}: ${describeUnknown(settled.value.unknown)}`
  return settled.value.settled
}

/** Applies a hook and waits for it; answers why it failed. */
function* carryOutHook(
  work: Work,
  objects: readonly SettledObject[],
  about: { readonly hook: StoredHook; readonly event: HookEvent },
): ReleaseProgram<string | undefined> {
  const { fieldManager } = work.target
  const applied: AppliedObject[] = []
  yield* ask({ kind: 'watch' as const, kinds: kindsOf(objects) })
  for (const { object, ref } of objects) {
    const metadata = ref.namespace === '' ? object.metadata : { ...object.metadata, namespace: ref.namespace }
    work.log.add(`running ${about.event} hook ${ref.kind} ${ref.namespace}/${ref.name}`)
    const answer = yield* askPatiently({ kind: 'apply' as const, object: { ...object, metadata }, ref, fieldManager })
    if (!answer.ok)
      return `warning: Hook ${about.event} ${about.hook.path} failed: ${wordsFor({ kind: 'apply', ref }, answer.error)}`
    const { uid = '', resourceVersion = '' } = answer.value.metadata
    applied.push({ ref, uid, resourceVersion })
  }
  const { timeoutMs, healthExpressions } = work.options
  return yield* awaitObjects(applied, { timeoutMs, health: (live) => hookHealth(live, healthExpressions) })
}

function kindsOf(objects: readonly SettledObject[]): readonly GroupVersionKind[] {
  return [...new Map(objects.map(({ object }) => [`${object.apiVersion}/${object.kind}`, gvkOf(object)])).values()]
}

/** Deletes hooks that succeeded and want it, the last one first. */
function* deleteDone(
  work: Work,
  record: StoredRecord,
  done: { readonly keys: readonly string[]; readonly event: HookEvent },
): ReleaseProgram<string | undefined> {
  for (const key of done.keys) {
    const hook = record.release.hooks.find((one) => keyOf(one) === key && one.events.includes(done.event))
    const problem = hook === undefined ? undefined : yield* deleteHook(work, hook, 'hook-succeeded')
    if (problem !== undefined) return problem
  }
  return undefined
}
