import type { KubeObject } from '@kedge/manifest'

import type { CacheEvent } from './object-cache.ts'

/** Objects of one kind with their indexes. */
export interface ObjectStore {
  get(namespace: string, name: string): KubeObject | undefined
  list(namespace?: string): readonly KubeObject[]
  byOwner(uid: string): readonly KubeObject[]
  size(): number
  /** Takes a changed object in; the events that lead there. Another uid under the same name is a deletion and a creation. */
  put(object: KubeObject): readonly CacheEvent[]
  /** Removes an object; `last` is its state as the server told it, undefined where only its absence is known. */
  remove(namespace: string, name: string, last?: KubeObject): readonly CacheEvent[]
  /** Makes the store hold exactly these objects, at once; the events of the difference, deletions first. */
  replace(objects: ReadonlyMap<string, KubeObject>): readonly CacheEvent[]
}

/** `namespace/name`. */
function storeKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

/** The key of an object in a store. */
export function storeKeyOf(object: KubeObject): string {
  return storeKey(object.metadata.namespace ?? '', object.metadata.name ?? '')
}

/** An empty store. */
export function createObjectStore(): ObjectStore {
  return new IndexedStore()
}

class IndexedStore implements ObjectStore {
  #objects = new Map<string, KubeObject>()
  readonly #owned = new Map<string, Set<string>>()
  readonly #namespaces = new Map<string, Set<string>>()

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(storeKey(namespace, name))
  }

  list(namespace?: string): readonly KubeObject[] {
    return namespace === undefined ? [...this.#objects.values()] : this.#pick(this.#namespaces.get(namespace))
  }

  byOwner(uid: string): readonly KubeObject[] {
    return this.#pick(this.#owned.get(uid))
  }

  size(): number {
    return this.#objects.size
  }

  put(object: KubeObject): readonly CacheEvent[] {
    const key = storeKeyOf(object)
    const previous = this.#objects.get(key)
    this.#objects.set(key, object)
    // Most changes are of an object without owners, whose place in the indexes stays.
    if (previous === undefined || isOwned(previous) || isOwned(object)) {
      if (previous !== undefined) this.#unlink(key, previous)
      this.#link(key, object)
    }
    return changeEvents(previous, object)
  }

  remove(namespace: string, name: string, last?: KubeObject): readonly CacheEvent[] {
    const key = storeKey(namespace, name)
    const previous = this.#objects.get(key)
    if (previous === undefined) return []
    this.#unlink(key, previous)
    this.#objects.delete(key)
    return [{ type: 'deleted', object: last ?? previous }]
  }

  replace(objects: ReadonlyMap<string, KubeObject>): readonly CacheEvent[] {
    const old = this.#objects
    const deleted: CacheEvent[] = []
    const changed: CacheEvent[] = []
    const next = new Map<string, KubeObject>()
    for (const [key, object] of old) if (!objects.has(key)) deleted.push({ type: 'deleted', object })
    for (const [key, object] of objects) {
      const previous = old.get(key)
      const same = previous !== undefined && sameState(previous, object)
      next.set(key, same ? previous : object)
      if (!same) changed.push(...changeEvents(previous, object))
    }
    this.#objects = next
    this.#owned.clear()
    this.#namespaces.clear()
    for (const [key, object] of next) this.#link(key, object)
    return [...deleted, ...changed]
  }

  #link(key: string, object: KubeObject): void {
    addTo(this.#namespaces, object.metadata.namespace ?? '', key)
    for (const owner of object.metadata.ownerReferences ?? []) addTo(this.#owned, owner.uid, key)
  }

  #unlink(key: string, object: KubeObject): void {
    removeFrom(this.#namespaces, object.metadata.namespace ?? '', key)
    for (const owner of object.metadata.ownerReferences ?? []) removeFrom(this.#owned, owner.uid, key)
  }

  #pick(keys: ReadonlySet<string> | undefined): readonly KubeObject[] {
    return keys === undefined ? [] : [...keys].flatMap((key) => this.#objects.get(key) ?? [])
  }
}

function isOwned(object: KubeObject): boolean {
  return object.metadata.ownerReferences !== undefined
}

function changeEvents(previous: KubeObject | undefined, object: KubeObject): readonly CacheEvent[] {
  if (previous === undefined) return [{ type: 'added', object }]
  if (previous.metadata.uid === object.metadata.uid) return [{ type: 'modified', object, previous }]
  return [
    { type: 'deleted', object: previous },
    { type: 'added', object },
  ]
}

function sameState(one: KubeObject, other: KubeObject): boolean {
  const { uid, resourceVersion } = one.metadata
  return (
    resourceVersion !== undefined && resourceVersion === other.metadata.resourceVersion && uid === other.metadata.uid
  )
}

function addTo(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name)
  if (keys === undefined) index.set(name, new Set([key]))
  else keys.add(key)
}

function removeFrom(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name)
  if (keys?.delete(key) === true && keys.size === 0) index.delete(name)
}
