import type { MapNode, YamlNode } from '@kedge/yaml'
import { fieldOf, isNull, stringOf, textOf } from '../nodes/node-access.ts'

/** Members of a list are told apart by the values of some keys; the key `''` stands for a scalar's own text. */
export interface ElementKey {
  readonly keys: readonly string[]
  readonly values: readonly string[]
}

function isGone(node: YamlNode): boolean {
  return isNull(node) || (node.kind === 'map' && node.entries.length === 0)
}

/** The first member that has the values at the keys. */
export function findElement(items: readonly YamlNode[], { keys, values }: ElementKey): number {
  if ((keys[0] ?? '') === '') return items.findIndex((item) => textOf(item) === (values[0] ?? ''))
  if (keys.length !== values.length) return -1
  return items.findIndex((item) => item.kind === 'map' && keys.every((key, i) => hasValue(item, key, values[i] ?? '')))
}

function hasValue(item: MapNode, key: string, value: string): boolean {
  const field = fieldOf(item, key)
  return field !== undefined && textOf(field) === value
}

/**
 * Replaces the members that fit by another one, or removes them when there is none; what fits nowhere is added at the
 * end. Nulls and empty maps vanish on the way, as in kustomize.
 */
export function setElement(
  items: readonly YamlNode[],
  element: YamlNode | undefined,
  { keys, values }: ElementKey,
): readonly YamlNode[] {
  const names = keys.length === 0 ? [''] : keys
  const setsMaps = (names[0] ?? '') !== '' && (values[0] ?? '') !== ''
  const result: YamlNode[] = []
  let found = false
  for (const item of items) {
    if (isGone(item)) continue
    if (item.kind !== 'map' && setsMaps) {
      result.push(item)
    } else if (!fits(item, names, values)) {
      if (values.length > 0) result.push(item)
    } else {
      found = true
      if (element !== undefined) result.push(element)
    }
  }
  if (element === undefined || isNull(element)) return result
  if (!found) result.push(element)
  return result
}

function fits(item: YamlNode, keys: readonly string[], values: readonly string[]): boolean {
  if (values.length === 0) return false
  return keys.every((key, index) => {
    if (index >= values.length) return true
    const wanted = values[index] ?? ''
    if (key === '') return stringOf(item) === wanted
    const field = fieldOf(item, key)
    return field !== undefined && (wanted === '' || textOf(field) === wanted)
  })
}
