import { FieldSetBuilder, type FieldSet, type PathElement } from '@kedge/fields'
import { isObject, jsonEquals, type JsonObject } from '../schema/json.ts'
import { addressItems } from './list-element.ts'
import { formOf, memberShape, type Form, type ListShape, type MapShape, type Shape } from './shape.ts'

/** Fields in which two values differ. No field is in more than one of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

/** Compares two values of a type, at the granularity in which fields are owned. */
export function compareValues(shape: Shape, before: unknown, after: unknown): Comparison {
  const walk = new Compare()
  walk.compare({ shape, before, after })
  return { removed: walk.removed.build(), modified: walk.modified.build(), added: walk.added.build() }
}

interface Pair {
  readonly shape: Shape
  readonly before: unknown
  readonly after: unknown
}

class Compare {
  readonly removed = new FieldSetBuilder()
  readonly modified = new FieldSetBuilder()
  readonly added = new FieldSetBuilder()
  readonly #path: PathElement[] = []

  compare(pair: Pair): void {
    if (pair.before === pair.after) return
    const before = formOf(pair.shape, pair.before)
    const after = formOf(pair.shape, pair.after)
    const wasLeaf = this.#visit(pair.after === undefined ? before : after, pair)
    // A value that changed its form leaves the fields of the old form, too.
    if (pair.after !== undefined && pair.before !== undefined && before.kind !== after.kind) {
      this.#visit(before, pair)
    }
    if (wasLeaf) return
    if (pair.before === undefined) this.added.add(this.#path)
    else if (pair.after === undefined) this.removed.add(this.#path)
  }

  /** Whether the pair counts as one field. */
  #visit(form: Form, pair: Pair): boolean {
    switch (form.kind) {
      case 'map':
        return this.#maps(form.map, pair)
      case 'list':
        return this.#lists(form.list, pair)
      case 'scalar':
      case 'none':
        return this.#leaf(pair.before, pair.after)
    }
  }

  #leaf(before: unknown, after: unknown): boolean {
    if (before === undefined) this.added.add(this.#path)
    else if (after === undefined) this.removed.add(this.#path)
    else if (!jsonEquals(before, after)) this.modified.add(this.#path)
    return true
  }

  #below(element: PathElement, pair: Pair): void {
    this.#path.push(element)
    this.compare(pair)
    this.#path.pop()
  }

  #maps(map: MapShape, pair: Pair): boolean {
    const left = isObject(pair.before) ? pair.before : undefined
    const right = isObject(pair.after) ? pair.after : undefined
    if (map.atomic || (isBlank(left) && isBlank(right))) return this.#leaf(pair.before, pair.after)
    for (const name of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
      const [before, after] = [own(left, name), own(right, name)]
      if (before !== after) this.#below(`f:${name}`, { shape: memberShape(map, name), before, after })
    }
    return false
  }

  #lists(list: ListShape, pair: Pair): boolean {
    const left = Array.isArray(pair.before) ? pair.before : []
    const right = Array.isArray(pair.after) ? pair.after : []
    if (list.relation === 'atomic' || (left.length === 0 && right.length === 0)) {
      return this.#leaf(pair.before, pair.after)
    }
    const before = groupItems(list, left)
    const after = groupItems(list, right)
    for (const element of new Set([...before.keys(), ...after.keys()])) {
      this.#items(list, element, [before.get(element) ?? [], after.get(element) ?? []])
    }
    return false
  }

  /** Items that occur twice are compared as one atomic value; what had been single is left or taken up anew. */
  #items(
    list: ListShape,
    element: PathElement,
    [before, after]: readonly [readonly unknown[], readonly unknown[]],
  ): void {
    const shape = list.item()
    if (before.length <= 1 && after.length <= 1) {
      this.#below(element, { shape, before: before[0], after: after[0] })
    } else if (before.length >= 2 && after.length >= 2) {
      if (!jsonEquals(before, after)) this.modified.add([...this.#path, element])
    } else if (before.length >= 2) {
      if (after.length > 0) this.#below(element, { shape, before: undefined, after: after[0] })
      this.removed.add([...this.#path, element])
    } else {
      if (before.length > 0) this.#below(element, { shape, before: before[0], after: undefined })
      this.added.add([...this.#path, element])
    }
  }
}

function groupItems(list: ListShape, items: readonly unknown[]): ReadonlyMap<PathElement, readonly unknown[]> {
  const out = new Map<PathElement, unknown[]>()
  for (const { element, item } of addressItems(list, items)) {
    const group = out.get(element)
    if (group === undefined) out.set(element, [item])
    else group.push(item)
  }
  return out
}

function isBlank(value: JsonObject | undefined): boolean {
  return value === undefined || Object.keys(value).length === 0
}

function own(value: JsonObject | undefined, name: string): unknown {
  return value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined
}
