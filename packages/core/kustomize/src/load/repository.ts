/** A Git repository as kustomize understands its address. */
export interface Repository {
  /** The address as it was written. */
  readonly url: string
  /** What `git clone` takes. */
  readonly clone: string
  /** The folder inside the repository, relative. */
  readonly path: string
  /** Branch, tag or commit; empty for the default branch. */
  readonly ref: string
  readonly submodules: boolean
  /** Milliseconds that fetching it may take. */
  readonly timeoutMs: number
}

/** An address for people: without the password that may be in it. */
export function withoutPassword(address: string): string {
  return address.replace(/^((?:git::)?[a-z]+:\/\/)[^/@?]*:[^/@?]*@/i, '$1')
}

/** Whether a path is an HTTP address. */
export function isRemoteFile(path: string): boolean {
  return /^https?:/i.test(path)
}

const schemes = ['ssh://', 'https://', 'http://', 'file://'] as const

/** Reads an address; undefined when it is a path of the tree. */
export function parseRepository(text: string): Repository | undefined {
  if (text.startsWith('/')) return undefined
  const mark = text.indexOf('?')
  const address = mark < 0 ? text : text.slice(0, mark)
  const query = parseQuery(mark < 0 ? '' : text.slice(mark + 1))
  const host = splitHost(address)
  if (host === undefined) return undefined
  const paths = splitPaths(host.rest, host.isFile)
  if (paths === undefined || paths.repository === '' || leavesRepository(paths.folder)) return undefined
  return {
    url: text,
    clone: host.host + paths.repository,
    path: paths.folder.replace(/^\//, ''),
    ...query,
  }
}

const defaultTimeoutMs = 27_000

interface Query {
  readonly ref: string
  readonly submodules: boolean
  readonly timeoutMs: number
}

/** A query that Go cannot read counts as none. */
function parseQuery(query: string): Query {
  const values = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const mark = pair.indexOf('=')
    const key = decode(mark < 0 ? pair : pair.slice(0, mark))
    const value = decode(mark < 0 ? '' : pair.slice(mark + 1))
    if (pair.includes(';') || key === undefined || value === undefined) {
      return { ref: '', submodules: true, timeoutMs: defaultTimeoutMs }
    }
    if (!values.has(key)) values.set(key, value)
  }
  return {
    ref: values.get('ref') || (values.get('version') ?? ''),
    submodules: !/^(?:0|f|F|false|FALSE|False)$/.test(values.get('submodules') ?? ''),
    timeoutMs: parseTimeout(values.get('timeout') ?? ''),
  }
}

function decode(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Escapes that are no UTF-8 are fine for Go; no reference is called so.
    return text
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Seconds, or a duration as Go writes it; anything else means the default. */
function parseTimeout(text: string): number {
  if (/^\+?\d+$/.test(text)) return Number(text) > 0 ? Number(text) * 1000 : defaultTimeoutMs
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return defaultTimeoutMs
  let sum = 0
  for (const [, digits, unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(digits) * (unitMs[unit] ?? 0)
  }
  return sum > 0 ? sum : defaultTimeoutMs
}

interface Host {
  readonly host: string
  readonly rest: string
  readonly isFile: boolean
}

function splitHost(text: string): Host | undefined {
  let rest = text.toLowerCase().startsWith('git::') ? text.slice(5) : text
  const scheme = schemes.find((candidate) => rest.toLowerCase().startsWith(candidate)) ?? ''
  rest = rest.slice(scheme.length)
  const username = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(rest)?.[0] ?? ''
  rest = rest.slice(username.length)
  const isGithub = /^github\.com[/:]/i.test(rest)
  const mayBeScp = scheme === '' && (username !== '' || isGithub)
  if (scheme === '' && !mayBeScp) return undefined
  if (scheme === 'file://') return { host: scheme, rest: username + rest, isFile: true }
  return finishHost(rest, { scheme, username, isGithub, mayBeScp })
}

function finishHost(
  text: string,
  parts: { scheme: string; username: string; isGithub: boolean; mayBeScp: boolean },
): Host | undefined {
  const slash = text.indexOf('/')
  const colon = parts.mayBeScp ? text.indexOf(':') : -1
  const end = colon >= 0 && (slash < 0 || (colon > 0 && colon < slash)) ? colon : slash
  const host = end < 0 ? text : text.slice(0, end + 1)
  const rest = end < 0 ? '' : text.slice(end + 1)
  if (parts.isGithub) {
    const overSsh = parts.scheme === 'ssh://' || parts.username !== ''
    return { host: overSsh ? `${parts.username}github.com:` : 'https://github.com/', rest, isFile: false }
  }
  return host === '' ? undefined : { host: parts.scheme + parts.username + host, rest, isFile: false }
}

interface Paths {
  readonly repository: string
  readonly folder: string
}

function splitPaths(text: string, isFile: boolean): Paths | undefined {
  const azure = text.indexOf('_git/')
  if (azure >= 0) {
    const [name = '', ...folder] = text.slice(azure + 5).split('/')
    return { repository: text.slice(0, azure + 5) + name, folder: folder.join('/') }
  }
  const double = text.indexOf('//')
  if (double >= 0) return { repository: text.slice(0, double), folder: text.slice(double + 2) }
  const suffix = text.indexOf('.git')
  if (suffix >= 0) return { repository: text.slice(0, suffix + 4), folder: text.slice(suffix + 4) }
  if (isFile) return { repository: text, folder: '' }
  const segments = text.split('/')
  return segments.length < 2
    ? undefined
    : { repository: segments.slice(0, 2).join('/'), folder: segments.slice(2).join('/') }
}

function leavesRepository(folder: string): boolean {
  let depth = 0
  for (const part of folder.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 0) return true
  }
  return false
}
