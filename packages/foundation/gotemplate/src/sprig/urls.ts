import { FunctionError } from '../exec/function-error.ts'
import { quoteGo } from '../parse/quote.ts'
import { textToBytes } from '../value/bytes.ts'
import { kindName, type GoFunction, type GoValue } from '../value/go-value.ts'
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
  const host = unescapePath(authority.slice(at + 1))
  const isOpaque = scheme !== '' && !value.includes('//') && path !== '' && !path.startsWith('/')
  return newMap([
    ['scheme', scheme.toLowerCase()],
    ['host', host],
    ['hostname', host.replace(/:\d*$/, '').replaceAll(/^\[|\]$/g, '')],
    ['path', isOpaque ? '' : unescapePath(path)],
    ['query', query],
    ['opaque', isOpaque ? path : ''],
    ['fragment', unescapePath(fragment)],
    ['userinfo', at < 0 ? '' : shownUser(authority.slice(0, at))],
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

const badInHost = /%(?![0-9A-Fa-f]{2}).{0,2}|%(?!25)[0-7][0-9A-Fa-f]|[ \\^`{|}]/s

function hostComplaint(authority: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) return 'net/url: invalid userinfo'
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : /:.*$/s.exec(host)?.[0]
  if (port !== undefined && port !== '' && !/^:\d*$/.test(port)) return `invalid port ${quoteGo(port)} after host`
  return wrongInHost(host)
}

/** But for the zone of an address, only bytes that are no ASCII may be escaped. */
function wrongInHost(host: string): string | undefined {
  const zone = host.startsWith('[') ? host.indexOf('%25') : -1
  const bad = badInHost.exec(zone < 0 ? host : host.slice(0, zone))?.[0]
  if (bad === undefined) return zone < 0 ? undefined : escapeComplaint(host)
  return bad.startsWith('%') ? `invalid URL escape ${quoteGo(bad)}` : `invalid character ${quoteGo(bad)} in host name`
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

/** url.URL's String, of the parts that sprig fills in. */
function joinUrl(value: GoValue): string {
  const parts = mutableMap(value)
  const [scheme, host, path, query, opaque, fragment] = ['scheme', 'host', 'path', 'query', 'opaque', 'fragment'].map(
    (name) => partOf(parts, name),
  ) as [string, string, string, string, string, string]
  const user = userOf(partOf(parts, 'userinfo'))
  const start = scheme === '' ? '' : `${scheme}:`
  const end = `${query === '' ? '' : `?${query}`}${fragment === '' ? '' : `#${escaped(fragment, fragmentKept)}`}`
  if (opaque !== '') return start + opaque + end
  const shown = path === '*' ? path : escaped(path, pathKept)
  const isAbsolute = host !== '' || user !== undefined || (scheme !== '' && path !== '')
  const authority = isAbsolute ? `//${user === undefined ? '' : `${user}@`}${escaped(host, hostKept)}` : ''
  if (start + authority === '') return relativePath(shown) + end
  const slash = host !== '' && /^[^/]/.test(shown) ? '/' : ''
  return start + authority + slash + shown + end
}

/** The first segment holds no colon, which would be taken for the end of a scheme. */
function relativePath(path: string): string {
  return /^[^/]*:/.test(path) ? `./${path}` : path
}

function partOf(parts: Readonly<Record<string, GoValue>>, name: string): string {
  if (!Object.hasOwn(parts, name)) return ''
  const part = parts[name]
  if (typeof part === 'string') return part
  if (part === null || part === undefined)
    throw new FunctionError('runtime error: invalid memory address or nil pointer dereference')
  throw new FunctionError(`unable to parse ${name} key, must be of type string, but ${kindName(part)} found`)
}

/** sprig reads the user out of a URL that it makes for this. */
function userOf(userinfo: string): string | undefined {
  if (userinfo === '') return undefined
  const made = `proto://${userinfo}@host`
  const complaint = urlComplaint(made)
  if (complaint !== undefined)
    throw new FunctionError(`unable to parse userinfo in dict: parse ${quoteGo(made)}: ${complaint}`)
  const authority = shape.exec(made)?.[2] ?? ''
  const at = authority.lastIndexOf('@')
  if (at < 0) return undefined
  return shownUser(authority.slice(0, at))
}

/** url.Userinfo's String: what is escaped without need is not, and the other way round. */
function shownUser(user: string): string {
  const [, name = '', password] = /^([^:]*)(?::(.*))?$/s.exec(user) ?? []
  const shown = escaped(unescapePath(name), userKept)
  return password === undefined ? shown : `${shown}:${escaped(unescapePath(password), userKept)}`
}

const pathKept = /[A-Za-z0-9\-_.~$&+,/:;=@]/
const userKept = /[A-Za-z0-9\-_.~$&+,;=]/
const fragmentKept = /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/
const hostKept = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/

/** What is not kept goes by the bytes of its UTF-8. */
function escaped(text: string, kept: RegExp): string {
  return Array.from(textToBytes(text), (byte) => {
    const char = String.fromCharCode(byte)
    return kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
