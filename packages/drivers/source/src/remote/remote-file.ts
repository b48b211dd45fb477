import type { EgressClient, EgressResponse } from '../http/egress-client.ts'
import { gitError } from '../git/git-failure.ts'
import { connectionFailure } from '../git/http-failure.ts'
import { displayUrl } from '../git/remote-url.ts'
import type { RemoteRules } from './remote-rules.ts'

/** How one file is fetched. */
export interface RemoteFileRequest {
  readonly http: EgressClient
  readonly rules: RemoteRules
  readonly maxBytes: number
  readonly signal: AbortSignal
}

const maxRedirects = 10

/** The bytes at an address. Redirects are followed, but not from https to http. Throws a GitError. */
export async function fetchRemoteFile(address: URL, request: RemoteFileRequest): Promise<Uint8Array> {
  let target = address
  for (let hops = 0; ; hops += 1) {
    request.rules.check(target)
    const answer = await send(target, { home: address, request })
    const location = answer.header('location')
    if (answer.status < 300 || answer.status > 399 || location === undefined) return accept(answer, target, request)
    await answer.drop()
    if (hops >= maxRedirects) throw redirectRefused(address, 'it redirects too often')
    target = nextTarget(target, location)
  }
}

async function send(
  target: URL,
  { home, request }: { readonly home: URL; readonly request: RemoteFileRequest },
): Promise<EgressResponse> {
  const { username, password } = home
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization =
    password === '' || target.origin !== home.origin
      ? {}
      : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  try {
    return await request.http.request({
      url: target,
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'kedge', ...authorization },
      signal: request.signal,
    })
  } catch (error) {
    throw connectionFailure(error, target, request.signal)
  }
}

async function accept(answer: EgressResponse, target: URL, request: RemoteFileRequest): Promise<Uint8Array> {
  const { maxBytes, signal } = request
  const encoding = answer.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (answer.status < 200 || answer.status > 299 || encoding !== 'identity') {
    await answer.drop().catch(() => undefined)
    throw encoding === 'identity' || answer.status > 299
      ? statusFailure(answer.status, target)
      : gitError('ProtocolError', `${displayUrl(target)} is compressed, which was not asked for`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of answer.body) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(target, maxBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw connectionFailure(error, target, signal)
  }
  return Buffer.concat(chunks)
}

function statusFailure(status: number, target: URL): Error {
  const message = `${displayUrl(target)} answers with the status code ${status}`
  if (status === 404 || status === 410) return gitError('RepositoryNotFound', message, 'correct the address')
  if (status === 401 || status === 403) return gitError('AccessDenied', message)
  return gitError(status === 429 ? 'RateLimited' : 'ServerError', message)
}

function tooLarge(target: URL, maxBytes: number): Error {
  return gitError('LimitExceeded', `${displayUrl(target)} has more than ${maxBytes} bytes`)
}

function nextTarget(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw redirectRefused(from, 'its redirect is no URL')
  const target = new URL(location, from)
  if (target.protocol !== 'https:' && target.protocol !== from.protocol) {
    throw redirectRefused(from, `it redirects to ${target.protocol.slice(0, -1)}`)
  }
  return target
}

function redirectRefused(url: URL, why: string): Error {
  return gitError('RedirectRefused', `${displayUrl(url)} cannot be fetched: ${why}`, 'use the address it ends at')
}
