import { keyElement, valueElement, type PathElement } from '@kedge/fields'
import { isObject } from '../schema/json.ts'
import type { ListShape } from './shape.ts'

/** The step to an item of a set or keyed list, or why the item cannot be in such a list. */
export type ElementResult = { readonly element: PathElement } | { readonly problem: string }

/** Addresses an item by value (set) or by its keys, with the defaults of keys that it leaves out. */
export function listElement(list: ListShape, item: unknown): ElementResult {
  return list.relation === 'set' ? setElement(item) : keyedElement(list, item)
}

function setElement(item: unknown): ElementResult {
  if (item === null || item === undefined) {
    return { problem: "associative list without keys has an element that's an explicit null" }
  }
  if (Array.isArray(item)) return { problem: 'not supported: associative list with lists as elements' }
  if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" }
  return { element: valueElement(item) }
}

function keyedElement(list: ListShape, item: unknown): ElementResult {
  if (item === null || item === undefined) {
    return { problem: 'associative list with keys may not have a null element' }
  }
  if (!isObject(item)) return { problem: 'associative list with keys may not have non-map elements' }
  const fields = list.item().map?.fields
  const keys: Record<string, unknown> = {}
  for (const name of list.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : fields?.get(name)?.default
    if (value !== undefined) keys[name] = value
  }
  if (Object.keys(keys).length > 0) return { element: keyElement(keys) }
  const names = list.keys.map((name) => JSON.stringify(name)).join(' ')
  return {
    problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  }
}

/** The items of a list with their steps, in order; items that have none are left out. */
export function addressItems(list: ListShape, items: readonly unknown[]): { element: PathElement; item: unknown }[] {
  const out: { element: PathElement; item: unknown }[] = []
  for (const item of items) {
    const found = listElement(list, item)
    if ('element' in found) out.push({ element: found.element, item })
  }
  return out
}
