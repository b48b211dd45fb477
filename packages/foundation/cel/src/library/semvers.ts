import { comparePrereleases } from '@kedge/semver'
import { CelError, CelOpaque } from '../values.ts'
import { binary, holds, isBool, isString, unary, type Holding, type Library } from './define.ts'

const isSemver = holds('semver')
const grammar =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/

function parse(text: string, normalize: boolean): CelOpaque | undefined {
  const match = grammar.exec(normalize ? normalized(text) : text)
  if (match === null || text.length > 256) return undefined
  const numbers = match.slice(1, 4).map((part) => BigInt(part))
  return new CelOpaque('kubernetes.Semver', {
    kind: 'semver',
    numbers,
    prerelease: match[4] ?? '',
    build: match[5] ?? '',
  })
}

/** Without a leading `v` and leading zeros, and with the numbers that are missing. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? []
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return `${parts.join('.')}${rest}`
}

function semver(text: string, normalize: boolean): CelOpaque {
  const parsed = parse(text, normalize)
  if (parsed === undefined) throw new CelError(`Invalid semver: ${JSON.stringify(text)}`)
  return parsed
}

function compare(a: Holding<'semver'>, b: Holding<'semver'>): bigint {
  for (const [at, number] of a.content.numbers.entries()) {
    const other = b.content.numbers[at] ?? 0n
    if (number !== other) return number < other ? -1n : 1n
  }
  return BigInt(comparePrereleases(a.content.prerelease, b.content.prerelease))
}

/** Functions on versions that are no methods. */
export const semverFunctions: Library = {
  isSemver: [
    unary(isString, (text) => parse(text, false) !== undefined),
    binary([isString, isBool], (text, normalize) => parse(text, normalize) !== undefined),
  ],
  semver: [unary(isString, (text) => semver(text, false)), binary([isString, isBool], semver)],
}

/** Methods of versions. */
export const semvers: Library = {
  major: [unary(isSemver, (a) => a.content.numbers[0] ?? 0n)],
  minor: [unary(isSemver, (a) => a.content.numbers[1] ?? 0n)],
  patch: [unary(isSemver, (a) => a.content.numbers[2] ?? 0n)],
  compareTo: [binary([isSemver, isSemver], compare)],
  isLessThan: [binary([isSemver, isSemver], (a, b) => compare(a, b) < 0n)],
  isGreaterThan: [binary([isSemver, isSemver], (a, b) => compare(a, b) > 0n)],
}
