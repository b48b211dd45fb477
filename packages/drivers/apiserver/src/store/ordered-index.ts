import type { StoredObject } from './stored-object.ts'

/** Objects by key, and in byte order of their keys. */
export class OrderedIndex {
  readonly #byKey = new Map<string, StoredObject>()
  #ordered: StoredObject[] = []
  #shared = false

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): StoredObject | undefined {
    return this.#byKey.get(key)
  }

  /** All objects in order: a snapshot that later changes do not touch. */
  all(): readonly StoredObject[] {
    this.#shared = true
    return this.#ordered
  }

  /** The objects whose keys begin with the prefix, in order. */
  withPrefix(prefix: string): readonly StoredObject[] {
    const from = firstAtOrAfter(this.#ordered, prefix)
    let to = from
    while (this.#ordered[to]?.key.startsWith(prefix) === true) to += 1
    return this.#ordered.slice(from, to)
  }

  set(stored: StoredObject): void {
    const known = this.#byKey.has(stored.key)
    this.#byKey.set(stored.key, stored)
    const ordered = this.#own()
    const last = ordered.at(-1)
    if (!known && (last === undefined || last.key < stored.key)) {
      ordered.push(stored)
      return
    }
    const at = firstAtOrAfter(ordered, stored.key)
    if (known) ordered[at] = stored
    else ordered.splice(at, 0, stored)
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return
    const ordered = this.#own()
    ordered.splice(firstAtOrAfter(ordered, key), 1)
  }

  /** The array to change: a copy when a snapshot was given out. */
  #own(): StoredObject[] {
    if (this.#shared) {
      this.#ordered = [...this.#ordered]
      this.#shared = false
    }
    return this.#ordered
  }
}

/** Where the first key that is not before the wanted one stands. */
export function firstAtOrAfter(ordered: readonly StoredObject[], key: string): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const found = ordered[middle]
    if (found !== undefined && found.key < key) low = middle + 1
    else high = middle
  }
  return low
}
