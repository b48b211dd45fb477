import { compareVersions, parseVersion, VersionError, type SemanticVersion } from './version.ts'

/** One condition; what is left open of its version is zero. */
export interface Comparator {
  readonly operator: string
  readonly version: SemanticVersion
  readonly minorDirty: boolean
  readonly patchDirty: boolean
  readonly dirty: boolean
}

const versionText =
  'v?(?:[0-9xX*]+)(?:\\.[0-9xX*]+)?(?:\\.[0-9xX*]+)?(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const operatorText = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^'
const one = new RegExp(
  `^\\s*(${operatorText})\\s*(v?([0-9xX*]+)(\\.[0-9xX*]+)?(\\.[0-9xX*]+)?(-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?)\\s*$`,
)
const several = new RegExp(
  `^(?:\\s*(?:${operatorText})\\s*(?:${versionText})\\s*,?)(?:\\s*(?:${operatorText})\\s*(?:${versionText})(?:[, ]|$)\\s*)*$`,
)
const find = new RegExp(`(${operatorText})\\s*(${versionText})`, 'g')
const hyphen = new RegExp(`\\s*(${versionText})\\s+-\\s+(${versionText})\\s*`, 'g')

/** Alternatives, each of comparators that must all hold. */
export type Constraint = readonly (readonly Comparator[])[]

/**
 * Which comparators let a pre-release in: those that name one, or all of an alternative in which one does. The first is
 * the rule of Masterminds/semver before 3.4, the second since.
 */
export type PrereleaseRule = 'comparator' | 'group'

/** Masterminds/semver's Check. */
export function satisfies(version: SemanticVersion, constraint: Constraint, rule: PrereleaseRule): boolean {
  return constraint.some((group) => {
    const isNamed = group.some((comparator) => comparator.version.prerelease !== '')
    return group.every((comparator) => {
      const isLetIn = rule === 'group' ? isNamed : comparator.version.prerelease !== ''
      return holds(version, comparator, version.prerelease !== '' && !isLetIn)
    })
  })
}

/** Masterminds/semver's NewConstraint and Check, by the older rule. Throws VersionError for a malformed constraint. */
export function matchesConstraint(constraint: string, version: SemanticVersion): boolean {
  return satisfies(version, parseConstraint(constraint), 'comparator')
}

/** Masterminds/semver's NewConstraint. Throws VersionError. */
export function parseConstraint(constraint: string): Constraint {
  const rewritten = constraint.replaceAll(hyphen, (_, from: string, to: string) => ` >=${from} <=${to} `)
  return rewritten.split('||').map((part) => {
    if (!several.test(part)) throw new VersionError(`improper constraint: ${JSON.stringify(constraint)}`)
    const found = [...part.matchAll(find)].map((match) => match[0])
    return (found.length === 0 ? [part] : found).map((piece) => parseComparator(piece, constraint))
  })
}

function parseComparator(piece: string, constraint: string): Comparator {
  const match = one.exec(piece)
  if (match === null) throw new VersionError(`improper constraint: ${JSON.stringify(constraint)}`)
  const [, operator = '', whole = '', major = '', minor = '', patch = '', prerelease = ''] = match
  const isWild = (part: string) => /[xX*]/.test(part)
  if (isWild(major) || whole === '')
    return comparator(operator, `0.0.0${prerelease}`, { minor: false, patch: false, dirty: true, operator })
  const numbers = whole.replace(/^v/, '').split(/[-+]/)[0] ?? ''
  if (isWild(minor.slice(1)) || minor === '') {
    return comparator(operator, `${major}.0.0${prerelease}`, { minor: true, patch: false, dirty: true, operator })
  }
  if (isWild(patch.slice(1)) || patch === '') {
    return comparator(operator, `${major}${minor}.0${prerelease}`, { minor: false, patch: true, dirty: true, operator })
  }
  return comparator(operator, `${numbers}${prerelease}`, { minor: false, patch: false, dirty: false, operator })
}

function comparator(
  operator: string,
  text: string,
  how: { readonly minor: boolean; readonly patch: boolean; readonly dirty: boolean; readonly operator: string },
): Comparator {
  try {
    return { operator, version: parseVersion(text), minorDirty: how.minor, patchDirty: how.patch, dirty: how.dirty }
  } catch {
    throw new VersionError('constraint parser error')
  }
}

type Judge = (version: SemanticVersion, against: Comparator, judged: Judged) => boolean

const equal: Judge = (version, against, { order, hidden }) =>
  against.dirty ? tilde(version, against, hidden) : !hidden && order === 0
const atLeast: Judge = (_version, _against, { order, hidden }) => !hidden && order >= 0
const approximately: Judge = (version, against, { hidden }) => tilde(version, against, hidden)

const judges: Readonly<Record<string, Judge>> = {
  '': equal,
  '=': equal,
  '!=': (version, against, { order, hidden }) => !hidden && (against.dirty ? differs(version, against) : order !== 0),
  '>': (version, against, judged) => greater(version, against, judged),
  '<': (_version, _against, { order, hidden }) => !hidden && order < 0,
  '>=': atLeast,
  '=>': atLeast,
  '<=': (version, against, judged) => atMost(version, against, judged),
  '=<': (version, against, judged) => atMost(version, against, judged),
  '~': approximately,
  '~>': approximately,
}

function holds(version: SemanticVersion, against: Comparator, hidden: boolean): boolean {
  const order = compareVersions(version, against.version)
  return (judges[against.operator] ?? caret)(version, against, { order, hidden })
}

/** `!=` of a version that leaves parts open: what is given of it differs. */
function differs(version: SemanticVersion, { version: bound, minorDirty, patchDirty }: Comparator): boolean {
  if (bound.major !== version.major) return true
  if (minorDirty) return false
  return bound.minor !== version.minor || (bound.patch !== version.patch && !patchDirty)
}

interface Judged {
  readonly order: number
  readonly hidden: boolean
}

function greater(
  version: SemanticVersion,
  { version: bound, dirty, minorDirty }: Comparator,
  { order, hidden }: Judged,
): boolean {
  if (hidden) return false
  if (!dirty) return order > 0
  if (version.major !== bound.major) return version.major > bound.major
  if (minorDirty) return false
  return version.minor > bound.minor
}

function atMost(
  version: SemanticVersion,
  { version: bound, dirty, minorDirty }: Comparator,
  { order, hidden }: Judged,
): boolean {
  if (hidden) return false
  if (!dirty) return order <= 0
  if (version.major > bound.major) return false
  return !(version.major === bound.major && version.minor > bound.minor && !minorDirty)
}

function tilde(
  version: SemanticVersion,
  { version: bound, minorDirty, patchDirty }: Comparator,
  hidden: boolean,
): boolean {
  if (hidden || compareVersions(version, bound) < 0) return false
  // `~0.0.0`, also when it is made of a wildcard, takes everything.
  if (bound.major === 0n && bound.minor === 0n && bound.patch === 0n && !minorDirty && !patchDirty) return true
  if (version.major !== bound.major) return false
  return version.minor === bound.minor || minorDirty
}

function caret(
  version: SemanticVersion,
  { version: bound, minorDirty, patchDirty }: Comparator,
  { order, hidden }: Judged,
): boolean {
  if (hidden || order < 0) return false
  if (bound.major > 0n || minorDirty) return version.major === bound.major
  if (version.major > 0n) return false
  if (bound.minor > 0n || patchDirty) return version.minor === bound.minor
  if (version.minor > 0n) return false
  return version.patch === bound.patch
}
