import {
  compareVersions,
  parseConstraint,
  parseVersion,
  printVersion,
  satisfies,
  VersionError,
  type SemanticVersion,
} from '@kedge/semver'
import { FunctionError } from '../exec/function-error.ts'
import { GoFunction, GoInt, goObject, int, type GoObject, type GoValue } from '../value/go-value.ts'
import { fixed, text } from './signature.ts'

/** sprig's functions on versions. */
export const semverFunctions: Readonly<Record<string, GoFunction>> = {
  semver: fixed(['string'], (value) => versionObject(failing(() => parseVersion(text(value))))),
  semverCompare: fixed(['string', 'string'], (constraint, value) =>
    failing(() => {
      const parsed = parseConstraint(text(constraint))
      return satisfies(parseVersion(text(value)), parsed)
    }),
  ),
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
          ? new GoFunction({ params: ['any'] }, (other) =>
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

function failing<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof VersionError) throw new FunctionError(error.message)
    throw error
  }
}
