import type { Draft } from '../contracts.ts'

/** A copy of a JSON value that may be changed. Values `undefined` are left out, as in JSON. */
export function cloneValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => cloneValue(item)) as T
  const copy: Draft = {}
  for (const [name, part] of Object.entries(value)) {
    if (part !== undefined) copy[name] = cloneValue(part)
  }
  return copy as T
}

/** Whether a JSON value is an object, not a list or null. */
export function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object inside a field; an empty one when there is none. Changing it changes the draft only where it was there. */
export function partOf(object: Readonly<Draft>, field: string): Draft {
  const part = object[field]
  return isDraft(part) ? part : {}
}

/** metadata of an object. */
export function metadataOf(object: Readonly<Draft>): Draft {
  return partOf(object, 'metadata')
}

/** metadata of a draft, made when absent. */
export function ownMetadata(draft: Draft): Draft {
  const known = draft['metadata']
  if (isDraft(known)) return known
  const metadata: Draft = {}
  draft['metadata'] = metadata
  return metadata
}

/** A text field; empty when absent or of another type. */
export function textOf(object: Readonly<Draft>, field: string): string {
  const value = object[field]
  return typeof value === 'string' ? value : ''
}

/** The texts of a list field. */
export function textsOf(object: Readonly<Draft>, field: string): readonly string[] {
  const value = object[field]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** The objects of a list field. */
export function draftsOf(object: Readonly<Draft>, field: string): readonly Draft[] {
  const value = object[field]
  return Array.isArray(value) ? value.filter(isDraft) : []
}

/** Whether two JSON values are equal, whatever the order of their fields. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at]))
  }
  const left = Object.entries(a)
  return (
    left.length === Object.keys(b).length &&
    left.every(([name, part]) => name in b && isEqual(part, (b as Draft)[name]))
  )
}

let last = { second: Number.NaN, text: '' }

/** A time as Kubernetes writes it: UTC, whole seconds. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000)
  // Thousands of writes fall into one second, and forming its text is slow.
  if (second !== last.second) last = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` }
  return last.text
}
