import { Bug } from '@kedge/base'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'

/** Brings an earlier revision back as a new one: `helm rollback`. 0 means the one before the last. */
export function* rollbackRelease(
  _target: ReleaseTarget,
  _toRevision: number,
  _options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
