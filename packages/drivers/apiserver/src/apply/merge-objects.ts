import type { PathElement } from '@kedge/fields'
import { isObject, type JsonObject } from '../schema/json.ts'
import { addressItems } from './list-element.ts'
import { formOf, memberShape, type ListShape, type MapShape, type Shape } from './shape.ts'

/**
 * Puts an applied configuration over a live value: scalars and atomic values are replaced, objects merge by field, sets
 * and keyed lists by item. The result shares what did not change with its inputs; undefined stands for an absent value.
 */
export function mergeValues(shape: Shape, live: unknown, applied: unknown): unknown {
  const form = formOf(shape, later(live, applied))
  switch (form.kind) {
    case 'map':
      return mergeMaps(form.map, live, applied)
    case 'list':
      return mergeLists(form.list, live, applied)
    case 'scalar':
    case 'none':
      return later(live, applied)
  }
}

function later(live: unknown, applied: unknown): unknown {
  return applied === undefined ? live : applied
}

function mergeMaps(map: MapShape, live: unknown, applied: unknown): unknown {
  const left = isObject(live) ? live : undefined
  const right = isObject(applied) ? applied : undefined
  if (map.atomic || (isBlank(left) && isBlank(right))) return later(live, applied)
  const out: Record<string, unknown> = {}
  for (const name of memberNames(left, right)) {
    const merged = mergeValues(memberShape(map, name), own(left, name), own(right, name))
    if (merged !== undefined) out[name] = merged
  }
  return Object.keys(out).length === 0 ? undefined : out
}

function isBlank(value: JsonObject | undefined): boolean {
  return value === undefined || Object.keys(value).length === 0
}

function memberNames(left: JsonObject | undefined, right: JsonObject | undefined): Iterable<string> {
  return new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])
}

function own(value: JsonObject | undefined, name: string): unknown {
  return value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined
}

function mergeLists(list: ListShape, live: unknown, applied: unknown): unknown {
  const left = Array.isArray(live) ? live : []
  const right = Array.isArray(applied) ? applied : []
  if (list.relation === 'atomic' || (left.length === 0 && right.length === 0)) return later(live, applied)
  const out = new ListMerge(list, left, right).run()
  return out.length === 0 ? undefined : out
}

interface Addressed {
  readonly element: PathElement
  readonly item: unknown
}

/**
 * Merges two lists of addressed items. The applied order wins among the applied items; items that only the live list
 * has keep their place relative to the shared items around them.
 */
class ListMerge {
  readonly #list: ListShape
  readonly #left: readonly Addressed[]
  readonly #right: readonly Addressed[]
  readonly #leftItems: ReadonlyMap<PathElement, unknown>
  readonly #rightItems: ReadonlyMap<PathElement, unknown>
  /** Applied items that the live list has too, in applied order, not yet merged. */
  readonly #shared: PathElement[]
  readonly #merged = new Set<PathElement>()
  readonly #out: unknown[] = []

  constructor(list: ListShape, left: readonly unknown[], right: readonly unknown[]) {
    this.#list = list
    this.#left = addressItems(list, left)
    this.#right = addressItems(list, right)
    this.#leftItems = indexItems(this.#left)
    this.#rightItems = indexItems(this.#right)
    this.#shared = this.#right.map(({ element }) => element).filter((element) => this.#leftItems.has(element))
  }

  run(): readonly unknown[] {
    let l = 0
    let r = 0
    while (l < this.#left.length || r < this.#right.length) {
      const left = this.#left[l]
      const right = this.#right[r]
      if (left !== undefined && right !== undefined && left.element === right.element) {
        this.#take(right.element)
        l += 1
        r += 1
      } else if (left !== undefined && right !== undefined && this.#comesLater(left)) {
        l += 1
      } else if (left !== undefined && !this.#rightItems.has(left.element)) {
        this.#out.push(mergeValues(this.#list.item(), left.item, undefined))
        l += 1
      } else {
        if (left !== undefined && this.#merged.has(left.element)) l += 1
        if (right !== undefined) this.#take(right.element)
        r += 1
      }
    }
    return this.#out
  }

  /** A shared item, but another one is due first: it is merged when its turn comes on the applied side. */
  #comesLater(left: Addressed): boolean {
    return this.#rightItems.has(left.element) && this.#shared[0] !== undefined && this.#shared[0] !== left.element
  }

  #take(element: PathElement): void {
    this.#merged.add(element)
    if (this.#shared[0] === element) this.#shared.shift()
    const merged = mergeValues(this.#list.item(), this.#leftItems.get(element), this.#rightItems.get(element))
    if (merged !== undefined) this.#out.push(merged)
  }
}

/** Items by step; an item that occurs twice is not merged into, which null stands for. */
function indexItems(items: readonly Addressed[]): ReadonlyMap<PathElement, unknown> {
  const out = new Map<PathElement, unknown>()
  for (const { element, item } of items) out.set(element, out.has(element) ? null : item)
  return out
}
