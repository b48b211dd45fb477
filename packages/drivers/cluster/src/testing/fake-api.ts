import type { KubeObject } from '@kedge/manifest'

import { errorOfAnswer } from '../transport/api-answer.ts'
import {
  TransportError,
  type Answer,
  type Call,
  type StreamHandle,
  type StreamSink,
  type Transport,
} from '../transport/transport.ts'
import type { SimTime } from './sim-time.ts'

/** How a fake server treats `sendInitialEvents`: it serves them, refuses the parameter, or has never heard of it. */
export type WatchListSupport = 'served' | 'refused' | 'ignored'

/** A server of ConfigMaps that remembers every state it had, and can be made to fail in every way that is known. */
export interface FakeApi extends Transport {
  readonly requests: { readonly at: number; readonly method: string; readonly path: string }[]
  /** When complete views were handed out. */
  readonly views: number[]
  write(name: string, labels?: Readonly<Record<string, string>>): void
  remove(name: string): void
  version(): number
  /** name → resourceVersion at a resourceVersion. */
  stateAt(version: number): ReadonlyMap<string, string>
  /** Forgets events: watches from before are answered with 410. */
  compact(): void
  /** Ends all streams, in good order or not. */
  drop(how: 'end' | 'break' | 'cut-line'): void
  /** Open streams fall silent; new ones work. */
  stall(): void
  sendBookmark(): void
  sendError(code: number): void
  /** The last event once more. */
  repeatLast(): void
  sendGarbage(): void
  /** The next event is not sent to anybody. */
  loseNext(): void
  /** Sends an event of an object as it was long ago. */
  sendOld(): void
  /** The next requests, streams included, are answered with this status; 0 breaks the connection. */
  refuse(code: number, times: number): void
  /** The next lists come from a server that is behind. */
  lag(versions: number, times: number): void
  /** The next streams never open. */
  hang(times: number): void
  /** Sends the event of this resourceVersion again. */
  sendAgain(version: number): void
  /** Lists answer with what they have, even when it is older than was asked for. */
  ignoreNotOlderThan(): void
  /** Something that happens once, after the initial events and before their end is told. */
  beforeInitialEnd(run: () => void): void
  /** Continue tokens expire after each page. */
  expireContinue(times: number): void
  /** The server goes back to an earlier state, as after a restore from a backup. */
  restore(version: number): void
  streams(): number
}

interface Happening {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly version: number
}

interface Stream {
  readonly sink: StreamSink
  silent: boolean
  readonly stop: () => void
}

const start = 100

/** A fake server in simulated time. */
export function createFakeApi(time: SimTime, watchList: WatchListSupport): FakeApi {
  const server = new FakeServer(time, watchList)
  return server
}

class FakeServer implements FakeApi {
  readonly requests: { at: number; method: string; path: string }[] = []
  readonly views: number[] = []
  readonly #time: SimTime
  readonly #watchList: WatchListSupport
  readonly #states = new Map<number, ReadonlyMap<string, KubeObject>>([[start, new Map()]])
  #events: Happening[] = []
  #version = start
  #compactedTo = start
  readonly #streams = new Set<Stream>()
  #refusal = { code: 0, times: 0 }
  #lagging = { by: 0, times: 0 }
  #expiring = 0
  #losing = false
  #hanging = 0
  #honest = true
  #beforeInitialEnd: () => void = () => {}
  #uids = 0

  constructor(time: SimTime, watchList: WatchListSupport) {
    this.#time = time
    this.#watchList = watchList
  }

  async request(call: Call): Promise<Answer> {
    this.#note(call)
    await Promise.resolve()
    const url = new URL(call.path, 'http://fake')
    const discovered = discovery(url.pathname)
    if (discovered !== undefined) return json(200, discovered)
    const refused = this.#refused()
    if (refused !== undefined) return refused
    return this.#list(url.searchParams)
  }

  stream(call: Call, sink: StreamSink): StreamHandle {
    this.#note(call)
    let open = true
    let stream: Stream | undefined
    const close = (): void => {
      open = false
      stream?.stop()
    }
    const guarded: StreamSink = {
      opened: () => open && sink.opened(),
      value: (value) => open && sink.value(value),
      ended: (error) => {
        if (!open) return
        open = false
        sink.ended(error)
      },
    }
    this.#hanging -= 1
    if (this.#hanging >= 0) return { close }
    this.#time.timers.after(1, () => {
      if (open) stream = this.#open(new URL(call.path, 'http://fake').searchParams, guarded)
    })
    return { close }
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.stop()
  }

  write(name: string, labels: Readonly<Record<string, string>> = {}): void {
    const old = this.#now().get(name)
    this.#version += 1
    if (old === undefined) this.#uids += 1
    const uid = old?.metadata.uid ?? `uid-${this.#uids}`
    const metadata = { name, namespace: 'default', uid, labels, resourceVersion: String(this.#version) }
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { at: String(this.#version) } }
    this.#happen(old === undefined ? 'ADDED' : 'MODIFIED', object)
  }

  remove(name: string): void {
    const old = this.#now().get(name)
    if (old === undefined) return
    this.#version += 1
    this.#happen('DELETED', { ...old, metadata: { ...old.metadata, resourceVersion: String(this.#version) } })
  }

  version(): number {
    return this.#version
  }

  stateAt(version: number): ReadonlyMap<string, string> {
    const known = [...this.#states.keys()].filter((at) => at <= version)
    const state = this.#states.get(Math.max(start, ...known)) ?? new Map<string, KubeObject>()
    return new Map([...state].map(([name, object]) => [name, object.metadata.resourceVersion ?? '']))
  }

  compact(): void {
    this.#compactedTo = this.#version
    this.#events = []
  }

  drop(how: 'end' | 'break' | 'cut-line'): void {
    for (const stream of this.#streams) {
      stream.stop()
      if (stream.silent) continue
      if (how === 'end') stream.sink.ended()
      else stream.sink.ended(new TransportError('broken', `the connection broke (${how})`, { sent: true }))
    }
  }

  stall(): void {
    for (const stream of this.#streams) stream.silent = true
  }

  sendBookmark(): void {
    this.#send(bookmark(this.#version))
  }

  sendError(code: number): void {
    const reason = code === 410 ? 'Expired' : 'InternalError'
    this.#send({ type: 'ERROR', object: { kind: 'Status', code, reason, message: 'asked for' } })
  }

  repeatLast(): void {
    const last = this.#events.at(-1)
    if (last !== undefined) this.#send({ type: last.type, object: last.object })
  }

  sendGarbage(): void {
    this.#send({ type: 'MODIFIED' })
  }

  loseNext(): void {
    this.#losing = true
  }

  sendOld(): void {
    const old = this.#events[Math.floor(this.#events.length / 2)]
    if (old !== undefined) this.#send({ type: old.type, object: old.object })
  }

  refuse(code: number, times: number): void {
    this.#refusal = { code, times }
  }

  lag(versions: number, times: number): void {
    this.#lagging = { by: versions, times }
  }

  hang(times: number): void {
    this.#hanging = times
  }

  sendAgain(version: number): void {
    const found = this.#events.find((event) => event.version === version)
    if (found !== undefined) this.#send({ type: found.type, object: found.object })
  }

  ignoreNotOlderThan(): void {
    this.#honest = false
  }

  beforeInitialEnd(run: () => void): void {
    this.#beforeInitialEnd = run
  }

  expireContinue(times: number): void {
    this.#expiring = times
  }

  restore(version: number): void {
    const state = this.#states.get(version) ?? new Map()
    for (const at of this.#states.keys()) if (at > version) this.#states.delete(at)
    this.#version = version
    this.#events = this.#events.filter((event) => event.version <= version)
    this.#states.set(version, state)
    this.drop('break')
  }

  streams(): number {
    return this.#streams.size
  }

  #now(): ReadonlyMap<string, KubeObject> {
    return this.#states.get(this.#version) ?? new Map()
  }

  #happen(type: Happening['type'], object: KubeObject): void {
    const next = new Map(this.#states.get(this.#version - 1))
    const name = object.metadata.name ?? ''
    if (type === 'DELETED') next.delete(name)
    else next.set(name, object)
    this.#states.set(this.#version, next)
    this.#events.push({ type, object, version: this.#version })
    if (this.#losing) this.#losing = false
    else this.#send({ type, object })
  }

  #send(value: unknown): void {
    for (const stream of this.#streams) if (!stream.silent) stream.sink.value(value)
  }

  #note(call: Call): void {
    this.requests.push({ at: this.#time.clock.now(), method: call.method, path: call.path })
  }

  #refused(): Answer | undefined {
    if (this.#refusal.times <= 0) return undefined
    this.#refusal.times -= 1
    if (this.#refusal.code === 0) throw new TransportError('broken', 'the connection broke', { sent: true })
    return status(this.#refusal.code, 'asked for')
  }

  #list(query: URLSearchParams): Answer {
    const wanted = Number(query.get('resourceVersion') ?? 0)
    const lags = this.#lagging.times > 0
    if (lags) this.#lagging.times -= 1
    const at = lags ? Math.max(start, this.#version - this.#lagging.by) : this.#version
    if (wanted > at && this.#honest) return tooLarge(wanted, at)
    const [from, version] = continued(query.get('continue'), at)
    if (from > 0 && this.#expiring > 0) {
      this.#expiring -= 1
      return status(410, 'the provided continue parameter is too old')
    }
    const limit = Number(query.get('limit') ?? Number.MAX_SAFE_INTEGER)
    // Lists leave apiVersion and kind out of their items.
    const all = [...(this.#states.get(version)?.values() ?? [])].map(({ metadata, data }) => ({ metadata, data }))
    const items = all.slice(from, from + limit)
    const more = from + limit < all.length
    if (!more) this.views.push(this.#time.clock.now())
    const metadata = { resourceVersion: String(version), ...(more ? { continue: `${from + limit}.${version}` } : {}) }
    return json(200, { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items })
  }

  #open(query: URLSearchParams, sink: StreamSink): Stream | undefined {
    const refused = this.#refusedStream(query)
    if (refused !== undefined) {
      sink.ended(refused)
      return undefined
    }
    const seconds = Number(query.get('timeoutSeconds'))
    const cancel = [
      this.#time.timers.after(seconds * 1000, () => {
        stream.stop()
        if (!stream.silent) sink.ended()
      }),
    ]
    const stream: Stream = {
      sink,
      silent: false,
      stop: () => {
        for (const each of cancel) each()
        this.#streams.delete(stream)
      },
    }
    const tick = (): void => {
      if (!stream.silent) sink.value(bookmark(this.#version))
      cancel[1] = this.#time.timers.after(60_000, tick)
    }
    cancel[1] = this.#time.timers.after(60_000, tick)
    this.#streams.add(stream)
    sink.opened()
    this.#catchUp(query, sink)
    return stream
  }

  #refusedStream(query: URLSearchParams): Error | undefined {
    const what = 'watch configmaps'
    if (this.#refusal.times > 0) {
      this.#refusal.times -= 1
      if (this.#refusal.code === 0) return new TransportError('broken', 'the connection broke', { sent: true })
      return errorOfAnswer(status(this.#refusal.code, 'asked for'), what)
    }
    const initial = query.get('sendInitialEvents') === 'true'
    if (initial && this.#watchList === 'refused')
      return errorOfAnswer(status(422, 'sendInitialEvents is forbidden'), what)
    const from = Number(query.get('resourceVersion') ?? 0)
    if (from > this.#version) return errorOfAnswer(tooLarge(from, this.#version), what)
    const resumes = !initial && from > 0
    return resumes && from < this.#compactedTo
      ? errorOfAnswer(status(410, 'too old resource version'), what)
      : undefined
  }

  #catchUp(query: URLSearchParams, sink: StreamSink): void {
    const initial = query.get('sendInitialEvents') === 'true' && this.#watchList === 'served'
    const from = Number(query.get('resourceVersion') ?? 0)
    if (initial || from === 0) {
      for (const object of this.#now().values()) sink.value({ type: 'ADDED', object })
      if (!initial) return
      this.#beforeInitialEnd()
      this.#beforeInitialEnd = () => {}
      this.views.push(this.#time.clock.now())
      sink.value(bookmark(this.#version, { 'k8s.io/initial-events-end': 'true' }))
      return
    }
    for (const event of this.#events) {
      if (event.version > from) sink.value({ type: event.type, object: event.object })
    }
  }
}

function bookmark(version: number, annotations?: Readonly<Record<string, string>>): unknown {
  const metadata = { resourceVersion: String(version), ...(annotations === undefined ? {} : { annotations }) }
  return { type: 'BOOKMARK', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } }
}

function continued(token: string | null, at: number): readonly [number, number] {
  const [from, version] = (token ?? `0.${at}`).split('.')
  return [Number(from), Number(version)]
}

function json(code: number, body: unknown): Answer {
  return { status: code, headers: { 'content-type': 'application/json' }, body }
}

/** An answer that carries a Status. */
function status(code: number, message: string, details: unknown = {}): Answer {
  return json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, details })
}

function tooLarge(wanted: number, at: number): Answer {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  return status(504, `Too large resource version: ${wanted}, current: ${at}`, { causes, retryAfterSeconds: 1 })
}

function discovery(path: string): unknown {
  if (path === '/api') {
    const resources = [
      {
        resource: 'configmaps',
        responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        scope: 'Namespaced',
        singularResource: 'configmap',
        verbs: ['get', 'list', 'watch'],
      },
    ]
    return {
      kind: 'APIGroupDiscoveryList',
      items: [{ metadata: { name: '' }, versions: [{ version: 'v1', resources }] }],
    }
  }
  return path === '/apis' ? { kind: 'APIGroupDiscoveryList', items: [] } : undefined
}
