import { Bug } from '@kedge/base'
import type { Failure } from '@kedge/base'
import type { InventoryEntry } from '@kedge/engine'

import type { ReleaseProgram } from '../model/effect.ts'
import type { DefinitionFile, DefinitionPolicy, ReleaseTarget } from '../model/target.ts'

/** What came of a chart's crds/ folder. */
export type DefinitionsEnd =
  | {
      readonly ok: true
      /** Whether anything was written: discovery, and with it what templates see, may be another one now. */
      readonly changed: boolean
      readonly inventory: readonly InventoryEntry[]
      readonly log: readonly string[]
    }
  | { readonly ok: false; readonly failure: Failure; readonly retryable: boolean; readonly log: readonly string[] }

/**
 * Applies the CustomResourceDefinitions of a chart's crds/ folder and waits until they are served. To be run before the
 * render, which may ask for their API versions; install and upgrade do it again, which costs a read each.
 */
export function* applyDefinitions(
  _target: ReleaseTarget,
  _files: readonly DefinitionFile[],
  _options: { readonly policy: DefinitionPolicy; readonly timeoutMs: number },
): ReleaseProgram<DefinitionsEnd> {
  throw new Bug('not made yet')
}
