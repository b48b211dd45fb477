const LETTER = /\p{L}/u
const DIGIT = /\p{Nd}/u
const NUMBERED = /[0-9\u0080-\uffff]/

function isLetter(c: number): boolean {
  if (c < 128) return (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
  return LETTER.test(String.fromCodePoint(c))
}

function isDigit(c: number): boolean {
  if (c < 128) return c >= 48 && c <= 57
  return DIGIT.test(String.fromCodePoint(c))
}

/**
 * The order in which Go's YAML prints the keys of a map: letters after everything else, runs of digits by their
 * value. Not transitive for some odd mixes, as there.
 */
export function compareKeys(a: string, b: string): number {
  return compareWith(a, b, false)
}

/** The same order as yaml.v3 has it, where a letter after a digit comes before what is no letter. */
export function compareKeysV3(a: string, b: string): number {
  return compareWith(a, b, true)
}

/**
 * Texts in one of these orders, the same whatever order they come in. Where the order is not transitive, which takes
 * digits, Go's own result changes from run to run.
 */
export function sortKeys(keys: readonly string[], compare: (a: string, b: string) => number): readonly string[] {
  if (keys.some(mayBeNumbered)) return keys.toSorted().toSorted(compare)
  for (let at = 1; at < keys.length; at++)
    if (compare(keys[at - 1] as string, keys[at] as string) > 0) return keys.toSorted(compare)
  return keys
}

/** Whether a key may hold a digit. */
export function mayBeNumbered(key: string): boolean {
  return NUMBERED.test(key)
}

function compareWith(a: string, b: string, isV3: boolean): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (at === length) return a.length - b.length
  const first = a.charCodeAt(at)
  const second = b.charCodeAt(at)
  if (first < 128 && second < 128) return compareAt({ a, b, at, first, second, isV3 })
  // Outside ASCII, compare by code points: step back to the start of a surrogate pair.
  if (at > 0 && isHighSurrogate(a.charCodeAt(at - 1))) at--
  return compareAt({ a, b, at, first: a.codePointAt(at) as number, second: b.codePointAt(at) as number, isV3 })
}

function isHighSurrogate(c: number): boolean {
  return c >= 0xd800 && c <= 0xdbff
}

interface Difference {
  readonly a: string
  readonly b: string
  readonly at: number
  readonly first: number
  readonly second: number
  readonly isV3: boolean
}

function compareAt({ a, b, at, first, second, isV3 }: Difference): number {
  const firstLetter = isLetter(first)
  const secondLetter = isLetter(second)
  if (firstLetter && secondLetter) return first - second
  if (firstLetter || secondLetter) {
    const isFirst = isV3 && at > 0 && isDigit(a.charCodeAt(at - 1)) ? firstLetter : secondLetter
    return isFirst ? -1 : 1
  }
  const lead = first === 48 || second === 48 ? leadingDigits(a, at) : 0n
  const x = readDigits(a, at, lead)
  const y = readDigits(b, at, lead)
  if (x.value !== y.value) return x.value < y.value ? -1 : 1
  if (x.end !== y.end) return x.end - y.end
  return first - second
}

/** 1 when a digit other than zero stands before the place within the same run, so that zeros count. */
function leadingDigits(text: string, at: number): bigint {
  for (let i = at - 1; i >= 0 && isDigit(text.charCodeAt(i)); i--) if (text.charCodeAt(i) !== 48) return 1n
  return 0n
}

function readDigits(text: string, at: number, lead: bigint): { value: bigint; end: number } {
  let value = lead
  let end = at
  while (end < text.length && isDigit(text.charCodeAt(end))) {
    value = BigInt.asIntN(64, value * 10n + BigInt(text.charCodeAt(end) - 48))
    end++
  }
  return { value, end }
}
