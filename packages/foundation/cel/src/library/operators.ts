import { isTimeInRange } from '../time-text.ts'
import {
  CelDuration,
  CelError,
  CelTimestamp,
  celEquals,
  isList,
  isMap,
  mapKey,
  numeric,
  type CelValue,
} from '../values.ts'
import {
  any,
  binary,
  int64,
  isBool,
  isBytes,
  isDouble,
  isDuration,
  isInt,
  isString,
  isTime,
  isUint,
  listArg,
  mapArg,
  uint64,
  unary,
  type Library,
  type Overload,
} from './define.ts'

/** 292 years: a duration is 64 bits of nanoseconds. */
const maxDurationNanos = 0x7fff_ffff_ffff_ffffn

/** A time that CEL can hold. */
export function timestamp(nanos: bigint): CelTimestamp {
  if (!isTimeInRange(nanos)) throw new CelError('timestamp out of range')
  return new CelTimestamp(nanos)
}

/** A duration that CEL can hold. */
export function duration(nanos: bigint): CelDuration {
  if (nanos > maxDurationNanos || nanos < -maxDurationNanos) throw new CelError('duration out of range')
  return new CelDuration(nanos)
}

function divide(by: bigint, run: () => bigint): bigint {
  if (by === 0n) throw new CelError('division by zero')
  return run()
}

function remainder(by: bigint, run: () => bigint): bigint {
  if (by === 0n) throw new CelError('modulus by zero')
  return run()
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

/** Which of two values comes first: negative, zero, positive; NaN when neither; undefined when they have no order. */
export function compareValues(a: CelValue, b: CelValue): number | undefined {
  const left = numeric(a)
  const right = numeric(b)
  if (left !== undefined && right !== undefined) {
    return typeof left === typeof right ? order(left, right) : order(Number(left), Number(right))
  }
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return order(a.nanos, b.nanos)
  if (a instanceof CelDuration && b instanceof CelDuration) return order(a.nanos, b.nanos)
  return a instanceof Uint8Array && b instanceof Uint8Array ? compareBytes(a, b) : undefined
}

function order(a: bigint | number, b: bigint | number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN
  if (a < b) return -1
  return a > b ? 1 : 0
}

/** By code points: surrogates order after the rest of the basic plane. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left === right) continue
    const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff
    if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1
    return left - right
  }
  return a.length - b.length
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [at, byte] of a.entries()) {
    const other = b[at]
    if (other === undefined) return 1
    if (byte !== other) return byte - other
  }
  return a.length - b.length
}

function comparison(holds: (order: number) => boolean): readonly Overload[] {
  return [
    ([a, b, ...rest]) => {
      if (a === undefined || b === undefined || rest.length > 0) return undefined
      const found = compareValues(a, b)
      return found === undefined ? undefined : holds(found)
    },
  ]
}

const contains: Overload = ([item, range]) => {
  if (item === undefined || range === undefined) return undefined
  if (isList(range)) return range.some((other) => celEquals(item, other))
  if (!isMap(range)) return undefined
  const key = mapKey(item)
  return key !== undefined && range.has(key)
}

/** Operators by the name that the parser gives them. */
export const operators: Library = {
  '_==_': [binary([any, any], celEquals)],
  '_!=_': [binary([any, any], (a, b) => !celEquals(a, b))],
  '_<_': comparison((found) => found < 0),
  '_<=_': comparison((found) => found <= 0),
  '_>_': comparison((found) => found > 0),
  '_>=_': comparison((found) => found >= 0),
  '@in': [contains],
  '!_': [unary(isBool, (a) => !a)],
  '-_': [unary(isInt, (a) => int64(-a)), unary(isDouble, (a) => -a), unary(isDuration, (a) => duration(-a.nanos))],
  '_+_': [
    binary([isInt, isInt], (a, b) => int64(a + b)),
    binary([isDouble, isDouble], (a, b) => a + b),
    binary([isString, isString], (a, b) => a + b),
    binary([isUint, isUint], (a, b) => uint64(a.value + b.value)),
    binary([isBytes, isBytes], concat),
    binary([listArg, listArg], (a, b) => [...a, ...b]),
    binary([isTime, isDuration], (a, b) => timestamp(a.nanos + b.nanos)),
    binary([isDuration, isTime], (a, b) => timestamp(a.nanos + b.nanos)),
    binary([isDuration, isDuration], (a, b) => duration(a.nanos + b.nanos)),
  ],
  '_-_': [
    binary([isInt, isInt], (a, b) => int64(a - b)),
    binary([isDouble, isDouble], (a, b) => a - b),
    binary([isUint, isUint], (a, b) => uint64(a.value - b.value)),
    binary([isTime, isTime], (a, b) => duration(a.nanos - b.nanos)),
    binary([isTime, isDuration], (a, b) => timestamp(a.nanos - b.nanos)),
    binary([isDuration, isDuration], (a, b) => duration(a.nanos - b.nanos)),
  ],
  '_*_': [
    binary([isInt, isInt], (a, b) => int64(a * b)),
    binary([isDouble, isDouble], (a, b) => a * b),
    binary([isUint, isUint], (a, b) => uint64(a.value * b.value)),
  ],
  '_/_': [
    binary([isInt, isInt], (a, b) => int64(divide(b, () => a / b))),
    binary([isDouble, isDouble], (a, b) => a / b),
    binary([isUint, isUint], (a, b) => uint64(divide(b.value, () => a.value / b.value))),
  ],
  '_%_': [
    binary([isInt, isInt], (a, b) => int64(remainder(b, () => a % b))),
    binary([isUint, isUint], (a, b) => uint64(remainder(b.value, () => a.value % b.value))),
  ],
  size: [
    unary(isString, (a) => BigInt(codePointCount(a))),
    unary(isBytes, (a) => BigInt(a.length)),
    unary(listArg, (a) => BigInt(a.length)),
    unary(mapArg, (a) => BigInt(a.size)),
  ],
}

/** The number of code points of a text. */
export function codePointCount(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const next = text.charCodeAt(at + 1)
    if (code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
      count -= 1
      at += 1
    }
  }
  return count
}
