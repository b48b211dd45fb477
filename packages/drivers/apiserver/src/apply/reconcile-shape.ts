import { emptyFieldSet, fieldNode, type FieldSet, type PathElement } from '@kedge/fields'
import { shapeBelow } from './remove-fields.ts'
import type { Shape } from './shape.ts'

/**
 * Brings an owner's fields in line with a type that has become atomic since they were recorded: who owned something below
 * then owns the whole. A type that became granular is left as it is.
 */
export function reconcileFields(shape: Shape, set: FieldSet): FieldSet {
  return reconcile(shape, set, set.owned && set.children.size === 0)
}

function reconcile(shape: Shape, set: FieldSet, isWhole: boolean): FieldSet {
  const { map, list } = shape
  if (map !== undefined) {
    if (map.deduced === true) return set
    if (!isWhole && map.atomic) return set.children.size > 0 || set.owned ? { owned: true, children: new Map() } : set
  } else if (shape.scalar !== undefined || list === undefined) {
    return set
  } else if (!isWhole && list.relation === 'atomic') {
    return { owned: true, children: new Map() }
  }
  return reconcileBelow(shape, set)
}

function reconcileBelow(shape: Shape, set: FieldSet): FieldSet {
  let changed = false
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) {
    const next = reconcile(shapeBelow(shape, element), child, child.owned && child.children.size === 0)
    changed ||= next !== child
    const node = fieldNode(next.owned, next.children)
    if (node !== undefined) children.set(element, node)
  }
  if (!changed) return set
  return fieldNode(set.owned, children) ?? emptyFieldSet
}
