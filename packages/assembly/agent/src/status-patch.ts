/**
 * The JSON merge patch, by top-level field of status, that turns `before` into `after`; undefined when they are equal.
 * Lists and objects are replaced whole where they differ, so that no stale key of a map survives.
 */
export function statusPatch(before: unknown, after: Readonly<Record<string, unknown>>): StatusPatch | undefined {
  const old = isRecord(before) ? before : {}
  const patch: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    if (value !== undefined && !equalJson(old[name], value)) patch[name] = mergeValue(old[name], value)
  }
  for (const name of Object.keys(old)) if (after[name] === undefined) patch[name] = null
  return Object.keys(patch).length === 0 ? undefined : patch
}

export type StatusPatch = Readonly<Record<string, unknown>>

/** A merge patch merges objects: keys that are to go need a null. */
function mergeValue(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return after
  const gone = Object.keys(before).filter((key) => after[key] === undefined)
  return { ...after, ...Object.fromEntries(gone.map((key) => [key, null])) }
}

/** Equality of decoded JSON; an undefined field equals an absent one. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) if (!equalJson(a[key], b[key])) return false
  return true
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
