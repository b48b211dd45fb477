/** What a 401 asks for. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string; readonly scope: string }

const maxHeader = 4096

/** Reads a WWW-Authenticate header; undefined for a scheme that is not spoken. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > maxHeader) return undefined
  if (/^basic\b/i.test(header)) return { kind: 'basic' }
  if (!/^bearer\s/i.test(header)) return undefined
  const fields = new Map(
    [...header.matchAll(/([a-z_]+)="([^"]*)"/gi)].map((match) => [(match[1] ?? '').toLowerCase(), match[2] ?? '']),
  )
  const realm = fields.get('realm') ?? ''
  if (!URL.canParse(realm)) return undefined
  return { kind: 'bearer', realm, service: fields.get('service') ?? '', scope: fields.get('scope') ?? '' }
}

/** Token servers that are known to belong to a registry of another name. */
const knownRealms: Readonly<Record<string, string>> = {
  'docker.io': 'auth.docker.io',
  'index.docker.io': 'auth.docker.io',
  'registry-1.docker.io': 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
}

/** Whether a registry's credentials may be sent to a token server: its own host, a known pair, or one allowed by name. */
export function isOwnRealm(realm: URL, registry: URL, allowed: readonly string[]): boolean {
  if (registry.protocol === 'https:' && realm.protocol !== 'https:') return false
  if (realm.username !== '' || realm.password !== '') return false
  if (realm.host === registry.host) return true
  const isKnown = knownRealms[registry.host] === realm.host || allowed.includes(realm.host)
  return isKnown && realm.protocol === 'https:'
}
