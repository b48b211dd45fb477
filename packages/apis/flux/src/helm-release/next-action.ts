import { type StorageFacts } from './facts.ts'
import {
  activeFailures,
  activeRemediation,
  activeRetryMs,
  isExhausted,
  isObserved,
  type ReleaseState,
} from './release-state.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { newestOf, previousGood, targets, truncateHistory, type Snapshot } from './snapshot.ts'
import { clearHistory, type HelmReleaseStatus } from './status.ts'

/** What is to be done about a release. */
export type ReleaseAction =
  | { readonly kind: 'install' }
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'test' }
  /** `from` is the status that a crash left. */
  | { readonly kind: 'unlock'; readonly from: string }
  | { readonly kind: 'rollback'; readonly to: Snapshot }
  /** Remedies a failure; the release is gone afterwards. */
  | { readonly kind: 'uninstall' }

export type Decision =
  | { readonly kind: 'act'; readonly action: ReleaseAction; readonly status: HelmReleaseStatus }
  | { readonly kind: 'in-sync'; readonly status: HelmReleaseStatus }
  /** Nothing more is tried before the object or its inputs change. */
  | { readonly kind: 'stalled'; readonly reason: 'RetriesExceeded' | 'MissingRollbackTarget'; readonly message: string }
  | { readonly kind: 'error'; readonly message: string }

export interface DecisionInput {
  readonly spec: HelmReleaseSpec
  readonly status: HelmReleaseStatus
  readonly state: ReleaseState
  readonly storage: StorageFacts
  /** A one-off request to act whatever the counters say. */
  readonly force: boolean
}

/** The next step for a release in a state (SPEC.md HD10 to HD19); the status comes with the history that fits it. */
export function decideAction(input: DecisionInput): Decision {
  const { state, status, force } = input
  switch (state.kind) {
    case 'in-sync': {
      const kept = { ...status, ...historyField(truncated(input)) }
      return force ? act('upgrade', kept) : { kind: 'in-sync', status: kept }
    }
    case 'locked':
      return { kind: 'act', action: { kind: 'unlock', from: input.storage.revisions[0]?.status ?? '' }, status }
    case 'leaving':
      return act('uninstall', status)
    case 'absent':
      return actWithin(input, 'install')
    case 'unmanaged':
      return act('upgrade', { ...clearHistory(status), ...historyField(verified(input)) })
    case 'out-of-sync':
      return actWithin(input, 'upgrade')
    case 'untested':
      return act('test', status)
    case 'failed':
      return decideFailed(input)
    case 'unknown':
      return { kind: 'error', message: state.reason }
  }
}

function act(kind: 'install' | 'upgrade' | 'test' | 'uninstall', status: HelmReleaseStatus): Decision {
  return { kind: 'act', action: { kind }, status }
}

/** The action, unless it has failed too often already and nobody asks for it. */
function actWithin({ spec, status, force }: DecisionInput, kind: 'install' | 'upgrade'): Decision {
  return isExhausted(spec, status, kind) && !force ? exhausted(status) : act(kind, status)
}

/**
 * What of the history is still in storage as it was. Flux forgets all of it; then a crash in the middle of an upgrade
 * would leave nothing to go back to.
 */
function verified({ status, storage }: DecisionInput): readonly Snapshot[] {
  return (status.history ?? []).flatMap((snapshot) => {
    const facts = storage.revisions.find((one) => targets(snapshot, one))
    if (facts === undefined) return []
    if (isObserved(snapshot, facts)) return [snapshot]
    const isSame = facts.status === 'superseded' && snapshot.digest === facts.deployedDigest
    return isSame ? [{ ...snapshot, status: facts.status, digest: facts.digest }] : []
  })
}

function truncated(input: DecisionInput): readonly Snapshot[] {
  const { spec, status } = input
  const history = status.history ?? []
  if (activeRetryMs(spec, status) !== undefined) return newestOf(history)
  const ignoreTests = activeRemediation(spec, status)?.ignoreTestFailures ?? spec.test.ignoreFailures
  return truncateHistory(history, ignoreTests)
}

function historyField(history: readonly Snapshot[]): Pick<HelmReleaseStatus, 'history'> {
  return history.length === 0 ? {} : { history }
}

function decideFailed(input: DecisionInput): Decision {
  const { spec, status, force } = input
  if (activeRetryMs(spec, status) !== undefined) {
    return act('upgrade', { ...status, ...historyField(newestOf(status.history ?? [])) })
  }
  const remediation = activeRemediation(spec, status)
  const failures = activeFailures(status)
  // Without a failure counted, what is wanted has changed since: the change is tried first.
  if (remediation === undefined || failures <= 0 || force) return act('upgrade', status)
  const isOut = remediation.retries >= 0 && failures > remediation.retries
  if (isOut && !remediation.remediateLastFailure) return exhausted(status)
  const kept = { ...status, ...historyField(truncateHistory(status.history ?? [], remediation.ignoreTestFailures)) }
  if (remediation.strategy === 'uninstall') return act('uninstall', kept)
  const to = previousGood(kept.history ?? [], remediation.ignoreTestFailures)
  if (to === undefined) {
    const message =
      'Failed to perform remediation: missing target release for rollback: cannot remediate failed release'
    return { kind: 'stalled', reason: 'MissingRollbackTarget', message }
  }
  const stored = input.storage.revisions.find((facts) => targets(to, facts))
  // What is in storage is not what was rolled out: the way forward is the only one known.
  if (stored === undefined || !isObserved(to, stored)) return act('upgrade', kept)
  return { kind: 'act', action: { kind: 'rollback', to }, status: kept }
}

function exhausted(status: HelmReleaseStatus): Decision {
  return { kind: 'stalled', reason: 'RetriesExceeded', message: retriesExceeded(status) }
}

/** Flux's words for a release that has failed too often. */
export function retriesExceeded(status: HelmReleaseStatus): string {
  const attempts = activeFailures(status)
  return `Failed to ${status.lastAttemptedReleaseAction ?? ''} after ${String(attempts)} attempt(s)`
}

/** Whether what was tried last has failed more often than it may; never before anything was tried. */
export function activeRemediationOut(spec: HelmReleaseSpec, status: HelmReleaseStatus): boolean {
  const action = status.lastAttemptedReleaseAction
  return action !== undefined && isExhausted(spec, status, action)
}
