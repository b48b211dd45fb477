import { Bug } from '@kedge/base'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'

/** Which tests are run, by the names of their hooks. */
export interface TestFilter {
  readonly name: string
  /** Whether the named one is left out; else only the named ones run. */
  readonly exclude: boolean
}

/** Runs the test hooks of a release's last revision: `helm test`. The results are in `release.hooks[].lastRun`. */
export function* testRelease(
  _target: ReleaseTarget,
  _options: ActionOptions & { readonly filters: readonly TestFilter[] },
): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
