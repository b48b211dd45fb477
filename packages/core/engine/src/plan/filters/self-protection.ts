import type { ProtectedObject } from '../../model/delivery.ts'
import type { InventoryEntry } from '../../model/inventory.ts'
import type { PruneFilter } from '../candidate.ts'

/** The engine never deletes what it lives on: its own namespace, definitions and permissions. */
export const selfProtection: PruneFilter = ({ entry }, delivery) =>
  delivery.protect.some((pattern) => covers(pattern, entry))
    ? {
        kind: 'keep',
        reason: 'SelfProtection',
        message: 'the engine itself needs it; delete it by hand if that is meant',
      }
    : undefined

function covers(pattern: ProtectedObject, entry: InventoryEntry): boolean {
  return (
    pattern.group === entry.group &&
    pattern.kind === entry.kind &&
    (pattern.namespace === '*' || pattern.namespace === entry.namespace) &&
    (pattern.name === '*' || pattern.name === entry.name)
  )
}
