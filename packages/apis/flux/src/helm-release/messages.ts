import { type EventNote } from '../status/event-note.ts'
import { fullReleaseName, versionedChart, type Snapshot } from './snapshot.ts'

/** Flux's words, which users search their logs for. */
export const messages = {
  released: (action: 'install' | 'upgrade', snapshot: Snapshot): string =>
    `Helm ${action} succeeded for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)}`,
  releaseFailed: (action: 'install' | 'upgrade', release: ReleaseName, error: string): string =>
    `Helm ${action} failed for release ${release.namespace}/${release.name} with chart ${release.chart}: ${error.trim()}`,
  awaitingTests: (snapshot: Snapshot): string =>
    `Helm release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)} is awaiting tests`,
  tested: (snapshot: Snapshot): string => {
    const count = Object.keys(snapshot.testHooks ?? {}).length
    const hooks =
      count === 0 ? 'no test hooks' : `${String(count)} test hook${count > 1 ? 's' : ''} completed successfully`
    return `Helm test succeeded for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)}: ${hooks}`
  },
  testFailed: (snapshot: Snapshot, error: string): string =>
    `Helm test failed for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)}: ${error.trim()}`,
  rolledBack: (to: Snapshot): string =>
    `Helm rollback to previous release ${fullReleaseName(to)} with chart ${versionedChart(to)} succeeded`,
  rollbackFailed: (to: Snapshot, error: string): string =>
    `Helm rollback to previous release ${fullReleaseName(to)} with chart ${versionedChart(to)} failed: ${error.trim()}`,
  uninstalled: (snapshot: Snapshot | undefined): string =>
    `Helm uninstall succeeded for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)}`,
  uninstallFailed: (snapshot: Snapshot | undefined, error: string): string =>
    `Helm uninstall failed for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)}: ${error.trim()}`,
  remediated: (snapshot: Snapshot | undefined): string =>
    `Helm uninstall remediation for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)} succeeded`,
  remediationFailed: (snapshot: Snapshot | undefined, error: string): string =>
    `Helm uninstall remediation for release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)} failed: ${error.trim()}`,
  unlocked: (snapshot: Snapshot, status: string): string =>
    `Unlocked Helm release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)} in ${status} state`,
  unlockFailed: (snapshot: Snapshot | undefined, status: string, error: string): string =>
    `Unlock of Helm release ${fullReleaseName(snapshot)} with chart ${versionedChart(snapshot)} in ${status} state failed: ${error.trim()}`,
  running: (action: string, timeout: string): string => `Running '${action}' action with timeout of ${timeout}`,
  drifted: (snapshot: Snapshot | undefined, lines: readonly string[]): string =>
    `Cluster state of release ${fullReleaseName(snapshot)} has drifted from the desired state:\n${lines.join('\n')}`,
  corrected: (snapshot: Snapshot | undefined, lines: readonly string[]): string =>
    `Cluster state of release ${fullReleaseName(snapshot)} has been corrected:\n${lines.join('\n')}`,
  correctionFailed: (
    snapshot: Snapshot | undefined,
    errors: readonly string[],
    corrected: readonly string[],
  ): string => {
    const partially = corrected.length > 0 ? 'partially ' : ''
    const done = corrected.length > 0 ? `\n\nSuccessful corrections:\n${corrected.join('\n')}` : ''
    return `Failed to ${partially}correct cluster state of release ${fullReleaseName(snapshot)}:\n${errors.join('\n')}${done}`
  },
} as const

/** A release that may have no revision yet. */
export interface ReleaseName {
  readonly namespace: string
  readonly name: string
  /** `<name>@<version>`. */
  readonly chart: string
}

/** Log lines that follow a failure in its event. */
const logLines = 10

/** A message with the last lines of what Helm said. */
export function withLog(message: string, log: readonly string[]): string {
  return log.length === 0 ? message : `${message}\n\nLast Helm logs:\n\n${log.slice(-logLines).join('\n')}`
}

const group = 'helm.toolkit.fluxcd.io'

/** What an event tells programs: chart version, digest of the values, and more where it is known (SPEC.md HC9). */
export function eventMetadata(facts: {
  readonly chartVersion: string
  readonly configDigest: string
  readonly appVersion?: string | undefined
  readonly ociDigest?: string | undefined
}): EventNote['metadata'] {
  const entries = [
    ['revision', facts.chartVersion],
    ['token', facts.configDigest],
    ['app-version', facts.appVersion],
    ['oci-digest', facts.ociDigest],
  ] as const
  const known = entries.filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(known.map(([name, value]) => [`${group}/${name}`, value ?? '']))
}
