import {
  mapNode,
  parseYaml,
  plainScalar,
  resolvePlain,
  stringScalar,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type ScalarStyle,
  type SeqNode,
  type YamlNode,
} from '@kedge/yaml'

/** Whether there is nothing, or a null. */
export function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || node.tag === '!!null'
}

/** Whether there is nothing, a null, or a collection without members. */
export function isEmpty(node: YamlNode | undefined): boolean {
  if (node === undefined || node.tag === '!!null') return true
  if (node.kind === 'map') return node.entries.length === 0
  return node.kind === 'seq' && node.items.length === 0
}

/** The text of a scalar; empty for anything else. */
export function textOf(node: YamlNode | undefined): string {
  return node?.kind === 'scalar' ? node.value : ''
}

/** The text of a scalar that is not null; empty for anything else. */
export function stringOf(node: YamlNode | undefined): string {
  return isNull(node) ? '' : textOf(node)
}

/** The entry of a map with a key; undefined when the node is no map or has none. */
export function entryOf(node: YamlNode | undefined, name: string): MapEntry | undefined {
  if (node?.kind !== 'map') return undefined
  for (const entry of node.entries) if (entry.key.kind === 'scalar' && entry.key.value === name) return entry
  return undefined
}

/** The value of a field; undefined when the node is no map or has none. */
export function fieldOf(node: YamlNode | undefined, name: string): YamlNode | undefined {
  return entryOf(node, name)?.value
}

/** Follows field names from a node. */
export function fieldAt(node: YamlNode | undefined, path: readonly string[]): YamlNode | undefined {
  let at = node
  for (const name of path) at = fieldOf(at, name)
  return at
}

/** The same node with another style, where it has one. */
export function withStyle(node: YamlNode, old: YamlNode): YamlNode {
  if (node.kind === 'scalar') return withScalarStyle(node, old.kind === 'scalar' ? old.style : 'plain')
  if (node.kind === 'alias') return node
  const flow = old.kind !== 'scalar' && old.kind !== 'alias' && old.flow
  return node.flow === flow ? node : { ...node, flow }
}

function withScalarStyle(node: ScalarNode, style: ScalarStyle): ScalarNode {
  return node.style === style && !node.tagged ? node : { ...node, style, tagged: false }
}

/** Whether YAML 1.1 reads the text as something other than a string, so that it needs quotes. */
export function needsQuotes11(text: string): boolean {
  if (text === '' || text.includes('\n')) return false
  if (/^[A-Za-z][\w./-]*$/.test(text)) return text.length <= 5 && resolvePlain(text, 'v2').type !== 'str'
  try {
    return typeof parseYaml(text) !== 'string'
  } catch {
    return false
  }
}

/**
 * Sets a field of a map. An existing field keeps its place and its style; a new one goes to the end. Undefined or null
 * removes it.
 */
export function setField(map: MapNode, name: string, value: YamlNode | undefined): MapNode {
  return setEntry(map, { key: plainScalar(name), value })
}

/** As setField, with the key to write where there is none yet. */
export function setEntry(map: MapNode, entry: { key: ScalarNode; value: YamlNode | undefined }): MapNode {
  const { key, value } = entry
  if (value === undefined || value.tag === '!!null') return removeField(map, key.value)
  const index = indexOfField(map, key.value)
  if (index < 0) return { ...map, entries: [...map.entries, { key, value: quotedWhereNeeded(value) }] }
  const old = map.entries[index] as MapEntry
  return replaceEntry(map, index, { key: old.key, value: withStyle(value, old.value) })
}

/** Puts a value at a field as it is, style and all. */
export function putField(map: MapNode, name: string, value: YamlNode): MapNode {
  const index = indexOfField(map, name)
  if (index < 0) return { ...map, entries: [...map.entries, { key: plainScalar(name), value }] }
  const old = map.entries[index] as MapEntry
  return old.value === value ? map : replaceEntry(map, index, { key: old.key, value })
}

/** A plain string that YAML 1.1 would take for something else gets quotes. */
export function quotedWhereNeeded(value: YamlNode): YamlNode {
  if (value.kind !== 'scalar' || value.style !== 'plain' || !isStringLike(value)) return value
  return needsQuotes11(value.value) ? { ...value, style: 'double' } : value
}

/** A string by its tag, or a scalar without one. */
export function isStringLike(node: YamlNode | undefined): boolean {
  return node?.kind === 'scalar' && (node.tag === '!!str' || node.tag === '')
}

function indexOfField(map: MapNode, name: string): number {
  return map.entries.findIndex(({ key }) => key.kind === 'scalar' && key.value === name)
}

export function replaceEntry(map: MapNode, index: number, entry: MapEntry): MapNode {
  return { ...map, entries: map.entries.with(index, entry) }
}

export function removeField(map: MapNode, name: string): MapNode {
  const index = indexOfField(map, name)
  return index < 0 ? map : { ...map, entries: map.entries.toSpliced(index, 1) }
}

export function replaceItem(seq: SeqNode, index: number, item: YamlNode): SeqNode {
  return seq.items[index] === item ? seq : { ...seq, items: seq.items.with(index, item) }
}

/** A map of strings, keys sorted by bytes. */
export function stringMapNode(values: Readonly<Record<string, string>>): MapNode {
  return mapNode(sortedKeys(values).map((key) => ({ key: plainScalar(key), value: quotedString(values[key] ?? '') })))
}

function quotedString(text: string): ScalarNode {
  return { ...stringScalar(text), style: text.includes('\n') ? 'literal' : 'plain' }
}

/** The keys of an object in byte order. */
export function sortedKeys(object: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(object).toSorted(compareText)
}

/** Compares by code points, which is the byte order of UTF-8. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
