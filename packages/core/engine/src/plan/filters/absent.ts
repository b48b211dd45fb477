import type { PruneFilter } from '../candidate.ts'

/** What is not there needs no deletion; what cannot be read is not touched. */
export const absent: PruneFilter = ({ found }) => {
  if (found.kind === 'absent') return { kind: 'gone' }
  if (found.kind === 'live') return undefined
  return { kind: 'keep', reason: 'Unreadable', message: `it could not be read: ${found.message}` }
}
