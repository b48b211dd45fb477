import { describeFailure, type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { formatDuration, jitter } from '../spec/duration.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { findCondition, isTrue } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { readRequest } from '../status/triggers.ts'
import { timeoutOf, typeOf, type ActionOrder, type ActionType } from './action-order.ts'
import { mark, markReconciling, markStalled, unmark, type Moment } from './conditions.ts'
import { messages } from './messages.ts'
import { retriesExceeded, activeRemediationOut } from './next-action.ts'
import { activeRetryMs } from './release-state.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { type HelmReleaseStatus } from './status.ts'

/** How a pass over a HelmRelease ended; with an action to be begun once the status is stored, where there is one. */
export interface HelmReleaseEnd extends PassEnd {
  readonly start?: ActionOrder
}

/** What all steps of one pass share. The status is as it would be stored now. */
export interface ReleasePass {
  readonly object: KubeObject
  readonly spec: HelmReleaseSpec
  readonly status: HelmReleaseStatus
  readonly context: PassContext
  /** Kinds of actions that this run of passes has done already. */
  readonly done: readonly ActionType[]
  readonly notes: readonly EventNote[]
}

/** The annotation that asks for the failures to be forgotten. */
export const resetAtAnnotation = 'reconcile.fluxcd.io/resetAt'
const forceAtAnnotation = 'reconcile.fluxcd.io/forceAt'

export function momentOf(pass: Pick<ReleasePass, 'object' | 'context'>): Moment {
  return { generation: pass.object.metadata.generation ?? 0, now: pass.context.now }
}

/** Requests of a HelmRelease; both hold once, and only with a new `requestedAt` of the same value (SPEC.md T2, HC13). */
export function releaseRequests(
  object: KubeObject,
  status: HelmReleaseStatus,
): { readonly force: boolean; readonly reset: boolean } {
  const { isNew, requestedAt } = readRequest(object)
  const annotations = object.metadata.annotations ?? {}
  const holds = (name: string, handled: string | undefined): boolean =>
    isNew && annotations[name] === requestedAt && annotations[name] !== handled
  return {
    force: holds(forceAtAnnotation, status.lastHandledForceAt),
    reset: holds(resetAtAnnotation, status.lastHandledResetAt),
  }
}

/** The status with force and reset noted as handled, whether they held or not. */
export function noteRequests(object: KubeObject, status: HelmReleaseStatus): HelmReleaseStatus {
  const { [forceAtAnnotation]: forceAt, [resetAtAnnotation]: resetAt } = object.metadata.annotations ?? {}
  return {
    ...status,
    ...(forceAt === undefined ? {} : { lastHandledForceAt: forceAt }),
    ...(resetAt === undefined ? {} : { lastHandledResetAt: resetAt }),
  }
}

function answered(pass: ReleasePass, status: HelmReleaseStatus): HelmReleaseStatus {
  const { requestedAt } = readRequest(pass.object)
  return requestedAt === undefined ? status : { ...status, lastHandledReconcileAt: requestedAt }
}

function observed(pass: ReleasePass, status: HelmReleaseStatus): HelmReleaseStatus {
  return { ...status, observedGeneration: pass.object.metadata.generation ?? 0 }
}

interface EndParts {
  readonly status: HelmReleaseStatus
  readonly next: PassEnd['next']
  readonly summary: string
  readonly notes?: readonly EventNote[]
}

function endOf(pass: ReleasePass, parts: EndParts): HelmReleaseEnd {
  const { status, next, summary, notes = [] } = parts
  return { status: { ...answered(pass, status) }, notes: [...pass.notes, ...notes], next, summary }
}

/**
 * Nothing is done, and nothing is under way any more. A request is answered all the same, and the generation noted: who
 * depends on a release that is ready goes on while it is suspended.
 */
export function suspendedEnd(pass: ReleasePass): HelmReleaseEnd {
  const status = observed(pass, unmark(pass.status, 'Reconciling'))
  return endOf(pass, { status, next: { kind: 'stalled', reason: 'suspended' }, summary: 'suspended' })
}

/** What has to be there first is not. The release stands as it stood; the pass comes again by itself. */
export function prerequisiteEnd(
  pass: ReleasePass,
  end: {
    readonly reason: string
    readonly message: string
    readonly next: PassEnd['next']
    readonly severity?: EventNote['severity']
    /** The event's text where it is another one than the condition's. */
    readonly told?: string
  },
): HelmReleaseEnd {
  const { reason, message, next, severity, told = message } = end
  const moment = momentOf(pass)
  const fulfilling = markReconciling(pass.status, moment, {
    reason: 'Progressing',
    message: 'Fulfilling prerequisites',
  })
  const status = mark(fulfilling, moment, { type: 'Ready', status: 'False', reason, message })
  const notes = severity === undefined ? [] : newNote(pass, message, { severity, reason, message: told, metadata: {} })
  return endOf(pass, { status, next, summary: message, notes })
}

/** A failure, by what Ready says of it, is told once, not on every retry. */
function newNote(pass: ReleasePass, message: string, note: EventNote): readonly EventNote[] {
  const before = findCondition(pass.status.conditions, 'Ready')
  return before?.status === 'False' && before.message === message ? [] : [note]
}

/** No retry helps before the object changes. Without a word on Ready that condition stays as it is. */
export function stalledEnd(
  pass: ReleasePass,
  end: {
    readonly reason: string
    readonly failure: Failure
    readonly isReady: 'kept' | 'false'
    /** The event's text where it is another one than the condition's. */
    readonly told?: string
  },
): HelmReleaseEnd {
  const { reason, failure } = end
  const message = describeFailure(failure)
  const moment = momentOf(pass)
  const stalled = markStalled(pass.status, moment, { reason, message })
  const isFalse = end.isReady === 'false'
  const status = isFalse ? mark(stalled, moment, { type: 'Ready', status: 'False', reason, message }) : stalled
  const told = end.told ?? message
  const notes = isFalse ? newNote(pass, message, { severity: 'error', reason, message: told, metadata: {} }) : []
  return endOf(pass, {
    status: observed(pass, status),
    next: { kind: 'stalled', reason: message },
    summary: message,
    notes,
  })
}

/** An action is begun as soon as the status says so (SPEC.md HD30). */
export function startEnd(pass: ReleasePass, order: ActionOrder): HelmReleaseEnd {
  const { action, spec } = order
  const moment = momentOf(pass)
  const message = messages.running(action.kind, formatDuration(timeoutOf(action, spec)))
  const running = markReconciling(pass.status, moment, { reason: 'Progressing', message })
  const isRelease = typeOf(action) === 'release'
  const status = isRelease
    ? mark(running, moment, { type: 'Ready', status: 'Unknown', reason: 'Progressing', message })
    : running
  return { status: { ...status }, notes: pass.notes, next: { kind: 'done' }, summary: message, start: order }
}

/** The release is as it is wanted. */
export function inSyncEnd(pass: ReleasePass): HelmReleaseEnd {
  const { settings, random } = pass.context
  const status = observed(pass, unmark(pass.status, 'Reconciling'))
  const intervalMs = jitter(pass.spec.intervalMs, settings.intervalJitterPercent, random)
  const ready = findCondition(status.conditions, 'Ready')
  return endOf(pass, {
    status,
    next: { kind: 'done', intervalMs },
    summary: ready?.status === 'True' ? '' : (ready?.message ?? ''),
  })
}

/** An action left no trace, or a step failed: the same is tried again. */
export function errorEnd(
  pass: ReleasePass,
  error: { readonly reason: string; readonly message: string },
): HelmReleaseEnd {
  const retry = retryLater(pass)
  if (retry !== undefined) return retry
  const { reason, message } = error
  const isReady = isTrue(pass.status.conditions, 'Ready')
  const status = isReady
    ? mark(pass.status, momentOf(pass), { type: 'Ready', status: 'False', reason, message })
    : pass.status
  return endOf(pass, { status, next: { kind: 'retry', cause: message }, summary: message })
}

/** The next try comes after the interval of RetryOnFailure; undefined where failures are remedied. */
function retryLater(pass: ReleasePass): HelmReleaseEnd | undefined {
  const retryMs = activeRetryMs(pass.spec, pass.status)
  if (retryMs === undefined) return undefined
  const { settings, random } = pass.context
  const message = `retrying after ${formatDuration(retryMs)}`
  const status = markReconciling(pass.status, momentOf(pass), { reason: 'ProgressingWithRetry', message })
  return endOf(pass, {
    status: observed(pass, status),
    next: { kind: 'after', delayMs: jitter(retryMs, settings.intervalJitterPercent, random) },
    summary: message,
  })
}

/** A failure was remedied: the next try is due, or it was the last one (SPEC.md HD31). */
export function remediedEnd(pass: ReleasePass): HelmReleaseEnd {
  const retry = retryLater(pass)
  if (retry !== undefined) return retry
  const isOut = activeRemediationOut(pass.spec, pass.status)
  const afterUpgrade = pass.status.lastAttemptedReleaseAction === 'upgrade'
  if (!isOut || (afterUpgrade && pass.spec.upgrade.remediation.strategy === 'uninstall')) return tryAgainEnd(pass)
  const failure = { code: 'RetriesExceeded', message: retriesExceeded(pass.status) }
  return stalledEnd(pass, { reason: 'RetriesExceeded', failure, isReady: 'kept' })
}

/** The action that would come next was done in this run already (SPEC.md HD32). */
export function repeatedEnd(pass: ReleasePass): HelmReleaseEnd {
  const retry = retryLater(pass)
  if (retry !== undefined) return retry
  return activeRemediationOut(pass.spec, pass.status) ? inSyncEnd(pass) : tryAgainEnd(pass)
}

function tryAgainEnd(pass: ReleasePass): HelmReleaseEnd {
  const message = findCondition(pass.status.conditions, 'Ready')?.message ?? ''
  const status = markReconciling(pass.status, momentOf(pass), { reason: 'ProgressingWithRetry', message })
  return endOf(pass, { status, next: { kind: 'retry', cause: message }, summary: message })
}
