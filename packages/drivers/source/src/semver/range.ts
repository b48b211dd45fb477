import { type Version, compareVersions, parseLooseVersion } from './version.ts'

/** A range of versions, in the grammar and with the rules of Masterminds/semver 3.4. */
export interface VersionRange {
  /** Whether a version is inside. A pre-release is only where its group of conditions names one. */
  contains(version: Version): boolean
}

interface Condition {
  readonly operator: Operator
  readonly version: Version
  /** Which parts were left out or given as a wildcard. */
  readonly wild: 'none' | 'patch' | 'minor' | 'major'
}

type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^'

const operators: Readonly<Record<string, Operator>> = {
  '': '=',
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
}

const part = '(?:\\d{1,15}|[xX*])'
const versionText = `v?${part}(?:\\.${part})?(?:\\.${part})?(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?`
const hyphen = new RegExp(`(${versionText})\\s+-\\s+(${versionText})`, 'g')
const condition = new RegExp(`(=>|=<|>=|<=|!=|~>|[=<>~^])?\\s*(${versionText})(?=$|[\\s,])`, 'y')
const parts = new RegExp(`^v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$`)

/** Parses a range; undefined when it is none. An empty text contains every release. */
export function parseRange(text: string): VersionRange | undefined {
  if (text.length > 512) return undefined
  const groups: (readonly Condition[])[] = []
  for (const alternative of text.split('||')) {
    const group = parseGroup(alternative.replace(hyphen, '>= $1, <= $2'))
    if (group === undefined) return undefined
    groups.push(group)
  }
  return { contains: (version) => groups.some((group) => holdsAll(group, version)) }
}

function parseGroup(text: string): readonly Condition[] | undefined {
  const found: Condition[] = []
  const rest = text.trim()
  if (rest === '') return [{ operator: '>=', version: zero, wild: 'major' }]
  for (let at = 0; at < rest.length;) {
    condition.lastIndex = at
    const match = condition.exec(rest)
    if (match === null) return undefined
    const parsed = parseCondition(match[1] ?? '', match[2] ?? '')
    if (parsed === undefined) return undefined
    found.push(parsed)
    at = condition.lastIndex
    while (/[\s,]/.test(rest[at] ?? '')) at += 1
  }
  return found
}

const zero: Version = { major: 0, minor: 0, patch: 0, prerelease: '', text: '0.0.0' }

function parseCondition(sign: string, text: string): Condition | undefined {
  const operator = operators[sign]
  const [, major = '*', minor = '*', patch = '*', pre = '', build = ''] = parts.exec(text) ?? []
  if (operator === undefined) return undefined
  const wild = isWild(major) ? 'major' : isWild(minor) ? 'minor' : isWild(patch) ? 'patch' : 'none'
  const numbers = [major, minor, patch].map((each, index) => (index < fixedParts[wild] ? each : '0')).join('.')
  const version = parseLooseVersion(`${numbers}${pre}${build}`)
  return version === undefined ? undefined : { operator, version, wild }
}

const fixedParts = { none: 3, patch: 2, minor: 1, major: 0 }

function isWild(text: string): boolean {
  return text === '*' || text === 'x' || text === 'X'
}

function holdsAll(group: readonly Condition[], version: Version): boolean {
  const mayBePrerelease = group.some((each) => each.version.prerelease !== '')
  if (version.prerelease !== '' && !mayBePrerelease) return false
  return group.every((each) => holds(each, version))
}

function holds({ operator, version: limit, wild }: Condition, version: Version): boolean {
  const order = compareVersions(version, limit)
  switch (operator) {
    case '=':
      return wild === 'none' ? order === 0 : withinTilde(version, limit, wild)
    case '!=':
      return wild === 'none' ? order !== 0 : differsInFixed(version, limit, wild)
    case '>':
      return isAbove(version, limit, wild)
    case '<':
      return order < 0
    case '>=':
      return order >= 0
    case '<=':
      return isAtMost(version, limit, wild)
    case '~':
      return withinTilde(version, limit, wild)
    case '^':
      return withinCaret(version, limit, wild)
  }
}

function differsInFixed(version: Version, limit: Version, wild: Condition['wild']): boolean {
  if (version.major !== limit.major) return true
  if (wild === 'patch') return version.minor !== limit.minor
  return wild === 'major' && (version.minor !== limit.minor || version.patch !== limit.patch)
}

/** `>11` leaves out all of 11, and `>11.1` all of 11.1. */
function isAbove(version: Version, limit: Version, wild: Condition['wild']): boolean {
  if (wild === 'none') return compareVersions(version, limit) > 0
  if (version.major !== limit.major) return version.major > limit.major
  if (wild === 'minor') return false
  return wild === 'patch' ? version.minor > limit.minor : true
}

/** `<=11` takes in all of 11. */
function isAtMost(version: Version, limit: Version, wild: Condition['wild']): boolean {
  if (wild === 'none') return compareVersions(version, limit) <= 0
  if (version.major > limit.major) return false
  return !(version.major === limit.major && version.minor > limit.minor && wild !== 'minor')
}

function withinTilde(version: Version, limit: Version, wild: Condition['wild']): boolean {
  if (compareVersions(version, limit) < 0) return false
  const isZero = limit.major === 0 && limit.minor === 0 && limit.patch === 0
  // ~0.0.0 and * accept everything from zero on.
  if (isZero && (wild === 'none' || wild === 'major')) return true
  if (version.major !== limit.major) return false
  return wild === 'minor' || version.minor === limit.minor
}

/** The first part that is not zero stays as it is. */
function withinCaret(version: Version, limit: Version, wild: Condition['wild']): boolean {
  if (compareVersions(version, limit) < 0) return false
  if (limit.major > 0 || wild === 'minor' || wild === 'major') return version.major === limit.major
  if (version.major > 0) return false
  if (limit.minor > 0 || wild === 'patch') return version.minor === limit.minor
  return version.minor === 0 && version.patch === limit.patch
}
