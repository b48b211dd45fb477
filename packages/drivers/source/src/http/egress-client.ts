import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent, buildConnector } from 'undici'
import type { AddressRules } from './address-rules.ts'

/** What a connection is secured with. Texts are PEM. */
export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Whether the certificate of the server is taken as it is. */
  readonly insecure?: boolean
}

/** A proxy: `http`, `https` or `socks5`, with credentials kept apart from the address. */
export interface ProxyOptions {
  readonly address: string
  readonly username?: string
  readonly password?: string
}

/** One request. Redirects are not followed: whoever asks decides. */
export interface EgressRequest {
  readonly url: URL
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  readonly signal: AbortSignal
}

/** The head of an answer, and its body as it comes. A body that is not read must be dropped. */
export interface EgressResponse {
  readonly status: number
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined
  readonly body: AsyncIterable<Uint8Array>
  drop(): Promise<void>
}

/** Thrown when an address may not be connected to; nothing was sent. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError'
}

/** The way out of the process for every HTTP request of sources: addresses are judged when they are connected to. */
export interface EgressClient {
  request(request: EgressRequest): Promise<EgressResponse>
  /** Closes idle connections; requests under way are ended. */
  close(): Promise<void>
}

/** Looks a name up; the system's resolver unless a test says otherwise. */
export type Resolver = (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void

const maxDispatchers = 64

/** A client over undici that keeps connections alive, one pool for each set of TLS and proxy options. */
export function createEgressClient(options: {
  readonly rules: AddressRules
  readonly resolve?: Resolver
}): EgressClient {
  return new UndiciEgress(options.rules, options.resolve ?? resolveWithSystem)
}

class UndiciEgress implements EgressClient {
  readonly #rules: AddressRules
  readonly #resolve: Resolver
  readonly #dispatchers = new Map<string, Dispatcher>()

  constructor(rules: AddressRules, resolve: Resolver) {
    this.#rules = rules
    this.#resolve = resolve
  }

  async request(request: EgressRequest): Promise<EgressResponse> {
    this.#checkHost(request.url.hostname)
    const answer = await this.#dispatcherFor(request).request({
      origin: request.url.origin,
      path: `${request.url.pathname}${request.url.search}`,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      signal: request.signal,
      // Time is bounded by the signal alone.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    return {
      status: answer.statusCode,
      header: (name) => {
        const value = answer.headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      body: answer.body,
      drop: () => answer.body.dump({ limit: 64 * 1024, signal: request.signal }),
    }
  }

  async close(): Promise<void> {
    const open = [...this.#dispatchers.values()]
    this.#dispatchers.clear()
    await Promise.all(open.map((dispatcher) => dispatcher.destroy()))
  }

  #dispatcherFor({ tls, proxy }: EgressRequest): Dispatcher {
    const key = JSON.stringify([
      tls?.ca,
      tls?.cert,
      tls?.key,
      tls?.insecure,
      proxy?.address,
      proxy?.username,
      proxy?.password,
    ])
    const known = this.#dispatchers.get(key)
    if (known !== undefined) {
      this.#dispatchers.delete(key)
      this.#dispatchers.set(key, known)
      return known
    }
    const made = proxy === undefined ? this.#direct(tls) : this.#proxied(tls, proxy)
    this.#dispatchers.set(key, made)
    const [oldest] = this.#dispatchers.keys()
    if (this.#dispatchers.size > maxDispatchers && oldest !== undefined) {
      void this.#dispatchers.get(oldest)?.close()
      this.#dispatchers.delete(oldest)
    }
    return made
  }

  #direct(tls: TlsOptions | undefined): Dispatcher {
    const connect = buildConnector({ ...connectOptions(tls), lookup: this.#lookup })
    return new Agent({
      connections: 16,
      connect: (options, callback) => {
        const problem = this.#rules.problemOf(options.hostname)
        if (problem !== undefined) return callback(new AddressRefusedError(problem), null)
        connect(options, (...[error, socket]) => {
          if (error !== null) return callback(error, null)
          const reached = this.#rules.problemOf(socket.remoteAddress ?? '')
          if (reached === undefined) return callback(null, socket)
          socket.destroy()
          callback(new AddressRefusedError(reached), null)
        })
      },
    })
  }

  #proxied(tls: TlsOptions | undefined, proxy: ProxyOptions): Dispatcher {
    const url = parseProxy(proxy.address)
    this.#checkHost(url.hostname)
    const { username = '', password = '' } = proxy
    if (url.protocol === 'socks5:') {
      const secured = { connect: buildConnector({ lookup: this.#lookup }), requestTls: connectOptions(tls) }
      return new Socks5ProxyAgent(url, username === '' ? secured : { ...secured, username, password })
    }
    const token = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const secured = { uri: url.href, requestTls: connectOptions(tls), proxyTls: { lookup: this.#lookup } }
    return new ProxyAgent(username === '' ? secured : { ...secured, token })
  }

  #checkHost(host: string): void {
    const problem = this.#rules.problemOf(host)
    if (problem !== undefined) throw new AddressRefusedError(problem)
  }

  /** Resolves a name to the addresses that may be connected to; the connection goes to one of these and no other. */
  readonly #lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host, (error, found) => {
      if (error !== null) return callback(error, [])
      const family = familyOf(options)
      const fitting = found.filter((address) => family === 0 || address.family === family)
      const allowed = fitting.filter(({ address }) => this.#rules.problemOf(address) === undefined)
      const [first] = allowed
      if (first === undefined) {
        const problem = this.#rules.problemOf(fitting[0]?.address ?? '') ?? 'the name has no address'
        return callback(new AddressRefusedError(problem), [])
      }
      if (options.all === true) return callback(null, allowed)
      callback(null, first.address, first.family)
    })
  }
}

/** Takes a proxy's address apart; throws a TypeError that does not repeat it. */
export function parseProxy(address: string): URL {
  if (!URL.canParse(address)) throw new TypeError('the proxy address is not a URL')
  const url = new URL(address)
  if (!['http:', 'https:', 'socks5:'].includes(url.protocol)) {
    throw new TypeError(`the proxy scheme ${url.protocol.slice(0, -1)} is not supported; use http, https or socks5`)
  }
  if (url.username !== '' || url.password !== '') throw new TypeError('the proxy address contains credentials')
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?)$/i.test(url.hostname)) {
    throw new TypeError('the proxy host name is malformed')
  }
  return url
}

/** TLS options as Node takes them. */
function connectOptions(
  tls: TlsOptions | undefined,
): Pick<TlsOptions, 'ca' | 'cert' | 'key'> & { readonly rejectUnauthorized?: boolean } {
  const { insecure = false, ...files } = tls ?? {}
  return insecure ? { ...files, rejectUnauthorized: false } : files
}

function familyOf(options: LookupOptions): number {
  if (options.family === 'IPv4') return 4
  if (options.family === 'IPv6') return 6
  return options.family ?? 0
}

function resolveWithSystem(
  host: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
): void {
  systemLookup(host, { all: true, verbatim: true }, done)
}
