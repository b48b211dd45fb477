import type { Connection, HttpRequest, HttpResponse, TlsOptions } from './http-port.ts'
import { registryFailure, shownUrl } from './registry-failure.ts'

/** What is asked of a server, before it is sent. */
export interface Ask {
  readonly url: URL
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly accept?: string
  /** Whether the answer may be packed on its way; see `unpacked`. */
  readonly acceptsGzip?: boolean
  /** The ETag of what is known already: a 304 says that it still is so. */
  readonly unlessMatches?: string | undefined
  /** Sent to the origin of `url` and to no other. */
  readonly authorization?: string | undefined
  readonly body?: string
  readonly signal: AbortSignal
}

const maxRedirects = 10

/**
 * Sends a request and follows redirects. Credentials and client certificates never leave the origin that they are for;
 * from https no redirect leads to http; a POST is never redirected. Throws FailureError.
 */
export async function follow(ask: Ask, connection: Connection): Promise<HttpResponse> {
  let url = checkedUrl(ask.url, connection)
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await send({ ...ask, url }, connection, url.origin === ask.url.origin)
    const location = response.header('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response
    await response.drop()
    if (ask.method === 'POST')
      throw registryFailure('CredentialsRefused', `${shownUrl(url)} redirects a request with credentials`)
    url = nextUrl(url, location, connection)
  }
  throw registryFailure('ServerFailed', `${shownUrl(ask.url)} redirects more than ${maxRedirects} times`)
}

function nextUrl(from: URL, location: string, connection: Connection): URL {
  if (!URL.canParse(location, from.href))
    throw registryFailure('ServerFailed', `${shownUrl(from)} redirects to what is no address`)
  const next = new URL(location, from)
  if (from.protocol === 'https:' && next.protocol !== 'https:')
    throw registryFailure(
      'PlainHttpRefused',
      `${shownUrl(from)} redirects from https to ${next.protocol}//${next.host}`,
    )
  return checkedUrl(next, connection)
}

function checkedUrl(url: URL, connection: Connection): URL {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw registryFailure('AddressRefused', `${url.protocol} addresses are not fetched`)
  if (url.protocol === 'http:' && connection.allowPlainHttp !== true)
    throw registryFailure('PlainHttpRefused', `${shownUrl(url)} is not https`, { fix: 'allow plain HTTP to use it' })
  if (url.username !== '' || url.password !== '')
    throw registryFailure('AddressRefused', `the address of ${url.host} contains credentials`)
  return url
}

async function send(ask: Ask, connection: Connection, isOwnOrigin: boolean): Promise<HttpResponse> {
  const { tls, proxy } = connection
  const request: HttpRequest = {
    url: ask.url,
    method: ask.method ?? 'GET',
    headers: headersOf(ask, isOwnOrigin),
    signal: ask.signal,
    ...(ask.body === undefined ? {} : { body: new TextEncoder().encode(ask.body) }),
    ...(tls === undefined ? {} : { tls: isOwnOrigin ? tls : authorityOf(tls) }),
    ...(proxy === undefined ? {} : { proxy }),
  }
  try {
    return await connection.http.request(request)
  } catch (error) {
    ask.signal.throwIfAborted()
    const isRefused = error instanceof Error && error.name === 'AddressRefusedError'
    const why = error instanceof Error ? error.message : 'the connection failed'
    throw registryFailure(isRefused ? 'AddressRefused' : 'ServerFailed', `${shownUrl(ask.url)}: ${why}`, {
      cause: error,
    })
  }
}

function headersOf(ask: Ask, isOwnOrigin: boolean): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { accept: ask.accept ?? '*/*', 'user-agent': 'kedge' }
  if (isOwnOrigin && ask.authorization !== undefined) headers['authorization'] = ask.authorization
  if (ask.unlessMatches !== undefined) headers['if-none-match'] = ask.unlessMatches
  if (ask.acceptsGzip === true) headers['accept-encoding'] = 'gzip'
  if (ask.body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
  return headers
}

/** The body of a 200 answer, at most `limit` bytes. Throws FailureError otherwise. */
export async function readAll(
  response: HttpResponse,
  what: { readonly url: URL; readonly limit: number },
): Promise<Uint8Array> {
  await expectOk(response, what.url)
  const announced = Number(response.header('content-length') ?? 0)
  if (announced > what.limit) {
    await response.drop()
    throw tooLarge(what)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > what.limit) throw tooLarge(what)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function tooLarge({ url, limit }: { readonly url: URL; readonly limit: number }): Error {
  return registryFailure('TooLarge', `${shownUrl(url)} sends more than ${limit} bytes`)
}

/** Throws FailureError unless the answer is a 200. */
export async function expectOk(response: HttpResponse, url: URL): Promise<void> {
  if (response.status === 200) return
  await response.drop()
  const { status } = response
  if (status === 404) throw registryFailure('ChartNotFound', `${shownUrl(url)} is not there (404)`)
  if (status === 401 || status === 403)
    throw registryFailure('Unauthorized', `${shownUrl(url)} answers ${status}`, { fix: 'check the credentials' })
  throw registryFailure('ServerFailed', `${shownUrl(url)} answers ${status}`)
}

/** Whom to trust, without who we are. */
function authorityOf({ ca }: TlsOptions): TlsOptions {
  return ca === undefined ? {} : { ca }
}
