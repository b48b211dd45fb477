import type { StoredRelease } from '@kedge/helm'

import type { ReleaseContent, ReleaseTarget } from '../model/target.ts'
import { recordTime } from '../records/record-time.ts'

/** A rendered chart as a revision that is about to be brought. */
export function newRevision(
  target: ReleaseTarget,
  content: ReleaseContent,
  how: {
    readonly version: number
    readonly nowMs: number
    readonly status: 'pending-install' | 'pending-upgrade'
    readonly description: string
    /** When the release's first revision was brought; empty for now. */
    readonly firstDeployed: string
    readonly labels: Readonly<Record<string, string>>
  },
): StoredRelease {
  const { chart, config, manifest, hooks, notes } = content
  const lastDeployed = recordTime(how.nowMs)
  return {
    name: target.name,
    namespace: target.namespace,
    version: how.version,
    info: {
      firstDeployed: how.firstDeployed === '' ? lastDeployed : how.firstDeployed,
      lastDeployed,
      deleted: '',
      description: how.description,
      status: how.status,
      rollbackRevision: 0,
      notes,
    },
    chart,
    config,
    manifest,
    hooks,
    applyMethod: 'ssa',
    labels: how.labels,
  }
}
