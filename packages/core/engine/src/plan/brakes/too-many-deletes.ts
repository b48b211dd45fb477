import { holdAll, type PruneBrake } from '../candidate.ts'

/** So many deletions are never held, however small the inventory. */
export const alwaysAllowed = 10
/** The share of the inventory that may be deleted at once, where that is more. */
export const allowedShare = 0.3

/** A change that deletes more than max(10, 30 %) of the inventory is more often a mistake than a wish. */
export const tooManyDeletes: PruneBrake = (items, { guards, inventory }) => {
  if (guards.limit === 'off') return items
  const count = items.filter((item) => item.verdict.kind === 'delete').length
  const limit = Math.max(alwaysAllowed, Math.floor(inventory.length * allowedShare))
  if (count <= limit) return items
  return holdAll(items, {
    kind: 'hold',
    reason: 'TooManyDeletes',
    message: `${count} of ${inventory.length} objects would be deleted, more than ${limit}`,
  })
}
