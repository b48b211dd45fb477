import { compareElements, type FieldPath, type PathElement } from './path-element.ts'

/**
 * A set of field paths as a tree: a node is in the set when it is `owned`; its children are paths below it.
 * Nodes that neither are owned nor have children do not occur below the root.
 */
export interface FieldSet {
  readonly owned: boolean
  readonly children: ReadonlyMap<PathElement, FieldSet>
}

const none: ReadonlyMap<PathElement, FieldSet> = new Map()

/** The set without any path. */
export const emptyFieldSet: FieldSet = { owned: false, children: none }

/** A node of a set; undefined when it would hold nothing. */
export function fieldNode(owned: boolean, children: ReadonlyMap<PathElement, FieldSet>): FieldSet | undefined {
  return owned || children.size > 0 ? { owned, children } : undefined
}

/** The set of exactly these paths. */
export function fieldSetOf(paths: Iterable<FieldPath>): FieldSet {
  const builder = new FieldSetBuilder()
  for (const path of paths) builder.add(path)
  return builder.build()
}

interface GrowingNode {
  owned: boolean
  children: Map<PathElement, GrowingNode>
}

/** Collects paths into a set. */
export class FieldSetBuilder {
  #root: GrowingNode = { owned: false, children: new Map() }

  /** Puts a path in; the path is not kept. */
  add(path: FieldPath): void {
    let node = this.#root
    for (const element of path) {
      let child = node.children.get(element)
      if (child === undefined) {
        child = { owned: false, children: new Map() }
        node.children.set(element, child)
      }
      node = child
    }
    node.owned = true
  }

  /** The set so far; the builder starts anew. */
  build(): FieldSet {
    const built = this.#root
    this.#root = { owned: false, children: new Map() }
    return built
  }
}

/** Whether the set has no path. */
export function isEmptyFieldSet(set: FieldSet): boolean {
  return !set.owned && set.children.size === 0
}

/** Paths that are in either set. */
export function unionFields(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptyFieldSet(a)) return b
  if (isEmptyFieldSet(b)) return a
  const children = new Map(a.children)
  for (const [element, child] of b.children) {
    const other = children.get(element)
    children.set(element, other === undefined ? child : unionFields(other, child))
  }
  return { owned: a.owned || b.owned, children }
}

/** Paths that are in both sets. */
export function intersectFields(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other !== undefined) put(children, element, intersectFields(child, other))
  }
  return { owned: a.owned && b.owned, children }
}

/** Paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export function subtractFields(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptyFieldSet(b)) return a
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    put(children, element, other === undefined ? child : subtractFields(child, other))
  }
  return { owned: a.owned && !b.owned, children }
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function subtractFieldTrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.owned) return emptyFieldSet
  if (b.children.size === 0) return a
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    put(children, element, other === undefined ? child : subtractFieldTrees(child, other))
  }
  return { owned: a.owned, children }
}

/** Whether exactly this path is in the set. */
export function hasField(set: FieldSet, path: FieldPath): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) {
    node = node.children.get(element)
    if (node === undefined) return false
  }
  return node.owned
}

/** The paths of the set that have no other path of it below them. */
export function leafFields(set: FieldSet): FieldSet {
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) put(children, element, leafFields(child))
  return { owned: set.owned && children.size === 0, children }
}

/** Every path of the set; at each node first the paths that end there, then those below, in the server's order. */
export function* pathsOf(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  if (set.owned && prefix.length === 0) yield prefix
  const elements = [...set.children.keys()].toSorted(compareElements)
  for (const element of elements) if (set.children.get(element)?.owned === true) yield [...prefix, element]
  for (const element of elements) {
    const child = set.children.get(element)
    if (child !== undefined && child.children.size > 0) yield* pathsOf(child, [...prefix, element])
  }
}

/** Whether both sets have the same paths. */
export function fieldSetsEqual(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.owned !== b.owned || a.children.size !== b.children.size) return false
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other === undefined || !fieldSetsEqual(child, other)) return false
  }
  return true
}

function put(children: Map<PathElement, FieldSet>, element: PathElement, child: FieldSet): void {
  if (!isEmptyFieldSet(child)) children.set(element, child)
}
