import { fail, ok, type Failure, type Result } from '@kedge/base'
import { formatKey } from '@kedge/manifest'

import type { ReleaseProgram, StoredRecord } from '../model/effect.ts'
import type { Work } from '../model/work.ts'
import { maxTries, readFresh, rest } from '../patience.ts'
import { ownershipProblems } from '../release-mark.ts'
import { readManifest } from './read-manifest.ts'
import { describeUnknown, settleObjects, type SettledObject } from './settle-objects.ts'

/** How a manifest is begun with. */
export interface Planning {
  readonly manifest: string
  /** Begins the message of a failure. */
  readonly prefix: string
  /** Whether definitions were applied just now: the server may need a moment until it serves them. */
  readonly hasNewKinds?: boolean
}

/** The objects of a manifest, or why helm would not begin with it. */
export function* planObjects(work: Work, planning: Planning): ReleaseProgram<Result<readonly SettledObject[]>> {
  const { manifest, prefix, hasNewKinds = false } = planning
  const read = readManifest(manifest)
  if (!read.ok) return fail({ ...read.failure, message: `${prefix}${read.failure.message}` })
  let settled = yield* settleObjects(read.value, work.target.namespace)
  const looks = hasNewKinds ? maxTries : 1
  for (let tries = 1; tries < looks && settled.ok && settled.value.unknown.length > 0; tries += 1) {
    yield* rest(tries)
    settled = yield* settleObjects(read.value, work.target.namespace)
  }
  if (!settled.ok) return fail({ ...settled.failure, message: `${prefix}${settled.failure.message}` })
  const { unknown } = settled.value
  if (unknown.length > 0) return fail({ code: 'UnknownKind', message: `${prefix}${describeUnknown(unknown)}` })
  return ok(settled.value.settled)
}

/**
 * Why a release cannot have its objects: one exists and is not the release's own, by the cluster's mark or the word of
 * its records. With `takeOwnership` nothing is asked.
 */
export function* findConflict(
  work: Work,
  objects: readonly SettledObject[],
  how: { readonly records: readonly StoredRecord[]; readonly prefix: string },
): ReleaseProgram<Failure | undefined> {
  if (work.options.takeOwnership) return undefined
  const own = yield* recordedKeys(work, how.records)
  const refs = objects.map(({ ref }) => ref).filter((ref) => !own.has(formatKey(ref)))
  const answers = yield* readFresh(refs)
  for (const [index, ref] of refs.entries()) {
    const answer = answers[index]
    const about = `${ref.kind} "${ref.name}" in namespace "${ref.namespace}"`
    const object = `${ref.kind}/${ref.namespace}/${ref.name}`
    if (answer?.ok !== true) {
      const why = answer?.error.message ?? 'no answer'
      const message = `${how.prefix}could not get information about the resource ${about}: ${why}`
      return { code: 'Unreadable', message, object }
    }
    const problems = answer.value === undefined ? [] : ownershipProblems(answer.value, work.target)
    if (problems.length > 0) {
      const message = `${how.prefix}${about} exists and cannot be imported into the current release: invalid ownership metadata; ${problems.join('; ')}`
      return { code: 'OwnedElsewhere', message, object }
    }
  }
  return undefined
}

function* recordedKeys(work: Work, records: readonly StoredRecord[]): ReleaseProgram<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (const { release } of records) {
    const read = readManifest(release.manifest)
    const settled = read.ok ? yield* settleObjects(read.value, work.target.namespace) : undefined
    for (const { ref } of settled?.ok === true ? settled.value.settled : []) keys.add(formatKey(ref))
  }
  return keys
}
