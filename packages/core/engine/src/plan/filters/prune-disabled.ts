import type { PruneFilter } from '../candidate.ts'

/** Without pruning, what leaves the source stays in the cluster and is no longer ours to follow. */
export const pruneDisabled: PruneFilter = (_candidate, delivery) =>
  delivery.prune ? undefined : { kind: 'release', reason: 'PruneDisabled', message: 'pruning is switched off' }
