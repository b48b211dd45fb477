import type { PruneFilter } from '../candidate.ts'

/** A deletion that was accepted is not asked for again; its finalizers say who has to act. */
export const terminating: PruneFilter = ({ found }) => {
  if (found.kind !== 'live' || found.object.metadata.deletionTimestamp === undefined) return undefined
  return { kind: 'terminating', blockedBy: found.object.metadata.finalizers ?? [] }
}
