import type { LocalClient } from '../../contracts.ts'
import { keyOf, metaOf, uidOf, type KubeObject } from './kube-object.ts'

/** Values under which a cache finds an object again. */
export type IndexFunction = (object: KubeObject) => readonly string[]

/** Told of every change: what is there now, and what was before. */
export type ChangeHandler = (next: KubeObject | undefined, old: KubeObject | undefined) => void

/**
 * The objects of one collection, kept by a watch. What a controller writes is absorbed from the answer at once, so that
 * its next look already sees it; the watch event that follows changes nothing.
 */
export interface WatchCache {
  get(key: string): KubeObject | undefined
  /** Objects of an index value, in order of their keys. */
  find(index: string, value: string): readonly KubeObject[]
  all(): readonly KubeObject[]
  onChange(handler: ChangeHandler): void
  addIndex(name: string, index: IndexFunction): void
  /** Opens the watch; settles when the present state has arrived. */
  start(): Promise<void>
  absorb(object: KubeObject): void
  absorbRemoval(object: KubeObject): void
  close(): void
}

/** Objects that are gone and remembered as such, in each cache. */
const GONE_LIMIT = 2000

/** Makes the cache of a list path, such as `/api/v1/pods`. */
export function createWatchCache(client: LocalClient, path: string): WatchCache {
  return new PathCache(client, path)
}

class PathCache implements WatchCache {
  readonly #client: LocalClient
  readonly #path: string
  readonly #objects = new Map<string, KubeObject>()
  readonly #indexes = new Map<string, { readonly of: IndexFunction; readonly keys: Map<string, Set<string>> }>()
  readonly #handlers: ChangeHandler[] = []
  /** Uids of objects that are gone, the latest of them: an answer or event that comes late must not bring them back. */
  readonly #gone = new Set<string>()
  #watch: { close(): void } | undefined
  #started: Promise<void> | undefined
  #isClosed = false

  constructor(client: LocalClient, path: string) {
    this.#client = client
    this.#path = path
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key)
  }

  all(): readonly KubeObject[] {
    return [...this.#objects.values()]
  }

  find(index: string, value: string): readonly KubeObject[] {
    const keys = this.#indexes.get(index)?.keys.get(value)
    if (keys === undefined) return []
    const found: KubeObject[] = []
    for (const key of keys.size === 1 ? keys : [...keys].toSorted(byText)) {
      const object = this.#objects.get(key)
      if (object !== undefined) found.push(object)
    }
    return found
  }

  onChange(handler: ChangeHandler): void {
    this.#handlers.push(handler)
  }

  addIndex(name: string, index: IndexFunction): void {
    if (this.#indexes.has(name)) return
    const entry = { of: index, keys: new Map<string, Set<string>>() }
    this.#indexes.set(name, entry)
    for (const [key, object] of this.#objects) for (const value of index(object)) addTo(entry.keys, value, key)
  }

  start(): Promise<void> {
    this.#started ??= new Promise((resolve) => {
      this.#open(resolve)
    })
    return this.#started
  }

  close(): void {
    this.#isClosed = true
    this.#watch?.close()
  }

  absorb(object: KubeObject): void {
    const key = keyOf(object)
    const old = this.#objects.get(key)
    if (this.#gone.has(uidOf(object))) return
    if (old !== undefined && !isNewer(object, old)) return
    this.#put(key, object, old)
  }

  absorbRemoval(object: KubeObject): void {
    const key = keyOf(object)
    const old = this.#objects.get(key)
    if (old === undefined || uidOf(old) !== uidOf(object)) return
    this.#delete(key, old)
  }

  #open(onSynced: () => void): void {
    const seen = new Set<string>()
    let isSynced = false
    this.#watch = this.#client.watch(this.#path, (event) => {
      if (this.#isClosed) return
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
          if (!isSynced) seen.add(uidOf(event.object))
          this.absorb(event.object)
          return
        case 'DELETED':
          this.#takeRemoval(event.object)
          return
        case 'BOOKMARK':
          if (isSynced) return
          isSynced = true
          this.#dropUnseen(seen)
          onSynced()
          return
        case 'ERROR':
          this.#watch?.close()
          queueMicrotask(() => {
            if (!this.#isClosed) this.#open(onSynced)
          })
      }
    })
  }

  #takeRemoval(object: KubeObject): void {
    this.#bury(uidOf(object))
    const key = keyOf(object)
    const old = this.#objects.get(key)
    if (old !== undefined && uidOf(old) === uidOf(object)) this.#delete(key, old)
  }

  #dropUnseen(seen: ReadonlySet<string>): void {
    for (const [key, object] of this.#objects) if (!seen.has(uidOf(object))) this.#delete(key, object)
  }

  #put(key: string, object: KubeObject, old: KubeObject | undefined): void {
    if (old !== undefined) this.#unindex(key, old)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) for (const value of index.of(object)) addTo(index.keys, value, key)
    const replaced = old !== undefined && uidOf(old) !== uidOf(object)
    if (replaced) this.#tell(undefined, old)
    this.#tell(object, replaced ? undefined : old)
  }

  #bury(uid: string): void {
    this.#gone.add(uid)
    if (this.#gone.size <= GONE_LIMIT) return
    const [oldest] = this.#gone
    if (oldest !== undefined) this.#gone.delete(oldest)
  }

  #delete(key: string, old: KubeObject): void {
    this.#bury(uidOf(old))
    this.#unindex(key, old)
    this.#objects.delete(key)
    this.#tell(undefined, old)
  }

  #unindex(key: string, object: KubeObject): void {
    for (const index of this.#indexes.values()) {
      for (const value of index.of(object)) {
        const keys = index.keys.get(value)
        keys?.delete(key)
        if (keys?.size === 0) index.keys.delete(value)
      }
    }
  }

  #tell(next: KubeObject | undefined, old: KubeObject | undefined): void {
    for (const handler of this.#handlers) handler(next, old)
  }
}

function addTo(keys: Map<string, Set<string>>, value: string, key: string): void {
  const present = keys.get(value)
  if (present === undefined) keys.set(value, new Set([key]))
  else present.add(key)
}

/** Revisions are one decimal counter for all objects. */
function isNewer(next: KubeObject, old: KubeObject): boolean {
  return Number(metaOf(next)['resourceVersion']) > Number(metaOf(old)['resourceVersion'])
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1
}
