import { FunctionError } from '../exec/function-error.ts'
import { GoFunction, GoInt, goObject, int, type GoObject, type GoValue } from '../value/go-value.ts'
import { fixed, text } from './signature.ts'

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

/** NewVersion: a leading v and missing parts are taken. Throws FunctionError. */
export function parseVersion(value: string): SemanticVersion {
  const match = loose.exec(value)
  if (match === null) throw new FunctionError('invalid semantic version')
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part)))
    throw new FunctionError('version segment starts with 0')
  return { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch), prerelease, metadata, original: value }
}

/** Negative, zero or positive, by the rules of semver.org. */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  const parts = [a.major - b.major, a.minor - b.minor, a.patch - b.patch]
  const first = parts.find((part) => part !== 0n)
  if (first !== undefined) return first < 0n ? -1 : 1
  return comparePrereleases(a.prerelease, b.prerelease)
}

function comparePrereleases(a: string, b: string): number {
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
  const numeric = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numeric[0] === true && numeric[1] === true) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
  if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1
  return a < b ? -1 : 1
}

export function printVersion(version: SemanticVersion): string {
  const { major, minor, patch, prerelease, metadata } = version
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`
}

// ── constraints ──

interface Comparator {
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

/** Masterminds/semver's NewConstraint and Check. Throws FunctionError for a malformed constraint. */
export function matchesConstraint(constraint: string, version: SemanticVersion): boolean {
  const groups = parseConstraint(constraint)
  return groups.some((group) => group.every((comparator) => satisfies(version, comparator)))
}

export function parseConstraint(constraint: string): readonly (readonly Comparator[])[] {
  const rewritten = constraint.replaceAll(hyphen, (_, from: string, to: string) => ` >=${from} <=${to} `)
  return rewritten.split('||').map((part) => {
    if (!several.test(part)) throw new FunctionError(`improper constraint: ${JSON.stringify(constraint)}`)
    const found = [...part.matchAll(find)].map((match) => match[0])
    return (found.length === 0 ? [part] : found).map((piece) => parseComparator(piece, constraint))
  })
}

function parseComparator(piece: string, constraint: string): Comparator {
  const match = one.exec(piece)
  if (match === null) throw new FunctionError(`improper constraint: ${JSON.stringify(constraint)}`)
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
    throw new FunctionError('constraint parser error')
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

function satisfies(version: SemanticVersion, against: Comparator): boolean {
  const order = compareVersions(version, against.version)
  // A pre-release is only let in by a constraint that names one.
  const hidden = version.prerelease !== '' && against.version.prerelease === ''
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

// ── functions ──

/** sprig's functions on versions. */
export const semverFunctions: Readonly<Record<string, GoFunction>> = {
  semver: fixed(['string'], (value) => versionObject(parseVersion(text(value)))),
  semverCompare: fixed(['string', 'string'], (constraint, value) => {
    parseConstraint(text(constraint))
    return matchesConstraint(text(constraint), parseVersion(text(value)))
  }),
}

/** A *semver.Version with the fields and methods that templates use. */
function versionObject(version: SemanticVersion): GoObject & { readonly version: SemanticVersion } {
  const uint = (value: bigint) => new GoInt(value, 'uint64')
  const results: Readonly<Record<string, () => GoValue>> = {
    Major: () => uint(version.major),
    Minor: () => uint(version.minor),
    Patch: () => uint(version.patch),
    Prerelease: () => version.prerelease,
    Metadata: () => version.metadata,
    Original: () => version.original,
    String: () => printVersion(version),
    IncMajor: () => versionObject(bumped({ ...version, major: version.major + 1n, minor: 0n, patch: 0n })),
    IncMinor: () => versionObject(bumped({ ...version, minor: version.minor + 1n, patch: 0n })),
    IncPatch: () =>
      versionObject(bumped({ ...version, patch: version.prerelease === '' ? version.patch + 1n : version.patch })),
  }
  return {
    version,
    [goObject]: {
      type: '*semver.Version',
      kind: 'ptr',
      print: () => printVersion(version),
      method: (name) => {
        const result = results[name]
        if (result !== undefined) return new GoFunction({ params: [] }, result)
        return name in comparisons
          ? new GoFunction({ params: ['any'] }, ([other]) =>
              comparisons[name as keyof typeof comparisons](compareVersions(version, versionOf(other))),
            )
          : undefined
      },
    },
  }
}

const comparisons = {
  Compare: (order: number): GoValue => int(order),
  Equal: (order: number): GoValue => order === 0,
  LessThan: (order: number): GoValue => order < 0,
  GreaterThan: (order: number): GoValue => order > 0,
} as const

function versionOf(value: GoValue): SemanticVersion {
  if (typeof value === 'object' && value !== null && 'version' in value)
    return (value as unknown as { readonly version: SemanticVersion }).version
  throw new FunctionError('wrong type for value; expected *semver.Version')
}

function bumped(version: SemanticVersion): SemanticVersion {
  const next = { ...version, prerelease: '', metadata: '' }
  return { ...next, original: `${version.original.startsWith('v') ? 'v' : ''}${printVersion(next)}` }
}
