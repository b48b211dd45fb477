import { describeFailure } from '@kedge/base'

import { targetOf } from '../reconcile/target.ts'
import { findCondition, isTrue } from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { typeOf, type ActionOrder, type OrderedContent } from './action-order.ts'
import { mark, summarize, unmark } from './conditions.ts'
import { describeCorrections, describeDrift } from './drift.ts'
import { ask, type DriftQuery, type HelmProgram } from './effects.ts'
import { eventMetadata, messages } from './messages.ts'
import { decideAction } from './next-action.ts'
import {
  errorEnd,
  inSyncEnd,
  momentOf,
  prerequisiteEnd,
  repeatedEnd,
  stalledEnd,
  startEnd,
  type HelmReleaseEnd,
  type ReleasePass,
} from './release-pass.ts'
import { releaseState } from './release-state.ts'
import { oldPlace, placeOf } from './release-target.ts'
import { sortHistory, type Snapshot } from './snapshot.ts'
import { clearFailures, type HelmReleaseStatus } from './status.ts'

interface Requests {
  readonly force: boolean
  readonly reset: boolean
}

/** Compares the release with what is wanted and decides on the next action (SPEC.md HD1 to HD34). */
export function* reconcileRelease(
  pass: ReleasePass,
  content: OrderedContent,
  requests: Requests,
): HelmProgram<HelmReleaseEnd> {
  const { spec, object, context } = pass
  const target = targetOf(object, spec, context)
  const left = oldPlace(spec, pass.status, content.chart.name)
  if (left !== undefined) {
    const action = { kind: 'uninstall' } as const
    const order: ActionOrder = { action, purpose: 'replace-target', spec, release: left, target, content: undefined }
    return startEnd(pass, order)
  }
  const attempt: ReleasePass = { ...pass, status: attemptStatus(pass, content, requests) }
  const release = placeOf(spec)
  const history = attempt.status.history ?? []
  const preserve = spec.upgrade.preserveValues ? content.values : undefined
  const storage = yield* ask({ kind: 'read-storage', query: { release, target, history, preserve } })
  if (storage.kind === 'no-target') {
    const message = describeFailure(storage.failure)
    const next = { kind: 'retry', cause: message } as const
    return prerequisiteEnd(pass, { reason: 'RESTClientError', message, next })
  }
  if (storage.kind === 'failed') return stateError(attempt, describeFailure(storage.failure))
  const state = releaseState({
    spec,
    status: attempt.status,
    isNewGeneration: attempt.status.observedGeneration !== object.metadata.generation,
    storage: storage.facts,
    chart: content.chart,
    configDigest: storage.preserved ?? content.configDigest,
  })
  const decision = decideAction({ spec, status: attempt.status, state, storage: storage.facts, force: requests.force })
  switch (decision.kind) {
    case 'error':
      return stateError(attempt, decision.message)
    case 'stalled': {
      const failure = { code: decision.reason, message: decision.message }
      return stalledEnd(attempt, { reason: decision.reason, failure, isReady: 'kept' })
    }
    case 'act': {
      const { action } = decision
      const acting = { ...attempt, status: actingStatus(attempt, decision.status, action.kind) }
      if (pass.done.includes(typeOf(action))) return repeatedEnd(acting)
      return startEnd(acting, { action, purpose: 'release', spec, release, target, content })
    }
    case 'in-sync': {
      const version = storage.facts.revisions[0]?.version ?? 0
      const query: DriftQuery = { release, target, version, ignore: spec.drift.ignore }
      return yield* endInSync({ ...attempt, status: decision.status }, query)
    }
  }
}

/** What is tried now; failures of another try are forgotten (SPEC.md HD35). */
function attemptStatus(pass: ReleasePass, content: OrderedContent, requests: Requests): HelmReleaseStatus {
  const { status, object, spec } = pass
  const isAnother =
    status.lastAttemptedGeneration !== object.metadata.generation ||
    status.lastAttemptedRevision !== content.chart.version ||
    (status.lastAttemptedConfigDigest !== undefined && status.lastAttemptedConfigDigest !== content.configDigest)
  const { lastAttemptedRevisionDigest: _digest, ...kept } = isAnother || requests.reset ? clearFailures(status) : status
  return {
    ...kept,
    storageNamespace: spec.storageNamespace,
    lastAttemptedGeneration: object.metadata.generation ?? 0,
    lastAttemptedRevision: content.chart.version,
    lastAttemptedConfigDigest: content.configDigest,
    ...(content.ociDigest === '' ? {} : { lastAttemptedRevisionDigest: content.ociDigest }),
  }
}

function stateError(pass: ReleasePass, reason: string): HelmReleaseEnd {
  const message = `Could not determine release state: ${reason}`
  const status = mark(pass.status, momentOf(pass), { type: 'Ready', status: 'False', reason: 'StateError', message })
  return errorEnd({ ...pass, status }, { reason: 'StateError', message })
}

/** A release that was rolled back and is tested again, or whose rollback is what is wanted now, is one that succeeded. */
function actingStatus(pass: ReleasePass, status: HelmReleaseStatus, kind: string): HelmReleaseStatus {
  return kind === 'test' ? replaceRemediated(pass, status) : status
}

function replaceRemediated(pass: ReleasePass, status: HelmReleaseStatus): HelmReleaseStatus {
  const [latest] = sortHistory(status.history ?? [])
  if (latest === undefined || !isTrue(status.conditions, 'Remediated')) return status
  const message = messages.released('upgrade', latest)
  const reason = 'UpgradeSucceeded'
  return mark(unmark(status, 'Remediated'), momentOf(pass), { type: 'Released', status: 'True', reason, message })
}

/** The release is as wanted; what is said about it may still be of an earlier failure, and its objects may have drifted. */
function* endInSync(pass: ReleasePass, query: DriftQuery): HelmProgram<HelmReleaseEnd> {
  const moment = momentOf(pass)
  const [latest] = sortHistory(pass.status.history ?? [])
  const released = restateReleased(pass, replaceRemediated(pass, pass.status), latest)
  const standing = { ...pass, status: summarize(released, pass.spec, moment) }
  if (pass.spec.drift.mode === 'disabled') {
    return inSyncEnd({ ...standing, status: unmark(standing.status, 'Drifted') })
  }
  const answer = yield* ask({ kind: 'find-drift', query })
  if (answer.kind === 'failed') {
    return stateError(standing, `unable to determine cluster state: ${describeFailure(answer.failure)}`)
  }
  const { drift } = answer
  const none = { type: 'Drifted', status: 'False', reason: 'NoDriftDetected' } as const
  const settled = mark(standing.status, moment, { ...none, message: 'No drift detected against the cluster state' })
  if (drift.length === 0) return inSyncEnd({ ...standing, status: settled })
  const message = messages.drifted(latest, describeDrift(drift))
  const before = findCondition(pass.status.conditions, 'Drifted')
  const isNews = before?.status !== 'True' || before.message !== message
  const metadata = latest === undefined ? {} : eventMetadata(latest)
  const note: EventNote = { severity: 'error', reason: 'DriftDetected', message, metadata }
  const notes = isNews ? [...pass.notes, note] : pass.notes
  if (pass.spec.drift.mode === 'warn') {
    const drifted = { type: 'Drifted', status: 'True', reason: 'DriftDetected', message } as const
    return inSyncEnd({ ...standing, notes, status: mark(standing.status, moment, drifted) })
  }
  const end = yield* ask({ kind: 'correct-drift', query })
  if (end.ok) {
    const corrected = messages.corrected(latest, describeCorrections(drift))
    const told: EventNote = { severity: 'info', reason: 'DriftCorrected', message: corrected, metadata }
    return inSyncEnd({ ...standing, notes: [...notes, told], status: settled })
  }
  const failed = messages.correctionFailed(latest, [describeFailure(end.failure)], [])
  const told: EventNote = { severity: 'error', reason: 'DriftCorrectionFailed', message: failed, metadata }
  const drifted = { type: 'Drifted', status: 'True', reason: 'DriftDetected', message } as const
  const status = mark(standing.status, moment, drifted)
  return errorEnd({ ...standing, notes: [...notes, told], status }, { reason: 'ReconcileError', message: failed })
}

/** A failure that is mended by now, as when what was wanted became what is there. */
function restateReleased(
  pass: ReleasePass,
  status: HelmReleaseStatus,
  latest: Snapshot | undefined,
): HelmReleaseStatus {
  const reason = findCondition(status.conditions, 'Released')?.reason
  const kind = reason === 'InstallFailed' ? 'install' : reason === 'UpgradeFailed' ? 'upgrade' : undefined
  if (kind === undefined || latest === undefined) return status
  const succeeded = kind === 'install' ? 'InstallSucceeded' : 'UpgradeSucceeded'
  const message = messages.released(kind, latest)
  return mark(status, momentOf(pass), { type: 'Released', status: 'True', reason: succeeded, message })
}
