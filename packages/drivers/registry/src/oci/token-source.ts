import { authorizationOf } from '../http/credentials.ts'
import { follow, readAll } from '../http/follow.ts'
import type { Connection } from '../http/http-port.ts'
import { registryFailure, shownUrl } from '../http/registry-failure.ts'
import { isOwnRealm, type Challenge } from './challenge.ts'
import type { RegistryCredentials } from './docker-config.ts'

/** Where credentials come from when they are needed; asked anew when a token has run out. */
export type CredentialSource = (signal: AbortSignal) => Promise<RegistryCredentials | undefined>

/** What a token source needs. */
export interface TokenOptions extends Connection {
  readonly registry: URL
  readonly credentials: CredentialSource
  /** Hosts of token servers that may be given the credentials beside the registry's own. */
  readonly allowedRealms: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface KeptToken {
  readonly header: string
  readonly until: number
}

const maxTokens = 64
const maxAnswer = 1024 * 1024

/** Answers challenges with Authorization headers and keeps them while they last. */
export class TokenSource {
  readonly #options: TokenOptions
  readonly #kept = new Map<string, KeptToken>()

  constructor(options: TokenOptions) {
    this.#options = options
  }

  /** The header that was last good for a scope; undefined before the first challenge. */
  known(scope: string): string | undefined {
    const kept = this.#kept.get(scope)
    return kept !== undefined && kept.until > this.#options.now() ? kept.header : undefined
  }

  /** The header that answers a challenge for a scope. Throws FailureError when there are no credentials to answer with. */
  async answer(challenge: Challenge, scope: string, signal: AbortSignal): Promise<string> {
    const credentials = await this.#options.credentials(signal)
    const kept = await this.#obtain(challenge, { scope, credentials, signal })
    this.#kept.delete(scope)
    this.#kept.set(scope, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > maxTokens && oldest !== undefined) this.#kept.delete(oldest)
    return kept.header
  }

  async #obtain(challenge: Challenge, request: TokenRequest): Promise<KeptToken> {
    const { credentials } = request
    if (credentials?.kind === 'bearer') return { header: `Bearer ${credentials.token}`, until: Infinity }
    if (challenge.kind === 'bearer') return this.#exchange(challenge, request)
    const header = credentials?.kind === 'basic' ? authorizationOf(credentials) : undefined
    if (header === undefined)
      throw registryFailure('Unauthorized', `${this.#options.registry.host} wants a user name and a password`)
    return { header, until: Infinity }
  }

  async #exchange(challenge: Challenge & { readonly kind: 'bearer' }, request: TokenRequest): Promise<KeptToken> {
    const { registry, allowedRealms, now } = this.#options
    const realm = new URL(challenge.realm)
    const { credentials, signal } = request
    if (credentials !== undefined && !isOwnRealm(realm, registry, allowedRealms))
      throw registryFailure('CredentialsRefused', `${registry.host} asks for its credentials at ${shownUrl(realm)}`, {
        fix: 'allow that host if it belongs to the registry',
      })
    const fields = { service: challenge.service, scope: challenge.scope === '' ? request.scope : challenge.scope }
    const response =
      credentials?.kind === 'identity'
        ? await this.#refresh(realm, { ...fields, token: credentials.token }, signal)
        : await this.#ask(realm, fields, request)
    const answer = readAnswer(await readAll(response, { url: realm, limit: maxAnswer }), realm)
    return { header: `Bearer ${answer.token}`, until: now() + (answer.seconds - 10) * 1000 }
  }

  #refresh(realm: URL, fields: TokenFields & { readonly token: string }, signal: AbortSignal) {
    const { token, service, scope } = fields
    const form = { grant_type: 'refresh_token', client_id: 'kedge', refresh_token: token, service, scope }
    return follow(
      { url: realm, method: 'POST', body: new URLSearchParams(form).toString(), signal },
      this.#connectionTo(realm),
    )
  }

  #ask(realm: URL, fields: TokenFields, { credentials, signal }: TokenRequest) {
    const url = new URL(realm)
    for (const [name, value] of Object.entries(fields)) if (value !== '') url.searchParams.set(name, value)
    const authorization = credentials?.kind === 'basic' ? authorizationOf(credentials) : undefined
    return follow({ url, signal, authorization }, this.#connectionTo(realm))
  }

  /** The client certificate is the registry's own. */
  #connectionTo(realm: URL): Connection {
    const { tls, ...rest } = this.#options
    if (realm.origin === this.#options.registry.origin) return this.#options
    return tls?.ca === undefined ? rest : { ...rest, tls: { ca: tls.ca } }
  }
}

interface TokenFields {
  readonly service: string
  readonly scope: string
}

interface TokenRequest {
  readonly scope: string
  readonly credentials: RegistryCredentials | undefined
  readonly signal: AbortSignal
}

function readAnswer(bytes: Uint8Array, realm: URL): { readonly token: string; readonly seconds: number } {
  const fields = parseJson(bytes) as { readonly [name: string]: unknown } | undefined
  const token = fields?.['token'] ?? fields?.['access_token']
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw registryFailure('Unauthorized', `${shownUrl(realm)} gave no token`)
  const seconds = fields?.['expires_in']
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : 60 }
}

/** JSON, or undefined; the message of a parser would quote what may be a secret. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
