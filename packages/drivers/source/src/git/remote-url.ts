import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gitError } from './git-failure.ts'

/** Where a repository is, taken apart. */
export type RemoteUrl =
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 'local'; readonly folder: string }

const hostName = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?)$/i

/** Takes a URL or an absolute path apart; throws `URLInvalid`. Credentials in the URL are refused, and never repeated. */
export function parseRemoteUrl(text: string): RemoteUrl {
  if (hasControl(text)) throw invalid('it contains control characters')
  if (path.isAbsolute(text)) return { kind: 'local', folder: path.normalize(text) }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) throw invalid('it has no scheme', 'write https://host/path')
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'file') {
    throw invalid(`the scheme ${scheme} is not supported`, 'use https, http or a local path')
  }
  if (!URL.canParse(text)) throw invalid('it cannot be parsed')
  const url = new URL(text)
  return scheme === 'file' ? local(url) : remote(url)
}

/** The URL for people: without credentials, query and fragment. */
export function displayUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

function local(url: URL): RemoteUrl {
  if (url.host !== '') throw invalid('a file URL names no host', 'write file:///path')
  return { kind: 'local', folder: path.normalize(fileURLToPath(url)) }
}

function remote(url: URL): RemoteUrl {
  if (url.username !== '' || url.password !== '') {
    throw invalid('it contains credentials', 'put them into the referenced secret')
  }
  if (url.search !== '' || url.hash !== '') throw invalid('it contains a query or a fragment')
  if (!hostName.test(url.hostname)) throw invalid('the host name is malformed')
  if (decodesToControl(url.pathname)) throw invalid('the path hides control characters')
  url.pathname = url.pathname.replace(/\/+$/, '')
  return { kind: 'http', url }
}

function decodesToControl(pathname: string): boolean {
  try {
    return hasControl(decodeURIComponent(pathname))
  } catch {
    return true
  }
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text)
}

function invalid(why: string, fix = 'correct the URL'): Error {
  return gitError('URLInvalid', `the repository URL is invalid: ${why}`, fix)
}
