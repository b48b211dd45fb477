import { emptyObject } from '@kedge/yaml'

/** A mutable map of values. */
export type ValueMap = Record<string, unknown>

export function isValueMap(value: unknown): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function newValueMap(): ValueMap {
  return emptyObject()
}

/** A copy of values down to the scalars; maps without a prototype. */
export function copyValues<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyValues) as T
  if (!isValueMap(value)) return value
  const copy = newValueMap()
  for (const key of Object.keys(value)) copy[key] = copyValues(value[key])
  return copy as T
}

/** The value behind a dotted path; undefined when the path leads nowhere or through something that is no map. */
export function valueAt(values: unknown, path: string): unknown {
  let at = values
  for (const key of path.split('.')) {
    if (!isValueMap(at) || !Object.hasOwn(at, key)) return undefined
    at = at[key]
  }
  return at
}
