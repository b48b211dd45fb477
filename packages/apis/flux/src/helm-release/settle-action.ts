import { type StoredRelease } from '@kedge/helm'
import { type ActionEnd } from '@kedge/release'

import { formatDuration } from '../spec/duration.ts'
import { findCondition } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { writeInventory } from '../status/kustomization-status.ts'
import { type ActionOrder, type FinishedAction } from './action-order.ts'
import { mark, summarize, unmark, type Moment } from './conditions.ts'
import { eventMetadata, messages, withLog } from './messages.ts'
import { activeRemediation } from './release-state.ts'
import {
  fullReleaseName,
  hasBeenTested,
  sortHistory,
  targets,
  testHooksOf,
  toSnapshot,
  type History,
  type Snapshot,
  type SnapshotAction,
} from './snapshot.ts'
import { clearFailures, clearHistory, type HelmReleaseStatus } from './status.ts'

/** What an action's end means for the HelmRelease. */
export interface Settlement {
  readonly status: HelmReleaseStatus
  readonly notes: readonly EventNote[]
  readonly outcome: SettledOutcome
}

export type SettledOutcome =
  /** The release is looked at again. */
  | { readonly kind: 'continue' }
  /** A new run of passes begins. */
  | { readonly kind: 'anew' }
  /** A failure was remedied, and the next try waits for another pass. */
  | { readonly kind: 'stop' }
  /** Nothing was recorded of the action: it is tried again as it is. */
  | { readonly kind: 'error'; readonly message: string }

interface Settling {
  readonly finished: FinishedAction
  readonly end: ActionEnd
  readonly moment: Moment
}

const goOn: SettledOutcome = { kind: 'continue' }

/** Takes the end of an action into the status (SPEC.md HC5 to HC12). */
export function settleAction(status: HelmReleaseStatus, finished: FinishedAction, moment: Moment): Settlement {
  const { order, end } = finished
  if (end === undefined) return { status, notes: [], outcome: goOn }
  const settling = { finished, end, moment }
  const settled = settleKind(status, settling)
  // As Flux has it, Ready goes on naming the failure that an uninstall remedies.
  if (order.purpose === 'deletion' || isRemedyByUninstall(order)) return settled
  const summarized = { ...settled, status: summarize(settled.status, order.spec, moment) }
  const { calledOffBy } = finished
  return end.ok || calledOffBy === undefined ? summarized : calledOff(summarized, calledOffBy, moment)
}

function isRemedyByUninstall({ action, purpose }: ActionOrder): boolean {
  return action.kind === 'uninstall' && purpose === 'release'
}

/** It failed because something new is wanted, which is seen to at once. */
function calledOff({ status, notes }: Settlement, by: string, moment: Moment): Settlement {
  const reason = 'HealthCheckCanceled'
  const message = `New reconciliation triggered by ${by}`
  const told = `Health checks canceled due to new reconciliation triggered by ${by}`
  return {
    status: mark(status, moment, { type: 'Ready', status: 'False', reason, message }),
    notes: [...notes, { severity: 'info', reason, message: told, metadata: {} }],
    outcome: { kind: 'anew' },
  }
}

function settleKind(status: HelmReleaseStatus, settling: Settling): Settlement {
  const { action, purpose } = settling.finished.order
  switch (action.kind) {
    case 'install':
    case 'upgrade':
      return settleRelease(status, action.kind, settling)
    case 'test':
      return settleTest(status, settling)
    case 'unlock':
      return settleUnlock(status, action.from, settling)
    case 'rollback':
      return settleRollback(status, action.to, settling)
    case 'uninstall':
      return purpose === 'release' ? settleRemedy(status, settling) : settleUninstall(status, settling)
  }
}

function errorOf(end: ActionEnd): string {
  return end.ok ? '' : end.failure.message
}

/**
 * Whether the record still says that somebody is at work: its end could not be stored. The next pass unlocks it and goes
 * on; as nothing is known of how the action went, it costs no retry.
 */
function isUnsettled(end: ActionEnd): boolean {
  const status = end.release?.info.status ?? ''
  return !end.ok && (status.startsWith('pending-') || status === 'uninstalling')
}

function withInventory(status: HelmReleaseStatus, end: ActionEnd): HelmReleaseStatus {
  const { inventory: _old, ...rest } = status
  return end.inventory.length === 0 ? rest : { ...rest, inventory: writeInventory(end.inventory) }
}

function settleRelease(status: HelmReleaseStatus, kind: 'install' | 'upgrade', settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const { order } = finished
  const before = kind === 'install' ? clearHistory(status) : status
  const origin = { action: kind, ociDigest: order.content?.ociDigest ?? '' }
  const snapshot = end.release === undefined ? undefined : toSnapshot(end.release, origin)
  const attempted: HelmReleaseStatus = {
    ...withInventory(unmark(before, 'TestSuccess', 'Remediated'), end),
    lastAttemptedReleaseAction: kind,
    lastAttemptedReleaseActionDuration: formatDuration(finished.durationMs),
    ...(snapshot === undefined ? {} : { history: newHistory(before.history ?? [], snapshot, finished.records) }),
  }
  return end.ok && snapshot !== undefined
    ? released(attempted, snapshot, { kind, order, moment })
    : releaseFailed(attempted, kind, settling)
}

function released(
  status: HelmReleaseStatus,
  snapshot: Snapshot,
  how: { readonly kind: 'install' | 'upgrade'; readonly order: ActionOrder; readonly moment: Moment },
): Settlement {
  const { kind, order, moment } = how
  const { spec } = order
  const message = messages.released(kind, snapshot)
  const reason = kind === 'install' ? 'InstallSucceeded' : 'UpgradeSucceeded'
  let next = mark(status, moment, { type: 'Released', status: 'True', reason, message })
  if (spec.test.enable) {
    const waiting = messages.awaitingTests(snapshot)
    next = mark(next, moment, { type: 'TestSuccess', status: 'Unknown', reason: 'AwaitingTests', message: waiting })
  }
  if (spec[kind].retryIntervalMs !== undefined) next = clearFailures(next)
  const note = { severity: 'info' as const, reason, message, metadata: metadataOf(snapshot) }
  return { status: next, notes: [note], outcome: goOn }
}

function releaseFailed(status: HelmReleaseStatus, kind: 'install' | 'upgrade', settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const { release, content } = finished.order
  const chart = content?.chart ?? { name: '', version: '', appVersion: '' }
  const name = { ...release, chart: `${chart.name}@${chart.version}` }
  const message = messages.releaseFailed(kind, name, errorOf(end))
  const reason = kind === 'install' ? 'InstallFailed' : 'UpgradeFailed'
  const failed = countFailure(mark(status, moment, { type: 'Released', status: 'False', reason, message }))
  const metadata = eventMetadata({
    chartVersion: chart.version,
    configDigest: content?.configDigest ?? '',
    appVersion: chart.appVersion,
    ociDigest: content?.ociDigest,
  })
  const notes = [{ severity: 'error' as const, reason, message: withLog(message, end.log), metadata }]
  const isAttempt = end.release !== undefined && !isUnsettled(end)
  if (!isAttempt) {
    // What is tried again and again is told once.
    const isNews = findCondition(status.conditions, 'Released')?.message !== message
    return { status: failed, notes: isNews ? notes : [], outcome: { kind: 'error', message: errorOf(end) } }
  }
  return { status: countFailure(failed, kind), notes, outcome: goOn }
}

/** One more failure of all, or of a kind of action. */
function countFailure(status: HelmReleaseStatus, kind?: 'install' | 'upgrade'): HelmReleaseStatus {
  switch (kind) {
    case 'install':
      return { ...status, installFailures: (status.installFailures ?? 0) + 1 }
    case 'upgrade':
      return { ...status, upgradeFailures: (status.upgradeFailures ?? 0) + 1 }
    case undefined:
      return { ...status, failures: (status.failures ?? 0) + 1 }
  }
}

/** The new snapshot, and those before it as their records are now: an action supersedes the one that was deployed. */
function newHistory(history: History, snapshot: Snapshot, records: readonly StoredRelease[]): History {
  const older = history.filter((one) => !targets(one, snapshot)).map((one) => refreshed(one, records))
  return sortHistory([snapshot, ...older])
}

function refreshed(snapshot: Snapshot, records: readonly StoredRelease[]): Snapshot {
  const record = records.find((one) => targets(snapshot, one))
  if (record === undefined || record.info.status === snapshot.status) return snapshot
  return renewed(snapshot, record)
}

/** The snapshot of a record as it is now, with what only the old snapshot knows. */
function renewed(snapshot: Snapshot, release: StoredRelease, action?: SnapshotAction): Snapshot {
  const origin = { ociDigest: snapshot.ociDigest ?? '', ...actionField(action ?? snapshot.action) }
  return {
    ...toSnapshot(release, origin),
    ...(snapshot.testHooks === undefined ? {} : { testHooks: snapshot.testHooks }),
  }
}

function actionField(action: SnapshotAction | undefined): { readonly action?: SnapshotAction } {
  return action === undefined ? {} : { action }
}

function replaceSnapshot(history: History, release: StoredRelease, renew: (one: Snapshot) => Snapshot): History {
  return history.map((one) => (targets(one, release) ? renew(one) : one))
}

function settleTest(status: HelmReleaseStatus, settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const { spec } = finished.order
  const { release } = end
  const history = sortHistory(status.history ?? [])
  const tested =
    release === undefined
      ? history
      : replaceSnapshot(history, release, (one) => ({
          ...renewed(one, release),
          testHooks: testHooksOf(release, spec.test.filters),
        }))
  const [latest] = tested
  if (latest === undefined)
    return { status, notes: [], outcome: { kind: 'error', message: 'no latest release: required for test' } }
  const noted: HelmReleaseStatus = { ...status, history: tested }
  const metadata = metadataOf(latest)
  if (end.ok) {
    const message = messages.tested(latest)
    const reason = 'TestSucceeded'
    const next = mark(noted, moment, { type: 'TestSuccess', status: 'True', reason, message })
    return { status: next, notes: [{ severity: 'info', reason, message, metadata }], outcome: goOn }
  }
  const message = messages.testFailed(latest, errorOf(end))
  const reason = 'TestFailed'
  const failed = countFailure(mark(noted, moment, { type: 'TestSuccess', status: 'False', reason, message }))
  const notes = [{ severity: 'error' as const, reason, message, metadata }]
  if (!hasBeenTested(latest)) return { status: failed, notes, outcome: { kind: 'error', message: errorOf(end) } }
  const remediation = activeRemediation(spec, failed)
  const counts = remediation !== undefined && !remediation.ignoreTestFailures
  return { status: counts ? countFailure(failed, failed.lastAttemptedReleaseAction) : failed, notes, outcome: goOn }
}

function settleUnlock(status: HelmReleaseStatus, from: string, settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const { release } = end
  const reason = 'PendingRelease'
  const history = status.history ?? []
  const known = release === undefined ? undefined : history.find((one) => targets(one, release))
  const snapshot = release === undefined ? sortHistory(history)[0] : toSnapshot(release, ociField(known))
  const metadata = snapshot === undefined ? {} : metadataOf(snapshot)
  if (!end.ok || release === undefined || snapshot === undefined) {
    const message = messages.unlockFailed(snapshot, from, errorOf(end))
    const failed = countFailure(mark(status, moment, { type: 'Released', status: 'False', reason, message }))
    const notes = [{ severity: 'error' as const, reason, message, metadata }]
    return { status: failed, notes, outcome: { kind: 'error', message: errorOf(end) } }
  }
  const message = messages.unlocked(snapshot, from)
  // A revision that a crash cut off before it was noted is ours, where the one before it is known to be.
  const noted = known === undefined && history.length > 0 ? newHistory(history, snapshot, finished.records) : history
  const unlocked = { ...status, history: replaceSnapshot(noted, release, (one) => renewed(one, release)) }
  return {
    status: mark(history.length === 0 ? status : unlocked, moment, {
      type: 'Released',
      status: 'False',
      reason,
      message,
    }),
    notes: [{ severity: 'info', reason, message, metadata }],
    outcome: goOn,
  }
}

function ociField(snapshot: Snapshot | undefined): { readonly ociDigest?: string } {
  return snapshot?.ociDigest === undefined ? {} : { ociDigest: snapshot.ociDigest }
}

function settleRollback(status: HelmReleaseStatus, to: Snapshot, settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const metadata = eventMetadata({ ...to, configDigest: finished.order.content?.configDigest ?? to.configDigest })
  const snapshot = end.release === undefined ? undefined : toSnapshot(end.release, { action: 'rollback' })
  const noted = withInventory(
    snapshot === undefined
      ? status
      : { ...status, history: newHistory(status.history ?? [], snapshot, finished.records) },
    end,
  )
  if (end.ok) {
    const message = messages.rolledBack(to)
    const reason = 'RollbackSucceeded'
    const next = mark(noted, moment, { type: 'Remediated', status: 'True', reason, message })
    return { status: next, notes: [{ severity: 'info', reason, message, metadata }], outcome: { kind: 'stop' } }
  }
  const message = messages.rollbackFailed(to, errorOf(end))
  const reason = 'RollbackFailed'
  return {
    status: countFailure(mark(noted, moment, { type: 'Remediated', status: 'False', reason, message })),
    notes: [{ severity: 'error', reason, message: withLog(message, end.log), metadata }],
    outcome: snapshot === undefined || isUnsettled(end) ? { kind: 'error', message: errorOf(end) } : { kind: 'stop' },
  }
}

/** The uninstall that remedies a failed install, or a failed upgrade where the spec says so. */
function settleRemedy(status: HelmReleaseStatus, settling: Settling): Settlement {
  const { end, moment } = settling
  const { noted, latest } = uninstalledStatus(status, end, 'uninstall-remediation')
  const metadata = latest === undefined ? {} : metadataOf(latest)
  if (isGone(end)) {
    const message = messages.remediated(latest)
    const reason = 'UninstallSucceeded'
    const next = mark(noted, moment, { type: 'Remediated', status: 'True', reason, message })
    return { status: next, notes: [{ severity: 'info', reason, message, metadata }], outcome: { kind: 'stop' } }
  }
  const message = messages.remediationFailed(latest, errorOf(end))
  const reason = 'UninstallFailed'
  return {
    status: countFailure(mark(noted, moment, { type: 'Remediated', status: 'False', reason, message })),
    notes: [{ severity: 'error', reason, message: withLog(message, end.log), metadata }],
    outcome:
      end.release === undefined || isUnsettled(end) ? { kind: 'error', message: errorOf(end) } : { kind: 'stop' },
  }
}

/** Nothing is left to uninstall: also when somebody else was there first. */
function isGone(end: ActionEnd): boolean {
  return end.ok || end.failure.code === 'ReleaseNotFound' || end.failure.message.includes('is already deleted')
}

function uninstalledStatus(
  status: HelmReleaseStatus,
  end: ActionEnd,
  action: SnapshotAction,
): { readonly noted: HelmReleaseStatus; readonly latest: Snapshot | undefined } {
  const { release } = end
  const before = sortHistory(status.history ?? [])
  const history =
    release === undefined ? before : replaceSnapshot(before, release, (one) => renewed(one, release, action))
  const noted = withInventory(history.length === 0 ? status : { ...status, history }, end)
  return { noted, latest: history[0] ?? (release === undefined ? undefined : toSnapshot(release, { action })) }
}

/** The uninstall of a release that is not wanted any more, or not here. */
function settleUninstall(status: HelmReleaseStatus, settling: Settling): Settlement {
  const { finished, end, moment } = settling
  const { noted, latest } = uninstalledStatus(status, end, 'uninstall')
  const metadata = latest === undefined ? {} : metadataOf(latest)
  const isDeletion = finished.order.purpose === 'deletion'
  if (isGone(end)) {
    const message = goneMessage(end, latest)
    const reason = 'UninstallSucceeded'
    const { inventory: _inventory, storageNamespace: _namespace, ...rest } = clearFailures(clearHistory(noted))
    const next = mark(rest, moment, { type: 'Released', status: 'False', reason, message })
    const notes = end.ok ? [{ severity: 'info' as const, reason, message, metadata }] : []
    return { status: next, notes, outcome: goOn }
  }
  const message = messages.uninstallFailed(latest, errorOf(end))
  const reason = 'UninstallFailed'
  const failed = countFailure(mark(noted, moment, { type: 'Released', status: 'False', reason, message }))
  const shown = isDeletion ? mark(failed, moment, { type: 'Ready', status: 'False', reason, message }) : failed
  return {
    status: shown,
    notes: [{ severity: 'error', reason, message: withLog(message, end.log), metadata }],
    outcome: { kind: 'error', message: errorOf(end) },
  }
}

function goneMessage(end: ActionEnd, latest: Snapshot | undefined): string {
  if (end.ok) return messages.uninstalled(latest)
  const release = `Release ${fullReleaseName(latest)}`
  return end.failure.code === 'ReleaseNotFound'
    ? `${release} was not found, assuming it is uninstalled`
    : `${release} was already uninstalled`
}

function metadataOf(snapshot: Snapshot): EventNote['metadata'] {
  return eventMetadata(snapshot)
}
