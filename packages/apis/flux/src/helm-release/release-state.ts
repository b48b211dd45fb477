import { type RevisionFacts, type StorageFacts } from './facts.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { hasBeenTested, hasFailedTest, snapshotVersion, sortHistory, type Snapshot } from './snapshot.ts'
import { type HelmReleaseStatus } from './status.ts'
import { digestCommonMetadata, digestPostRenderers } from './values-digest.ts'

/** How a release in storage compares with the HelmRelease (SPEC.md HD1 to HD9). `reason` is for people. */
export type ReleaseState =
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'unmanaged'; readonly reason: string }
  | { readonly kind: 'locked'; readonly reason: string }
  /** Its uninstall was cut short, and Helm knows no way but to end it. */
  | { readonly kind: 'leaving'; readonly reason: string }
  | { readonly kind: 'out-of-sync'; readonly reason: string }
  | { readonly kind: 'untested' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'in-sync' }
  | { readonly kind: 'unknown'; readonly reason: string }

export interface StateInput {
  readonly spec: HelmReleaseSpec
  readonly status: HelmReleaseStatus
  /** Whether the status has not spoken of this generation yet. */
  readonly isNewGeneration: boolean
  readonly storage: StorageFacts
  /** The chart that is wanted. */
  readonly chart: { readonly name: string; readonly version: string }
  /** Digest of the values that are wanted. */
  readonly configDigest: string
}

/** Compares a release with what is wanted; drift of its objects is looked for afterwards. */
export function releaseState(input: StateInput): ReleaseState {
  const [last] = input.storage.revisions
  if (last === undefined) return { kind: 'absent', reason: 'no release in storage for object' }
  if (last.status.startsWith('pending-')) return { kind: 'locked', reason: `release with status '${last.status}'` }
  if (last.status === 'uninstalling') return { kind: 'leaving', reason: `release with status '${last.status}'` }
  const history = sortHistory(input.status.history ?? [])
  const [current] = history
  if (current === undefined) {
    return last.status === 'uninstalled'
      ? { kind: 'absent', reason: 'found uninstalled release in storage' }
      : { kind: 'unmanaged', reason: 'found existing release in storage' }
  }
  if (!isObserved(current, last)) {
    return { kind: 'unmanaged', reason: 'release not observed to be made for object' }
  }
  switch (last.status) {
    case 'failed':
      return { kind: 'failed', reason: '' }
    case 'uninstalled':
      return { kind: 'absent', reason: 'found uninstalled release in storage' }
    case 'deployed':
      return deployedState(input, { last, current })
    default:
      return { kind: 'unknown', reason: `unable to determine state for release with status '${last.status}'` }
  }
}

/** Whether the newest record is the one that the snapshot was taken of. */
export function isObserved(snapshot: Snapshot, facts: RevisionFacts): boolean {
  if (snapshot.apiVersion !== snapshotVersion) return true
  return snapshot.digest === facts.digest
}

function deployedState(
  input: StateInput,
  found: { readonly last: RevisionFacts; readonly current: Snapshot },
): ReleaseState {
  const { spec, status } = input
  const { last, current } = found
  const { chart } = input
  if (last.chartName !== chart.name || last.chartVersion !== chart.version) {
    return { kind: 'out-of-sync', reason: 'release chart changed' }
  }
  if (current.configDigest !== input.configDigest) {
    return { kind: 'out-of-sync', reason: 'release config values changed' }
  }
  if (input.isNewGeneration) {
    if (digestPostRenderers(spec.postRenderers) !== (status.observedPostRenderersDigest ?? '')) {
      return { kind: 'out-of-sync', reason: 'postrenderers digest has changed' }
    }
    if (digestCommonMetadata(spec.commonMetadata) !== (status.observedCommonMetadataDigest ?? '')) {
      return { kind: 'out-of-sync', reason: 'common metadata digest has changed' }
    }
  }
  if (spec.test.enable) {
    if (!hasBeenTested(current)) return { kind: 'untested' }
    const remediation = activeRemediation(spec, status)
    if (remediation !== undefined && !remediation.ignoreTestFailures && hasFailedTest(current)) {
      return { kind: 'failed', reason: 'release has test in failed phase' }
    }
  }
  return { kind: 'in-sync' }
}

/** What the spec says about failures of the kind of action that was tried last. */
export function activeRemediation(
  spec: HelmReleaseSpec,
  status: HelmReleaseStatus,
): HelmReleaseSpec['install']['remediation'] | undefined {
  const action = status.lastAttemptedReleaseAction
  return action === undefined ? undefined : spec[action].remediation
}

/** Milliseconds until the next try, where failures of the action that was tried last are retried and not remediated. */
export function activeRetryMs(spec: HelmReleaseSpec, status: HelmReleaseStatus): number | undefined {
  const action = status.lastAttemptedReleaseAction
  return action === undefined ? undefined : spec[action].retryIntervalMs
}

/** Failures counted for the kind of action that was tried last. */
export function activeFailures(status: HelmReleaseStatus): number {
  const action = status.lastAttemptedReleaseAction
  return (action === 'install' ? status.installFailures : action === 'upgrade' ? status.upgradeFailures : 0) ?? 0
}

/** Whether a kind of action has failed more often than it may. */
export function isExhausted(spec: HelmReleaseSpec, status: HelmReleaseStatus, action: 'install' | 'upgrade'): boolean {
  const { retries } = spec[action].remediation
  const failures = (action === 'install' ? status.installFailures : status.upgradeFailures) ?? 0
  return retries >= 0 && failures > retries
}
