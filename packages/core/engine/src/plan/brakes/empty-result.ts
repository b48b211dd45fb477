import { holdAll, type PruneBrake } from '../candidate.ts'

/** A source that had objects and now has none is more often broken than meant. */
export const emptyResult: PruneBrake = (items, { desired, guards }) => {
  if (guards.allowEmpty || desired.objects.length > 0) return items
  return holdAll(items, {
    kind: 'hold',
    reason: 'EmptyResult',
    message: 'the source has no objects any more',
  })
}
