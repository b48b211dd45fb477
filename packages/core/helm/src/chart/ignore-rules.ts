import { chartError } from './chart-error.ts'

/** One line of a .helmignore. */
interface Rule {
  readonly expression: RegExp
  readonly negated: boolean
  readonly directoryOnly: boolean
  /** Matched against the whole path instead of the last name. */
  readonly wholePath: boolean
}

/** Whether Helm leaves a file of a chart's folder out: the rules of .helmignore, in its own odd semantics. */
export function createIgnoreRules(text: string): (path: string, isDirectory: boolean) => boolean {
  const rules = [...text.replace(/^\ufeff/, '').split(/\r?\n/), 'templates/.?*'].flatMap(parseRule)
  return (path, isDirectory) =>
    rules.some((rule) => {
      const fits = !rule.directoryOnly || isDirectory
      // A negated rule ignores everything that does not match it: Helm ends at the first match either way.
      return rule.negated ? !fits || !matches(rule, path) : fits && matches(rule, path)
    })
}

function parseRule(line: string): readonly Rule[] {
  let pattern = line.trim()
  if (pattern === '' || pattern.startsWith('#')) return []
  if (pattern.includes('**')) throw chartError('double-star (**) syntax is not supported')
  const negated = pattern.startsWith('!')
  if (negated) pattern = pattern.slice(1)
  const directoryOnly = pattern.endsWith('/')
  if (directoryOnly) pattern = pattern.slice(0, -1)
  const wholePath = pattern.startsWith('/') || pattern.includes('/')
  const expression = toExpression(pattern.replace(/^\//, ''))
  if (expression === undefined) throw chartError('syntax error in pattern')
  return [{ expression, negated, directoryOnly, wholePath }]
}

function matches({ expression, wholePath }: Rule, path: string): boolean {
  return expression.test(wholePath ? path : path.slice(path.lastIndexOf('/') + 1))
}

/** Go's filepath.Match on a Unix machine: `*` and `?` stop at `/`, `[a-z]` and `[^a]` are sets. A malformed pattern matches nothing. */
export function matchName(pattern: string, name: string): boolean {
  const expression = toExpression(pattern)
  return expression !== undefined && expression.test(name)
}

function toExpression(pattern: string): RegExp | undefined {
  let out = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at)
    if (char === '*') out += '[^/]*'
    else if (char === '?') out += '[^/]'
    else if (char === '\\') {
      at += 1
      out += quote(pattern.charAt(at))
    } else if (char === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) return undefined
      const negated = pattern.charAt(at + 1) === '^'
      const set = pattern.slice(at + (negated ? 2 : 1), end).replaceAll(/[\\[\]]/g, String.raw`\$&`)
      out += `[${negated ? '^/' : ''}${set}]`
      at = end
    } else out += quote(char)
  }
  return new RegExp(`^${out}$`, 's')
}

function quote(char: string): string {
  return char !== '' && '.*+?^${}()|[]\\'.includes(char) ? `\\${char}` : char
}
