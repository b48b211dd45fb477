import { readAll } from '../http/follow.ts'
import type { HttpResponse } from '../http/http-port.ts'
import { registryFailure, shownUrl } from '../http/registry-failure.ts'
import { parseJson } from '../oci/token-source.ts'

/** An access token of Microsoft Entra, and when it runs out: milliseconds since the epoch. */
export interface EntraToken {
  readonly token: string
  readonly untilMs: number
}

const maxAnswer = 256 * 1024
const maxLifeMs = 24 * 3_600_000

/** The token of an answer of a token endpoint. Throws a FailureError that shows nothing of it but Entra's error codes. */
export async function readEntraToken(
  response: HttpResponse,
  { url, nowMs }: { readonly url: URL; readonly nowMs: number },
): Promise<EntraToken> {
  if (response.status !== 200) throw await refusalOf(response, url)
  const fields = fieldsOf(await readAll(response, { url, limit: maxAnswer }))
  const token = fields['access_token']
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw registryFailure('Unauthorized', `${shownUrl(url)} gave no token`)
  return { token, untilMs: nowMs + Math.min(lifeMs(fields, nowMs), maxLifeMs) }
}

/** How long a token lasts: `expires_in`, else `expires_on`, both in seconds and sometimes texts. */
function lifeMs(fields: Readonly<Record<string, unknown>>, nowMs: number): number {
  const seconds = secondsOf(fields['expires_in'])
  if (seconds !== undefined) return seconds * 1000
  const on = secondsOf(fields['expires_on'])
  return on === undefined ? 60_000 : Math.max(on * 1000 - nowMs, 0)
}

function secondsOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number > 0 ? number : undefined
}

/** Why no token was given; descriptions are left out, for they may repeat what was sent. */
async function refusalOf(response: HttpResponse, url: URL): Promise<Error> {
  const { status } = response
  const fields = await errorFields(response, url)
  const [code] = /^[a-z_]{1,64}$/.exec(textOf(fields['error'])) ?? []
  const [number] = /^AADSTS\d{1,9}/.exec(textOf(fields['error_description'])) ?? []
  const why = [code, number].filter((part) => part !== undefined).join(', ')
  return registryFailure(
    status === 429 || status >= 500 ? 'ServerFailed' : 'Unauthorized',
    `${shownUrl(url)} answers ${status}${why === '' ? '' : ` (${why})`}`,
    { fix: 'check the identity and what it trusts' },
  )
}

async function errorFields(response: HttpResponse, url: URL): Promise<Readonly<Record<string, unknown>>> {
  try {
    // The body of an error is read like that of a good answer.
    return fieldsOf(await readAll({ ...response, status: 200, header: () => undefined }, { url, limit: 64 * 1024 }))
  } catch {
    return {}
  }
}

function fieldsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parseJson(bytes)
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
