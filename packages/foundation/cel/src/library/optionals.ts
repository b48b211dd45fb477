import { CelError, CelOptional, CelUint, isList, isMap, type CelValue } from '../values.ts'
import { any, isOptional, none, unary, type Library } from './define.ts'

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true
  if (value instanceof CelUint) return value.value === 0n
  if (value instanceof Uint8Array || isList(value)) return value.length === 0
  return isMap(value) && value.size === 0
}

/** Ways to make an optional value. */
export const optionalFunctions: Library = {
  'optional.of': [unary(any, (a) => new CelOptional(a))],
  'optional.none': [none(() => new CelOptional(undefined))],
  'optional.ofNonZeroValue': [unary(any, (a) => new CelOptional(isZero(a) ? undefined : a))],
}

/** Methods of optional values; `or` and `orValue` are evaluated only as far as needed, elsewhere. */
export const optionals: Library = {
  hasValue: [unary(isOptional, (a) => a.value !== undefined)],
  value: [
    unary(isOptional, (a) => {
      if (a.value === undefined) throw new CelError('optional.none() dereference')
      return a.value
    }),
  ],
}
