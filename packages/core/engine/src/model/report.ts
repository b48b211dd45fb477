import type { Failure } from '@kedge/base'
import type { Health } from '@kedge/health'

import type { Plan, PruneItem } from './change.ts'
import type { InventoryEntry, ObjectRef } from './inventory.ts'
import type { Memory } from './memory.ts'

/** What was done to one object, or why nothing was. */
export type OutcomeKind =
  | 'created'
  | 'configured'
  | 'corrected'
  | 'replaced'
  | 'unchanged'
  | 'skipped'
  /** Not tried: an earlier wave has not finished. */
  | 'pending'
  /** Being deleted by somebody; applied again once it is gone. */
  | 'terminating'
  /** Another owner keeps changing it back; no write until `failure.fix` or the pause ends. */
  | 'contested'
  | 'failed'
  | 'deleted'

export interface Outcome {
  readonly ref: ObjectRef
  readonly kind: OutcomeKind
  readonly wave: string
  readonly reason?: string
  readonly failure?: Failure
  /** Whether trying again, unchanged, may succeed. Only with `failed`. */
  readonly retryable?: boolean
}

export interface ObjectHealth {
  readonly ref: ObjectRef
  readonly health: Health
}

/**
 * A wait for health as a value: nobody blocks on it. The pass ends with it, watch events evaluate it (`judgeWait`),
 * and the delivery's next pass goes on from there. A new revision makes it void.
 */
export interface HealthWait {
  readonly deliveryId: string
  readonly revision: string
  /** The wave whose objects are awaited; empty for the final health check. */
  readonly wave: string
  readonly objects: readonly ObjectRef[]
  readonly startedAtMs: number
  readonly deadlineMs: number
  readonly failFast: boolean
}

/**
 * How a pass ended.
 * `ready`: everything is applied, pruned and, where asked, healthy.
 * `waiting`: everything possible is done; `wait` or a deletion in progress has to finish first.
 * `held`: everything is applied; deletions wait for a confirmation.
 * `failed`: at least one object could not be applied, deleted or got unhealthy; `failures` says which and why.
 */
export type PassResult = 'ready' | 'waiting' | 'held' | 'failed'

/** The whole account of one pass. Frozen, serialisable. */
export interface Report {
  readonly deliveryId: string
  readonly revision: string
  readonly result: PassResult
  /** What the pass was doing when it failed; families map it to their reasons. */
  readonly failedStep?: 'prepare' | 'record' | 'apply' | 'health' | 'prune'
  /** Whether every object of the revision is applied: the revision may be called applied. */
  readonly applied: boolean
  readonly outcomes: readonly Outcome[]
  readonly pruned: readonly PruneItem[]
  readonly failures: readonly Failure[]
  /** Whether all failures may pass by themselves. */
  readonly retryable: boolean
  /** The record as it is to be stored now. The caller stores it together with the rest of its status. */
  readonly inventory: readonly InventoryEntry[]
  /** Names the deletions of this pass: what a user writes to confirm held ones. */
  readonly planDigest: string
  readonly health: readonly ObjectHealth[]
  readonly wait?: HealthWait
  /** Objects in deletion that the pass waits for. */
  readonly terminating: readonly ObjectRef[]
  /** When to come back at the latest for a reason of the engine's own (a paused fight), milliseconds since the epoch. */
  readonly revisitAtMs?: number
  /** How many requests that write were sent. */
  readonly writes: number
  /** To be given to the next pass of the same delivery in this process. */
  readonly memory: Memory
}

/** What a pass would do. */
export interface Preview {
  readonly plan: Plan
  readonly failures: readonly Failure[]
}
