import type { KubeObject } from '@kedge/manifest'

import type { PruneFilter } from '../candidate.ts'

/**
 * Only what carries our mark is ours to delete, and a mark alone can be copied: the object must also be the one the
 * inventory names by UID, or have been applied by our own field manager.
 */
export const foreign: PruneFilter = ({ entry, found }, delivery) => {
  if (found.kind !== 'live') return undefined
  const live = found.object
  if (!delivery.mark.confirms(live)) {
    const owner = delivery.mark.ownerOf(live)
    return owner === undefined
      ? { kind: 'release', reason: 'Foreign', message: 'it does not carry the mark of this delivery' }
      : { kind: 'release', reason: 'HandedOver', message: `it belongs to ${owner} now` }
  }
  const sameObject = entry.uid !== '' && entry.uid === live.metadata.uid
  if (sameObject || isAppliedBy(live, delivery.fieldManager)) return undefined
  return { kind: 'release', reason: 'Foreign', message: 'it carries our mark, but we did not apply it' }
}

function isAppliedBy(live: KubeObject, fieldManager: string): boolean {
  return (live.metadata.managedFields ?? []).some(
    (entry) => entry.manager === fieldManager && entry.operation === 'Apply',
  )
}
