import {
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
  type GoValue,
} from '@kedge/gotemplate'
import { emptyObject } from '@kedge/yaml'

/** Deeper values than this are taken for ones that hold themselves. */
const maxDepth = 2_000

/** What a value is turned into: JSON, where bytes are base64 and what was never made is null, or as yaml.v3 sees Go values. */
type Target = 'json' | 'yaml.v3'

/**
 * A template's value as plain JSON data; integers become bigint so that they print without an exponent. Throws a
 * RangeError for a value that holds itself.
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
  if (isGoObject(value)) return plainOf(encodedOf(value[goObject]), depth, target)
  if (target === 'json' && isNilContainer(value)) return null
  if (isList(value))
    return target === 'json' && typeName(value) === '[]uint8'
      ? bytesInBase64(value)
      : value.map((item) => plainOf(item, depth, target))
  if (!isMap(value)) return null
  const plain = emptyObject()
  for (const key of Object.keys(value)) plain[key] = plainOf(value[key], depth, target)
  return plain
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
