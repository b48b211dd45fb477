import {
  VersionError,
  compareVersions,
  matchesConstraint,
  parseConstraint,
  parseVersion,
  type SemanticVersion,
} from '@kedge/semver'

/** Versions from the highest to the lowest; those that are no semantic versions last, in their order. */
export function newestFirst<T extends { readonly version: string }>(versions: readonly T[]): readonly T[] {
  const parsed = versions.map((item) => ({ item, version: parsedVersion(item.version) }))
  return parsed.toSorted((left, right) => compareNewest(left.version, right.version)).map(({ item }) => item)
}

function compareNewest(left: SemanticVersion | undefined, right: SemanticVersion | undefined): number {
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
  return compareVersions(right, left)
}

/** A text as a semantic version; undefined when it is none. */
export function parsedVersion(text: string): SemanticVersion | undefined {
  return orUndefined(() => parseVersion(text))
}

/**
 * The version that Helm would take: the one written exactly so, else the highest inside the range; an empty range
 * takes the highest release. Undefined when none fits or the range is none.
 */
export function chooseVersion<T extends { readonly version: string }>(
  versions: readonly T[],
  range: string,
): T | undefined {
  const sorted = newestFirst(versions)
  const exact = range === '' ? undefined : sorted.find(({ version }) => version === range)
  if (exact !== undefined) return exact
  const constraint = range === '' ? '*' : range
  if (!isRange(constraint)) return undefined
  return sorted.find(({ version }) => {
    const parsed = parsedVersion(version)
    return parsed !== undefined && matchesConstraint(constraint, parsed)
  })
}

/** Whether a text is a whole semantic version, with all three numbers; a `v` in front does not count. As Flux takes tags. */
export function isWholeVersion(text: string): boolean {
  return /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]*)?$/.test(text) && parsedVersion(text) !== undefined
}

/** Whether a text can be a range of versions. */
export function isRange(text: string): boolean {
  return text.length <= 512 && orUndefined(() => parseConstraint(text)) !== undefined
}

function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof VersionError) return undefined
    throw error
  }
}
