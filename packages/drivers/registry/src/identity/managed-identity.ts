import type { Timers } from '@kedge/base'
import type { HttpPort, HttpResponse } from '../http/http-port.ts'
import { registryFailure, shownUrl } from '../http/registry-failure.ts'
import { readEntraToken, type EntraToken } from './entra-token.ts'
import { retried, transientDelay, type RetryDelay } from './retried.ts'

/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a managed identity is asked with. */
export interface ManagedIdentityOptions {
  readonly env: Environment
  /** May reach link-local and loopback addresses: only what the environment names is asked. */
  readonly http: HttpPort
  readonly timers: Timers
  readonly nowMs: number
  readonly signal: AbortSignal
}

interface Endpoint {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly delay: RetryDelay
  /** Whether it is asked first if anybody is there. */
  readonly isProbed: boolean
}

const metadataService = 'http://169.254.169.254'
const probeMs = 3_000

/** A token of the machine's, or the App Service's, managed identity for a scope (`…/.default`). Throws FailureError. */
export async function managedIdentityToken(scope: string, options: ManagedIdentityOptions): Promise<EntraToken> {
  const { url, headers, delay, isProbed } = endpointOf(options.env)
  url.searchParams.set('resource', scope.replace(/\/\.default$/, ''))
  const clientId = options.env['AZURE_CLIENT_ID'] ?? ''
  if (clientId !== '') url.searchParams.set('client_id', clientId)
  if (isProbed) await probe(url, options)
  const response = await retried(() => ask(url, headers, options), delay, options)
  return readEntraToken(response, { url, nowMs: options.nowMs })
}

function endpointOf(env: Environment): Endpoint {
  const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '', MSI_ENDPOINT: older = '' } = env
  if (endpoint !== '' && header !== '' && (env['IDENTITY_SERVER_THUMBPRINT'] ?? '') === '') {
    const url = parsed(endpoint, 'IDENTITY_ENDPOINT')
    url.searchParams.set('api-version', '2019-08-01')
    return { url, headers: { 'x-identity-header': header }, delay: transientDelay, isProbed: false }
  }
  if (endpoint !== '' || older !== '')
    throw registryFailure(
      'IdentityMissing',
      'managed identities of Azure Arc, Service Fabric and Cloud Shell are not used',
    )
  const origin = parsed(
    env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || metadataService,
    'AZURE_POD_IDENTITY_AUTHORITY_HOST',
  )
  const url = new URL('/metadata/identity/oauth2/token?api-version=2018-02-01', origin)
  return { url, headers: { metadata: 'true' }, delay: metadataDelay, isProbed: true }
}

/** As Azure asks for it: 404, 429 and 5xx after 1, 2 and 4 seconds, 410 (it is updating) every 10 for 70 seconds. */
const metadataDelay: RetryDelay = (status, attempts) => {
  if (status === 410) return attempts <= 7 ? 10_000 : undefined
  return transientDelay(status === 404 ? 503 : status, attempts)
}

function parsed(text: string, name: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw registryFailure('IdentityMissing', `${name} is no URL`)
}

/** Where there is no metadata service nobody answers at all; a request without its header is refused at once. */
async function probe(url: URL, options: ManagedIdentityOptions): Promise<void> {
  const { timers, signal } = options
  const silence = new AbortController()
  const stop = timers.after(probeMs, () => silence.abort())
  try {
    const response = await ask(url, {}, { ...options, signal: AbortSignal.any([signal, silence.signal]) })
    await response.drop()
  } catch (error) {
    signal.throwIfAborted()
    throw registryFailure('IdentityMissing', `there is no managed identity: ${url.host} does not answer`, {
      fix: 'use workload identity, or give credentials in a Secret',
      cause: error,
    })
  } finally {
    stop()
  }
}

/** No redirect is followed: the headers are for this server alone. */
async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { http, signal }: ManagedIdentityOptions,
): Promise<HttpResponse> {
  try {
    const sent = { accept: 'application/json', 'user-agent': 'kedge', ...headers }
    return await http.request({ url, method: 'GET', headers: sent, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw registryFailure('ServerFailed', `${shownUrl(url)} cannot be reached`, { cause: error })
  }
}
