import { Bug } from '@kedge/base'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'

/**
 * Deletes what a release brought and its records: `helm uninstall`. May follow an uninstall that was cut off, and a
 * release in any other state. Without any record it fails with `ReleaseNotFound`.
 */
export function* uninstallRelease(_target: ReleaseTarget, _options: ActionOptions): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
