import type { StoredRelease } from '@kedge/helm'

import { deleteHook, type HookPolicy } from '../hooks/delete-hook.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import { defaultActionOptions, type ReleaseTarget } from '../model/target.ts'
import type { Work } from '../model/work.ts'
import { isLocked, lastRecord } from '../records/history-view.ts'
import { updateRecord } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { withInfo } from '../records/release-changes.ts'
import { beginWork, failed, standingBefore, succeeded } from './action-result.ts'

/**
 * Marks a last revision that is `pending-*` as failed, with `describe` of it as its description: what a crash left is no
 * lock for ever. Hooks that were left behind although their policy is to be deleted go first. Undefined when there is nothing to unlock. One that is `uninstalling` is left for an uninstall to finish.
 */
export function* unlockRelease(
  target: ReleaseTarget,
  describe: (stale: StoredRelease) => string,
): ReleaseProgram<ActionEnd | undefined> {
  const work = beginWork(target, { ...defaultActionOptions, wait: false })
  const standing = standingBefore(work)
  const read = yield* readRecords(target)
  if (!read.ok) return failed(work, standing, read)
  const last = lastRecord(read.value)
  if (last === undefined || !isLocked(last)) return undefined
  yield* deleteLeftHooks(work, last.release)
  const info = { status: 'failed', description: describe(last.release) } as const
  const kept = yield* updateRecord(target, last, withInfo(last.release, info))
  if (!kept.ok) return failed(work, standing, { ...kept, release: last.release })
  return succeeded(work, standing, kept.value.release)
}

/** A hook that was running when the process died has neither succeeded nor failed, and nobody looks after it any more. */
const leftPolicies: Readonly<Record<string, readonly HookPolicy[]>> = {
  Running: ['hook-succeeded', 'hook-failed'],
  Succeeded: ['hook-succeeded'],
  Failed: ['hook-failed'],
}

function* deleteLeftHooks(work: Work, stale: StoredRelease): ReleaseProgram<void> {
  for (const hook of stale.hooks) {
    for (const policy of leftPolicies[hook.lastRun.phase] ?? []) {
      const problem = yield* deleteHook(work, hook, policy)
      if (problem !== undefined) work.log.add(`error deleting the hook ${hook.kind} ${hook.name}: ${problem}`)
    }
  }
}
