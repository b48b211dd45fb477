import { Agent, ProxyAgent, type Dispatcher } from 'undici'

import type { ClusterConfig, Credentials } from '../config/cluster-config.ts'
import { broken, classify } from './broken-call.ts'
import { createEchoes, type Echoes } from './echoes.ts'
import { lineReader } from './line-reader.ts'
import { flatHeaders, receive } from './receive.ts'
import {
  TransportError,
  type Answer,
  type Call,
  type StreamHandle,
  type StreamSink,
  type Transport,
} from './transport.ts'
import { errorOfAnswer } from './api-answer.ts'

/** Bounds of the HTTP transport. */
export interface HttpTransportOptions {
  /** Connections kept for requests; streams have their own. Default 32. */
  readonly connections?: number
  /** A longer answer is given up. Default 256 MiB. */
  readonly maxAnswerBytes?: number
  /** A longer line of a stream ends it. Default 32 MiB. */
  readonly maxLineBytes?: number
  /** Offer HTTP/2 to the server. Default false: HTTP/1.1 with keep-alive measured no slower and is simpler to bound. */
  readonly allowH2?: boolean
  readonly userAgent?: string
}

const defaultMaxAnswerBytes = 256 * 1024 * 1024
const defaultMaxLineBytes = 32 * 1024 * 1024

/** A transport over HTTP/1.1 with a pool of kept connections. Connections open on first use. */
export function createHttpTransport(config: ClusterConfig, options: HttpTransportOptions = {}): Transport {
  return new HttpTransport(config, options)
}

interface Link {
  readonly requests: Dispatcher
  readonly streams: Dispatcher
  readonly certificate: string
}

class HttpTransport implements Transport {
  readonly #config: ClusterConfig
  readonly #options: HttpTransportOptions
  readonly #origin: string
  readonly #root: string
  readonly #echoes: Echoes = createEchoes()
  #link: Link | undefined
  #closed = false

  constructor(config: ClusterConfig, options: HttpTransportOptions) {
    const url = new URL(config.server)
    this.#config = config
    this.#options = options
    this.#origin = url.origin
    this.#root = url.pathname.replace(/\/+$/, '')
  }

  async request(call: Call): Promise<Answer> {
    const answer = await this.#once(call)
    if (answer.status !== 401 || this.#config.renew === undefined) return answer
    // The credentials expired earlier than they said. A refused call was not carried out, so it may be made again.
    this.#config.renew()
    return this.#once(call)
  }

  async #once(call: Call): Promise<Answer> {
    const { dispatcher, request } = await this.#prepare(call, 'requests')
    const limit = this.#options.maxAnswerBytes ?? defaultMaxAnswerBytes
    const { status, headers, text } = await receive(dispatcher, { request, limit, signal: call.signal })
    const body = decode(text, headers, status)
    if (call.method !== 'GET' && status < 300) this.#echoes.remember(text, body)
    return { status, headers, body }
  }

  stream(call: Call, sink: StreamSink): StreamHandle {
    const abort = new AbortController()
    let open = true
    const end = (error?: Error): void => {
      if (!open) return
      open = false
      sink.ended(error)
    }
    const close = (): void => {
      open = false
      abort.abort()
    }
    void this.#pump({ ...call, signal: abort.signal }, sink, () => open).then(
      () => end(),
      (error: unknown) => end(error instanceof Error ? error : new Error(String(error))),
    )
    return { close }
  }

  async close(): Promise<void> {
    this.#closed = true
    const link = this.#link
    this.#link = undefined
    if (link !== undefined) await Promise.all([link.requests.destroy(), link.streams.destroy()])
  }

  async #pump(call: Call, sink: StreamSink, isOpen: () => boolean): Promise<void> {
    const response = await this.#send(call, 'streams')
    if (response.statusCode < 200 || response.statusCode > 299) {
      const text = await this.#readText(response)
      const headers = flatHeaders(response.headers)
      const answer = { status: response.statusCode, headers, body: decode(text, headers, response.statusCode) }
      throw errorOfAnswer(answer, `${call.method} ${call.path.split('?')[0] ?? ''}`)
    }
    if (!isOpen()) return
    sink.opened()
    const reader = lineReader(this.#options.maxLineBytes ?? defaultMaxLineBytes)
    try {
      for await (const chunk of response.body) {
        this.#deliver(reader.push(chunk), sink, isOpen)
        if (!isOpen()) return
      }
    } catch (error) {
      throw error instanceof TransportError ? error : broken(error)
    }
    // A stream cut inside a line was not ended in good order.
    if (reader.pending() > 0) throw new TransportError('broken', 'the stream ended inside a line', { sent: true })
  }

  /** One by one, so that a line that cannot be read does not hold back those before it. */
  #deliver(lines: Iterable<string>, sink: StreamSink, isOpen: () => boolean): void {
    for (const line of lines) {
      if (!isOpen()) return
      sink.value(this.#echoes.recall(line) ?? parseJson(line))
    }
  }

  async #send(call: Call, which: 'requests' | 'streams'): Promise<Dispatcher.ResponseData> {
    const { dispatcher, request } = await this.#prepare(call, which)
    try {
      return await dispatcher.request({ ...request, ...(call.signal === undefined ? {} : { signal: call.signal }) })
    } catch (error) {
      throw classify(error)
    }
  }

  async #prepare(
    call: Call,
    which: 'requests' | 'streams',
  ): Promise<{ readonly dispatcher: Dispatcher; readonly request: Dispatcher.DispatchOptions }> {
    if (this.#closed) throw new TransportError('aborted', 'the connection to the cluster is closed', { sent: false })
    const credentials = await this.#config.credentials()
    const request = {
      origin: this.#origin,
      path: `${this.#root}${call.path}`,
      method: call.method,
      headers: this.#headersOf(call, credentials),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    }
    return { dispatcher: this.#linkFor(credentials)[which], request }
  }

  #headersOf(call: Call, credentials: Credentials): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = { 'user-agent': this.#options.userAgent ?? 'kedge' }
    for (const [name, value] of Object.entries(call.headers)) {
      headers[name] = typeof value === 'string' ? value : [...value]
    }
    if (call.body !== undefined) headers['content-type'] ??= 'application/json'
    if (credentials.authorization !== undefined) headers['authorization'] = credentials.authorization
    return headers
  }

  /** The pools for these credentials; new ones when the client certificate was renewed. */
  #linkFor(credentials: Credentials): Link {
    const certificate = credentials.certificate?.cert ?? ''
    if (this.#link !== undefined && this.#link.certificate === certificate) return this.#link
    const old = this.#link
    this.#link = {
      certificate,
      requests: this.#dispatcher(credentials, this.#options.connections ?? 32),
      streams: this.#dispatcher(credentials, undefined),
    }
    // Calls under way end in their own time on the old connections.
    if (old !== undefined) void Promise.allSettled([old.requests.close(), old.streams.close()])
    return this.#link
  }

  #dispatcher(credentials: Credentials, connections: number | undefined): Dispatcher {
    const { tls } = this.#config
    const connect = {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
      ...(tls.insecure ? { rejectUnauthorized: false } : {}),
      ...credentials.certificate,
    }
    const common = {
      // The caller's deadline bounds a request, silence detection a watch; undici's own timers would cut a quiet watch.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 60_000,
      keepAliveMaxTimeout: 600_000,
      allowH2: this.#options.allowH2 ?? false,
      ...(connections === undefined ? {} : { connections }),
    }
    if (this.#config.proxyUrl !== undefined) {
      return new ProxyAgent({ ...common, uri: this.#config.proxyUrl, requestTls: connect })
    }
    return new Agent({ ...common, pipelining: 1, connect: { ...connect, keepAlive: true, timeout: 10_000 } })
  }

  async #readText(response: Dispatcher.ResponseData): Promise<string> {
    const limit = this.#options.maxAnswerBytes ?? defaultMaxAnswerBytes
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of response.body) {
        const bytes: Buffer = chunk
        size += bytes.length
        if (size > limit) throw new TransportError('too-large', `the answer exceeds ${limit} bytes`, { sent: true })
        chunks.push(bytes)
      }
    } catch (error) {
      throw error instanceof TransportError ? error : broken(error)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

function decode(text: string, headers: Readonly<Record<string, string>>, status: number): unknown {
  const type = headers['content-type'] ?? ''
  if (!type.startsWith('application/json')) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    // An error's meaning is in its status; a success without its object is of unknown outcome.
    if (status >= 400) return text
    throw new TransportError('unreadable', 'the answer is no valid JSON', { sent: true, cause: error })
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new TransportError('unreadable', 'the stream holds a line that is no valid JSON', {
      sent: true,
      cause: error,
    })
  }
}
