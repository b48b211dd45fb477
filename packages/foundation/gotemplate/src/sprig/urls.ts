import { FunctionError } from '../exec/function-error.ts'
import type { GoFunction, GoValue } from '../value/go-value.ts'
import { fixed, mutableMap, newMap, text } from './signature.ts'

/** sprig's functions on URLs. */
export const urlFunctions: Readonly<Record<string, GoFunction>> = {
  urlParse: fixed(['string'], (value) => parseUrl(text(value))),
  urlJoin: fixed(['map'], (parts) => joinUrl(parts)),
}

const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

function parseUrl(value: string): GoValue {
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new FunctionError(
      `unable to parse url: parse ${JSON.stringify(value)}: net/url: invalid control character in URL`,
    )
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
