import { type StoredRelease } from '@kedge/helm'

import { chartOf, releaseDigest } from './snapshot.ts'
import { digestValues } from './values-digest.ts'

/** What decisions need of a revision in storage. Small, so that it can be kept while nothing changes. */
export interface RevisionFacts {
  readonly name: string
  readonly namespace: string
  readonly version: number
  readonly status: string
  readonly chartName: string
  readonly chartVersion: string
  readonly appVersion: string
  readonly configDigest: string
  /** What a snapshot with this `ociDigest` would have as its digest. */
  readonly digest: string
  /** The same for a snapshot that was taken while the revision was deployed. */
  readonly deployedDigest: string
  readonly ociDigest: string
}

/** What is known of a release's records, newest revision first. */
export interface StorageFacts {
  readonly revisions: readonly RevisionFacts[]
  /** Secrets that look like records and cannot be read. */
  readonly malformed: readonly string[]
}

/** The facts of a revision; `ociDigest` is that of its snapshot. */
export function factsOf(release: StoredRelease, ociDigest: string): RevisionFacts {
  const chart = chartOf(release)
  const digest = releaseDigest(release, ociDigest)
  const isSuperseded = release.info.status === 'superseded'
  return {
    name: release.name,
    namespace: release.namespace,
    version: release.version,
    status: release.info.status,
    chartName: chart.name,
    chartVersion: chart.version,
    appVersion: chart.appVersion,
    configDigest: digestValues(release.config),
    digest,
    deployedDigest: isSuperseded ? releaseDigest(asDeployed(release), ociDigest) : digest,
    ociDigest,
  }
}

function asDeployed(release: StoredRelease): StoredRelease {
  return { ...release, info: { ...release.info, status: 'deployed' } }
}
