/** Items in the order of their owners' turns: first in, first out within an owner, round robin among owners. */
export interface JobQueue<Item> {
  /** False when the queue or the owner's part of it is full. */
  add(owner: string, item: Item): boolean
  next(): Item | undefined
  remove(owner: string, item: Item): boolean
  size(): number
  drain(): readonly Item[]
}

/** Bounds of a queue. */
export interface QueueBounds {
  readonly total: number
  readonly perOwner: number
}

/** An empty queue. */
export function createJobQueue<Item>(bounds: QueueBounds): JobQueue<Item> {
  // A Map keeps the order of insertion: the owner whose turn it is stands first.
  const owners = new Map<string, Item[]>()
  let size = 0

  function settle(owner: string, items: Item[]): void {
    owners.delete(owner)
    if (items.length > 0) owners.set(owner, items)
  }

  return {
    add(owner, item) {
      const items = owners.get(owner) ?? []
      if (size >= bounds.total || items.length >= bounds.perOwner) return false
      items.push(item)
      if (items.length === 1) owners.set(owner, items)
      size += 1
      return true
    },
    next() {
      const [first] = owners
      if (first === undefined) return undefined
      const [owner, items] = first
      const item = items.shift()
      size -= 1
      settle(owner, items)
      return item
    },
    remove(owner, item) {
      const items = owners.get(owner) ?? []
      const at = items.indexOf(item)
      if (at < 0) return false
      items.splice(at, 1)
      size -= 1
      if (items.length === 0) owners.delete(owner)
      return true
    },
    size: () => size,
    drain() {
      const all = [...owners.values()].flat()
      owners.clear()
      size = 0
      return all
    },
  }
}
