import { formatDuration, formatTimestamp } from '../time-text.ts'
import {
  CelDuration,
  CelError,
  CelTimestamp,
  CelType,
  CelUint,
  isList,
  isMap,
  numeric,
  typeName,
  type CelValue,
} from '../values.ts'
import { doubleText } from './conversions.ts'

const clause = /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g

/** Fills `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x` and `%X` of a text with the values of a list. */
export function formatText(template: string, args: readonly CelValue[]): string {
  let next = 0
  const stray = template.replaceAll(clause, '')
  if (stray.includes('%')) throw new CelError('could not parse formatting clause')
  return template.replaceAll(clause, (whole: string, precision: string | undefined, verb: string | undefined) => {
    if (whole === '%%' || verb === undefined) return '%'
    const value = args[next]
    if (value === undefined) throw new CelError(`index ${next} out of range`)
    next += 1
    return formatClause(verb, value, precision === undefined ? 6 : Number(precision))
  })
}

function formatClause(verb: string, value: CelValue, precision: number): string {
  switch (verb) {
    case 's':
      return plainText(value)
    case 'd':
      return wholeText(value)
    case 'f':
      return fixedText(value, precision)
    case 'e':
      return exponentText(value, precision)
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : radixText(value, 2, 'binary')
    case 'o':
      return radixText(value, 8, 'octal')
    case 'x':
      return hexText(value)
    case 'X':
      return hexText(value).toUpperCase()
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
  }
}

function refuse(what: string, value: CelValue): never {
  throw new CelError(`error during formatting: ${what}, was given ${typeName(value)}`)
}

function wholeText(value: CelValue): string {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof CelUint) return String(value.value)
  if (typeof value === 'number' && !Number.isFinite(value)) return specialDouble(value)
  return refuse('decimal clause can only be used on integers', value)
}

function specialDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}

function asDouble(value: CelValue): number {
  const number = numeric(value)
  if (number === undefined) {
    if (value === 'NaN') return Number.NaN
    if (value === 'Infinity') return Number.POSITIVE_INFINITY
    if (value === '-Infinity') return Number.NEGATIVE_INFINITY
    return refuse('fixed-point clause can only be used on doubles', value)
  }
  return Number(number)
}

function fixedText(value: CelValue, precision: number): string {
  const number = asDouble(value)
  if (!Number.isFinite(number)) return specialDouble(number)
  const digits = Math.min(precision, 100)
  const scaled = Math.abs(number) * 10 ** digits
  // Exactly between two texts, the even one is taken; such a number has at most one binary digit more than decimals.
  const isHalf = scaled % 1 === 0.5 && Number.isInteger(number * 2 ** (digits + 1))
  if (!isHalf) return number.toFixed(digits)
  const even = Math.floor(scaled) + (Math.floor(scaled) % 2)
  return (Math.sign(number) * (even / 10 ** digits)).toFixed(digits)
}

function exponentText(value: CelValue, precision: number): string {
  const number = asDouble(value)
  if (!Number.isFinite(number)) return specialDouble(number)
  return number.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2')
}

function radixText(value: CelValue, radix: number, what: string): string {
  if (typeof value === 'bigint') return value.toString(radix)
  if (value instanceof CelUint) return value.value.toString(radix)
  return refuse(`only integers and bools can be formatted as ${what}`, value)
}

function hexText(value: CelValue): string {
  if (typeof value === 'string') return hexText(new TextEncoder().encode(value))
  if (value instanceof Uint8Array)
    return Array.from(value)
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
  return radixText(value, 16, 'hex')
}

/** A value as `%s` shows it. */
function plainText(value: CelValue): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return value
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? doubleText(value) : specialDouble(value)
    default:
      return objectText(value)
  }
}

function objectText(value: CelValue): string {
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value)
  if (value instanceof CelType) return value.name
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (value === null) return 'null'
  if (isList(value)) return `[${value.map(plainText).join(', ')}]`
  if (!isMap(value))
    return refuse(
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
      value,
    )
  const members = Array.from(value).map(([key, below]) => `${plainText(key)}: ${plainText(below)}`)
  return `{${members.toSorted().join(', ')}}`
}
