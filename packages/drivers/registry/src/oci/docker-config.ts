import { registryFailure } from '../http/registry-failure.ts'

/** Credentials of a registry. An identity token is exchanged for access tokens and never sent elsewhere. */
export type RegistryCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string }
  | { readonly kind: 'bearer'; readonly token: string }

const maxConfigSize = 1024 * 1024

/**
 * The credentials that a docker config.json holds for a registry host; undefined for none. The most specific entry
 * wins. Throws FailureError when it is malformed, or when only a program could tell: none is ever run.
 */
export function dockerCredentials(
  config: string,
  { host, repository = '' }: { readonly host: string; readonly repository?: string },
): RegistryCredentials | undefined {
  const fields = parseConfig(config)
  const auths = isMap(fields['auths']) ? fields['auths'] : {}
  const keys = Object.keys(auths).filter((key) => fits(key, host, repository))
  const [best] = keys.toSorted((left, right) => placeOf(right).path.length - placeOf(left).path.length)
  const entry = best === undefined ? undefined : auths[best]
  const found = isMap(entry) ? readEntry(entry) : undefined
  if (found !== undefined) return found
  const stored = isMap(fields['credHelpers']) && Object.hasOwn(fields['credHelpers'], host)
  if (stored || (typeof fields['credsStore'] === 'string' && best !== undefined))
    throw registryFailure('CredentialsRefused', `the docker config leaves ${host} to a program, which is not run`, {
      fix: 'put the credentials into auths',
    })
  return undefined
}

function parseConfig(config: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = config.length > maxConfigSize ? undefined : JSON.parse(config)
  } catch {
    // The parser's message would quote the content.
    value = undefined
  }
  if (!isMap(value)) throw registryFailure('CredentialsRefused', 'the docker config is no JSON map')
  return value
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

function fits(key: string, host: string, repository: string): boolean {
  const place = placeOf(key)
  const isHost = place.host === host || (dockerHub.has(place.host) && dockerHub.has(host))
  return isHost && (place.path === '' || repository === place.path || repository.startsWith(`${place.path}/`))
}

/** `https://host/v1/` and `host/path` alike. */
function placeOf(key: string): { readonly host: string; readonly path: string } {
  const [host = '', ...rest] = key.replace(/^https?:\/\//, '').split('/')
  const path = rest.filter((part) => part !== '').join('/')
  return { host, path: path === 'v1' || path === 'v2' ? '' : path }
}

function readEntry(entry: Readonly<Record<string, unknown>>): RegistryCredentials | undefined {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')
  if (text('identitytoken') !== '') return { kind: 'identity', token: text('identitytoken') }
  if (text('registrytoken') !== '') return { kind: 'bearer', token: text('registrytoken') }
  const packed = text('auth') === '' ? '' : Buffer.from(text('auth'), 'base64').toString()
  const colon = packed.indexOf(':')
  const [username, password] =
    colon > 0
      ? [packed.slice(0, colon), packed.slice(colon + 1).replace(/\0+$/, '')]
      : [text('username'), text('password')]
  return username === '' ? undefined : { kind: 'basic', username, password }
}
