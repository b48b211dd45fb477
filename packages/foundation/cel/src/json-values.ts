import { formatDuration, formatTimestamp } from './time-text.ts'
import {
  CelDuration,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelType,
  CelUint,
  isList,
  isMap,
  type CelKey,
  type CelValue,
} from './values.ts'
import { formatQuantity } from './quantity.ts'

/** A value made ready once for several evaluations. */
export class PreparedValue {
  readonly value: CelValue
  constructor(value: CelValue) {
    this.value = value
  }
}

/** A JSON value as CEL sees it: whole numbers are `int`, others `double`. Undefined members are left out. */
export function fromJson(value: unknown): CelValue {
  if (value instanceof PreparedValue) return value.value
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value
    case 'object':
      return value === null ? null : fromObject(value)
    default:
      return null
  }
}

function fromObject(value: object): CelValue {
  if (Array.isArray(value)) return value.map(fromJson)
  if (value instanceof Uint8Array) return value
  const out = new Map<CelKey, CelValue>()
  for (const [name, below] of Object.entries(value)) if (below !== undefined) out.set(name, fromJson(below))
  return out
}

/** A value as JSON: times and durations as texts, whole numbers as numbers where these are exact, else as texts. */
export function toJson(value: CelValue): unknown {
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof CelUint) return wholeNumber(value.value)
  if (isList(value)) return value.map(toJson)
  if (isMap(value)) return Object.fromEntries(Array.from(value).map(([key, below]) => [String(key), toJson(below)]))
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value)
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value)
  if (value instanceof CelType) return value.name
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value))
  if (!(value instanceof CelOpaque)) return value
  return value.content.kind === 'quantity' ? formatQuantity(value.content.quantity) : value.content
}

function wholeNumber(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}
