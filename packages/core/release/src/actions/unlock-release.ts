import type { StoredRelease } from '@kedge/helm'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import { defaultActionOptions, type ReleaseTarget } from '../model/target.ts'
import { isLocked, lastRecord } from '../records/history-view.ts'
import { updateRecord } from '../records/keep-record.ts'
import { readRecords } from '../records/read-history.ts'
import { withInfo } from '../records/release-changes.ts'
import { beginWork, failed, standingBefore, succeeded } from './action-result.ts'

/**
 * Marks a last revision that is `pending-*` as failed, with `describe` of it as its description: what a crash left is no
 * lock for ever. Undefined when there is nothing to unlock. One that is `uninstalling` is left for an uninstall to finish.
 */
export function* unlockRelease(
  target: ReleaseTarget,
  describe: (stale: StoredRelease) => string,
): ReleaseProgram<ActionEnd | undefined> {
  const work = beginWork(target, defaultActionOptions)
  const standing = standingBefore(work)
  const read = yield* readRecords(target)
  if (!read.ok) return failed(work, standing, read)
  const last = lastRecord(read.value)
  if (last === undefined || !isLocked(last)) return undefined
  const info = { status: 'failed', description: describe(last.release) } as const
  const kept = yield* updateRecord(target, last, withInfo(last.release, info))
  if (!kept.ok) return failed(work, standing, { ...kept, release: last.release })
  return succeeded(work, standing, kept.value.release)
}
