/** A text that is no version or range; the message is in the words of Masterminds/semver. */
export class VersionError extends Error {
  override readonly name = 'VersionError'
}

/** A version as Masterminds/semver reads it. */
export interface SemanticVersion {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  readonly original: string
}

const loose =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

const maxVersionBytes = 256
const maxNumber = 2n ** 64n - 1n

/** NewVersion: a leading v and missing parts are taken. Throws VersionError. */
export function parseVersion(value: string): SemanticVersion {
  if (byteLength(value) > maxVersionBytes)
    throw new VersionError(`version string is too long (max ${maxVersionBytes} bytes)`)
  const match = loose.exec(value)
  if (match === null) throw new VersionError('invalid semantic version')
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  const numbers = { major: parseNumber(major), minor: parseNumber(minor), patch: parseNumber(patch) }
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part))) throw new VersionError('version segment starts with 0')
  return { ...numbers, prerelease, metadata, original: value }
}

function parseNumber(digits: string): bigint {
  const number = BigInt(digits)
  if (number <= maxNumber) return number
  throw new VersionError(`error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`)
}

/** How many bytes a text has in UTF-8. */
export function byteLength(text: string): number {
  let length = text.length
  for (const rune of text) {
    const code = rune.codePointAt(0) ?? 0
    length += code > 0xffff ? 2 : code > 0x7ff ? 2 : code > 0x7f ? 1 : 0
  }
  return length
}

/** Negative, zero or positive, by the rules of semver.org. */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  const parts = [a.major - b.major, a.minor - b.minor, a.patch - b.patch]
  const first = parts.find((part) => part !== 0n)
  if (first !== undefined) return first < 0n ? -1 : 1
  return comparePrereleases(a.prerelease, b.prerelease)
}

/** Negative, zero or positive; no pre-release (an empty text) is later than any. */
export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareParts(left[at], right[at])
    if (order !== 0) return order
  }
  return 0
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const numeric = [isNumber(a), isNumber(b)]
  if (numeric[0] === true && numeric[1] === true) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
  if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1
  return a < b ? -1 : 1
}

/** What fits no uint64 is no number to Masterminds/semver. */
function isNumber(part: string): boolean {
  return /^\d+$/.test(part) && BigInt(part) <= maxNumber
}

/** `major.minor.patch` with pre-release and build metadata, without a leading `v`. */
export function printVersion(version: SemanticVersion): string {
  const { major, minor, patch, prerelease, metadata } = version
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`
}
