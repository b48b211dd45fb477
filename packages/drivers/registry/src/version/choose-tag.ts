import { FunctionError, regexFinds } from '@kedge/gotemplate'
import { registryFailure } from '../http/registry-failure.ts'
import { versionOfTag } from '../oci/reference.ts'
import { chooseVersion, isRange, isWholeVersion } from './choose-version.ts'

/** Which tag is wanted. */
export interface TagChoice {
  readonly range: string
  /** Regular expression that tags must match to be looked at; empty for all. */
  readonly filter: string
  /** Whether `_` in a tag stands for `+`, as in tags of charts. */
  readonly isChart: boolean
}

/**
 * The tag with the highest version inside a range, as Flux chooses: only whole versions count. Throws a FailureError
 * `VersionNotFound` when none fits, or when range or filter cannot be read.
 */
export function chooseTag(tags: readonly string[], { range, filter, isChart }: TagChoice): string {
  if (!isRange(range)) throw registryFailure('VersionNotFound', `semver '${range}' parse error: improper constraint`)
  const candidates = tags
    .filter((tag) => filter === '' || finds(filter, tag))
    .map((tag) => ({ tag, version: isChart ? versionOfTag(tag) : tag }))
    .filter(({ version }) => isWholeVersion(version))
  const chosen = chooseVersion(candidates, range)
  if (chosen === undefined) throw registryFailure('VersionNotFound', `no match found for semver: ${range}`)
  return chosen.tag
}

function finds(filter: string, tag: string): boolean {
  try {
    return regexFinds(filter, tag)
  } catch (error) {
    if (error instanceof FunctionError) throw registryFailure('VersionNotFound', `semverFilter: ${error.message}`)
    throw error
  }
}
