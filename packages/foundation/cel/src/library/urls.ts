import { CelError, CelOpaque, type CelKey, type CelValue } from '../values.ts'
import { holds, isString, unary, type Library, type Overload } from './define.ts'

const isUrl = holds('url')

interface UrlParts {
  readonly scheme: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly query: string
}

const grammar = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/

/** Takes an absolute URL or an absolute path apart, as Go's ParseRequestURI does; undefined for anything else. */
function parseUrl(text: string): UrlParts | undefined {
  const match = grammar.exec(text)
  if (match === null || /\s|%(?![0-9a-fA-F]{2})/.test(text) || hasControl(text)) return undefined
  const [, scheme = '', host = '', path = '', query = ''] = match
  const isPath = scheme === '' && text.startsWith('/')
  const isAbsolute = scheme !== '' && text.length > scheme.length + 1
  if (!isPath && !isAbsolute) return undefined
  const parts = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]]*)(?::(\d*))?$/.exec(host)
  if (parts === null) return undefined
  const [, hostname = '', port = ''] = parts
  return { scheme: scheme.toLowerCase(), host, hostname: hostname.replace(/^\[|\]$/g, ''), port, path, query }
}

function hasControl(text: string): boolean {
  return Array.from(text).some((each) => each < ' ' || each === '\u007f')
}

function partsOf(text: string): UrlParts {
  const parts = parseUrl(text)
  if (parts === undefined) throw new CelError(`URL parse error during conversion from string: ${JSON.stringify(text)}`)
  return parts
}

function part(read: (parts: UrlParts) => CelValue): readonly Overload[] {
  return [unary(isUrl, (url) => read(partsOf(url.content.text)))]
}

function queryOf(query: string): CelValue {
  const out = new Map<CelKey, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const [name = '', ...rest] = pair.split('=')
    const key = decode(name)
    out.set(key, [...(out.get(key) ?? []), decode(rest.join('='))])
  }
  return out
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The path as Go escapes it. */
function escapedPath(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9\-_.~$&+,/:;=@%!'()*]/gu, (each) => encodeURIComponent(each))
}

/** Functions on URLs that are no methods. */
export const urlFunctions: Library = {
  isURL: [unary(isString, (text) => parseUrl(text) !== undefined)],
  url: [
    unary(isString, (text) => {
      partsOf(text)
      return new CelOpaque('kubernetes.URL', { kind: 'url', text })
    }),
  ],
}

/** Methods of URLs. */
export const urls: Library = {
  getScheme: part(({ scheme }) => scheme),
  getHost: part(({ host }) => host),
  getHostname: part(({ hostname }) => hostname),
  getPort: part(({ port }) => port),
  getEscapedPath: part(({ path }) => escapedPath(path)),
  getQuery: part(({ query }) => queryOf(query)),
}
