import type { Access, RequestUser } from '../contracts.ts'
import { impersonationChecks } from '../access/index.ts'
import type { Credentials } from './listener.ts'
import { badRequest, notAllowed } from './status.ts'
import type { TokenIssuer } from './tokens.ts'

const anonymous: RequestUser = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} }

/** What anybody may ask. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz'])

/** Who sent a request, by client certificate or bearer token, or whom they act for; undefined for a stranger. */
export function identify(
  credentials: Credentials,
  known: { readonly tokens: TokenIssuer; readonly access: Access | undefined },
): RequestUser | undefined {
  const user = sender(credentials, known.tokens)
  if (user === undefined) return openPaths.has(credentials.path) ? anonymous : undefined
  return impersonated(credentials.headers, user, known.access)
}

function sender(credentials: Credentials, tokens: TokenIssuer): RequestUser | undefined {
  const { certificate, authorization } = credentials
  if (certificate !== undefined) {
    return { name: certificate.name, groups: [...certificate.organizations, 'system:authenticated'], extra: {} }
  }
  const token = /^bearer\s+(\S+)$/i.exec(authorization)?.[1]
  return token === undefined ? undefined : tokens.authenticate(token)
}

/** A user as the real server's language prints it. */
function goUser({ uid = '', groups, extra }: RequestUser): string {
  const list = (texts: readonly string[]): string => `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const shown = {
    groups: groups.length === 0 ? '[]string(nil)' : list(groups),
    extra: entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries.join(', ')}}`,
  }
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${shown.groups}, Extra:${shown.extra}}`
}

/** The user that Impersonate-* headers name, each name of which the sender must be allowed to take on. */
function impersonated(headers: Credentials['headers'], user: RequestUser, access: Access | undefined): RequestUser {
  const wanted = wantedUser(headers)
  if (wanted.name === '') {
    if (wanted.groups.length > 0 || wanted.uid !== '' || Object.keys(wanted.extra).length > 0) {
      throw badRequest(`requested ${goUser(wanted)} without impersonating a user name`)
    }
    return user
  }
  for (const attributes of impersonationChecks(user, wanted)) {
    if (access !== undefined && !access.authorize(attributes).allowed) throw notAllowed(attributes, access)
  }
  return { ...wanted, groups: withImplied(wanted) }
}

function wantedUser(headers: Credentials['headers']): RequestUser {
  const values = (name: string): readonly string[] => {
    const value = headers[name] ?? []
    return typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value
  }
  const [name = ''] = values('impersonate-user')
  const [uid = ''] = values('impersonate-uid')
  return { name, uid, groups: values('impersonate-group'), extra: collect(extraOf(headers)) }
}

/** The groups of whoever has been taken on, with those that every such user is in. */
function withImplied(user: RequestUser): readonly string[] {
  const account = /^system:serviceaccount:([^:]+):/.exec(user.name)
  const groups = user.groups.length > 0 || account === null ? user.groups : accountGroups(account[1] ?? '')
  const isStranger = user.name === anonymous.name || groups.includes('system:unauthenticated')
  return isStranger || groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated']
}

function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

function extraOf(headers: Credentials['headers']): readonly (readonly [string, string])[] {
  const prefix = 'impersonate-extra-'
  return Object.entries(headers)
    .filter(([name]) => name.startsWith(prefix))
    .flatMap(([name, value]) =>
      [value ?? []].flat().map((each) => [decodeURIComponent(name.slice(prefix.length)), each] as const),
    )
}

function collect(extra: readonly (readonly [string, string])[]): Readonly<Record<string, readonly string[]>> {
  const out: Record<string, string[]> = {}
  for (const [key, value] of extra) out[key] = [...(out[key] ?? []), value]
  return out
}
