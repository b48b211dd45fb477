import { compareBytewise } from '@kedge/gotemplate'
import { GoInteger } from './nodes.ts'

/** Compares two values as Go's template functions do; undefined for what they refuse: two kinds, lists, maps, null. */
export function compared(left: unknown, operator: string, right: unknown): boolean | undefined {
  const order = orderOf(left, right)
  if (order === undefined) return undefined
  switch (operator) {
    case '==':
      return order === 0
    case '!=':
      return order !== 0
    default:
      // One truth is not less than the other.
      return typeof left === 'boolean' ? undefined : ordered(order, operator)
  }
}

function ordered(order: number, operator: string): boolean | undefined {
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return undefined
  }
}

function orderOf(left: unknown, right: unknown): number | undefined {
  if (typeof left === 'string' && typeof right === 'string') return compareBytewise(left, right)
  if (left instanceof GoInteger && right instanceof GoInteger) return sign(left.value, right.value)
  if (typeof left === 'number' && typeof right === 'number') return sign(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return sign(Number(left), Number(right))
  return undefined
}

function sign<T extends number | bigint>(left: T, right: T): number {
  return left === right ? 0 : left < right ? -1 : 1
}
