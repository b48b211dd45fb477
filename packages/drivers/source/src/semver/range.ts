import { type SemanticVersion, VersionError, parseConstraint, parseVersion, satisfies } from '@kedge/semver'

/** A range of versions, in the grammar and with the rules of Masterminds/semver 3.4. */
export interface VersionRange {
  /** Whether a version is inside. A pre-release is only where its group of conditions names one. */
  contains(version: SemanticVersion): boolean
}

const number = '(?:0|[1-9]\\d{0,14})'
const whole = new RegExp(`^v?${number}\\.${number}\\.${number}(?:[-+]|$)`)

/** Reads a range; undefined when it is none. An empty text, and an empty alternative, contain every release. */
export function readRange(text: string): VersionRange | undefined {
  if (text.length > 512 || hasOddNumber(text)) return undefined
  const alternatives = text.split('||').map((alternative) => (alternative.trim() === '' ? '*' : alternative))
  const constraint = orUndefined(() => parseConstraint(alternatives.join('||')))
  return constraint === undefined ? undefined : { contains: (version) => satisfies(version, constraint) }
}

/** Reads `1.2.3-pre+build` with all three numbers, with or without a leading `v`; undefined for anything else. */
export function readVersion(text: string): SemanticVersion | undefined {
  return text.length <= 256 && whole.test(text) ? orUndefined(() => parseVersion(text)) : undefined
}

/** Whether a number of a version in a range begins with a zero that is not all of it, or has more than 15 digits. */
function hasOddNumber(text: string): boolean {
  const numbers = text.replaceAll(/[-+][0-9A-Za-z.+-]+/g, '')
  return /(?:^|\D)0\d|\d{16}/.test(numbers)
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof VersionError) return undefined
    throw error
  }
}
