import { Bug } from '@kedge/base'
import type { StoredRelease } from '@kedge/helm'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ReleaseTarget } from '../model/target.ts'

/**
 * Marks a last revision that is `pending-*` as failed, with `describe` of it as its description: what a crash left is no
 * lock for ever. Undefined when there is nothing to unlock. One that is `uninstalling` is left for an uninstall to finish.
 */
export function* unlockRelease(
  _target: ReleaseTarget,
  _describe: (stale: StoredRelease) => string,
): ReleaseProgram<ActionEnd | undefined> {
  throw new Bug('not made yet')
}
