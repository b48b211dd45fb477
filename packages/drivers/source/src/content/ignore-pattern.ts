import { type Dialect, type GlobSegment, matchesName, matchesPath, parseGlob } from './glob.ts'

/** One line of an ignore file, in force below its `domain`. */
export interface IgnorePattern {
  readonly domain: readonly string[]
  readonly includes: boolean
  readonly directoryOnly: boolean
  /** Names from the domain on, or one name at any depth. */
  readonly anchored: boolean
  /** What an anchored pattern of Git begins with before its first special character. */
  readonly prefix: string
  readonly segments: readonly GlobSegment[]
}

const maxPatterns = 10_000

/** The patterns of an ignore file that lies in `domain`; comments and empty lines give none, and at most 10,000 are read. */
export function parseIgnoreFile(text: string, domain: readonly string[], dialect: Dialect): readonly IgnorePattern[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .slice(0, maxPatterns)
    .flatMap((line) => parseLine(line.endsWith('\r') ? line.slice(0, -1) : line, domain, dialect) ?? [])
}

/** Decides which paths are left out. */
export interface IgnoreMatcher {
  excludes(names: readonly string[], isDirectory: boolean): boolean
}

/**
 * A matcher over patterns in order of rising priority. With Git's dialect nothing below an excluded directory comes
 * back; with Flux's the last pattern that matches the path or a directory above it decides.
 */
export function createIgnoreMatcher(patterns: readonly IgnorePattern[], dialect: Dialect): IgnoreMatcher {
  return dialect === 'git' ? gitMatcher(patterns) : fluxMatcher(patterns)
}

function parseLine(line: string, domain: readonly string[], dialect: Dialect): IgnorePattern | undefined {
  if (line.startsWith('#') || line.trim() === '') return undefined
  const includes = line.startsWith('!')
  const body = trimSpaces(includes ? line.slice(1) : line, dialect)
  const directoryOnly = body.endsWith('/')
  const path = directoryOnly ? body.slice(0, -1) : body
  const anchored = path.includes('/')
  const relative = path.startsWith('/') ? path.slice(1) : path
  const text = dialect === 'git' ? byteText(relative) : relative
  if (text === '') return undefined
  const prefix = dialect === 'git' && anchored ? literalPrefix(text) : ''
  const segments = parseGlob(text.slice(prefix.length), dialect)
  return { domain, includes, directoryOnly, anchored, prefix, segments }
}

/**
 * Git compares the part before the first special character by itself and matches the rest anew, so that `a**` crosses
 * slashes like a `**` at the beginning of a pattern.
 */
function literalPrefix(text: string): string {
  const special = text.search(/[*?[\\]/)
  return special < 0 ? text : text.slice(0, special)
}

/** Trailing spaces do not count unless a backslash stands before them. */
function trimSpaces(text: string, dialect: Dialect): string {
  if (dialect === 'flux') return text.endsWith('\\ ') ? text : text.replace(/ +$/, '')
  let end = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === ' ') continue
    if (text[at] === '\\') at += 1
    end = at + 1
  }
  return text.slice(0, end)
}

/** Git matches bytes: each becomes one character. */
function byteText(text: string): string {
  return /^\p{ASCII}*$/u.test(text) ? text : Buffer.from(text).toString('latin1')
}

function gitMatcher(patterns: readonly IgnorePattern[]): IgnoreMatcher {
  const verdicts = new Map<string, boolean>()
  function excludesHere(names: readonly string[], isDirectory: boolean): boolean {
    const last = patterns.findLast((pattern) => matchesGit(pattern, names, isDirectory))
    return last !== undefined && !last.includes
  }
  function excludesDirectory(names: readonly string[]): boolean {
    if (names.length === 0) return false
    const key = names.join('/')
    const known = verdicts.get(key)
    if (known !== undefined) return known
    const verdict = excludesDirectory(names.slice(0, -1)) || excludesHere(names, true)
    verdicts.set(key, verdict)
    return verdict
  }
  return {
    excludes: (names, isDirectory) => {
      const bytes = names.map((name) => byteText(name))
      if (isDirectory) return excludesDirectory(bytes)
      return excludesDirectory(bytes.slice(0, -1)) || excludesHere(bytes, false)
    },
  }
}

function matchesGit(pattern: IgnorePattern, names: readonly string[], isDirectory: boolean): boolean {
  if (pattern.directoryOnly && !isDirectory) return false
  const rest = below(pattern.domain.map(byteText), names)
  if (rest === undefined) return false
  const [only] = pattern.segments
  if (!pattern.anchored && only !== undefined) return matchesName(only, rest.at(-1) ?? '')
  const path = rest.join('/')
  return path.startsWith(pattern.prefix) && matchesPath(pattern.segments, path.slice(pattern.prefix.length).split('/'))
}

function fluxMatcher(patterns: readonly IgnorePattern[]): IgnoreMatcher {
  return {
    excludes: (names, isDirectory) => {
      const last = patterns.findLast((pattern) => matchesFlux(pattern, names, isDirectory))
      return last !== undefined && !last.includes
    },
  }
}

function matchesFlux(pattern: IgnorePattern, names: readonly string[], isDirectory: boolean): boolean {
  const rest = below(pattern.domain, names)
  if (rest === undefined) return false
  const [only] = pattern.segments
  if (pattern.anchored || only === undefined) return matchesFluxPath(pattern, rest, isDirectory)
  if (only.kind === 'deep') return true
  const found = rest.findIndex((name) => matchesName(only, name))
  return found >= 0 && !(pattern.directoryOnly && !isDirectory && found === rest.length - 1)
}

/**
 * Flux's library walks pattern and path together: a pattern may match the beginning of a path, and after `**` the first
 * name that fits is taken for good.
 */
function matchesFluxPath(pattern: IgnorePattern, names: readonly string[], isDirectory: boolean): boolean {
  let rest = names
  let matched = false
  let skips = false
  for (const [index, segment] of pattern.segments.entries()) {
    if (segment.kind === 'never') return false
    if (segment.kind === 'deep') {
      if (index === pattern.segments.length - 1) break
      skips = true
      continue
    }
    if (rest.length === 0) return false
    const found = rest.findIndex((name) => matchesName(segment, name))
    if (!skips && found !== 0) return false
    if (found < 0) {
      matched = false
      rest = []
    } else {
      matched = true
      rest = rest.slice(found + 1)
    }
    skips = false
  }
  return matched && !(pattern.directoryOnly && !isDirectory && rest.length === 0)
}

/** The names after the domain; undefined when the path is not below it. */
function below(domain: readonly string[], names: readonly string[]): readonly string[] | undefined {
  if (names.length <= domain.length) return undefined
  return domain.every((name, index) => names[index] === name) ? names.slice(domain.length) : undefined
}
