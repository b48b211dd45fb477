/** xstrings' cases of words, as sprig's snakecase, kebabcase and camelcase have them. */

type WordKind = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly kind: WordKind
  readonly runes: readonly string[]
}

const none: Word = { kind: 'none', runes: [] }

/** xstrings' ToSnakeCase and ToKebabCase. */
export function connectedWords(value: string, connector: string): string {
  const words = wordsOf(value)
  let out = ''
  let at = 0
  let word = words[0] ?? none
  const next = (): Word => {
    at += 1
    word = words[at] ?? none
    return word
  }
  const add = (added: Word): string => (out += lowered(added, connector))
  /** What goes on in the same word after digits. */
  const addRun = (): void => {
    for (; word.kind === 'alphabet' || word.kind === 'number'; next()) add(word)
  }
  const connect = (): void => {
    if (!['none', 'connector', 'punctuation'].includes(word.kind)) out += connector
  }
  while (at < words.length - 1) {
    const last = word
    if (last.kind !== 'connector') add(last)
    next()
    if (last.kind === 'number') {
      addRun()
      connect()
    } else if (last.kind === 'connector') add(last)
    else if (last.kind === 'punctuation') continue
    else if (word.kind !== 'number') connect()
    else if (at < words.length - 1) {
      const digits = word
      // Digits belong to the word before them, unless small letters follow.
      if (next().kind !== 'alphabet') add(digits)
      else {
        out += connector
        add(digits)
        addRun()
      }
      connect()
    }
  }
  add(word)
  return out
}

function lowered({ kind, runes }: Word, connector: string): string {
  if (kind !== 'upper' && kind !== 'connector') return runes.join('')
  return runes.map((rune) => (isConnector(rune) ? connector : isUpper(rune) ? simpleLower(rune) : rune)).join('')
}

function wordsOf(value: string): readonly Word[] {
  const runes = Array.from(value)
  const words: Word[] = []
  for (let at = 0; at < runes.length;) {
    const { kind, end } = nextWord(runes, at)
    words.push({ kind, runes: runes.slice(at, end) })
    at = end
  }
  return words
}

function nextWord(runes: readonly string[], at: number): { readonly kind: WordKind; readonly end: number } {
  const first = runes[at] ?? ''
  const run = (from: number, goesOn: (rune: string) => boolean): number => {
    let end = from
    while (end < runes.length && goesOn(runes[end] ?? '')) end += 1
    return end
  }
  if (isConnector(first)) return { kind: 'connector', end: run(at, isConnector) }
  if (isPunctuation(first)) return { kind: 'punctuation', end: run(at, isPunctuation) }
  if (isUpper(first)) {
    const end = run(at, isUpper)
    if (end === at + 1) return { kind: 'upper', end: run(end, isSmall) }
    // The last capital before small letters begins the next word.
    return { kind: 'upper', end: end < runes.length && isAlphabet(runes[end] ?? '') ? end - 1 : end }
  }
  if (isAlphabet(first)) return { kind: 'alphabet', end: run(at, isSmall) }
  if (isNumber(first)) return { kind: 'number', end: run(at, isNumber) }
  const isOther = (rune: string): boolean =>
    !isConnector(rune) && !isAlphabet(rune) && !isNumber(rune) && !isPunctuation(rune)
  return { kind: 'other', end: run(at + 1, isOther) }
}

/** xstrings.ToPascalCase: leading connectors stay, a run of capitals at the start of a word becomes small. */
export function pascalCase(value: string): string {
  const runes = Array.from(value)
  const start = runes.findIndex((rune) => !isConnector(rune))
  // Of connectors alone it writes the last one twice.
  if (start < 0) return value + (runes.at(-1) ?? '')
  let out = runes.slice(0, start).join('')
  let current = simpleUpper(runes[start] ?? '')
  let inCapitals = isUpper(runes[start] ?? '')
  for (const rune of runes.slice(start + 1)) {
    const before = current
    current = rune
    if (isConnector(before)) {
      if (isConnector(rune)) out += before
      else {
        inCapitals = isUpper(rune)
        current = simpleUpper(rune)
      }
      continue
    }
    inCapitals &&= isUpper(rune)
    if (inCapitals) current = simpleLower(rune)
    out += before
  }
  return out + current
}

function isConnector(rune: string): boolean {
  return (
    rune === '-' || rune === '_' || /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(rune)
  )
}

function isPunctuation(rune: string): boolean {
  return /^\p{P}$/u.test(rune)
}

function isUpper(rune: string): boolean {
  return /^\p{Lu}$/u.test(rune)
}

function isNumber(rune: string): boolean {
  return /^\p{N}$/u.test(rune)
}

/** A letter of an alphabet, which Chinese characters are not. */
function isAlphabet(rune: string): boolean {
  return /^\p{L}$/u.test(rune) && !/^[\u3400-\u4d85\u4e00-\u9fcc\u{20000}-\u{2b81d}]$/u.test(rune)
}

function isSmall(rune: string): boolean {
  return isAlphabet(rune) && !isUpper(rune)
}

/** Unicode's simple mapping: one code point for one. */
export function simpleUpper(rune: string): string {
  const upper = rune.toUpperCase()
  return Array.from(upper).length === 1 ? upper : rune
}

/** As simpleUpper, the other way. */
export function simpleLower(rune: string): string {
  const lower = rune.toLowerCase()
  return Array.from(lower).length === 1 ? lower : (Array.from(lower)[0] ?? rune)
}
