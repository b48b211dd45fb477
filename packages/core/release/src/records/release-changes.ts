import type { ReleaseInfo, StoredHook, StoredRelease } from '@kedge/helm'

/** A revision with other facts about how it went. */
export function withInfo(release: StoredRelease, info: Partial<ReleaseInfo>): StoredRelease {
  return { ...release, info: { ...release.info, ...info } }
}

/** A revision with one of its hooks changed. */
export function withHook(release: StoredRelease, before: StoredHook, after: StoredHook): StoredRelease {
  return { ...release, hooks: release.hooks.map((hook) => (hook === before ? after : hook)) }
}

/** Whether two forms of one revision say the same of how it went; its content never changes. */
export function saysTheSame(a: StoredRelease, b: StoredRelease): boolean {
  return JSON.stringify(storyOf(a)) === JSON.stringify(storyOf(b))
}

function storyOf({ info, hooks }: StoredRelease): unknown {
  const { firstDeployed, lastDeployed, deleted, description, status, rollbackRevision } = info
  const runs = hooks.map(({ lastRun }) => [lastRun.startedAt, lastRun.completedAt, lastRun.phase])
  return [firstDeployed, lastDeployed, deleted, description, status, rollbackRevision, runs]
}
