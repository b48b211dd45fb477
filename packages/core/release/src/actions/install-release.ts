import { Bug } from '@kedge/base'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'

/** Brings a release that is not there yet: `helm install`. */
export function* installRelease(
  _target: ReleaseTarget,
  _content: ReleaseContent,
  _options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
