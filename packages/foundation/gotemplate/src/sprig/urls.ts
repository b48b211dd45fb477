import { FunctionError } from '../exec/function-error.ts'
import { quoteGo } from '../parse/quote.ts'
import type { GoFunction, GoValue } from '../value/go-value.ts'
import { fixed, mutableMap, newMap, text } from './signature.ts'

/** sprig's functions on URLs. */
export const urlFunctions: Readonly<Record<string, GoFunction>> = {
  urlParse: fixed(['string'], (value) => parseUrl(text(value))),
  urlJoin: fixed(['map'], (parts) => joinUrl(parts)),
}

const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

function parseUrl(value: string): GoValue {
  const complaint = urlComplaint(value)
  if (complaint !== undefined) throw new FunctionError(`unable to parse url: parse ${quoteGo(value)}: ${complaint}`)
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = shape.exec(value) ?? []
  const at = authority.lastIndexOf('@')
  const isOpaque = scheme !== '' && !value.includes('//') && path !== '' && !path.startsWith('/')
  return newMap([
    ['scheme', scheme.toLowerCase()],
    ['host', authority.slice(at + 1)],
    [
      'hostname',
      authority
        .slice(at + 1)
        .replace(/:\d*$/, '')
        .replaceAll(/^\[|\]$/g, ''),
    ],
    ['path', isOpaque ? '' : unescapePath(path)],
    ['query', query],
    ['opaque', isOpaque ? path : ''],
    ['fragment', unescapePath(fragment)],
    ['userinfo', at < 0 ? '' : authority.slice(0, at)],
  ])
}

/** What net/url says of a text that is no URL; undefined when it is one. */
function urlComplaint(value: string): string | undefined {
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'net/url: invalid control character in URL'
  if (value.startsWith(':')) return 'missing protocol scheme'
  const [, scheme, authority, path = '', , fragment = ''] = shape.exec(value) ?? []
  const isRelative = scheme === undefined && authority === undefined
  if (isRelative && /^[^/?#]*:/.test(path)) return 'first path segment in URL cannot contain colon'
  return (
    (authority === undefined ? undefined : hostComplaint(authority)) ??
    escapeComplaint(path) ??
    escapeComplaint(fragment)
  )
}

function hostComplaint(authority: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) return 'net/url: invalid userinfo'
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : /:.*$/s.exec(host)?.[0]
  if (port !== undefined && port !== '' && !/^:\d*$/.test(port)) return `invalid port ${quoteGo(port)} after host`
  const bad = /[ "<>\\^`{|}]/.exec(host)?.[0]
  return bad === undefined ? escapeComplaint(host) : `invalid character ${quoteGo(bad)} in host name`
}

function escapeComplaint(text: string): string | undefined {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0]
  return bad === undefined ? undefined : `invalid URL escape ${quoteGo(bad)}`
}

function unescapePath(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function joinUrl(value: GoValue): string {
  const parts = mutableMap(value)
  const part = (name: string): string => (typeof parts[name] === 'string' ? parts[name] : '')
  const [scheme, host, path, query, fragment, opaque, userinfo] = [
    'scheme',
    'host',
    'path',
    'query',
    'fragment',
    'opaque',
    'userinfo',
  ].map(part) as [string, string, string, string, string, string, string]
  const authority = host !== '' || userinfo !== '' ? `//${userinfo === '' ? '' : `${userinfo}@`}${host}` : ''
  const slash = authority !== '' && path !== '' && !path.startsWith('/') ? '/' : ''
  const body = opaque === '' ? authority + slash + escapePath(path) : opaque
  return `${scheme === '' ? '' : `${scheme}:`}${body}${query === '' ? '' : `?${query}`}${fragment === '' ? '' : `#${escapePath(fragment)}`}`
}

function escapePath(value: string): string {
  return encodeURI(value)
    .replaceAll('%25', '%25')
    .replaceAll(/[?#]/g, (char) => encodeURIComponent(char))
}
