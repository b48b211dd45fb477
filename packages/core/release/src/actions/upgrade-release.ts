import { Bug } from '@kedge/base'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseContent, ReleaseTarget } from '../model/target.ts'

/** Brings a new revision of a release, whoever made the last one: `helm upgrade --install` without the install. */
export function* upgradeRelease(
  _target: ReleaseTarget,
  _content: ReleaseContent,
  _options: ActionOptions,
): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
