import {
  FunctionError,
  GoComplex,
  GoInt,
  bytesInBase64,
  encodedOf,
  goObject,
  int64,
  isGoObject,
  isList,
  isMap,
  isNilContainer,
  typeName,
  type GoMap,
  type GoObject,
  type GoValue,
} from '@kedge/gotemplate'
import { PlainText, emptyObject } from '@kedge/yaml'

/** Deeper values than this are taken for ones that hold themselves. */
const maxDepth = 2_000

/** What a value is turned into: JSON, where bytes are base64 and what was never made is null, or as yaml.v3 sees Go values. */
type Target = 'json' | 'yaml.v3'

/**
 * A template's value as plain JSON data, itself where it is that already; integers become bigint so that they print
 * without an exponent. Throws a RangeError for a value that holds itself.
 */
export function toPlain(value: GoValue, target: Target = 'json'): unknown {
  return plainOf(value, 0, target)
}

function plainOf(value: GoValue, depth: number, target: Target): unknown {
  // YAML and JSON are text: bytes that are none become U+FFFD there.
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value ?? null
  if (depth > maxDepth) throw new RangeError('the value is too deep')
  return objectToPlain(value, depth + 1, target)
}

function objectToPlain(value: GoValue & object, depth: number, target: Target): unknown {
  if (value instanceof GoInt) return value.value
  if (value instanceof GoComplex && target === 'json')
    throw new FunctionError('error marshaling into JSON: json: unsupported type: complex128')
  if (isGoObject(value)) {
    const special = target === 'yaml.v3' ? timeText(value) : undefined
    return special ?? plainOf(encodedOf(value[goObject]), depth, target)
  }
  if (target === 'json' && isNilContainer(value)) return null
  if (isList(value))
    return target === 'json' && typeName(value) === '[]uint8' ? bytesInBase64(value) : listToPlain(value, depth, target)
  return isMap(value) ? mapToPlain(value, depth, target) : null
}

/** yaml.v3 prints times without quotes, and durations as texts. */
function timeText(value: GoObject): PlainText | string | undefined {
  const shape = value[goObject]
  if (shape.type === 'time.Duration') return shape.print?.()
  const text = shape.type === 'time.Time' ? shape.text?.() : undefined
  return text === undefined ? undefined : new PlainText(text)
}

function listToPlain(list: readonly GoValue[], depth: number, target: Target): readonly unknown[] {
  let plain: unknown[] | undefined
  for (let at = 0; at < list.length; at += 1) {
    const item = plainOf(list[at], depth, target)
    if (plain === undefined && item !== list[at]) plain = list.slice(0, at)
    plain?.push(item)
  }
  return plain ?? list
}

function mapToPlain(map: GoMap, depth: number, target: Target): GoMap | Readonly<Record<string, unknown>> {
  const keys = Object.keys(map)
  let plain: Record<string, unknown> | undefined
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] ?? ''
    const value = plainOf(map[key], depth, target)
    if (plain === undefined && value !== map[key]) {
      plain = emptyObject()
      for (const before of keys.slice(0, at)) plain[before] = map[before]
    }
    if (plain !== undefined) plain[key] = value
  }
  return plain ?? map
}

/** Decoded YAML or JSON as templates get it: every number is a float64, maps have no prototype. */
export function fromPlain(value: unknown): GoValue {
  return convert(value, Number)
}

/** Values as templates get them: a bigint is an int64, which `--set` alone makes; every other number is a float64. */
export function fromValues(value: unknown): GoValue {
  return convert(value, int64)
}

function convert(value: unknown, integer: (value: bigint) => GoValue): GoValue {
  if (typeof value === 'bigint') return integer(value)
  if (Array.isArray(value)) return value.map((item) => convert(item, integer))
  if (typeof value !== 'object' || value === null) return value as GoValue
  const source = value as Readonly<Record<string, unknown>>
  const map = emptyObject() as Record<string, GoValue>
  for (const key of Object.keys(source)) map[key] = convert(source[key], integer)
  return map
}
