import { mapNode, type MapEntry, type MapNode, type YamlNode } from '@kedge/yaml'
import { splitFieldPath } from './field-spec.ts'
import { entryOf, fieldOf, putField, replaceEntry } from './node-access.ts'

/**
 * A value that one transformer put into several maps of an object. In kustomize v5.8 these maps hold the same node, so
 * that a later change of one of them, by an overlay's label, a patch or a replacement, shows in all. The output depends
 * on it, and so it is reproduced: an entry that keeps its key but not its value has been changed in place.
 */
export interface SharedCell {
  readonly key: string
  readonly paths: readonly string[]
  readonly node: YamlNode
}

/** The cell of a value that stands at a key in several maps, found by identity; undefined when it stands in only one. */
export function cellOf(root: MapNode, cell: SharedCell): SharedCell | undefined {
  let count = 0
  for (const path of cell.paths)
    visit({ before: root, after: root, prune: false }, splitFieldPath(path), { cell, found: () => count++ })
  return count > 1 ? cell : undefined
}

/** Spreads changes of shared values to all their places. Answers the object and the cells that are left. */
export function reconcile(
  before: MapNode,
  after: MapNode,
  cells: readonly SharedCell[],
): { readonly node: MapNode; readonly cells: readonly SharedCell[] } {
  let node = after
  let left = cells
  for (const cell of cells) {
    const change = changeOf(before, node, cell)
    if (change === undefined) continue
    const value = change.written.at(-1)
    if (value !== undefined) node = spread(node, cell, { stale: new Set([cell.node, ...change.written]), value })
    const kept = cellOf(node, value === undefined ? cell : { ...cell, node: value })
    left = left.flatMap((one) => (one !== cell ? [one] : kept === undefined ? [] : [kept]))
  }
  return { node, cells: left }
}

/** The values written over a cell in place; undefined when all its places are as they were. */
function changeOf(before: MapNode, after: MapNode, cell: SharedCell): { written: readonly YamlNode[] } | undefined {
  let touched = false
  const written: YamlNode[] = []
  const found = (old: MapEntry, now: MapEntry | undefined): void => {
    if (now?.value === old.value) return
    touched = true
    if (now !== undefined && now.key === old.key && now.value.kind === 'scalar') written.push(now.value)
  }
  for (const path of cell.paths) visit({ before, after, prune: true }, splitFieldPath(path), { cell, found })
  return touched ? { written } : undefined
}

/** What is looked for, and what to do where it is found. */
interface Search {
  readonly cell: SharedCell
  readonly found: (old: MapEntry, now: MapEntry | undefined) => void
}

interface Versions {
  readonly before: YamlNode
  readonly after: YamlNode
  /** Whether parts that are the same in both are left out. */
  readonly prune: boolean
}

const NOTHING = mapNode([])

/** Visits the entries at a path that hold the cell's value in the version before, with their successors. */
function visit(at: Versions, path: readonly string[], search: Search): void {
  const { before, after } = at
  const [part, ...rest] = path
  if (before.kind === 'seq' && after.kind === 'seq') {
    before.items.forEach((item, index) => {
      const now = after.items[index]
      if (now !== undefined && !(at.prune && item === now))
        visit({ before: item, after: now, prune: at.prune }, path, search)
    })
    return
  }
  if (part === undefined) {
    const { cell } = search
    const old = entryOf(before, cell.key)
    if (old?.value === cell.node) search.found(old, entryOf(after, cell.key))
    return
  }
  const name = part.endsWith('[]') ? part.slice(0, -2) : part
  const inner = fieldOf(before, name)
  const now = fieldOf(after, name) ?? NOTHING
  if (inner === undefined || (at.prune && inner === now)) return
  visit({ before: inner, after: now, prune: at.prune }, rest, search)
}

interface Spread {
  /** The cell's old value and those that were written over it. */
  readonly stale: ReadonlySet<YamlNode>
  readonly value: YamlNode
}

/** Puts a value in all places of a cell. */
function spread(root: MapNode, cell: SharedCell, change: Spread): MapNode {
  let node: YamlNode = root
  for (const path of cell.paths) node = put(node, splitFieldPath(path), { ...change, key: cell.key })
  return node as MapNode
}

function put(node: YamlNode, path: readonly string[], change: Spread & { readonly key: string }): YamlNode {
  if (node.kind === 'seq') {
    const items = node.items.map((item) => put(item, path, change))
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  if (node.kind !== 'map') return node
  const [part, ...rest] = path
  if (part === undefined) {
    const old = entryOf(node, change.key)
    if (old === undefined || !change.stale.has(old.value)) return node
    return replaceEntry(node, node.entries.indexOf(old), { key: old.key, value: change.value })
  }
  const name = part.endsWith('[]') ? part.slice(0, -2) : part
  const inner = fieldOf(node, name)
  return inner === undefined ? node : putField(node, name, put(inner, rest, change))
}
