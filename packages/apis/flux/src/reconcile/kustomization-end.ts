import { describeFailure, type Failure } from '@kedge/base'
import { type Memory, type Outcome, type PruneItem, type Report } from '@kedge/engine'
import { describeKey, type KubeObject } from '@kedge/manifest'

import { describeConfirmation } from '../delivery/guards.ts'
import { formatDuration, jitter } from '../spec/duration.ts'
import { type KustomizationSpec } from '../spec/kustomization.ts'
import {
  findCondition,
  isTrue,
  removeConditions,
  setConditions,
  statementsFor,
  type Condition,
  type Standing,
  type Statement,
} from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { upsertHistory } from '../status/history.ts'
import { writeInventory, type KustomizationStatus } from '../status/kustomization-status.ts'
import { readRequest } from '../status/triggers.ts'
import { type PassEnd } from './pass-end.ts'
import { type PassContext } from './settings.ts'

/** What all steps of one pass over a Kustomization share. */
export interface Pass {
  readonly object: KubeObject
  readonly status: KustomizationStatus
  readonly context: PassContext
  readonly memory: Memory
  /** Set once the artifact's path is known to be there. */
  readonly revision?: string
  /** What the artifact itself was made from, where it says so. */
  readonly originRevision?: string
  readonly spec?: KustomizationSpec
  readonly retryMs: number
}

const group = 'kustomize.toolkit.fluxcd.io'

/**
 * Nothing is done; a request is answered all the same. What was ready stays so for who depends on it: the generation
 * that suspended it is noted.
 */
export function suspendedEnd(pass: Pass): PassEnd {
  const { requestedAt } = readRequest(pass.object)
  const { generation = 0 } = pass.object.metadata
  return {
    status: {
      ...pass.status,
      ...(requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt }),
      ...(isTrue(pass.status.conditions, 'Ready') ? { observedGeneration: generation } : {}),
    },
    notes: [],
    next: { kind: 'stalled', reason: 'suspended' },
    summary: 'suspended',
  }
}

/** The pass cannot go on, and no retry helps before the object changes. */
export function stalledEnd(
  pass: Pass,
  end: { readonly reason: string; readonly readyReason?: string; readonly failure: Failure },
): PassEnd {
  const message = describeFailure(end.failure)
  const standing: Standing = {
    kind: 'stalled',
    reason: end.reason,
    message,
    ...(end.readyReason === undefined ? {} : { readyReason: end.readyReason }),
  }
  return {
    status: { ...handled(pass), conditions: withStanding(pass, standing) },
    notes: newFailure(pass, { reason: end.readyReason ?? end.reason, message }),
    next: { kind: 'stalled', reason: message },
    memory: pass.memory,
    summary: message,
  }
}

/** The pass failed before anything was applied; it is tried again. */
export function failedEnd(
  pass: Pass,
  end: { readonly reason: string; readonly failure: Failure; readonly delayMs: number },
): PassEnd {
  const message = describeFailure(end.failure)
  return {
    status: {
      ...handled(pass),
      conditions: withStanding(pass, { kind: 'failed', reason: end.reason, message }),
      ...(pass.revision === undefined ? {} : { lastAttemptedRevision: pass.revision }),
    },
    notes: newFailure(pass, { reason: end.reason, message }),
    next: { kind: 'after', delayMs: end.delayMs },
    memory: pass.memory,
    summary: message,
  }
}

/** The status to show while objects are applied. */
export function progressStatus(
  pass: Pass & { readonly revision: string },
  spec: KustomizationSpec,
): Readonly<Record<string, unknown>> {
  const message = `Detecting drift for revision ${pass.revision} with a timeout of ${formatDuration(spec.timeoutMs)}`
  return {
    ...pass.status,
    conditions: withStanding(pass, { kind: 'progressing', message }),
    lastAttemptedRevision: pass.revision,
  }
}

interface Delivered {
  readonly spec: KustomizationSpec
  readonly report: Report
  /** Names the built objects. */
  readonly digest: string
  readonly rendered: number
}

/** The end of a pass that the engine ran, as status, events and the time of the next one (SPEC.md K8 to K12). */
export function reportEnd(pass: Pass & { readonly revision: string }, delivered: Delivered): PassEnd {
  const { spec, report } = delivered
  const judged = judgeReport(pass, delivered)
  const conditions = withStanding(pass, judged.standing, healthStatements(pass, delivered))
  const ready = report.result === 'ready'
  const status: KustomizationStatus = {
    ...handled(pass),
    conditions: hasHealthChecks(spec) ? conditions : removeConditions(conditions, ['Healthy']),
    lastAttemptedRevision: pass.revision,
    inventory: writeInventory(report.inventory),
    ...(ready ? { lastAppliedRevision: pass.revision } : {}),
    ...(ready && pass.originRevision !== undefined ? { lastAppliedOriginRevision: pass.originRevision } : {}),
  }
  const eventful = isEventful(pass, delivered, status)
  const finished = report.result !== 'waiting'
  const history = finished && eventful ? { history: newHistory(pass, delivered, judged.reason) } : {}
  return {
    status: { ...status, ...history },
    notes: eventful ? notesOf(pass, delivered, judged) : changeNotes(pass, delivered),
    next: nextOf(pass, delivered),
    memory: report.memory,
    ...(report.wait === undefined ? {} : { wait: report.wait }),
    summary: ready ? '' : judged.standing.message,
  }
}

interface Judged {
  readonly standing: Standing
  /** The reason that history and events name. */
  readonly reason: string
}

function judgeReport(pass: Pass & { readonly revision: string }, delivered: Delivered): Judged {
  const { spec, report } = delivered
  const timeout = formatDuration(spec.timeoutMs)
  switch (report.result) {
    case 'ready': {
      const reason = 'ReconciliationSucceeded'
      return { standing: { kind: 'succeeded', reason, message: `Applied revision: ${pass.revision}` }, reason }
    }
    case 'waiting': {
      const message =
        report.wait === undefined
          ? `Waiting for the termination of ${leaving(report)}`
          : `Running health checks for revision ${pass.revision} with a timeout of ${timeout}`
      return { standing: { kind: 'progressing', message }, reason: 'Progressing' }
    }
    case 'held': {
      const held = report.pruned.filter((item) => item.verdict.kind === 'hold')
      const why =
        held.flatMap(({ verdict }) => (verdict.kind === 'hold' ? [verdict.message] : []))[0] ?? 'deletion held'
      const names = held.slice(0, 5).map(describeHeld)
      const more = held.length > names.length ? ` and ${String(held.length - names.length)} more` : ''
      const confirm = describeConfirmation(pass.object, report.planDigest)
      const message = `${why}: ${names.join(', ')}${more} would be deleted; ${confirm}`
      return { standing: { kind: 'failed', reason: 'PruneHeld', message }, reason: 'PruneHeld' }
    }
    case 'failed': {
      const reason = failedReason(report)
      const message = report.failures.map(describeFailure).join('\n')
      return { standing: { kind: 'failed', reason, message }, reason }
    }
  }
}

function describeHeld({ entry, takesAlong }: PruneItem): string {
  return takesAlong === undefined ? describeKey(entry) : `${describeKey(entry)} (with ${takesAlong})`
}

/** What is being deleted, and what waits for its turn. */
function leaving(report: Report): string {
  const due = report.pruned.filter(({ verdict }) => verdict.kind === 'delete').map(({ entry }) => entry)
  return [...report.terminating, ...due].map((ref) => describeKey(ref)).join(', ')
}

function failedReason(report: Report): string {
  if (report.failedStep === 'prune') return 'PruneFailed'
  return report.failedStep === 'health' ? 'HealthCheckFailed' : 'ReconciliationFailed'
}

function hasHealthChecks(spec: KustomizationSpec): boolean {
  return spec.wait || spec.healthChecks.length > 0
}

function healthStatements(pass: Pass, delivered: Delivered): readonly Statement[] {
  const { spec, report } = delivered
  if (!hasHealthChecks(spec)) return []
  const type = 'Healthy'
  if (report.result === 'ready' || report.result === 'held') {
    const old = findCondition(pass.status.conditions, type)
    // A healthy set that stays healthy is no news.
    if (old?.status === 'True' && report.writes === 0) return []
    const message = `Health check passed in ${formatDuration(elapsed(pass, delivered))}`
    return [{ type, status: 'True', reason: 'Succeeded', message }]
  }
  if (report.result === 'waiting') {
    const message = `Running health checks for revision ${report.revision} with a timeout of ${formatDuration(spec.timeoutMs)}`
    return [{ type, status: 'Unknown', reason: 'Progressing', message }]
  }
  if (report.failedStep !== 'health') return []
  const message = report.failures.map(describeFailure).join('\n')
  return [{ type, status: 'False', reason: 'HealthCheckFailed', message }]
}

/** From the start of the wait where there was one, else of this pass. */
function elapsed(pass: Pass, delivered: Delivered): number {
  const started = Math.min(pass.context.nowMs, ...Object.values(pass.memory.waits))
  const waited = pass.memory.revision === delivered.report.revision ? pass.context.nowMs - started : 0
  return Math.round(waited + pass.context.elapsedMs())
}

/** Whether the pass changed anything, in the cluster or in what its status says; only then is it told and counted. */
function isEventful(pass: Pass, delivered: Delivered, status: KustomizationStatus): boolean {
  const { report } = delivered
  if (report.writes > 0 || pass.status.lastAttemptedRevision !== report.revision) return true
  if (readRequest(pass.object).isNew || pass.status.observedGeneration !== pass.object.metadata.generation) return true
  const before = findCondition(pass.status.conditions, 'Ready')
  const after = findCondition(status.conditions, 'Ready')
  return before?.status !== after?.status || before?.reason !== after?.reason || before?.message !== after?.message
}

function newHistory(
  pass: Pass & { readonly revision: string },
  delivered: Delivered,
  reason: string,
): KustomizationStatus['history'] {
  return upsertHistory(pass.status.history ?? [], {
    digest: delivered.digest,
    status: reason,
    now: pass.context.now,
    duration: formatDuration(elapsed(pass, delivered)),
    metadata: {
      revision: pass.revision,
      ...(pass.originRevision === undefined ? {} : { originRevision: pass.originRevision }),
    },
  })
}

function notesOf(
  pass: Pass & { readonly revision: string },
  delivered: Delivered,
  judged: Judged,
): readonly EventNote[] {
  const notes = [...changeNotes(pass, delivered)]
  const metadata = revisionMetadata(pass)
  const { report, spec } = delivered
  const { message } = judged.standing
  if (report.result === 'ready') {
    const next = formatDuration(spec.intervalMs)
    const took = formatDuration(elapsed(pass, delivered))
    notes.push({
      severity: 'info',
      reason: judged.reason,
      message: `Reconciliation finished in ${took}, next run in ${next}`,
      metadata: { ...metadata, [`${group}/commit_status`]: 'update' },
    })
  } else if (report.result !== 'waiting') {
    const before = findCondition(pass.status.conditions, 'Ready')
    if (before?.status !== 'False' || before.message !== message) {
      notes.push({ severity: 'error', reason: judged.reason, message, metadata })
    }
  }
  return notes
}

const told: ReadonlySet<string> = new Set(['created', 'configured', 'corrected', 'replaced'])

/** What was applied and what was deleted, one line an object. */
function changeNotes(pass: Pass & { readonly revision: string }, delivered: Delivered): readonly EventNote[] {
  const { outcomes } = delivered.report
  const applied = outcomes.filter((outcome) => told.has(outcome.kind)).map(describeOutcome)
  const deleted = outcomes.filter((outcome) => outcome.kind === 'deleted').map(describeOutcome)
  const metadata = revisionMetadata(pass)
  return [applied, deleted]
    .filter((lines) => lines.length > 0)
    .map((lines) => ({ severity: 'info', reason: 'Progressing', message: lines.join('\n'), metadata }))
}

/** Flux knows no more than created, configured and deleted. */
function describeOutcome(outcome: Outcome): string {
  const action = outcome.kind === 'created' || outcome.kind === 'deleted' ? outcome.kind : 'configured'
  return `${describeKey(outcome.ref)} ${action}`
}

function revisionMetadata({ revision, originRevision }: Pass): Readonly<Record<string, string>> {
  return {
    ...(revision === undefined ? {} : { [`${group}/revision`]: revision }),
    ...(originRevision === undefined ? {} : { [`${group}/originRevision`]: originRevision }),
  }
}

function nextOf(pass: Pass, delivered: Delivered): PassEnd['next'] {
  const { spec, report } = delivered
  const { settings, random, nowMs } = pass.context
  const intervalMs = jitter(spec.intervalMs, settings.intervalJitterPercent, random)
  switch (report.result) {
    case 'ready':
    case 'held':
      return { kind: 'done', intervalMs: soonest(intervalMs, report.revisitAtMs, nowMs) }
    case 'waiting':
      if (report.wait !== undefined) return { kind: 'waiting', deadlineMs: report.wait.deadlineMs }
      return { kind: 'after', delayMs: 2000 }
    case 'failed':
      if (report.revisitAtMs !== undefined) {
        return { kind: 'after', delayMs: soonest(spec.retryIntervalMs, report.revisitAtMs, nowMs) }
      }
      if (!report.retryable) return { kind: 'after', delayMs: spec.retryIntervalMs }
      return { kind: 'retry', cause: report.failures[0]?.message ?? 'failed' }
  }
}

function soonest(delayMs: number, atMs: number | undefined, nowMs: number): number {
  return atMs === undefined ? delayMs : Math.max(0, Math.min(delayMs, atMs - nowMs))
}

/** A failure is told once, not on every retry. */
function newFailure(pass: Pass, failure: { readonly reason: string; readonly message: string }): readonly EventNote[] {
  const before = findCondition(pass.status.conditions, 'Ready')
  if (before?.status === 'False' && before.message === failure.message) return []
  const severity = failure.reason === 'DependencyNotReady' ? 'info' : 'error'
  const metadata = revisionMetadata(pass)
  return [{ severity, ...failure, metadata }]
}

/** The old status with this pass's generation and request written in. */
function handled(pass: Pass): KustomizationStatus {
  const { requestedAt } = readRequest(pass.object)
  const forceAt = pass.object.metadata.annotations?.['reconcile.fluxcd.io/forceAt']
  return {
    ...pass.status,
    observedGeneration: pass.object.metadata.generation ?? 0,
    ...(requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt }),
    ...(forceAt === undefined ? {} : { lastHandledForceAt: forceAt }),
  }
}

function withStanding(pass: Pass, standing: Standing, extra: readonly Statement[] = []): readonly Condition[] {
  return setConditions(pass.status.conditions, [...statementsFor(standing), ...extra], {
    generation: pass.object.metadata.generation ?? 0,
    now: pass.context.now,
  })
}
