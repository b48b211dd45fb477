import type { Failure } from '@kedge/base'

import type { PruneItem } from './change.ts'
import type { ObjectRef } from './inventory.ts'
import type { AppliedRecord, FightRecord } from './memory.ts'
import type { HealthWait, ObjectHealth, Outcome, Report } from './report.ts'

/** What a pass has done so far. Each step returns the next one; the report is made of the last. */
export interface Progress {
  readonly outcomes: readonly Outcome[]
  readonly failures: readonly Failure[]
  readonly failedStep?: NonNullable<Report['failedStep']>
  readonly retryable: boolean
  readonly applied: Readonly<Record<string, AppliedRecord>>
  readonly fights: Readonly<Record<string, FightRecord>>
  readonly health: readonly ObjectHealth[]
  /** Waits that are still on, by wave. */
  readonly waits: Readonly<Record<string, number>>
  readonly wait?: HealthWait
  readonly pruned: readonly PruneItem[]
  readonly planDigest: string
  /** The objects that the source has now; their entries stay. */
  readonly desired: readonly ObjectRef[]
  readonly writes: number
  /** Whether the step that comes next may begin. */
  readonly goesOn: boolean
}

/** A failure of a step, added to what was done before. */
export function withFailures(
  progress: Progress,
  step: NonNullable<Report['failedStep']>,
  found: { readonly failures: readonly Failure[]; readonly retryable: boolean },
): Progress {
  if (found.failures.length === 0) return progress
  return {
    ...progress,
    failures: [...progress.failures, ...found.failures],
    failedStep: progress.failedStep ?? step,
    retryable: progress.retryable && found.retryable,
    goesOn: false,
  }
}
