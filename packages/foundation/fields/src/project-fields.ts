import type { FieldSet } from './field-set.ts'
import { parseElement, type PathElement } from './path-element.ts'

/**
 * The part of an object that a field set owns, as a value that is equal exactly when that part is: keys are sorted, list
 * items are addressed by their key or value and not by their place. What is owned and absent is left out, so a removed
 * field shows too. A field owned whole (a scalar, an atomic list or map) appears with its whole value.
 */
export function projectFields(object: unknown, set: FieldSet): unknown {
  if (set.children.size === 0) return sortKeys(object)
  const out: Record<string, unknown> = {}
  for (const element of [...set.children.keys()].toSorted()) {
    const below = set.children.get(element)
    const value = lookUp(object, element)
    if (below !== undefined && value !== undefined) out[element] = projectFields(value, below)
  }
  return out
}

/** The value one step below, undefined where there is none. */
function lookUp(value: unknown, element: PathElement): unknown {
  const step = parseElement(element)
  switch (step?.kind) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined
    case 'index':
      return Array.isArray(value) ? value[step.index] : undefined
    case 'value':
      return Array.isArray(value) && value.includes(step.value) ? step.value : undefined
    case 'key':
      return Array.isArray(value) ? itemByKey(value, step.keys) : undefined
    case undefined:
      return undefined
  }
}

/** An item may leave out a key that has a default (`protocol`): it is taken when no item states all of them. */
function itemByKey(items: readonly unknown[], keys: Readonly<Record<string, unknown>>): unknown {
  const stated = items.find(
    (item) => isRecord(item) && Object.entries(keys).every(([name, value]) => item[name] === value),
  )
  if (stated !== undefined) return stated
  return items.find(
    (item) =>
      isRecord(item) &&
      Object.keys(keys).some((name) => item[name] !== undefined) &&
      Object.entries(keys).every(([name, value]) => item[name] === undefined || item[name] === value),
  )
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sortKeys(value[name])]),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
