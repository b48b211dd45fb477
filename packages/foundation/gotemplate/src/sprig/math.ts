import { formatFloat } from '../format/float.ts'
import { FunctionError } from '../exec/function-error.ts'
import { GoInt, int, int64, type GoFunction, type GoValue } from '../value/go-value.ts'
import { toFloat64, toInt64 } from './convert.ts'
import { fixed, number, rest, text } from './signature.ts'

/** sprig's arithmetic: int64 that wraps, floats, and decimals for the …f functions. */
export const mathFunctions: Readonly<Record<string, GoFunction>> = {
  int: fixed(['any'], (value) => int(toInt64(value))),
  int64: fixed(['any'], (value) => int64(toInt64(value))),
  float64: fixed(['any'], (value) => toFloat64(value)),
  atoi: fixed(['string'], (value) => int(atoi(text(value)))),
  toDecimal: fixed(['any'], (value) => int64(parseOctal(value))),
  add1: fixed(['any'], (value) => int64(toInt64(value) + 1n)),
  add: rest(['any'], (...values) => int64(values.reduce<bigint>((sum, value) => sum + toInt64(value), 0n))),
  sub: fixed(['any', 'any'], (a, b) => int64(toInt64(a) - toInt64(b))),
  div: fixed(['any', 'any'], (a, b) => int64(toInt64(a) / divisor(b))),
  mod: fixed(['any', 'any'], (a, b) => int64(toInt64(a) % divisor(b))),
  mul: rest(['any', 'any'], (first, ...others) =>
    int64(others.reduce<bigint>((product, value) => BigInt.asIntN(64, product * toInt64(value)), toInt64(first))),
  ),
  max: rest(['any', 'any'], (first, ...others) =>
    int64(others.map(toInt64).reduce((a, b) => (b > a ? b : a), toInt64(first))),
  ),
  biggest: rest(['any', 'any'], (first, ...others) =>
    int64(others.map(toInt64).reduce((a, b) => (b > a ? b : a), toInt64(first))),
  ),
  min: rest(['any', 'any'], (first, ...others) =>
    int64(others.map(toInt64).reduce((a, b) => (b < a ? b : a), toInt64(first))),
  ),
  maxf: rest(['any', 'any'], (first, ...others) => Math.max(toFloat64(first), ...others.map(toFloat64))),
  minf: rest(['any', 'any'], (first, ...others) => Math.min(toFloat64(first), ...others.map(toFloat64))),
  add1f: fixed(['any'], (value) => decimals([value, 1], (a, b) => addDecimals(a, b))),
  addf: rest(['any'], (...values) => decimals([0, ...values], (a, b) => addDecimals(a, b))),
  subf: rest(['any', 'any'], (first, ...others) => decimals([first, ...others], (a, b) => addDecimals(a, negate(b)))),
  mulf: rest(['any', 'any'], (first, ...others) =>
    decimals([first, ...others], (a, b) => ({ digits: a.digits * b.digits, scale: a.scale + b.scale })),
  ),
  divf: rest(['any', 'any'], (first, ...others) => decimals([first, ...others], divideDecimals)),
  ceil: fixed(['any'], (value) => Math.ceil(toFloat64(value))),
  floor: fixed(['any'], (value) => Math.floor(toFloat64(value))),
  round: rest(['any', 'int', 'float64'], (value, places, half) =>
    round(toFloat64(value), number(places), half === undefined ? 0.5 : number(half)),
  ),
}

function divisor(value: GoValue): bigint {
  const by = toInt64(value)
  if (by === 0n) throw new FunctionError('runtime error: integer divide by zero')
  return by
}

/** What is too large gives the integer nearest to it. */
function atoi(value: string): bigint {
  if (!/^[+-]?\d+$/.test(value)) return 0n
  const whole = BigInt(value.replace(/^\+/, ''))
  if (whole >= 2n ** 63n) return 2n ** 63n - 1n
  return whole < -(2n ** 63n) ? -(2n ** 63n) : whole
}

/** The digits of a number read as octal, as for file modes. */
function parseOctal(value: GoValue): bigint {
  const digits =
    typeof value === 'string'
      ? value
      : value instanceof GoInt
        ? value.value.toString()
        : typeof value === 'number'
          ? formatFloat(value, 'g', -1)
          : ''
  return /^[+-]?[0-7]+$/.test(digits)
    ? BigInt(`0o${digits.replace(/^[+-]/, '')}`) * (digits.startsWith('-') ? -1n : 1n)
    : 0n
}

function round(value: number, places: number, half: number): number {
  const power = 10 ** places
  const digit = power * value
  const fraction = digit - Math.trunc(digit)
  const rounded = fraction >= half ? Math.ceil(digit) : Math.floor(digit)
  return rounded / power
}

// ── decimals ──

interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** Digits that a division keeps behind the point (shopspring/decimal's own). */
const divisionDigits = 16

function decimals(values: readonly GoValue[], step: (a: Decimal, b: Decimal) => Decimal): number {
  const [first = { digits: 0n, scale: 0 }, ...others] = values.map((value) => toDecimal(toFloat64(value)))
  return toNumber(others.reduce(step, first))
}

function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new FunctionError(`Cannot create a Decimal from ${formatFloat(value, 'g', -1)}`)
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  const [whole = '0', part = ''] = mantissa.split('.')
  const scale = part.length - Number(exponent)
  const digits = BigInt(whole + part)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

function toNumber({ digits, scale }: Decimal): number {
  return Number(`${digits}e${-scale}`)
}

function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { digits: a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale), scale }
}

function negate({ digits, scale }: Decimal): Decimal {
  return { digits: -digits, scale }
}

function divideDecimals(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new FunctionError('decimal division by 0')
  const shift = divisionDigits + 1 + b.scale - a.scale
  const dividend = shift >= 0 ? a.digits * 10n ** BigInt(shift) : a.digits
  const by = shift >= 0 ? b.digits : b.digits * 10n ** BigInt(-shift)
  const long = dividend / by
  const last = long % 10n
  const rounded = long / 10n + (last >= 5n ? 1n : last <= -5n ? -1n : 0n)
  return { digits: rounded, scale: divisionDigits }
}
