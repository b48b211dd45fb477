import { RE2JS } from 're2js'

/** A compiled regular expression in RE2's syntax, which takes time linear in the text. */
export interface Regex {
  /** Whether some part of the text matches. */
  test(text: string): boolean
  /** The parts of the text that match, from left to right, at most `limit`. */
  findAll(text: string, limit: number): readonly string[]
}

/** Compiled expressions that are kept; the oldest goes first. */
const maxCached = 500
const cache = new Map<string, Regex | string>()

/** Compiles an expression; gives the reason as a text when it is none. Compiled ones are kept, up to 500. */
export function compileRegex(pattern: string): Regex | string {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  const made = compile(pattern)
  const oldest = cache.size >= maxCached ? cache.keys().next().value : undefined
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(pattern, made)
  return made
}

function compile(pattern: string): Regex | string {
  try {
    const compiled = RE2JS.compile(pattern)
    return {
      test: (text) => compiled.matcher(text).find(),
      findAll(text, limit) {
        const matcher = compiled.matcher(text)
        const out: string[] = []
        while (out.length < limit && matcher.find()) out.push(matcher.group() ?? '')
        return out
      },
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
