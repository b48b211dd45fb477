import { matchEnds } from '../substitution/glob.ts'

/** The directories and files of a tree, for patterns to be looked up in. */
export interface PathIndex {
  /** Names in a directory in byte order; the root is the empty path. Undefined for what is no directory. */
  namesIn(path: string): readonly string[] | undefined
  has(path: string): boolean
}

/** A pattern cut at its slashes. */
type Segments = readonly string[]

/** Alternatives in braces that one pattern may stand for. */
const maxAlternatives = 256

/**
 * The paths that a shell pattern matches, in the order in which a walk finds them. With `recursive`, `**` stands for any
 * number of directories and braces for alternatives; else it is `*` written twice. Undefined for a malformed pattern.
 */
export function findPaths(
  index: PathIndex,
  pattern: string,
  options: { readonly recursive: boolean },
): readonly string[] | undefined {
  const patterns = options.recursive ? expandBraces(pattern) : [pattern]
  if (patterns === undefined) return undefined
  const found = new Set<string>()
  for (const one of patterns) {
    const segments = segmentsOf(one)
    if (!segments.every(isPattern)) return undefined
    const walk = { index, segments, recursive: options.recursive, seen: new Set<string>(), found }
    visit(walk, '', 0)
  }
  return [...found]
}

/** Whether a pattern with `**` and braces matches a path; undefined for a malformed pattern. */
export function matchesPath(pattern: string, path: string): boolean | undefined {
  const patterns = expandBraces(pattern)
  if (patterns === undefined) return undefined
  const parts = path.split('/')
  let isMatch = false
  for (const one of patterns) {
    const segments = one.split('/')
    if (!segments.every(isPattern)) return undefined
    isMatch ||= matchesSegments(segments, parts)
  }
  return isMatch
}

/** Whether a path has signs that make it a pattern. */
export function hasPattern(path: string): boolean {
  return /[*?[\]]/.test(path)
}

interface Walk {
  readonly index: PathIndex
  readonly segments: Segments
  readonly recursive: boolean
  readonly seen: Set<string>
  readonly found: Set<string>
}

function visit(walk: Walk, path: string, at: number): void {
  const key = `${String(at)} ${path}`
  // Two ways to the same place find the same.
  if (walk.seen.has(key)) return
  walk.seen.add(key)
  const segment = walk.segments[at]
  if (segment === undefined) {
    if (path !== '') walk.found.add(path)
    return
  }
  const isDeep = walk.recursive && segment === '**'
  if (isDeep) visit(walk, path, at + 1)
  if (!isDeep && !hasSigns(segment)) {
    const below = join(path, segment)
    if (walk.index.has(below)) visit(walk, below, at + 1)
    return
  }
  for (const name of walk.index.namesIn(path) ?? [])
    if (isDeep || matchesName(segment, name)) visit(walk, join(path, name), isDeep ? at : at + 1)
}

/** Fills a row for each place in the pattern: which beginnings of the path lead there. */
function matchesSegments(segments: Segments, parts: readonly string[]): boolean {
  let reached = parts.map(() => false)
  reached.unshift(true)
  for (const segment of segments) {
    const next = reached.map(() => false)
    for (const [at, isReached] of reached.entries()) {
      if (segment === '**') next[at] = isReached || (at > 0 && next[at - 1] === true)
      else if (at > 0) next[at] = reached[at - 1] === true && matchesName(segment, parts[at - 1] ?? '')
    }
    reached = next
  }
  return reached.at(-1) === true
}

function matchesName(segment: string, name: string): boolean {
  return matchEnds(inFirstDialect(segment), name, 'start')?.longest === Array.from(name).length
}

/** `[!a]` means what `[^a]` does. */
function inFirstDialect(segment: string): string {
  return segment.replaceAll('[!', '[^')
}

function hasSigns(segment: string): boolean {
  return /[*?[\\]/.test(segment)
}

/** A malformed pattern matches nothing, not even itself: a closed class is the only thing that can be missing. */
function isPattern(segment: string): boolean {
  let isOpen = false
  for (let at = 0; at < segment.length; at += 1) {
    const char = segment[at]
    if (char === '\\') {
      at += 1
      if (at >= segment.length) return false
    } else if (char === '[' && !isOpen) isOpen = true
    else if (char === ']') isOpen = false
  }
  return !isOpen
}

function segmentsOf(pattern: string): Segments {
  return pattern.split('/').filter((segment) => segment !== '' && segment !== '.')
}

/** `a{b,c}d` stands for `abd` and `acd`; undefined when a brace is not closed, or for too many. */
function expandBraces(pattern: string): readonly string[] | undefined {
  let done: readonly string[] = [pattern]
  while (done.some((one) => one.includes('{'))) {
    const next: string[] = []
    for (const one of done) {
      const expanded = expandFirst(one)
      if (expanded === undefined) return undefined
      next.push(...expanded)
      if (next.length > maxAlternatives) return undefined
    }
    done = next
  }
  return done
}

function expandFirst(pattern: string): readonly string[] | undefined {
  // The last opening brace has no other inside.
  const open = pattern.lastIndexOf('{')
  if (open < 0) return [pattern]
  const close = pattern.indexOf('}', open)
  if (close < 0) return undefined
  const [before, after] = [pattern.slice(0, open), pattern.slice(close + 1)]
  return pattern
    .slice(open + 1, close)
    .split(',')
    .map((choice) => `${before}${choice}${after}`)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}
