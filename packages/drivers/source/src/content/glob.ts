/** Whose reading of patterns is followed: Git's own, or that of the library that Flux uses (Go's path.Match). */
export type Dialect = 'git' | 'flux'

type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly holds: (char: string) => boolean }

/** One part of a pattern between slashes. `deep` stands for `**`; `never` for a part that is malformed. */
export type GlobSegment =
  | { readonly kind: 'deep' }
  | { readonly kind: 'never' }
  | { readonly kind: 'name'; readonly tokens: readonly Token[] }

/** Splits a pattern at its slashes and reads each part. */
export function parseGlob(pattern: string, dialect: Dialect): readonly GlobSegment[] {
  const reader = new GlobReader(pattern, dialect)
  return reader.segments()
}

/** Whether a name matches one part of a pattern. Takes time in proportion to name times pattern at worst. */
export function matchesName(segment: GlobSegment, name: string): boolean {
  if (segment.kind === 'never') return false
  if (segment.kind === 'deep') return true
  const { tokens } = segment
  return matchWithStars(tokens.length, name.length, {
    isStar: (at) => tokens[at]?.kind === 'star',
    fits: (at, index) => fits(tokens[at], name[index] ?? ''),
  })
}

/** Whether a whole path matches a whole pattern, `**` standing for any number of names, at its end for at least one. */
export function matchesPath(segments: readonly GlobSegment[], names: readonly string[]): boolean {
  const last = segments.at(-1)
  const open = last?.kind === 'deep'
  // A final ** needs one name; the names after it are the star's.
  const pattern = open ? [...segments.slice(0, -1), anyName, deep] : segments
  return matchWithStars(pattern.length, names.length, {
    isStar: (at) => pattern[at]?.kind === 'deep',
    fits: (at, index) => matchesName(pattern[at] ?? never, names[index] ?? ''),
  })
}

const deep: GlobSegment = { kind: 'deep' }
const never: GlobSegment = { kind: 'never' }
const anyName: GlobSegment = { kind: 'name', tokens: [{ kind: 'star' }] }

/** Matching with stars, going back to the last star only: enough, because a star can take anything. */
function matchWithStars(
  patternLength: number,
  length: number,
  rules: { isStar(at: number): boolean; fits(at: number, index: number): boolean },
): boolean {
  let at = 0
  let index = 0
  let star = -1
  let resume = 0
  while (index < length) {
    if (at < patternLength && rules.isStar(at)) {
      star = at
      resume = index
      at += 1
    } else if (at < patternLength && rules.fits(at, index)) {
      at += 1
      index += 1
    } else if (star >= 0) {
      resume += 1
      index = resume
      at = star + 1
    } else return false
  }
  while (at < patternLength && rules.isStar(at)) at += 1
  return at === patternLength
}

function fits(token: Token | undefined, char: string): boolean {
  switch (token?.kind) {
    case 'char':
      return token.char === char
    case 'any':
      return true
    case 'class':
      return token.holds(char)
    case 'star':
    case undefined:
      return false
  }
}

class GlobReader {
  readonly #pattern: string
  readonly #dialect: Dialect
  #at = 0

  constructor(pattern: string, dialect: Dialect) {
    this.#pattern = pattern
    this.#dialect = dialect
  }

  segments(): readonly GlobSegment[] {
    const segments: GlobSegment[] = []
    for (;;) {
      segments.push(this.#segment())
      if (this.#at >= this.#pattern.length) return segments
      this.#at += 1
      // A pattern that ends in a slash has an empty last part.
      if (this.#at === this.#pattern.length) return [...segments, { kind: 'name', tokens: [] }]
    }
  }

  #segment(): GlobSegment {
    const tokens: Token[] = []
    const start = this.#at
    let whole = true
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== '/') {
      const token = this.#token()
      if (token === 'slash') break
      if (token === undefined) whole = false
      else tokens.push(token)
    }
    const text = this.#pattern.slice(start, this.#at)
    if (!whole) return never
    if (/^\*{2,}$/.test(text) && (this.#dialect === 'git' || text === '**')) return deep
    // The other library matches nothing with ** inside a name.
    if (this.#dialect === 'flux' && text.includes('**')) return never
    return { kind: 'name', tokens }
  }

  /** The next token; undefined when it is malformed. */
  #token(): Token | 'slash' | undefined {
    const char = this.#pattern[this.#at] ?? ''
    this.#at += 1
    if (char === '*') return { kind: 'star' }
    if (char === '?') return { kind: 'any' }
    if (char === '[') return this.#class()
    if (char !== '\\') return { kind: 'char', char }
    const escaped = this.#pattern[this.#at]
    if (escaped === undefined) return undefined
    if (escaped === '/') return 'slash'
    this.#at += 1
    return { kind: 'char', char: escaped }
  }

  #class(): Token | undefined {
    const marks = this.#dialect === 'git' ? '!^' : '^'
    const negated = marks.includes(this.#pattern[this.#at] ?? ' ')
    if (negated) this.#at += 1
    const tests: ((char: string) => boolean)[] = []
    for (let first = true; ; first = false) {
      const char = this.#pattern[this.#at]
      if (char === undefined) return undefined
      if (char === ']' && !first) break
      if (char === ']' && this.#dialect === 'flux') return undefined
      const named = this.#className()
      const test = named === undefined ? this.#range() : namedTest(named)
      if (test === undefined) return undefined
      tests.push(test)
    }
    this.#at += 1
    return { kind: 'class', holds: (char) => char !== '/' && tests.some((test) => test(char)) !== negated }
  }

  /** The name in `[:alpha:]` and its like, in Git's dialect. */
  #className(): string | undefined {
    if (this.#dialect !== 'git' || !this.#pattern.startsWith('[:', this.#at)) return undefined
    const end = this.#pattern.indexOf(']', this.#at + 2)
    if (end < 0 || this.#pattern[end - 1] !== ':' || end - 1 < this.#at + 2) return undefined
    const name = this.#pattern.slice(this.#at + 2, end - 1)
    this.#at = end + 1
    return name
  }

  #range(): ((char: string) => boolean) | undefined {
    const low = this.#classChar()
    if (low === undefined) return undefined
    const next = this.#pattern[this.#at + 1]
    if (this.#pattern[this.#at] !== '-' || next === undefined || (next === ']' && this.#dialect === 'git')) {
      return (char) => char === low
    }
    this.#at += 1
    const high = this.#classChar()
    return high === undefined ? undefined : (char) => char >= low && char <= high
  }

  #classChar(): string | undefined {
    let char = this.#pattern[this.#at]
    if (this.#dialect === 'flux' && (char === '-' || char === ']')) return undefined
    if (char === '\\') {
      this.#at += 1
      char = this.#pattern[this.#at]
    }
    if (char === undefined) return undefined
    this.#at += 1
    return char
  }
}

/** The test for a class name; undefined for an unknown one, which makes the pattern malformed. */
function namedTest(name: string): ((char: string) => boolean) | undefined {
  const set = Object.hasOwn(namedClasses, name) ? namedClasses[name] : undefined
  return set === undefined ? undefined : (char) => set.test(char)
}

const namedClasses: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t-\r ]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
}
