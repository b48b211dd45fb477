import { bytesToText } from '../value/bytes.ts'
import { printPlain } from '../format/print.ts'
import { GoInt, goObject, isGoObject, isList, typeName, type GoValue } from '../value/go-value.ts'

/** spf13/cast's ToInt64: what it cannot convert is 0. */
export function toInt64(value: GoValue): bigint {
  const item = underlying(value)
  if (item instanceof GoInt) return BigInt.asIntN(64, item.value)
  if (typeof item === 'number') return floatToInt(item)
  if (typeof item === 'boolean') return item ? 1n : 0n
  return typeof item === 'string' ? textToInt(item) : 0n
}

/** Go's int64(float64): out of range gives the smallest integer, as on amd64. */
function floatToInt(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n)
  return BigInt(Math.trunc(value))
}

/** Digits in any of Go's bases with a sign; a zero fraction is dropped. */
function textToInt(text: string): bigint {
  const trimmed = trimZeroDecimal(text)
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F_]+)|0[bB]([01_]+)|0[oO]?([0-7_]+)|(\d[\d_]*))$/.exec(trimmed)
  if (match === null || /__|_$/.test(trimmed)) return 0n
  const [, sign = '', hex, binary, octal, decimal] = match
  if (hex !== undefined) return bounded(signed(`0x${hex.replaceAll('_', '')}`, sign))
  if (binary !== undefined) return bounded(signed(`0b${binary.replaceAll('_', '')}`, sign))
  if (octal !== undefined) return bounded(signed(`0o${octal.replaceAll('_', '')}`, sign))
  return bounded(signed((decimal ?? '0').replaceAll('_', ''), sign))
}

function signed(digits: string, sign: string): bigint {
  const value = BigInt(digits)
  return sign === '-' ? -value : value
}

function bounded(value: bigint): bigint {
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : 0n
}

/** `12.00` is 12. */
function trimZeroDecimal(text: string): string {
  return /^[^.]*\.0+$/.test(text) ? text.slice(0, text.indexOf('.')) : text
}

/** spf13/cast's ToFloat64: what it cannot convert is 0. */
export function toFloat64(value: GoValue): number {
  const item = underlying(value)
  if (typeof item === 'number') return item
  if (item instanceof GoInt) return Number(item.value)
  if (typeof item === 'boolean') return item ? 1 : 0
  return typeof item === 'string' ? (parseGoFloat(item) ?? 0) : 0
}

const goFloat = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/

/** strconv.ParseFloat, but for hexadecimal; undefined when malformed or too large. */
export function parseGoFloat(text: string): number | undefined {
  const word = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text)
  if (word !== null) return word[2] === undefined ? Number.NaN : word[1] === '-' ? -Infinity : Infinity
  if (!goFloat.test(text)) return undefined
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? value : undefined
}

/** cast knows weekdays and months for numbers, durations not. */
function underlying(value: GoValue): GoValue {
  if (!isGoObject(value) || value[goObject].type === 'time.Duration') return value
  return value[goObject].underlying ?? value
}

/** sprig's strval: texts as they are, bytes as text, everything else printed. */
export function toText(value: GoValue): string {
  if (typeof value === 'string') return value
  return isList(value) && typeName(value) === '[]uint8' ? listToText(value) : printPlain(value)
}

function listToText(list: readonly GoValue[]): string {
  return bytesToText(Uint8Array.from(list, (item) => (item instanceof GoInt ? Number(item.value) : 0)))
}

/** sprig's strslice: a list of texts with nil left out; a single value is a list of one. */
export function toTexts(value: GoValue): readonly string[] {
  if (value === undefined || value === null) return []
  const item = underlying(value)
  if (!isList(item)) return [toText(value)]
  return item.filter((one) => one !== null && one !== undefined).map(toText)
}
