import { formatQuantity, parseQuantity, type Quantity } from '../quantity.ts'
import { CelError, CelOpaque } from '../values.ts'
import { binary, holds, int64, isInt, isString, unary, type Holding, type Library } from './define.ts'

const billion = 1_000_000_000n
const isQuantity = holds('quantity')

function opaque(quantity: Quantity): CelOpaque {
  return new CelOpaque('kubernetes.Quantity', { kind: 'quantity', quantity })
}

function nano(of: Holding<'quantity'>): bigint {
  return of.content.quantity.nano
}

function plus(a: Holding<'quantity'>, by: bigint): CelOpaque {
  return opaque({ ...a.content.quantity, nano: nano(a) + by })
}

function compare(a: bigint, b: bigint): bigint {
  if (a === b) return 0n
  return a < b ? -1n : 1n
}

/** Functions on quantities that are no methods. */
export const quantityFunctions: Library = {
  isQuantity: [unary(isString, (text) => parseQuantity(text) !== undefined)],
  quantity: [
    unary(isString, (text) => {
      const parsed = parseQuantity(text)
      if (parsed === undefined) {
        throw new CelError(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        )
      }
      return opaque(parsed)
    }),
  ],
  string: [unary(isQuantity, (a) => formatQuantity(a.content.quantity))],
}

/** Methods of quantities. */
export const quantities: Library = {
  sign: [unary(isQuantity, (a) => compare(nano(a), 0n))],
  isInteger: [unary(isQuantity, (a) => nano(a) % billion === 0n)],
  asInteger: [
    unary(isQuantity, (a) => {
      if (nano(a) % billion !== 0n) throw new CelError('cannot convert value to integer')
      return int64(nano(a) / billion)
    }),
  ],
  asApproximateFloat: [unary(isQuantity, (a) => Number(nano(a)) / 1e9)],
  add: [
    binary([isQuantity, isQuantity], (a, b) => plus(a, nano(b))),
    binary([isQuantity, isInt], (a, b) => plus(a, b * billion)),
  ],
  sub: [
    binary([isQuantity, isQuantity], (a, b) => plus(a, -nano(b))),
    binary([isQuantity, isInt], (a, b) => plus(a, -b * billion)),
  ],
  compareTo: [binary([isQuantity, isQuantity], (a, b) => compare(nano(a), nano(b)))],
  isLessThan: [binary([isQuantity, isQuantity], (a, b) => nano(a) < nano(b))],
  isGreaterThan: [binary([isQuantity, isQuantity], (a, b) => nano(a) > nano(b))],
}
