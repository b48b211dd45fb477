import {
  TransportError,
  type Answer,
  type Call,
  type StreamHandle,
  type StreamSink,
  type Transport,
} from './transport.ts'
import { errorOfStatus } from './api-answer.ts'

/** A Kubernetes API in the same process, seen as one user. The embedded server's in-process client fits it. */
export interface LocalApi {
  request(call: LocalApiCall): Promise<{ readonly status: number; readonly body: unknown }>
  /** Streams watch events of a list path, beginning with the present state as ADDED, until closed. */
  watch(path: string, onEvent: (event: { readonly type: string; readonly object: unknown }) => void): { close(): void }
}

/** A call of a LocalApi. */
export interface LocalApiCall {
  readonly method: Call['method']
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>> | readonly unknown[]
  readonly contentType?: string
  /** What the answer may be; plain JSON where absent. */
  readonly accept?: string
}

/** The user that a local call acts as. */
export interface LocalUser {
  readonly user: string
  readonly groups: readonly string[]
}

/** How a local transport reaches the API. */
export interface LocalTransportOptions {
  /** The same API as another user; without it, impersonated calls are refused, never made as oneself. */
  readonly as?: (user: LocalUser) => LocalApi
}

/** A transport without sockets. Values pass as they are: who takes one must not change it. */
export function localTransport(api: LocalApi, options: LocalTransportOptions = {}): Transport {
  return new LocalTransport(api, options)
}

class LocalTransport implements Transport {
  readonly replays = true
  readonly #api: LocalApi
  readonly #options: LocalTransportOptions
  readonly #streams = new Set<StreamHandle>()
  #closed = false

  constructor(api: LocalApi, options: LocalTransportOptions) {
    this.#api = api
    this.#options = options
  }

  async request(call: Call): Promise<Answer> {
    const api = this.#apiFor(call)
    if (call.signal?.aborted === true) throw new TransportError('aborted', 'the request was given up', { sent: false })
    try {
      const answer = await api.request(localCall(call))
      return { status: answer.status, headers: {}, body: answer.body }
    } catch (error) {
      throw error instanceof TransportError
        ? error
        : new TransportError('broken', 'the local API failed', { sent: true, cause: error })
    }
  }

  stream(call: Call, sink: StreamSink): StreamHandle {
    let open = true
    const handle: StreamHandle = {
      close: () => {
        open = false
        this.#streams.delete(handle)
        watch?.close()
      },
    }
    let watch: StreamHandle | undefined
    const fail = (error: Error): void => {
      if (!open) return
      open = false
      this.#streams.delete(handle)
      sink.ended(error)
    }
    this.#streams.add(handle)
    // Opening later keeps the sink from being called before the caller holds the handle.
    const begin = async (): Promise<void> => {
      await Promise.resolve()
      if (!open) return
      sink.opened()
      watch = this.#apiFor(call).watch(call.path, (event) => {
        if (open) sink.value(event)
      })
      if (!open) watch.close()
    }
    begin().catch((error: unknown) => {
      fail(error instanceof Error ? error : errorOfStatus(error, `GET ${call.path}`))
    })
    return handle
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const stream of this.#streams) stream.close()
  }

  #apiFor(call: Call): LocalApi {
    if (this.#closed) throw new TransportError('aborted', 'the connection to the cluster is closed', { sent: false })
    const user = call.headers['impersonate-user']
    if (user === undefined) return this.#api
    const as = this.#options.as
    if (as === undefined || typeof user !== 'string') {
      throw new TransportError('connect', 'this local API cannot act as another user', { sent: false })
    }
    const groups = call.headers['impersonate-group'] ?? []
    return as({ user, groups: typeof groups === 'string' ? [groups] : groups })
  }
}

function localCall(call: Call): LocalApiCall {
  const { accept, 'content-type': contentType } = call.headers
  return {
    method: call.method,
    path: call.path,
    ...(isBody(call.body) ? { body: call.body } : {}),
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(typeof accept === 'string' && accept !== 'application/json' ? { accept } : {}),
  }
}

function isBody(body: unknown): body is Readonly<Record<string, unknown>> | readonly unknown[] {
  return typeof body === 'object' && body !== null
}
