import type { KubeObject } from '@kedge/manifest'
import { ApiError } from '@kedge/manifest'

import type { ObjectList } from '../client/cluster.ts'
import type { ClusterPorts } from '../ports.ts'
import { errorOfStatus, field, textField } from '../transport/api-answer.ts'
import type { StreamHandle, StreamSink } from '../transport/transport.ts'
import { isKubeObject } from '../client/decode.ts'
import { compareVersions } from './resource-version.ts'
import { storeKeyOf } from './object-store.ts'
import { createSyncBudget, type SyncBudget } from './sync-budget.ts'

/** Where a reflector reads. */
export interface ListWatch {
  /** Each watch begins with the present state, and none goes silent; see Transport. */
  readonly replays: boolean
  /** Finds out where the kind is served; called before each connection. */
  prepare(): Promise<void>
  list(options: { readonly notOlderThan?: string }): Promise<ObjectList>
  watch(request: WatchRequest, sink: StreamSink): StreamHandle
  /** The kind's resource was not found: what is known of it is outdated. */
  lost(): void
}

/** One watch connection. */
export interface WatchRequest {
  /** Where to go on; the newest state where empty. */
  readonly resourceVersion: string
  /** Ask for the present state first (WatchList). */
  readonly initialEvents: boolean
  readonly timeoutSeconds: number
}

/** What a reflector keeps up to date. */
export interface ReflectorTarget {
  find(key: string): KubeObject | undefined
  put(object: KubeObject): void
  remove(object: KubeObject): void
  replace(objects: ReadonlyMap<string, KubeObject>): void
  /** The watch is open and the view complete. */
  live(): void
  /** The view may be behind, for this reason. */
  interrupted(error: Error): void
}

/** Times of a reflector, in ms. */
export interface ReflectorTimes {
  /** A watch that opened and then says nothing for this long is taken for dead. Servers send a bookmark a minute. */
  readonly stallMs: number
  /** A watch that does not open, or whose initial events stop, for this long is given up. */
  readonly openMs: number
  /** No two connections begin closer to each other than this, the first two aside. */
  readonly gapMs: number
  readonly maxBackoffMs: number
  /** How old a complete view may become before the end of a watch is used to take another one. */
  readonly verifyMs: number
  /** How long the server must insist on an older state before that is taken for a restored backup. */
  readonly restoredMs: number
}

/** The times that are used where none are given. */
const reflectorTimes: ReflectorTimes = {
  stallMs: 150_000,
  openMs: 30_000,
  gapMs: 1_000,
  maxBackoffMs: 30_000,
  verifyMs: 3_600_000,
  restoredMs: 60_000,
}

/** Follows one list of the server until it is stopped. */
export interface Reflector {
  start(): void
  stop(): void
  /** What it waits for may have come: tries again now, when it is not connected. */
  nudge(): void
  /** The state of the server that the target shows; empty before the first complete view. */
  resourceVersion(): string
}

/** A reflector; see SPEC.md [C1] to [C9] for what it promises. */
export function createReflector(
  source: ListWatch,
  target: ReflectorTarget,
  context: { ports: ClusterPorts; times?: Partial<ReflectorTimes> },
): Reflector {
  return new ListWatchReflector(source, target, context)
}

/** One connection. Whatever comes from one that is not the present one is ignored. */
interface Session {
  readonly initialEvents: boolean
  /** The view being built from initial events; undefined once it is complete. */
  incoming: Map<string, KubeObject> | undefined
  opened: boolean
  lastHeardAt: number
  handle: StreamHandle | undefined
}

const initialEventsEnd = 'k8s.io/initial-events-end'

class ListWatchReflector implements Reflector {
  readonly #source: ListWatch
  readonly #target: ReflectorTarget
  readonly #ports: ClusterPorts
  readonly #times: ReflectorTimes
  readonly #budget: SyncBudget
  #version = ''
  #needsSync = true
  #watchList = true
  #failures = 0
  #unreadable = 0
  #staleSince: number | undefined
  #syncedAt = Number.NEGATIVE_INFINITY
  #connectedAt = Number.NEGATIVE_INFINITY
  #session: Session | undefined
  #attempt = 0
  #running = false
  #preparing = false
  #cancelTimer: () => void = () => {}

  constructor(
    source: ListWatch,
    target: ReflectorTarget,
    context: { ports: ClusterPorts; times?: Partial<ReflectorTimes> },
  ) {
    this.#source = source
    this.#target = target
    this.#ports = context.ports
    this.#times = { ...reflectorTimes, ...context.times }
    this.#budget = createSyncBudget(context.ports.clock)
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#connect()
  }

  stop(): void {
    this.#running = false
    this.#drop()
  }

  nudge(): void {
    if (this.#running && this.#session === undefined && !this.#preparing) this.#reconnect(0)
  }

  resourceVersion(): string {
    return this.#version
  }

  /** Ends the present connection and whatever waits. */
  #drop(): void {
    this.#attempt += 1
    this.#preparing = false
    this.#cancelTimer()
    this.#session?.handle?.close()
    this.#session = undefined
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#ports.timers.after(delayMs, () => {
      if (this.#running) run()
    })
  }

  #reconnect(delayMs: number): void {
    this.#drop()
    const now = this.#ports.clock.now()
    const gap = this.#connectedAt + this.#times.gapMs - now
    const budget = this.#needsSync ? this.#budget.waitMs() : 0
    // A clock that jumped must not hold the reflector for longer than its own bounds.
    const bounded = Math.min(Math.max(delayMs, gap, budget, 0), Math.max(delayMs, budget, this.#times.maxBackoffMs))
    this.#schedule(bounded, () => this.#connect())
  }

  #connect(): void {
    this.#drop()
    const attempt = this.#attempt
    this.#connectedAt = this.#ports.clock.now()
    if (this.#source.replays) this.#needsSync = true
    this.#preparing = true
    const step = async (): Promise<void> => {
      await this.#source.prepare()
      if (attempt !== this.#attempt) return
      if (this.#needsSync && !this.#watchList) await this.#takeList(attempt)
      if (attempt !== this.#attempt) return
      this.#watch(this.#needsSync)
    }
    step().catch((error: unknown) => {
      if (attempt === this.#attempt) this.#failed(error instanceof Error ? error : new Error(String(error)))
    })
  }

  async #takeList(attempt: number): Promise<void> {
    const oldest = this.#oldestAcceptable()
    const list = await this.#source.list(oldest === '' ? {} : { notOlderThan: oldest })
    if (attempt !== this.#attempt) return
    const objects = new Map(list.items.map((object) => [storeKeyOf(object), object]))
    if (!this.#complete(objects, list.resourceVersion)) throw staleView(list.resourceVersion, this.#version)
  }

  /** The state that a new view must not be older than; empty when the server's newest is wanted, whatever it is. */
  #oldestAcceptable(): string {
    return this.#isRestored() ? '' : this.#version
  }

  #isRestored(): boolean {
    return this.#staleSince !== undefined && this.#ports.clock.now() - this.#staleSince >= this.#times.restoredMs
  }

  #watch(initialEvents: boolean): void {
    const now = this.#ports.clock.now()
    const incoming = initialEvents ? new Map<string, KubeObject>() : undefined
    const session: Session = { initialEvents, incoming, opened: false, lastHeardAt: now, handle: undefined }
    this.#session = session
    this.#preparing = false
    const current = (): boolean => this.#session === session
    this.#armSilence(session)
    session.handle = this.#source.watch(
      {
        initialEvents,
        resourceVersion: initialEvents ? this.#oldestAcceptable() : this.#version,
        timeoutSeconds: Math.floor(300 + 300 * this.#ports.random.next()),
      },
      {
        opened: () => {
          if (current()) this.#opened(session)
        },
        value: (value) => {
          if (current()) this.#heard(session, value)
        },
        ended: (error) => {
          if (current()) this.#ended(session, error)
        },
      },
    )
    if (!current()) session.handle.close()
  }

  #opened(session: Session): void {
    session.opened = true
    session.lastHeardAt = this.#ports.clock.now()
    this.#armSilence(session)
    if (session.incoming === undefined) this.#target.live()
  }

  #armSilence(session: Session): void {
    if (this.#source.replays && session.incoming === undefined) return this.#cancelTimer()
    const limit = session.opened && session.incoming === undefined ? this.#times.stallMs : this.#times.openMs
    const silent = Math.max(0, this.#ports.clock.now() - session.lastHeardAt)
    this.#schedule(Math.max(1, limit - silent), () => {
      if (this.#session !== session) return
      const now = this.#ports.clock.now()
      if (now - session.lastHeardAt < limit && now >= session.lastHeardAt) return this.#armSilence(session)
      return this.#silent(session, limit)
    })
  }

  /** Nothing was heard: the connection is dead, or the server does not know initial events and sends none. */
  #silent(session: Session, limitMs: number): void {
    if (session.incoming !== undefined && session.opened) this.#watchList = false
    else if (session.incoming !== undefined || !session.opened) this.#failures += 1
    this.#target.interrupted(new Error(`the watch said nothing for ${limitMs} ms`))
    this.#reconnect(session.opened ? 0 : this.#backoff())
  }

  #heard(session: Session, value: unknown): void {
    session.lastHeardAt = this.#ports.clock.now()
    const object = field(value, 'object')
    const type = textField(value, 'type')
    if (type === 'ERROR') return this.#ended(session, errorOfStatus(object, 'watch'))
    if (!isKubeObject(object) || !isEventType(type)) {
      return this.#ended(session, new ApiError(unreadable, { outcomeKnown: true }))
    }
    this.#unreadable = 0
    if (session.incoming === undefined) this.#failures = 0
    if (type === 'BOOKMARK') return this.#bookmark(session, object)
    if (session.incoming === undefined) return this.#change(type, object)
    if (type === 'DELETED') session.incoming.delete(storeKeyOf(object))
    else session.incoming.set(storeKeyOf(object), object)
    return undefined
  }

  #bookmark(session: Session, object: KubeObject): void {
    const version = object.metadata.resourceVersion ?? ''
    const ends = object.metadata.annotations?.[initialEventsEnd] === 'true'
    if (session.incoming !== undefined) {
      if (!ends) return
      const objects = session.incoming
      session.incoming = undefined
      if (!this.#complete(objects, version)) return this.#failed(staleView(version, this.#version))
      this.#armSilence(session)
      return this.#target.live()
    }
    const order = compareVersions(version, this.#version)
    if (order === 1) this.#version = version
    // A server that stands before what it told us: it lags, or was restored from a backup.
    if (order === -1) return this.#doubt()
    return undefined
  }

  /** Takes a complete view, unless it is older than what was shown before. */
  #complete(objects: ReadonlyMap<string, KubeObject>, version: string): boolean {
    const older = this.#version !== '' && compareVersions(version, this.#version) === -1
    if (older && !this.#isRestored()) {
      this.#staleSince ??= this.#ports.clock.now()
      return false
    }
    this.#staleSince = undefined
    this.#needsSync = false
    this.#failures = 0
    this.#version = version
    this.#syncedAt = this.#ports.clock.now()
    this.#budget.spend()
    this.#target.replace(objects)
    return true
  }

  #change(type: EventType, object: KubeObject): void {
    const version = object.metadata.resourceVersion
    if (version === undefined || version === '') return this.#doubt()
    const order = compareVersions(version, this.#version)
    if (order === -1 || order === 0) {
      // Told before, unless our view lacks it: then something was lost on the way.
      const known = this.#target.find(storeKeyOf(object))
      const told = type === 'DELETED' ? known === undefined || isNewer(known, version) : isAtLeast(known, version)
      return told ? undefined : this.#doubt()
    }
    this.#version = version
    if (type === 'DELETED') return this.#target.remove(object)
    return this.#target.put(object)
  }

  /** The events do not fit the view: take a new one, as soon as the budget allows. */
  #doubt(): void {
    if (this.#needsSync) return
    this.#needsSync = true
    this.#reconnect(0)
  }

  #ended(session: Session, error: Error | undefined): void {
    if (error !== undefined) return this.#failed(error)
    if (session.incoming !== undefined) return this.#failed(new Error('the watch ended before its initial events'))
    const now = this.#ports.clock.now()
    if (now - this.#syncedAt >= this.#times.verifyMs) this.#needsSync = true
    const brief = now - this.#connectedAt < this.#times.gapMs && now >= this.#connectedAt
    this.#failures = brief ? this.#failures + 1 : 0
    return this.#reconnect(brief ? this.#backoff() : 0)
  }

  #failed(error: Error): void {
    this.#target.interrupted(error)
    const code = error instanceof ApiError ? error.status.code : 0
    const initial = this.#session?.initialEvents ?? false
    if (code === 410) this.#needsSync = true
    // Servers without the feature refuse the parameter; the plain way is open at once.
    if ((code === 400 || code === 422) && initial && this.#watchList) {
      this.#watchList = false
      this.#connectedAt = Number.NEGATIVE_INFINITY
      return this.#reconnect(0)
    }
    if (code === 404) this.#source.lost()
    if (isTooLarge(error)) this.#behind()
    if (isUnreadable(error)) this.#countUnreadable()
    if (this.#ports.clock.now() - this.#connectedAt >= this.#times.maxBackoffMs) this.#failures = 0
    this.#failures += 1
    return this.#reconnect(Math.max(this.#backoff(), retryAfter(error)))
  }

  /** The server does not reach the state that it told us before. */
  #behind(): void {
    this.#needsSync = true
    this.#staleSince ??= this.#ports.clock.now()
  }

  /** A line that cannot be read comes again when the watch goes on where it was: after three, take a new view. */
  #countUnreadable(): void {
    this.#unreadable += 1
    if (this.#unreadable < 3) return
    this.#unreadable = 0
    this.#needsSync = true
  }

  #backoff(): number {
    const ceiling = Math.min(this.#times.maxBackoffMs, this.#times.gapMs * 2 ** Math.min(this.#failures, 10))
    return ceiling / 2 + (ceiling / 2) * this.#ports.random.next()
  }
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

function isEventType(type: string | undefined): type is EventType {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK'
}

const unreadable = { code: 0, reason: 'Unreadable', message: 'watch: an event that cannot be read' }

function staleView(version: string, shown: string): ApiError {
  const message = `the server answered with its state ${version}, older than ${shown}`
  return new ApiError({ code: 0, reason: 'Stale', message }, { outcomeKnown: true })
}

function isNewer(known: KubeObject, version: string): boolean {
  return compareVersions(known.metadata.resourceVersion ?? '', version) === 1
}

function isAtLeast(known: KubeObject | undefined, version: string): boolean {
  if (known === undefined) return false
  const order = compareVersions(known.metadata.resourceVersion ?? '', version)
  return order === 0 || order === 1
}

function isTooLarge(error: Error): boolean {
  if (!(error instanceof ApiError)) return false
  return error.status.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') ?? false
}

function isUnreadable(error: Error): boolean {
  if (error instanceof ApiError) return error.status.reason === 'Unreadable'
  return 'kind' in error && (error.kind === 'unreadable' || error.kind === 'too-large')
}

function retryAfter(error: Error): number {
  return error instanceof ApiError ? Math.min(error.status.retryAfterMs ?? 0, 60_000) : 0
}
