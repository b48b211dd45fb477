import { gitError } from '../git/git-failure.ts'

/** Says which addresses remote bases and files may come from. */
export interface RemoteRules {
  /** Throws a GitError `AddressRefused` for an address that is not on the list. */
  check(url: URL): void
}

/**
 * Rules from a list of prefixes: `github.com` for a host, `github.com/org` or `https://git.example:8443/team` for what is
 * below a path. Without a scheme https is meant. Throws a GitError `URLInvalid` for a prefix that is none.
 */
export function createRemoteRules(allowed: readonly string[] | 'any'): RemoteRules {
  const prefixes = allowed === 'any' ? undefined : allowed.map(readPrefix)
  return {
    check(url) {
      if (prefixes === undefined || prefixes.some((prefix) => isBelow(url, prefix))) return
      const place = url.protocol === 'file:' ? url.pathname : url.host
      throw gitError(
        'AddressRefused',
        `remote bases and files of ${place} are not allowed here`,
        'copy them into the source, or put the address on the list of allowed ones',
      )
    },
  }
}

function readPrefix(text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw gitError('URLInvalid', `${JSON.stringify(text)} is no prefix of addresses`, 'write it as github.com/org')
  }
  return url
}

function isBelow(url: URL, prefix: URL): boolean {
  if (url.protocol !== prefix.protocol || url.host !== prefix.host) return false
  const path = prefix.pathname.replace(/\/+$/, '')
  if (path === '') return true
  // A server may read an escaped slash as a slash, and then the path leads elsewhere.
  if (/%2f|%5c/i.test(url.pathname)) return false
  return url.pathname === path || url.pathname.startsWith(`${path}/`) || url.pathname === `${path}.git`
}
