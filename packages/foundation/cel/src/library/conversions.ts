import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, secondsOf } from '../time-text.ts'
import { CelError, CelType, CelUint, typeName } from '../values.ts'
import {
  any,
  int64,
  isBool,
  isBytes,
  isDouble,
  isDuration,
  isInt,
  isString,
  isTime,
  isType,
  isUint,
  uint64,
  unary,
  type Library,
} from './define.ts'
import { duration, timestamp } from './operators.ts'

const billion = 1_000_000_000n

function intOfText(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new CelError(`type conversion error from 'string' to 'int'`)
  return int64(BigInt(text.replace(/^\+/, '')))
}

function uintOfText(text: string): CelUint {
  if (!/^\+?\d+$/.test(text)) throw new CelError(`type conversion error from 'string' to 'uint'`)
  return uint64(BigInt(text.replace(/^\+/, '')))
}

function wholeOf(value: number, bounds: { readonly min: number; readonly max: number }): bigint {
  if (!(value > bounds.min && value < bounds.max)) throw new CelError('integer overflow')
  return BigInt(Math.trunc(value))
}

function doubleOfText(text: string): number {
  const lower = text.toLowerCase()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower)) return Number(lower)
  if (/^\+?inf(inity)?$/.test(lower)) return Number.POSITIVE_INFINITY
  if (/^-inf(inity)?$/.test(lower)) return Number.NEGATIVE_INFINITY
  if (lower === 'nan') return Number.NaN
  throw new CelError(`type conversion error from 'string' to 'double'`)
}

function boolOfText(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw new CelError(`type conversion error from 'string' to 'bool'`)
}

/** A double as Go prints it with the fewest digits. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return Object.is(value, -0) ? '-0' : String(value)
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

/** Conversions between types, and the types themselves. */
export const conversions: Library = {
  dyn: [unary(any, (a) => a)],
  type: [unary(any, (a) => new CelType(typeName(a)))],
  int: [
    unary(isInt, (a) => a),
    unary(isUint, (a) => int64(a.value)),
    unary(isDouble, (a) => wholeOf(a, { min: -(2 ** 63), max: 2 ** 63 })),
    unary(isString, intOfText),
    unary(isTime, secondsOf),
    unary(isDuration, (a) => a.nanos),
  ],
  uint: [
    unary(isUint, (a) => a),
    unary(isInt, (a) => uint64(a)),
    unary(isDouble, (a) => uint64(wholeOf(a, { min: -1, max: 2 ** 64 }))),
    unary(isString, uintOfText),
  ],
  double: [
    unary(isDouble, (a) => a),
    unary(isInt, Number),
    unary(isUint, (a) => Number(a.value)),
    unary(isString, doubleOfText),
  ],
  bool: [unary(isBool, (a) => a), unary(isString, boolOfText)],
  string: [
    unary(isString, (a) => a),
    unary(isInt, String),
    unary(isUint, (a) => String(a.value)),
    unary(isDouble, doubleText),
    unary(isBool, String),
    unary(isBytes, textOfBytes),
    unary(isTime, formatTimestamp),
    unary(isDuration, formatDuration),
    unary(isType, (a) => a.name),
  ],
  bytes: [unary(isBytes, (a) => a), unary(isString, (a) => new TextEncoder().encode(a))],
  timestamp: [
    unary(isTime, (a) => a),
    unary(isInt, (a) => timestamp(a * billion)),
    unary(isString, (a) => {
      const read = parseTimestamp(a)
      if (read === undefined) throw new CelError(`invalid timestamp: ${JSON.stringify(a)}`)
      return read
    }),
  ],
  duration: [
    unary(isDuration, (a) => a),
    unary(isInt, (a) => duration(a)),
    unary(isString, (a) => {
      const read = parseDuration(a)
      if (read === undefined) throw new CelError(`invalid duration: ${JSON.stringify(a)}`)
      return duration(read.nanos)
    }),
  ],
}
