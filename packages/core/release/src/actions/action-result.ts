import type { Failure } from '@kedge/base'
import { emptyMemory } from '@kedge/engine'
import type { StoredRelease } from '@kedge/helm'

import { createActionLog } from '../action-log.ts'
import type { ActionFailure, ActionSuccess } from '../model/action-end.ts'
import type { ActionOptions, ReleaseTarget } from '../model/target.ts'
import type { Standing, Work } from '../model/work.ts'

/** A new action's work. */
export function beginWork(target: ReleaseTarget, options: ActionOptions): Work {
  return { target, options, log: createActionLog() }
}

/** What is known of the cluster before anything was done. */
export function standingBefore(work: Work): Standing {
  return { inventory: work.target.inventory, memory: emptyMemory }
}

/** A success. */
export function succeeded(work: Work, standing: Standing, release: StoredRelease): ActionSuccess {
  const { inventory, memory } = standing
  return { ok: true, release, inventory, memory, log: work.log.lines() }
}

/** Why an action did not come to its end. */
export interface Refusal {
  readonly failure: Failure
  readonly retryable: boolean
  readonly release?: StoredRelease
}

/** A failure. */
export function failed(work: Work, standing: Standing, refusal: Refusal): ActionFailure {
  const { inventory, memory } = standing
  const { failure, retryable, release } = refusal
  const object = failure.object ?? `Release/${work.target.namespace}/${work.target.name}`
  return {
    ok: false,
    failure: { ...failure, object },
    retryable,
    ...(release === undefined ? {} : { release }),
    inventory,
    memory,
    log: work.log.lines(),
  }
}

/** A refusal with Helm's words. */
export function refusal(code: string, message: string, retryable: boolean = false): Refusal {
  return { failure: { code, message }, retryable }
}
