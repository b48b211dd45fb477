import { isValueMap } from '../values/paths.ts'

/** JSON Schema's name of a value's type. */
export function jsonKind(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (isValueMap(value)) return 'object'
  return typeof value === 'bigint' ? 'number' : typeof value
}

/** Whether two JSON values are equal; numbers by value. */
export function jsonEquals(a: unknown, b: unknown): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') return Number(a) === Number(b) && jsonKind(a) === jsonKind(b)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => jsonEquals(item, b[index]))
  if (isValueMap(a) && isValueMap(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key], b[key]))
    )
  }
  return (a ?? null) === (b ?? null)
}
