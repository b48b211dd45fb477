/** What one place of a pattern accepts. */
type Token =
  | { readonly kind: 'any-run' }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }

/**
 * Lengths, in characters, of the shortest and longest non-empty prefix of `text` that a shell pattern matches; undefined
 * when none does or the pattern is malformed. Linear in text times pattern. From the `end` both are read backwards.
 */
export function matchEnds(pattern: string, text: string, from: 'start' | 'end'): Ends | undefined {
  const tokens = parsePattern(Array.from(pattern))
  if (tokens === undefined) return undefined
  const chars = Array.from(text)
  return from === 'start' ? scan(tokens, chars) : scan(tokens.toReversed(), chars.toReversed())
}

export interface Ends {
  readonly shortest: number
  readonly longest: number
}

/** Walks the text once with the set of places in the pattern that may come next. */
function scan(tokens: readonly Token[], chars: readonly string[]): Ends | undefined {
  let states = closure(tokens, new Set([0]))
  let ends: Ends | undefined
  for (const [index, char] of chars.entries()) {
    const next = new Set<number>()
    for (const state of states) {
      const token = tokens[state]
      if (token === undefined) continue
      if (token.kind === 'any-run') next.add(state)
      else if (accepts(token, char)) next.add(state + 1)
    }
    states = closure(tokens, next)
    if (states.size === 0) break
    if (states.has(tokens.length)) ends = { shortest: ends?.shortest ?? index + 1, longest: index + 1 }
  }
  return ends
}

function closure(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) if (tokens[state]?.kind === 'any-run') states.add(state + 1)
  return states
}

function accepts(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'any-run':
    case 'any-one':
      return true
    case 'char':
      return token.char === char
    case 'class':
      return token.ranges.some(([low, high]) => low <= char && char <= high) !== token.negated
  }
}

function parsePattern(chars: readonly string[]): readonly Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < chars.length) {
    const char = chars[at] ?? ''
    at += 1
    if (char === '*') tokens.push({ kind: 'any-run' })
    else if (char === '?') tokens.push({ kind: 'any-one' })
    else if (char === '[') {
      const parsed = parseClass(chars, at)
      if (parsed === undefined) return undefined
      tokens.push(parsed.token)
      at = parsed.end
    } else if (char === '\\') {
      const escaped = chars[at]
      if (escaped === undefined) return undefined
      tokens.push({ kind: 'char', char: escaped })
      at += 1
    } else tokens.push({ kind: 'char', char })
  }
  return tokens
}

function parseClass(chars: readonly string[], start: number): { token: Token; end: number } | undefined {
  const negated = chars[start] === '^'
  const ranges: (readonly [string, string])[] = []
  let at = negated ? start + 1 : start
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = classChar(chars, at)
    if (low === undefined) return undefined
    at = low.end
    let high = low
    if (chars[at] === '-') {
      const bound = classChar(chars, at + 1)
      if (bound === undefined) return undefined
      high = bound
      at = bound.end
    }
    ranges.push([low.char, high.char])
  }
  return { token: { kind: 'class', negated, ranges }, end: at + 1 }
}

function classChar(chars: readonly string[], at: number): { char: string; end: number } | undefined {
  const char = chars[at]
  if (char === undefined || char === '-' || char === ']') return undefined
  if (char !== '\\') return { char, end: at + 1 }
  const escaped = chars[at + 1]
  return escaped === undefined ? undefined : { char: escaped, end: at + 2 }
}
