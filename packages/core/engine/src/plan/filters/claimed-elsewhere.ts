import type { PruneFilter } from '../candidate.ts'

/** An object that moves to another delivery waits for it instead of being deleted and made anew. */
export const claimedElsewhere: PruneFilter = ({ claimedBy }) =>
  claimedBy === undefined
    ? undefined
    : { kind: 'keep', reason: 'ClaimedElsewhere', message: `${claimedBy} delivers it now and is about to take it over` }
