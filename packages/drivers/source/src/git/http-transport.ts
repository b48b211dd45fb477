import { createGunzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import { type EgressClient, type EgressResponse, type ProxyOptions, type TlsOptions } from '../http/egress-client.ts'
import { GitError, gitError } from './git-failure.ts'
import type { GitTransport } from './git-transport.ts'
import { connectionFailure } from './http-failure.ts'
import { displayUrl } from './remote-url.ts'

/** What a server is told to know who asks. */
export type GitCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }

/** How one repository is reached over HTTP. */
export interface HttpTransportOptions {
  readonly url: URL
  readonly client: EgressClient
  readonly credentials?: GitCredentials
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  readonly maxRedirects: number
  /** Milliseconds since the epoch, to read a Retry-After that is a date. */
  now(): number
}

/** Speaks smart HTTP with one repository. Redirects are followed for the opening request only, and remembered. */
export function createHttpTransport(options: HttpTransportOptions): GitTransport {
  return new HttpTransport(options)
}

const service = '/info/refs?service=git-upload-pack'

class HttpTransport implements GitTransport {
  readonly #options: HttpTransportOptions
  /** Where the repository really is, after redirects. */
  #base: URL

  constructor(options: HttpTransportOptions) {
    this.#options = options
    this.#base = options.url
  }

  async discover(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    let target = new URL(`${this.#options.url.href}${service}`)
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#send({ target, signal, headers: { accept: '*/*' } })
      const location = answer.header('location')
      if (!isRedirect(answer.status) || location === undefined) {
        this.#base = new URL(target.href.slice(0, -service.length))
        return this.#accept(answer, 'application/x-git-upload-pack-advertisement', signal)
      }
      await answer.drop()
      if (hops >= this.#options.maxRedirects) throw redirectRefused('it redirects too often')
      target = nextTarget(target, location)
    }
  }

  async request(body: Uint8Array, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#send({
      target: new URL(`${this.#base.href}/git-upload-pack`),
      signal,
      body,
      headers: {
        accept: 'application/x-git-upload-pack-result',
        'content-type': 'application/x-git-upload-pack-request',
      },
    })
    if (isRedirect(answer.status)) {
      await answer.drop()
      throw redirectRefused('it redirects a request that is not the first')
    }
    return this.#accept(answer, 'application/x-git-upload-pack-result', signal)
  }

  async #send(call: {
    readonly target: URL
    readonly signal: AbortSignal
    readonly headers: Readonly<Record<string, string>>
    readonly body?: Uint8Array
  }): Promise<EgressResponse> {
    const { client, proxy, url } = this.#options
    const home = call.target.origin === url.origin
    const tls = home ? this.#options.tls : withoutIdentity(this.#options.tls)
    const headers = { ...call.headers, ...(home ? this.#authorization() : {}), ...commonHeaders }
    try {
      return await client.request({
        url: call.target,
        method: call.body === undefined ? 'GET' : 'POST',
        headers,
        signal: call.signal,
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(tls === undefined ? {} : { tls }),
        ...(proxy === undefined ? {} : { proxy }),
      })
    } catch (error) {
      throw connectionFailure(error, call.target, call.signal)
    }
  }

  #authorization(): Readonly<Record<string, string>> {
    const { credentials } = this.#options
    if (credentials === undefined) return {}
    if (credentials.kind === 'bearer') return { authorization: `Bearer ${credentials.token}` }
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
    return { authorization: `Basic ${pair}` }
  }

  async #accept(answer: EgressResponse, type: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    if (answer.status !== 200) {
      await answer.drop().catch(() => undefined)
      throw this.#statusFailure(answer)
    }
    const got = answer.header('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (got !== type) {
      await answer.drop().catch(() => undefined)
      throw gitError(
        'NotAGitServer',
        `${displayUrl(this.#options.url)} is not served by a Git server that speaks smart HTTP`,
        'check the URL; it is the one that git clone takes',
      )
    }
    return this.#guard(answer, signal)
  }

  async *#guard(answer: EgressResponse, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    try {
      yield* decoded(answer)
    } catch (error) {
      throw connectionFailure(error, this.#base, signal)
    }
  }

  #statusFailure(answer: EgressResponse): GitError {
    const { status } = answer
    const where = displayUrl(this.#options.url)
    const known = this.#options.credentials !== undefined
    const moved = this.#base.origin !== this.#options.url.origin
    if (status === 401) {
      const fix = moved
        ? `it redirects to ${this.#base.origin}, where credentials are not sent: use that URL`
        : known
          ? 'check the username and password or token in the secret'
          : 'name a secret with credentials'
      return gitError('AuthenticationFailed', `${where} refuses the credentials (401)`, fix)
    }
    if (status === 403) {
      return gitError('AccessDenied', `${where} denies access (403)`, 'grant the credentials read access')
    }
    if (status === 404 || status === 410) {
      return gitError('RepositoryNotFound', `${where} does not exist or is hidden (${status})`, 'check URL and access')
    }
    if (status === 429 || status === 503) return this.#slowDown(answer, where)
    return gitError('ServerError', `${where} answers with status ${status}`, 'try again later or ask its operator')
  }

  #slowDown(answer: EgressResponse, where: string): GitError {
    const code = answer.status === 429 ? 'RateLimited' : 'ServerError'
    const message = `${where} asks to come back later (${answer.status})`
    const retryAfterMs = readRetryAfter(answer.header('retry-after'), this.#options.now())
    const fix = 'lengthen the interval'
    return new GitError(retryAfterMs === undefined ? { code, message, fix } : { code, message, fix, retryAfterMs })
  }
}

const commonHeaders = { 'git-protocol': 'version=2', 'user-agent': 'git/2.0 (kedge)', 'accept-encoding': 'gzip' }

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function nextTarget(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw redirectRefused('its redirect is no URL')
  const target = new URL(location, from)
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw redirectRefused('it redirects to another scheme')
  if (from.protocol === 'https:' && target.protocol === 'http:')
    throw redirectRefused('it redirects from https to http')
  if (target.username !== '' || target.password !== '') throw redirectRefused('its redirect contains credentials')
  if (!target.href.endsWith(service)) throw redirectRefused('it redirects to something that is no repository')
  return target
}

function redirectRefused(why: string): GitError {
  return gitError('RedirectRefused', `the Git server's redirect is refused: ${why}`, 'use the URL it redirects to')
}

function withoutIdentity(tls: TlsOptions | undefined): TlsOptions | undefined {
  return tls?.ca === undefined ? undefined : { ca: tls.ca }
}

/** The body with its transfer compression undone; what it inflates to is counted by the reader. */
function decoded(answer: EgressResponse): AsyncIterable<Uint8Array> {
  const encoding = answer.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return answer.body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw gitError('ProtocolError', 'the Git server uses a compression that was not offered')
  }
  // The error reaches the reader through the iteration of the last stream.
  return pipeline(Readable.from(answer.body), createGunzip(), () => undefined)
}

/** Milliseconds to wait, from seconds or a date; at most a day. */
function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined
}
