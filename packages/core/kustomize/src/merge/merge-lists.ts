import { plainScalar, type YamlNode } from '@kedge/yaml'
import { fieldOf, isEmpty, isNull, setField, textOf } from '../nodes/node-access.ts'
import { findElement, setElement, type ElementKey } from './element-list.ts'
import type { MergeOptions, Merged, Pair } from './merge-nodes.ts'
import type { Schema } from './schema.ts'

interface ListContext {
  /** The keys that tell members apart; none for a list of scalars. */
  readonly keys: readonly string[]
  readonly schema: Schema | undefined
  readonly options: MergeOptions
  readonly walk: (pair: Pair, schema: Schema | undefined, options: MergeOptions) => Merged
}

/** Merges two lists whose members have identities. */
export function mergeLists(
  target: readonly YamlNode[],
  patch: readonly YamlNode[] | undefined,
  context: ListContext,
): readonly YamlNode[] {
  const keys = context.keys.length === 0 ? [''] : context.keys
  const sources = context.options.prepend ? [patch, target] : [target, patch]
  const found = collectValues(sources, keys)
  const all = keys.length > 1 ? mergePartial(found) : found
  const elements = context.schema === undefined ? undefined : context.options.schemas.items(context.schema)
  let rest = target
  let added: readonly YamlNode[] = []
  let last: ElementKey = { keys: [], values: [] }
  for (const values of all) {
    last = validKeys(all, values, keys)
    const place = elementAt(rest, patch, validKeys([last.values], last.values, last.keys))
    const { node, keptTarget } = context.walk({ target: place.target, patch: place.patch }, elements, context.options)
    if (node === undefined || isNull(node) || (node.kind === 'map' && isEmpty(node))) {
      rest = setElement(rest, undefined, last)
      continue
    }
    const keyed = withKeys(node, last)
    if (keptTarget && place.index >= 0) rest = rest.with(place.index, keyed)
    added = setElement(added, keyed, last)
  }
  if (all.length === 0) return rest
  return context.options.prepend ? appendAll(added, rest, last.keys) : appendAll(rest, added, last.keys)
}

interface Place {
  readonly index: number
  readonly target: YamlNode | undefined
  readonly patch: YamlNode | undefined
}

function elementAt(target: readonly YamlNode[], patch: readonly YamlNode[] | undefined, key: ElementKey): Place {
  const index = findElement(target, key)
  const other = patch === undefined ? -1 : findElement(patch, key)
  return { index, target: index < 0 ? undefined : target[index], patch: other < 0 ? undefined : patch?.[other] }
}

/** The values of the keys of all members, each combination once. */
function collectValues(
  sources: readonly (readonly YamlNode[] | undefined)[],
  keys: readonly string[],
): readonly (readonly string[])[] {
  const seen = new Set<string>()
  const result: string[][] = []
  for (const item of sources.flatMap((source) => source ?? [])) {
    const values = keys.map((key) => (key === '' ? textOf(item) : keyText(item, key)))
    const mark = JSON.stringify(values)
    if (seen.has(mark)) continue
    seen.add(mark)
    result.push(values)
  }
  return result
}

function keyText(item: YamlNode, key: string): string {
  const field = fieldOf(item, key)
  return isEmpty(field) ? '' : textOf(field)
}

/** Members that agree where both have a value are one: the port without a protocol is the one with it. */
function mergePartial(found: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const list = [...found]
  for (let i = 0; i < list.length; i++) {
    for (let j = 0; j < list.length; j++) {
      const joined = joinValues(list[i] ?? [], list[j] ?? [])
      if (joined === undefined) continue
      list[i] = joined
      list[j] = joined
    }
  }
  return list
}

function joinValues(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  let common = false
  const result: string[] = []
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? ''
    const y = b[i] ?? ''
    if (x === y) common = true
    else if (x !== '' && y !== '') return undefined
    result.push(x === '' ? y : x)
  }
  return common ? result : undefined
}

/** The keys that have a value anywhere in the list, with the values of one member for them; all keys if none has. */
function validKeys(
  all: readonly (readonly string[])[],
  values: readonly string[],
  keys: readonly string[],
): ElementKey {
  const valid = keys.map((_key, index) => all.some((one) => (one[index] ?? '') !== ''))
  if (!valid.includes(true)) return { keys, values }
  return {
    keys: keys.filter((_key, index) => valid[index]),
    values: values.filter((value, index) => value !== '' || valid[index]),
  }
}

/** Gives a new member the keys that it lacks. */
function withKeys(node: YamlNode, { keys, values }: ElementKey): YamlNode {
  let result = node
  keys.forEach((key, index) => {
    const value = values[index] ?? ''
    if (value === '') return
    if (result.kind === 'scalar') result = { ...plainScalar(value), style: result.style, line: result.line }
    else if (result.kind === 'map' && fieldOf(result, key) === undefined) {
      result = setField(result, key, plainScalar(value))
    }
  })
  return result
}

/** Adds members to a list; one that is there already takes the place of the other. */
function appendAll(
  list: readonly YamlNode[],
  added: readonly YamlNode[],
  keys: readonly string[],
): readonly YamlNode[] {
  let result = list
  for (const item of added) {
    if ((keys[0] ?? '') === '') {
      result = setElement(result, item, { keys: [''], values: [textOf(item)] })
      continue
    }
    const values: string[] = []
    for (const key of keys) {
      const field = fieldOf(item, key)
      // As in kustomize, a member without one of the keys is added once for each that it lacks.
      if (field === undefined) result = [...result, item]
      else values.push(textOf(field))
    }
    if (keys.length > 1) result = setElement(result, undefined, { keys, values })
    result = setElement(result, item, { keys, values })
  }
  return result
}
