import { fail, FailureError, ok, type Result } from '@kedge/base'
import { compareVersions, parseVersion, VersionError, type SemanticVersion } from '@kedge/semver'

import { type ChartRef } from './spec.ts'

/** A chart's version with what a source's digest adds to it, and that digest; empty for sources that have none. */
export interface TrackedVersion {
  readonly version: string
  readonly ociDigest: string
}

/** Hexadecimal digits of a digest that go into the version. */
const digits = 12

/**
 * The version of a chart out of an OCIRepository or ExternalArtifact: `1.2.3+<12 digits of the digest>`, so that a tag
 * that was moved is an upgrade. A tag that is a version must be the chart's own (SPEC.md HS11).
 */
export function trackVersion(kind: ChartRef['kind'], revision: string, chartVersion: string): Result<TrackedVersion> {
  const hasDigest = kind === 'OCIRepository' || (kind === 'ExternalArtifact' && revision.includes(':'))
  if (!hasDigest) return ok({ version: chartVersion, ociDigest: '' })
  const version = versionOf(chartVersion)
  if (version === undefined) return refuse(`invalid chart version ${chartVersion}`)
  const at = revision.indexOf('@')
  const tag = at < 0 ? undefined : versionOf(revision.slice(0, at).replaceAll('_', '+'))
  // A tag that is no version, such as `latest`, says nothing of the chart: the whole revision is taken apart.
  const digest = tag === undefined ? revision : revision.slice(at + 1)
  if (tag !== undefined && (digest.includes('@') || compareVersions(tag, version) !== 0)) {
    return refuse(`artifact revision ${revision.slice(0, at)} does not match chart version ${chartVersion}`)
  }
  const hex = digest.split(':')
  const short = hex.length === 2 ? (hex[1] ?? '').slice(0, digits) : ''
  if (short.length < digits) return refuse(`invalid artifact revision ${digest}`)
  const { major, minor, patch, prerelease } = version
  const core = `${String(major)}.${String(minor)}.${String(patch)}${prerelease === '' ? '' : `-${prerelease}`}`
  return ok({ version: `${core}+${short}`, ociDigest: digest })
}

function versionOf(text: string): SemanticVersion | undefined {
  try {
    return parseVersion(text)
  } catch (error) {
    if (error instanceof VersionError || error instanceof FailureError) return undefined
    throw error
  }
}

function refuse(message: string): Result<never> {
  return fail({ code: 'ChartMutateError', message })
}
