import type { MapEntry, MapNode, YamlNode } from './node.ts'
import { YamlError } from './yaml-error.ts'

/** Nodes that aliases may multiply a document out to. */
const MAX_NODES = 2_000_000

/** Replaces aliases by what they stand for and merge keys (`<<`) by the fields they bring, as kustomize does. */
export function expandAliases(node: YamlNode): YamlNode {
  return new Expansion().expand(node)
}

class Expansion {
  readonly #done = new Map<YamlNode, YamlNode>()
  readonly #sizes = new Map<YamlNode, number>()

  expand(node: YamlNode): YamlNode {
    const known = this.#done.get(node)
    if (known !== undefined) return known
    const expanded = this.#expandOne(node)
    this.#done.set(node, expanded)
    if (this.#size(expanded) > MAX_NODES) {
      throw new YamlError({ message: 'document contains excessive aliasing', line: node.line, goLine: 0 })
    }
    return expanded
  }

  #expandOne(node: YamlNode): YamlNode {
    switch (node.kind) {
      case 'alias':
        return this.expand(node.target)
      case 'scalar':
        return node.anchor === '' ? node : { ...node, anchor: '' }
      case 'seq':
        return { ...node, anchor: '', items: node.items.map((item) => this.expand(item)) }
      case 'map':
        return { ...node, anchor: '', entries: this.#entries(node) }
    }
  }

  #entries(node: MapNode): readonly MapEntry[] {
    const merges = node.entries.filter(({ key }) => isMerge(key))
    if (merges.length > 1) throw new YamlError({ message: 'duplicate merge key', line: node.line, goLine: 0 })
    const own = node.entries
      .filter(({ key }) => !isMerge(key))
      .map(({ key, value }) => ({ key: this.expand(key), value: this.expand(value) }))
    const merge = merges[0]
    if (merge === undefined) return own
    return mergeEntries(own, this.#sources(merge.value))
  }

  /** The maps that a merge key names, the ones that lose first. */
  #sources(value: YamlNode): readonly MapNode[] {
    const expanded = this.expand(value)
    if (expanded.kind === 'map') return [expanded]
    if (expanded.kind !== 'seq' || value.kind === 'alias') {
      const message =
        value.kind === 'alias'
          ? 'invalid map merge: received alias for a non-map value'
          : 'map merge requires map or sequence of maps as the value'
      throw new YamlError({ message, line: value.line, goLine: 0 })
    }
    return expanded.items.toReversed().map((item) => {
      if (item.kind === 'map') return item
      throw new YamlError({
        message: 'invalid map merge: received a nested sequence or scalar',
        line: item.line,
        goLine: 0,
      })
    })
  }

  #size(node: YamlNode): number {
    const known = this.#sizes.get(node)
    if (known !== undefined) return known
    let size = 1
    if (node.kind === 'seq') for (const item of node.items) size += this.#size(item)
    if (node.kind === 'map') for (const { key, value } of node.entries) size += this.#size(key) + this.#size(value)
    this.#sizes.set(node, size)
    return size
  }
}

function isMerge(key: YamlNode): boolean {
  return key.tag === '!!merge'
}

function textOf(key: YamlNode): string {
  return key.kind === 'scalar' ? key.value : ''
}

/** Own fields keep their place and win; what is new follows in the order of the sources. */
function mergeEntries(own: readonly MapEntry[], sources: readonly MapNode[]): readonly MapEntry[] {
  const result = [...own]
  const place = new Map(own.map((entry, index) => [textOf(entry.key), index]))
  for (const entry of sources.flatMap((source) => source.entries)) {
    const at = place.get(textOf(entry.key))
    if (at === undefined) place.set(textOf(entry.key), result.push(entry) - 1)
    else if (at >= own.length) result[at] = entry
  }
  return result
}
