import { GoInt, isGoObject, goObject, isList, isMap, type GoFunction, type GoValue } from '../value/go-value.ts'
import { fixed, rest } from './signature.ts'

/** sprig's functions on emptiness. */
export const defaultFunctions: Readonly<Record<string, GoFunction>> = {
  default: rest(['any', 'any'], (fallback, given) => (isEmpty(given) ? fallback : given)),
  empty: fixed(['any'], (value) => isEmpty(value)),
  coalesce: rest(['any'], (...values) => values.find((value) => !isEmpty(value)) ?? null),
  all: rest(['any'], (...values) => values.every((value) => !isEmpty(value))),
  any: rest(['any'], (...values) => values.some((value) => !isEmpty(value))),
  ternary: fixed(['any', 'any', 'bool'], (yes, no, condition) => (condition === true ? yes : no)),
}

/** Zero, empty or nil; a struct never is. */
export function isEmpty(value: GoValue): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value === 0
  if (typeof value === 'string') return value === ''
  if (value instanceof GoInt) return value.value === 0n
  if (isGoObject(value)) {
    const { underlying } = value[goObject]
    return underlying !== undefined && isEmpty(underlying)
  }
  if (isList(value)) return value.length === 0
  return isMap(value) && Object.keys(value).length === 0
}
