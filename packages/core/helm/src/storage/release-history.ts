import type { StoredRelease } from './stored-release.ts'

/** The revisions of a release, oldest first. */
export function byRevision(releases: readonly StoredRelease[]): readonly StoredRelease[] {
  return releases.toSorted((left, right) => left.version - right.version)
}

/** The newest revision of each release, told apart by namespace and name. */
export function latestRevisions(releases: readonly StoredRelease[]): readonly StoredRelease[] {
  const latest = new Map<string, StoredRelease>()
  for (const release of releases) {
    const key = `${release.namespace}/${release.name}`
    const known = latest.get(key)
    if (known === undefined || known.version <= release.version) latest.set(key, release)
  }
  return [...latest.values()]
}

/** The newest revision whose status is deployed: the one that a failed upgrade goes back to. */
export function deployedRevision(releases: readonly StoredRelease[]): StoredRelease | undefined {
  return byRevision(releases).findLast(({ info }) => info.status === 'deployed')
}

/** The revisions to delete before a new one is stored, so that at most `limit` remain with it; 0 is no limit. */
export function surplusRevisions(releases: readonly StoredRelease[], limit: number): readonly StoredRelease[] {
  if (limit <= 0 || releases.length <= limit - 1) return []
  const kept = deployedRevision(releases)
  const surplus = releases.length - (limit - 1)
  return byRevision(releases)
    .filter(({ version }) => version !== kept?.version)
    .slice(0, surplus)
}

/** Whether a revision was being worked on when its record was written: what a crash leaves behind. */
export function isPending({ info }: StoredRelease): boolean {
  return info.status.startsWith('pending-') || info.status === 'uninstalling'
}
