import type { Clock, Random, Timers } from '@kedge/base'
import type { Draft } from '../../contracts.ts'
import { sameValue } from '../../kinds/draft.ts'
import type { TimingProfile } from '../timing.ts'
import { isRace, type ClusterAccess } from './cluster-access.ts'
import type { EventRecorder } from './event-recorder.ts'
import { statusOf, type KubeObject } from './kube-object.ts'
import type { ResourceType } from './resources.ts'
import type { WorkQueue } from './work-queue.ts'

/** What a controller is given. */
export interface ControllerContext {
  readonly cluster: ClusterAccess
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly recorder: EventRecorder
  readonly timing: TimingProfile
  /** A queue of this controller; races with other writers are not errors. */
  queue(name: string, reconcile: (key: string) => Promise<void>): WorkQueue
}

/** Writes an object's status when it differs from what is there. */
export async function writeStatus(
  context: ControllerContext,
  type: ResourceType,
  change: { readonly object: KubeObject; readonly status: Draft },
): Promise<KubeObject> {
  const { object, status } = change
  if (sameValue(statusOf(object), status)) return object
  return context.cluster.update(type, { ...object, status }, 'status')
}

/** Runs requests in parallel, a bounded number at a time, and gives the first real failure when all are done. */
export async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  for (let start = 0; start < items.length; start += PARALLEL) {
    const results = await Promise.allSettled(items.slice(start, start + PARALLEL).map(run))
    for (const result of results) {
      if (result.status === 'rejected' && !isRace(result.reason)) failure ??= { error: result.reason }
    }
  }
  if (failure !== undefined) throw failure.error
}

const PARALLEL = 50

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}
