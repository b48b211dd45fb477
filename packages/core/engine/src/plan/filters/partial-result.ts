import type { PruneFilter } from '../candidate.ts'

/** Nothing is deleted because of a result that is known to be incomplete. */
export const partialResult: PruneFilter = (_candidate, { desired }) =>
  desired.kind === 'partial'
    ? { kind: 'keep', reason: 'PartialResult', message: `the result is incomplete: ${desired.reason}` }
    : undefined
