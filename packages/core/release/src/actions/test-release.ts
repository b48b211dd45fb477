import type { StoredHook } from '@kedge/helm'

import { runHooks } from '../hooks/run-hooks.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'
import { isLocked, lastRecord } from '../records/history-view.ts'
import { inProgress, updateRecord } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { beginWork, failed, refusal, standingBefore, succeeded } from './action-result.ts'

/** Which tests are run, by the names of their hooks. */
export interface TestFilter {
  readonly name: string
  /** Whether the named one is left out; else only the named ones run. */
  readonly exclude: boolean
}

/** Runs the test hooks of a release's last revision: `helm test`. The results are in `release.hooks[].lastRun`. */
export function* testRelease(
  target: ReleaseTarget,
  options: ActionOptions & { readonly filters: readonly TestFilter[] },
): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, options)
  const standing = standingBefore(work)
  const read = yield* readRecords(target)
  if (!read.ok) return failed(work, standing, read)
  const last = lastRecord(read.value)
  if (last === undefined) return failed(work, standing, refusal('ReleaseNotFound', 'release: not found'))
  if (isLocked(last)) return failed(work, standing, refusal('OperationInProgress', inProgress, true))
  const ran = yield* runHooks(work, last, {
    event: 'test',
    isChosen: (hook) => isChosen(hook, options.filters),
  })
  const kept = yield* updateRecord(target, ran.record, ran.record.release)
  const record: StoredRecord = kept.ok ? kept.value : ran.record
  const { release } = record
  if (ran.failure !== undefined) return failed(work, standing, { failure: ran.failure, retryable: false, release })
  return kept.ok ? succeeded(work, standing, release) : failed(work, standing, { ...kept, release })
}

/** What is left out goes first; then, where names are given, only those remain. */
function isChosen({ name }: StoredHook, filters: readonly TestFilter[]): boolean {
  if (filters.some((filter) => filter.exclude && filter.name === name)) return false
  const wanted = filters.filter((filter) => !filter.exclude)
  return wanted.length === 0 || wanted.some((filter) => filter.name === name)
}
