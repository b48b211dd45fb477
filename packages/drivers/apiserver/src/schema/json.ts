/** A JSON object whose members are not known. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a JSON value is an object, not null and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a JSON value is a list. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

/** The member of a value under a name, undefined where the value is no object or has no such member. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The member of a value under a name when it is a string. */
export function text(value: unknown, name: string): string | undefined {
  const found = member(value, name)
  return typeof found === 'string' ? found : undefined
}

/** The strings of a member that is a list of strings; empty where it is none. */
export function texts(value: unknown, name: string): readonly string[] {
  const found = member(value, name)
  return isList(found) ? found.filter((item) => typeof item === 'string') : []
}

/** Whether two JSON values are equal; the order of object members does not count. */
export function jsonEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, at) => jsonEquals(item, b[at]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && jsonEquals(a[name], b[name]))
  )
}
