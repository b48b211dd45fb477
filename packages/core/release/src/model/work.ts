import type { InventoryEntry, Memory } from '@kedge/engine'

import type { ActionLog } from '../action-log.ts'
import type { ActionOptions, ReleaseTarget } from './target.ts'

/** What all steps of one action share. */
export interface Work {
  readonly target: ReleaseTarget
  readonly options: ActionOptions
  readonly log: ActionLog
}

/** What the cluster has of the release, as far as the action knows. */
export interface Standing {
  readonly inventory: readonly InventoryEntry[]
  readonly memory: Memory
}
