import { GoInt, goObject, isGoObject, isList, isMap, type GoValue } from '@kedge/gotemplate'

/** A template's value as plain JSON data; integers become bigint so that they print without an exponent. */
export function toPlain(value: GoValue): unknown {
  if (value === undefined || value === null || typeof value !== 'object') return value ?? null
  if (value instanceof GoInt) return value.value
  if (isGoObject(value)) {
    const shape = value[goObject]
    return toPlain(shape.underlying ?? shape.print?.() ?? null)
  }
  if (isList(value)) return value.map(toPlain)
  if (!isMap(value)) return null
  const plain = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value)) plain[key] = toPlain(value[key])
  return plain
}

/** Data as templates get it: every number is a float64, maps have no prototype, what is given is not changed later. */
export function fromPlain(value: unknown): GoValue {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(fromPlain)
  if (typeof value !== 'object' || value === null) return value as GoValue
  const map = Object.create(null) as Record<string, GoValue>
  for (const [key, item] of Object.entries(value)) map[key] = fromPlain(item)
  return map
}
