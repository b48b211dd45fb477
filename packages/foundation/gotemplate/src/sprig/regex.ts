import { FunctionError } from '../exec/function-error.ts'
import { nilOf, type GoFunction } from '../value/go-value.ts'
import { fixed, number, strings, text } from './signature.ts'
import { RE2JS } from 're2js'

/** sprig's regular expressions: RE2 syntax, linear time. A plain form swallows a malformed expression, a must… form tells. */
export const regexFunctions: Readonly<Record<string, GoFunction>> = {
  regexMatch: fixed(['string', 'string'], (pattern, s) => attempt(pattern, false, (re) => re.matcher(text(s)).find())),
  mustRegexMatch: fixed(['string', 'string'], (pattern, s) => compile(text(pattern)).matcher(text(s)).find()),
  regexFindAll: fixed(['string', 'string', 'int'], (pattern, s, n) =>
    orNil(findAll(compilePanicking(text(pattern)), text(s), number(n))),
  ),
  mustRegexFindAll: fixed(['string', 'string', 'int'], (pattern, s, n) =>
    orNil(findAll(compile(text(pattern)), text(s), number(n))),
  ),
  regexFind: fixed(['string', 'string'], (pattern, s) => findAll(compilePanicking(text(pattern)), text(s), 1)[0] ?? ''),
  mustRegexFind: fixed(['string', 'string'], (pattern, s) => findAll(compile(text(pattern)), text(s), 1)[0] ?? ''),
  regexReplaceAll: fixed(['string', 'string', 'string'], (pattern, s, by) =>
    replaceAll(compilePanicking(text(pattern)), text(s), text(by)),
  ),
  mustRegexReplaceAll: fixed(['string', 'string', 'string'], (pattern, s, by) =>
    replaceAll(compile(text(pattern)), text(s), text(by)),
  ),
  regexReplaceAllLiteral: fixed(['string', 'string', 'string'], (pattern, s, by) =>
    replaceEach(compilePanicking(text(pattern)), text(s), () => text(by)),
  ),
  mustRegexReplaceAllLiteral: fixed(['string', 'string', 'string'], (pattern, s, by) =>
    replaceEach(compile(text(pattern)), text(s), () => text(by)),
  ),
  regexSplit: fixed(['string', 'string', 'int'], (pattern, s, n) =>
    orNil(split(compilePanicking(text(pattern)), text(s), number(n))),
  ),
  mustRegexSplit: fixed(['string', 'string', 'int'], (pattern, s, n) =>
    orNil(split(compile(text(pattern)), text(s), number(n))),
  ),
}

/** Where nothing is found Go makes no list. */
function orNil(found: readonly string[]): readonly string[] {
  return found.length === 0 ? nilOf(strings([])) : strings(found)
}

/** Whether an RE2 expression is found in a text. Throws FunctionError on a malformed expression. */
export function regexFinds(pattern: string, s: string): boolean {
  return compile(pattern).matcher(s).find()
}

/** What Go's regexp says of a pattern that it does not take; undefined when it does. */
export function regexProblem(pattern: string): string | undefined {
  try {
    compile(pattern)
    return undefined
  } catch (error) {
    if (error instanceof FunctionError) return error.message
    throw error
  }
}

const compiled = new Map<string, RE2JS>()
const maxCompiled = 500

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  try {
    const re = RE2JS.compile(withoutTwins(pattern))
    if (compiled.size >= maxCompiled) compiled.clear()
    compiled.set(pattern, re)
    return re
  } catch (error) {
    throw new FunctionError(wordsOf(error))
  }
}

const nameOrSkipped = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?P?<(\w+)>/gs

/** Go takes groups of one name; a reference to it means the first of them, the others need none. */
function withoutTwins(pattern: string): string {
  if (pattern.split('<').length < 3) return pattern
  const seen = new Set<string>()
  return pattern.replaceAll(nameOrSkipped, (whole: string, name: string | undefined) => {
    if (name === undefined) return whole
    const isTwin = seen.has(name)
    seen.add(name)
    return isTwin ? '(' : whole
  })
}

/** Go quotes the part that is wrong, an empty one too. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.endsWith('trailing backslash at end of expression') ? `${text}: \`\`` : text
}

/** sprig's plain forms call MustCompile, whose panic names the expression. */
function compilePanicking(pattern: string): RE2JS {
  try {
    return compile(pattern)
  } catch (error) {
    throw new FunctionError(`regexp: Compile(${quoted(pattern)}): ${error instanceof Error ? error.message : ''}`)
  }
}

function quoted(pattern: string): string {
  return pattern.includes('`') ? JSON.stringify(pattern) : `\`${pattern}\``
}

function attempt<T>(pattern: unknown, fallback: T, run: (re: RE2JS) => T): T {
  try {
    return run(compile(text(pattern as string)))
  } catch (error) {
    if (error instanceof FunctionError) return fallback
    throw error
  }
}

interface Match {
  readonly start: number
  readonly end: number
  /** Groups by number; 0 is the whole. */
  readonly groups: readonly (string | null)[]
}

/** Matches as Go finds them: an empty match right after the one before does not count. */
function matchesOf(re: RE2JS, value: string, limit: number): readonly Match[] {
  const matcher = re.matcher(value)
  const found: Match[] = []
  let previousEnd = -1
  while (found.length !== Math.max(limit, -1) && matcher.find()) {
    const start = matcher.start()
    const end = matcher.end()
    if (start === end && start === previousEnd) continue
    previousEnd = end
    found.push({
      start,
      end,
      groups: Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group)),
    })
  }
  return found
}

function findAll(re: RE2JS, value: string, limit: number): readonly string[] {
  return matchesOf(re, value, limit).map(({ start, end }) => value.slice(start, end))
}

function replaceEach(re: RE2JS, value: string, by: (match: Match) => string): string {
  let out = ''
  let from = 0
  for (const match of matchesOf(re, value, -1)) {
    out += value.slice(from, match.start) + by(match)
    from = match.end
  }
  return out + value.slice(from)
}

function replaceAll(re: RE2JS, value: string, template: string): string {
  const names = re.namedGroups()
  return replaceEach(re, value, (match) => expand(template, match, names))
}

/** Regexp.Expand: `$1`, `${1}`, `$name`; a name takes as many letters, digits and underscores as there are. */
function expand(template: string, match: Match, names: Readonly<Record<string, number>>): string {
  return template.replaceAll(
    /\$(?:\$|\{(\w+)\}|(\w+))/g,
    (whole: string, braced: string | undefined, bare: string | undefined) => {
      if (whole === '$$') return '$'
      const name = braced ?? bare ?? ''
      const group = /^\d+$/.test(name) ? Number(name) : names[name]
      return group === undefined ? '' : (match.groups[group] ?? '')
    },
  )
}

/** Regexp.Split. */
function split(re: RE2JS, value: string, limit: number): readonly string[] {
  if (limit === 0) return []
  if (re.pattern().length > 0 && value === '') return ['']
  const parts: string[] = []
  let from = 0
  let end = 0
  for (const match of matchesOf(re, value, limit)) {
    if (limit > 0 && parts.length === limit - 1) break
    end = match.start
    if (match.end !== 0) parts.push(value.slice(from, end))
    from = match.end
  }
  if (end !== value.length) parts.push(value.slice(from))
  return parts
}
