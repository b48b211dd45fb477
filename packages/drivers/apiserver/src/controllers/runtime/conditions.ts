import type { Draft } from '../../contracts.ts'
import { children } from '../../kinds/draft.ts'
import { timestamp } from './kube-object.ts'

/** What a condition says. */
export interface Finding {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

/**
 * The conditions with one set: lastTransitionTime moves when its status changes, lastUpdateTime (where the kind has it)
 * when reason or message do as well. Equal ones stay as they are.
 */
export function withCondition(
  conditions: readonly Draft[],
  finding: Finding,
  options: { readonly nowMs: number; readonly hasUpdateTime?: boolean; readonly hasProbeTime?: boolean },
): readonly Draft[] {
  const now = timestamp(options.nowMs)
  const before = conditions.find((condition) => condition['type'] === finding.type)
  if (
    before !== undefined &&
    before['status'] === finding.status &&
    before['reason'] === finding.reason &&
    (before['message'] ?? '') === finding.message
  ) {
    return conditions
  }
  const isSameStatus = before?.['status'] === finding.status
  const next: Draft = {
    type: finding.type,
    status: finding.status,
    ...(options.hasUpdateTime === true ? { lastUpdateTime: now } : {}),
    ...(options.hasProbeTime === true ? { lastProbeTime: now } : {}),
    lastTransitionTime: isSameStatus ? before['lastTransitionTime'] : now,
    ...(finding.reason === '' ? {} : { reason: finding.reason }),
    ...(finding.message === '' ? {} : { message: finding.message }),
  }
  return before === undefined
    ? [...conditions, next]
    : conditions.map((condition) => (condition === before ? next : condition))
}

/** The conditions without one. */
export function withoutCondition(conditions: readonly Draft[], type: string): readonly Draft[] {
  return conditions.some((condition) => condition['type'] === type)
    ? conditions.filter((condition) => condition['type'] !== type)
    : conditions
}

/** The conditions of a status. */
export function conditionsIn(status: Readonly<Draft>): readonly Draft[] {
  return children(status, 'conditions')
}
