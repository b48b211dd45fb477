import { Bug } from '@kedge/base'
import type { Draft } from '../contracts.ts'
import { EventRing } from './event-ring.ts'
import { OrderedIndex } from './ordered-index.ts'
import { StorageFailure } from './storage.ts'
import type { Journal, JournalRecord, Storage, StorageChange, StorageEvent } from './storage.ts'
import { freezeDeep, StoredObject } from './stored-object.ts'

/** How many events of one resource are kept for watches that resume. */
const ringLimit = 10_000

/** How many writes may wait for the disk before the next one is refused. */
const pendingLimit = 20_000

/** Takes the state of one object after and before a change; undefined where it is not there. */
export type Observer = (resource: string, current: StoredObject | undefined, previous: StoredObject | undefined) => void

interface Shelf {
  readonly index: OrderedIndex
  ring: EventRing
  readonly listeners: Set<(event: StorageEvent) => void>
}

interface PendingWrite {
  readonly resource: string
  readonly key: string
  readonly event: StorageEvent
  readonly record: JournalRecord
}

interface Batch {
  readonly writes: PendingWrite[]
  readonly done: Promise<void>
  readonly settle: (failure?: StorageFailure) => void
}

/** What a storage is made with. */
export interface StorageOptions {
  readonly journal?: Journal
  /** Told of each change in the turn of its write, and of its undoing when it could not be kept. */
  readonly observe?: Observer
  /** Told when a listener throws; the listener hears nothing more. */
  readonly onListenerFault?: (error: unknown) => void
  readonly loaded?: { readonly revision: number; readonly records: Iterable<JournalRecord> }
}

/** Keeps all objects in memory; with a journal every change is also made durable before `durable` says so. */
export function createStorage(options: StorageOptions = {}): Storage {
  return new MemoryStorage(options)
}

class MemoryStorage implements Storage {
  readonly #shelves = new Map<string, Shelf>()
  readonly #journal: Journal | undefined
  readonly #observe: Observer
  readonly #onListenerFault: (error: unknown) => void
  #revision: number
  readonly #loadedRevision: number
  #published: number
  readonly #queue: PendingWrite[] = []
  #publishing = false
  #filling: Batch | undefined
  #writing: Batch | undefined
  #flushed: Promise<void> | undefined

  constructor(options: StorageOptions) {
    const { loaded } = options
    this.#journal = options.journal
    this.#observe = options.observe ?? (() => undefined)
    this.#onListenerFault = options.onListenerFault ?? (() => undefined)
    this.#revision = loaded?.revision ?? 0
    this.#loadedRevision = this.#revision
    this.#published = this.#revision
    for (const record of loaded?.records ?? []) {
      if (record.stored === undefined) continue
      this.#shelf(record.resource).index.set(record.stored)
      this.#observe(record.resource, record.stored, undefined)
    }
  }

  get revision(): number {
    return this.#revision
  }

  get published(): number {
    return this.#published
  }

  get(resource: string, key: string): StoredObject | undefined {
    return this.#shelves.get(resource)?.index.get(key)
  }

  count(resource: string): number {
    return this.#shelves.get(resource)?.index.size ?? 0
  }

  list(resource: string, prefix = ''): readonly StoredObject[] {
    const index = this.#shelves.get(resource)?.index
    if (index === undefined) return []
    return prefix === '' ? index.all() : index.withPrefix(prefix)
  }

  listAt(resource: string, revision: number, prefix = ''): readonly StoredObject[] | undefined {
    if (revision > this.#revision) throw new Bug(`revision ${revision} lies in the future`)
    const shelf = this.#shelf(resource)
    const since = shelf.ring.after(revision)
    if (since === undefined) return undefined
    const present = this.list(resource, prefix)
    if (since.length === 0) return present
    const past = new Map<string, StoredObject | undefined>()
    for (const event of since.toReversed()) past.set(event.current.key, event.previous)
    const kept = present.filter((stored) => !past.has(stored.key))
    for (const [key, stored] of past) {
      if (stored !== undefined && key.startsWith(prefix)) kept.push(stored)
    }
    return kept.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  write(change: StorageChange): StoredObject {
    if ((this.#filling?.writes.length ?? 0) >= pendingLimit) {
      throw new StorageFailure(`${pendingLimit} writes wait for the disk; try again later`)
    }
    const shelf = this.#shelf(change.resource)
    const previous = shelf.index.get(change.key)
    if (change.kind === 'remove' && previous === undefined) throw new Bug(`${change.key} is not stored`)
    this.#revision += 1
    const revision = this.#revision
    const object = change.object ?? previous?.object ?? {}
    const current = new StoredObject(change.key, revision, stamp(object, revision))
    if (change.kind === 'put') shelf.index.set(current)
    else shelf.index.delete(change.key)
    this.#observe(change.resource, change.kind === 'put' ? current : undefined, previous)
    const type = change.kind === 'remove' ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED'
    const event: StorageEvent = { type, revision, current, previous }
    shelf.ring.push(event)
    const record = {
      revision,
      resource: change.resource,
      key: change.key,
      stored: change.kind === 'put' ? current : undefined,
    }
    this.#enqueue({ resource: change.resource, key: change.key, event, record })
    return current
  }

  watch(resource: string, after: number, listener: (event: StorageEvent) => void): (() => void) | undefined {
    const shelf = this.#shelf(resource)
    const past = shelf.ring.after(after)
    if (past === undefined) return undefined
    const heard = this.#published
    for (const event of past) {
      if (event.revision <= heard) listener(event)
    }
    // A watch from the future hears nothing until the counter has passed the revision it asked for.
    const later = (event: StorageEvent): void => {
      if (event.revision > after) listener(event)
    }
    shelf.listeners.add(later)
    return () => {
      shelf.listeners.delete(later)
    }
  }

  durable(revision: number): Promise<void> | undefined {
    const holds = (batch: Batch | undefined): batch is Batch =>
      batch !== undefined && (batch.writes[0]?.event.revision ?? Infinity) <= revision
    if (holds(this.#filling)) return this.#filling.done
    return holds(this.#writing) ? this.#writing.done : undefined
  }

  drop(resource: string): void {
    const shelf = this.#shelves.get(resource)
    if (shelf === undefined) return
    if (shelf.index.size > 0) throw new Bug(`${resource} still has objects`)
    shelf.ring = new EventRing(this.#revision, ringLimit)
  }

  async close(): Promise<void> {
    await this.#flushed
    await this.#journal?.close()
  }

  #shelf(resource: string): Shelf {
    const known = this.#shelves.get(resource)
    if (known !== undefined) return known
    const shelf = {
      index: new OrderedIndex(),
      ring: new EventRing(this.#loadedRevision, ringLimit),
      listeners: new Set<(event: StorageEvent) => void>(),
    }
    this.#shelves.set(resource, shelf)
    return shelf
  }

  #enqueue(write: PendingWrite): void {
    if (this.#journal === undefined) {
      this.#publish([write])
      return
    }
    this.#filling ??= newBatch()
    this.#filling.writes.push(write)
    this.#flushed ??= this.#flush(this.#journal)
  }

  /** Group commit: what arrives while one batch goes to the disk makes up the next. */
  async #flush(journal: Journal): Promise<void> {
    // The writes of one turn of the event loop share their first batch.
    await Promise.resolve()
    while (this.#filling !== undefined) {
      const batch = this.#filling
      this.#filling = undefined
      this.#writing = batch
      let failure: unknown
      try {
        await journal.append(batch.writes.map((write) => write.record))
      } catch (error) {
        failure = error
      }
      this.#writing = undefined
      if (failure === undefined) {
        batch.settle()
        this.#publish(batch.writes)
        if (journal.wantsCompaction) await this.#compact(journal)
      } else this.#takeBack(batch, failure)
    }
    this.#flushed = undefined
  }

  /** What was taken is whole without a snapshot, so a failed one costs only disk space and is tried again later. */
  async #compact(journal: Journal): Promise<void> {
    const resources = [...this.#shelves.keys()]
    const revision = this.#published
    const state = resources.map((resource) => ({ resource, objects: this.listAt(resource, revision) ?? [] }))
    await journal.compact(revision, state).catch(() => undefined)
  }

  /** Undoes the writes that did not reach the disk, the newest first; those queued behind them build on them. */
  #takeBack(batch: Batch, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : 'unknown reason'
    const failure = new StorageFailure(`the change was not stored: ${reason}`, { cause })
    const queued = this.#filling
    this.#filling = undefined
    for (const write of [...batch.writes, ...(queued?.writes ?? [])].toReversed()) {
      const shelf = this.#shelf(write.resource)
      shelf.ring.pop()
      if (write.event.previous === undefined) shelf.index.delete(write.key)
      else shelf.index.set(write.event.previous)
      this.#observe(write.resource, write.event.previous, write.record.stored)
    }
    batch.settle(failure)
    queued?.settle(failure)
  }

  /** A listener's fault is not the writer's: the write stands. */
  #tell(listener: (event: StorageEvent) => void, write: PendingWrite): void {
    try {
      listener(write.event)
    } catch (error) {
      this.#shelf(write.resource).listeners.delete(listener)
      this.#onListenerFault(error)
    }
  }

  /** Tells listeners in the order of the revisions, also when one of them writes while it is told. */
  #publish(writes: readonly PendingWrite[]): void {
    this.#queue.push(...writes)
    if (this.#publishing) return
    this.#publishing = true
    try {
      let write = this.#queue.shift()
      while (write !== undefined) {
        this.#published = write.event.revision
        // A copy: who begins to listen meanwhile has been told of this event already.
        for (const listener of Array.from(this.#shelf(write.resource).listeners)) this.#tell(listener, write)
        write = this.#queue.shift()
      }
    } finally {
      this.#publishing = false
    }
  }
}

function newBatch(): Batch {
  const writes: PendingWrite[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Somebody else may wait, or nobody: an unheard failure is reported to each writer by its own wait.
  promise.catch(() => undefined)
  return {
    writes,
    done: promise,
    settle: (failure) => {
      if (failure === undefined) resolve()
      else reject(failure)
    },
  }
}

/** The object with its resourceVersion set, frozen; other parts are shared with what was given. */
function stamp(object: Readonly<Draft>, revision: number): Readonly<Draft> {
  const metadata = { ...(object['metadata'] as Draft), resourceVersion: String(revision) }
  return freezeDeep({ ...object, metadata })
}
