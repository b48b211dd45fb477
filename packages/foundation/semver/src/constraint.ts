import {
  byteLength,
  comparePrereleases,
  compareVersions,
  parseVersion,
  VersionError,
  type SemanticVersion,
} from './version.ts'

/** One condition; what is left open of its version is zero. */
export interface Comparator {
  readonly operator: string
  readonly version: SemanticVersion
  readonly minorDirty: boolean
  readonly patchDirty: boolean
  readonly dirty: boolean
}

// Masterminds/semver's patterns; a vertical bar counts as a wildcard to them where they look for one.
const wild = '[0-9xX*|]+'
const word = '[0-9A-Za-z-]+'
const versionText = `v?(?:${wild})(?:\\.${wild})?(?:\\.${wild})?(?:-${word}(?:\\.${word})*)?(?:\\+${word}(?:\\.${word})*)?`
const operatorText = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^'
/** Go's \s. */
const blank = '[\\t\\n\\f\\r ]'
const parts = new RegExp(
  `^${blank}*(${operatorText})${blank}*(v?(${wild})(\\.${wild})?(\\.${wild})?(-${word}(?:\\.${word})*)?(\\+${word}(?:\\.${word})*)?)${blank}*$`,
)
const one = `(?:${operatorText})${blank}*(?:${versionText})${blank}*`
const several = new RegExp(`^${blank}*${one}(?:(?:${blank}+|,${blank}*)${one})*$`)
const find = new RegExp(`(${operatorText})${blank}*(${versionText})`, 'g')
const hyphen = new RegExp(`${blank}*(${versionText})${blank}+-${blank}+(${versionText})${blank}*`, 'g')
const maxConstraintBytes = 512
const maxGroups = 32

/** Alternatives, each of comparators that must all hold. */
export type Constraint = readonly (readonly Comparator[])[]

/** Masterminds/semver's Check. A pre-release is only let in by an alternative in which some condition names one. */
export function satisfies(version: SemanticVersion, constraint: Constraint): boolean {
  return constraint.some((group) => {
    const isHidden = version.prerelease !== '' && group.every((comparator) => comparator.version.prerelease === '')
    return group.every((comparator) => holds(version, comparator, isHidden))
  })
}

/** Masterminds/semver's NewConstraint and Check. Throws VersionError for a malformed constraint. */
export function matchesConstraint(constraint: string, version: SemanticVersion): boolean {
  return satisfies(version, parseConstraint(constraint))
}

/** Masterminds/semver's NewConstraint. Throws VersionError. */
export function parseConstraint(constraint: string): Constraint {
  if (byteLength(constraint) > maxConstraintBytes)
    throw new VersionError(`constraint string is too long (max ${maxConstraintBytes} bytes)`)
  const groups = withoutHyphens(constraint).split('||')
  if (groups.length > maxGroups) throw new VersionError(`too many constraint groups (max ${maxGroups})`)
  return groups.map((group) => {
    if (!several.test(group)) throw new VersionError(`improper constraint: ${quoted(group)}`)
    return [...group.matchAll(find)].map(([piece]) => parseComparator(piece))
  })
}

/** Each range is put where its text is found first, as Masterminds/semver does. */
function withoutHyphens(constraint: string): string {
  let rewritten = constraint
  for (const [range, from = '', to = ''] of constraint.matchAll(hyphen))
    rewritten = rewritten.replace(range, () => `>= ${from}, <= ${to} `)
  return rewritten
}

function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll('\\u0007', String.raw`\a`)
    .replaceAll('\\u000b', String.raw`\v`)
    .replaceAll(/\\u00(?=[01])/g, String.raw`\x`)
    .replaceAll('\u007f', String.raw`\x7f`)
}

function parseComparator(piece: string): Comparator {
  const match = parts.exec(piece)
  if (match === null) throw new VersionError(`improper constraint: ${quoted(piece)}`)
  const [, operator = '', whole = '', major = '', minor = '', patch = '', prerelease = ''] = match
  const isWild = (part: string) => /^[xX*]$/.test(part)
  if (isWild(major)) return comparator(operator, `0.0.0${prerelease}`, { minor: false, patch: false, dirty: true })
  if (isWild(minor.slice(1)) || minor === '')
    return comparator(operator, `${major}.0.0${prerelease}`, { minor: true, patch: false, dirty: true })
  if (isWild(patch.slice(1)) || patch === '')
    return comparator(operator, `${major}${minor}.0${prerelease}`, { minor: false, patch: true, dirty: true })
  return comparator(operator, whole, { minor: false, patch: false, dirty: false })
}

function comparator(
  operator: string,
  text: string,
  how: { readonly minor: boolean; readonly patch: boolean; readonly dirty: boolean },
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
  if (bound.minor !== version.minor) return true
  return patchDirty
    ? comparePrereleases(version.prerelease, bound.prerelease) !== 0
    : compareVersions(version, bound) !== 0
}

interface Judged {
  readonly order: number
  readonly hidden: boolean
}

function greater(
  version: SemanticVersion,
  { version: bound, minorDirty, patchDirty }: Comparator,
  { order, hidden }: Judged,
): boolean {
  if (hidden) return false
  if (!minorDirty && !patchDirty) return order > 0
  if (version.major !== bound.major) return version.major > bound.major
  return !minorDirty && version.minor > bound.minor
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
