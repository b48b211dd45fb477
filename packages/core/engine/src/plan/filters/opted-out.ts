import type { PruneFilter } from '../candidate.ts'

/** The user said on the object itself that it is not to be deleted. */
export const optedOut: PruneFilter = ({ found }, delivery) => {
  const message = found.kind === 'live' ? delivery.keeps?.(found.object) : undefined
  return message === undefined ? undefined : { kind: 'release', reason: 'OptedOut', message }
}
