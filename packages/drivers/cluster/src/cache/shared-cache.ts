import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'

import type { ClusterPorts } from '../ports.ts'
import type { CacheEvent, CacheState, ObjectCache } from './object-cache.ts'
import { createObjectStore, type ObjectStore } from './object-store.ts'
import { createReflector, type ListWatch, type Reflector, type ReflectorTimes } from './reflector.ts'

/** One watched view that several openers share. */
export interface SharedCache {
  /** A handle on the view; the watch starts with the first one and ends with the last. */
  open(): ObjectCache
  /** The kind may be served now: a cache that waits for it tries again at once. */
  nudge(): void
  close(): void
}

/** What a shared cache needs beside its source. */
export interface SharedCacheContext {
  readonly ports: ClusterPorts
  readonly times?: Partial<ReflectorTimes>
  /** The last handle was closed. */
  onUnused(): void
}

/** A shared cache that reads from this source. */
export function createSharedCache(source: ListWatch, context: SharedCacheContext): SharedCache {
  return new WatchedView(source, context)
}

type Listener<T> = (value: T) => void

class WatchedView implements SharedCache {
  readonly #store: ObjectStore = createObjectStore()
  readonly #reflector: Reflector
  readonly #context: SharedCacheContext
  readonly #handles = new Set<Handle>()
  readonly #events = new Set<Listener<CacheEvent>>()
  readonly #states = new Set<Listener<CacheState>>()
  readonly #synced = Promise.withResolvers<void>()
  #phase: CacheState['phase'] = 'starting'
  #complete = false
  #error: Error | undefined

  constructor(source: ListWatch, context: SharedCacheContext) {
    this.#context = context
    // Who never waits for the first view must not fail with it.
    this.#synced.promise.catch(() => {})
    this.#reflector = createReflector(
      source,
      {
        find: (key) => {
          const cut = key.indexOf('/')
          return this.#store.get(key.slice(0, cut), key.slice(cut + 1))
        },
        put: (object) => this.#tell(this.#store.put(object)),
        remove: (object) => this.#remove(object),
        replace: (objects) => this.#replace(objects),
        live: () => this.#move('live', undefined),
        interrupted: (error) => this.#move(this.#complete ? 'interrupted' : 'starting', error),
      },
      context,
    )
  }

  open(): ObjectCache {
    const handle = new Handle({
      store: this.#store,
      synced: this.#synced.promise,
      state: () => this.#state(),
      events: this.#events,
      states: this.#states,
      closed: (closing) => this.#release(closing),
    })
    this.#handles.add(handle)
    if (this.#handles.size === 1) this.#reflector.start()
    return handle
  }

  nudge(): void {
    this.#reflector.nudge()
  }

  close(): void {
    for (const handle of this.#handles) handle.close()
  }

  #release(handle: Handle): void {
    this.#handles.delete(handle)
    if (this.#handles.size > 0 || this.#phase === 'closed') return
    this.#reflector.stop()
    this.#move('closed', undefined)
    this.#synced.reject(
      new FailureError({ code: 'cache-closed', message: 'the cache was closed before it was complete' }),
    )
    this.#context.onUnused()
  }

  #replace(objects: ReadonlyMap<string, KubeObject>): void {
    const events = this.#store.replace(objects)
    this.#complete = true
    this.#tell(events)
    this.#synced.resolve()
  }

  #remove(object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata
    this.#tell(this.#store.remove(namespace, name, object))
  }

  #state(): CacheState {
    const resourceVersion = this.#reflector.resourceVersion()
    return { phase: this.#phase, resourceVersion, ...(this.#error === undefined ? {} : { error: this.#error }) }
  }

  #move(phase: CacheState['phase'], error: Error | undefined): void {
    if (phase === this.#phase && error === undefined && this.#error === undefined) return
    this.#phase = phase
    this.#error = error
    const state = this.#state()
    for (const listener of this.#states) this.#call(() => listener(state))
  }

  #tell(events: readonly CacheEvent[]): void {
    for (const event of events) for (const listener of this.#events) this.#call(() => listener(event))
  }

  /** A listener's mistake must reach the process, and neither the watch nor the other listeners. */
  #call(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#context.ports.timers.after(0, () => {
        throw error
      })
    }
  }
}

interface HandleParts {
  readonly store: ObjectStore
  readonly synced: Promise<void>
  readonly events: Set<Listener<CacheEvent>>
  readonly states: Set<Listener<CacheState>>
  state(): CacheState
  closed(handle: Handle): void
}

class Handle implements ObjectCache {
  readonly synced: Promise<void>
  readonly #parts: HandleParts
  readonly #ends = new Set<() => void>()
  #open = true

  constructor(parts: HandleParts) {
    this.#parts = parts
    this.synced = parts.synced
  }

  state(): CacheState {
    return this.#open ? this.#parts.state() : { phase: 'closed', resourceVersion: this.#parts.state().resourceVersion }
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#parts.store.get(namespace, name)
  }

  list(namespace?: string): readonly KubeObject[] {
    return this.#parts.store.list(namespace)
  }

  byOwner(uid: string): readonly KubeObject[] {
    return this.#parts.store.byOwner(uid)
  }

  size(): number {
    return this.#parts.store.size()
  }

  onEvent(listener: Listener<CacheEvent>): () => void {
    // Each handle's listeners are its own, also when two pass the same function.
    const end = this.#listen(this.#parts.events, (event) => listener(event))
    for (const object of this.#parts.store.list()) listener({ type: 'added', object })
    return end
  }

  onState(listener: Listener<CacheState>): () => void {
    return this.#listen(this.#parts.states, (state) => listener(state))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    for (const end of this.#ends) end()
    this.#parts.closed(this)
  }

  #listen<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
    if (!this.#open) return () => {}
    listeners.add(listener)
    const end = (): void => {
      listeners.delete(listener)
      this.#ends.delete(end)
    }
    this.#ends.add(end)
    return end
  }
}
