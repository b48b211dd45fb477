import type { Draft } from '../contracts.ts'

/** The object under a key, or undefined when there is none. */
export function child(draft: Readonly<Draft> | undefined, key: string): Draft | undefined {
  return asDraft(draft?.[key])
}

/** The object under a path of keys, or undefined when any step is missing. */
export function childAt(draft: Readonly<Draft> | undefined, ...keys: readonly string[]): Draft | undefined {
  let at = asDraft(draft)
  for (const key of keys) at = child(at, key)
  return at
}

/** A value as an object, or undefined when it is something else. */
export function asDraft(value: unknown): Draft | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : undefined
}

/** The objects of a list under a key; anything else counts as an empty list. */
export function children(draft: Readonly<Draft> | undefined, key: string): readonly Draft[] {
  const value = draft?.[key]
  if (!Array.isArray(value)) return NONE
  return value.every(isDraft) ? value : value.filter(isDraft)
}

const NONE: readonly Draft[] = []

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The strings of a list under a key; anything else counts as an empty list. */
export function strings(draft: Readonly<Draft> | undefined, key: string): readonly string[] {
  const value = draft?.[key]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** The string under a key, or the empty string. */
export function text(draft: Readonly<Draft> | undefined, key: string): string {
  const value = draft?.[key]
  return typeof value === 'string' ? value : ''
}

/** The number under a key, or undefined. */
export function numeric(draft: Readonly<Draft> | undefined, key: string): number | undefined {
  const value = draft?.[key]
  return typeof value === 'number' ? value : undefined
}

/** The strings of a map under a key, such as labels. */
export function stringMap(draft: Readonly<Draft> | undefined, key: string): Readonly<Record<string, string>> {
  const value = child(draft, key)
  if (value === undefined) return {}
  return value as Record<string, string>
}

/** Sets a field that is absent, null or the empty string. */
export function fill(draft: Draft, key: string, value: unknown): void {
  const present = draft[key]
  if (present === undefined || present === null || present === '') draft[key] = value
}

/** The object under a key, made when it is absent. */
export function ensure(draft: Draft, key: string): Draft {
  const present = child(draft, key)
  if (present !== undefined) return present
  const made: Draft = {}
  draft[key] = made
  return made
}

/** Whether two JSON values are the same, whatever the order of their keys; an undefined field counts as absent. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => sameValue(item, right[index]))
    )
  }
  return !Array.isArray(right) && sameFields(left as Draft, right as Draft)
}

function sameFields(left: Draft, right: Draft): boolean {
  for (const key of Object.keys(left)) if (!sameValue(left[key], right[key])) return false
  for (const key of Object.keys(right)) if (left[key] === undefined && right[key] !== undefined) return false
  return true
}
