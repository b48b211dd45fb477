import { CelError, CelUint, isList, numeric, type CelValue } from '../values.ts'
import { binary, int64, isDouble, isInt, isUint, uint64, unary, type Library, type Overload } from './define.ts'
import { compareValues } from './operators.ts'

function extreme(sign: number): readonly Overload[] {
  return [
    (args) => {
      const [only] = args
      const items = args.length === 1 && only !== undefined && isList(only) ? only : args
      if (items.length === 0) throw new CelError('math extreme of no argument')
      if (!items.every((item) => numeric(item) !== undefined)) return undefined
      return items.reduce((best, item) => ((compareValues(item, best) ?? 0) * sign > 0 ? item : best))
    },
  ]
}

/** Rounds halves away from zero. */
function round(value: number): number {
  return Number.isFinite(value) ? Math.sign(value) * Math.round(Math.abs(value)) : value
}

type BitOperation = (a: bigint, b: bigint) => bigint

function bits(run: BitOperation): readonly Overload[] {
  return [
    binary([isInt, isInt], (a, b) => BigInt.asIntN(64, run(a, b))),
    binary([isUint, isUint], (a, b) => new CelUint(BigInt.asUintN(64, run(a.value, b.value)))),
  ]
}

function shift(run: BitOperation): readonly Overload[] {
  const checked: BitOperation = (a, by) => {
    if (by < 0n) throw new CelError('math bit shift: negative offset')
    return by >= 64n ? 0n : run(a, by)
  }
  return [
    // A shift to the right fills with zeros, also of a negative number.
    binary([isInt, isInt], (a, b) => BigInt.asIntN(64, checked(BigInt.asUintN(64, a), b))),
    binary([isUint, isInt], (a, b) => new CelUint(BigInt.asUintN(64, checked(a.value, b)))),
  ]
}

function sign(value: number): number {
  return Number.isNaN(value) ? value : Math.sign(value)
}

function rounding(run: (value: number) => number): readonly Overload[] {
  return [unary(isDouble, run)]
}

function asRoot(value: CelValue): CelValue | undefined {
  const number = numeric(value)
  return number === undefined ? undefined : Math.sqrt(Number(number))
}

/** Functions of the math library. */
export const mathFunctions: Library = {
  'math.greatest': extreme(1),
  'math.least': extreme(-1),
  'math.ceil': rounding(Math.ceil),
  'math.floor': rounding(Math.floor),
  'math.round': rounding(round),
  'math.trunc': rounding(Math.trunc),
  'math.abs': [unary(isInt, (a) => int64(a < 0n ? -a : a)), unary(isUint, (a) => a), unary(isDouble, Math.abs)],
  'math.sign': [
    unary(isInt, (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n)),
    unary(isUint, (a) => uint64(a.value > 0n ? 1n : 0n)),
    unary(isDouble, sign),
  ],
  'math.isNaN': [unary(isDouble, (a) => Number.isNaN(a))],
  'math.isInf': [unary(isDouble, (a) => !Number.isFinite(a) && !Number.isNaN(a))],
  'math.isFinite': [unary(isDouble, (a) => Number.isFinite(a))],
  'math.sqrt': [([value, ...rest]) => (value === undefined || rest.length > 0 ? undefined : asRoot(value))],
  'math.bitAnd': bits((a, b) => a & b),
  'math.bitOr': bits((a, b) => a | b),
  'math.bitXor': bits((a, b) => a ^ b),
  'math.bitNot': [
    unary(isInt, (a) => BigInt.asIntN(64, ~a)),
    unary(isUint, (a) => new CelUint(BigInt.asUintN(64, ~a.value))),
  ],
  'math.bitShiftLeft': shift((a, by) => a << by),
  'math.bitShiftRight': shift((a, by) => a >> by),
}
