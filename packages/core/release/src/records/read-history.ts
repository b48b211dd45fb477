import type { Failure } from '@kedge/base'
import { recordName, type StoredRelease } from '@kedge/helm'

import type { MalformedRecord, RecordList, ReleaseProgram } from '../model/effect.ts'
import type { ReleaseTarget } from '../model/target.ts'
import { askPatiently, mayPass } from '../patience.ts'

/** The records of a release, oldest revision first; malformed ones apart. */
export type History =
  | {
      readonly ok: true
      readonly releases: readonly StoredRelease[]
      readonly malformed: readonly MalformedRecord[]
      /** The resource versions of the Secrets that were read, malformed ones too, by name. */
      readonly versions: ReadonlyMap<string, string>
    }
  /** They could not be read; `retryable` is false where the API denies it. */
  | Unread

/** Records that could not be read. */
export interface Unread {
  readonly ok: false
  readonly failure: Failure
  readonly retryable: boolean
}

/** What names a release's records. */
export type RecordPlace = Pick<ReleaseTarget, 'name' | 'storageNamespace'>

/** Reads all records of a release from the server. */
export function* readHistory(target: RecordPlace): ReleaseProgram<History> {
  const read = yield* readRecords(target)
  if (!read.ok) return read
  const { records, malformed } = read.value
  const versions = new Map(malformed.map(({ name, resourceVersion }) => [name, resourceVersion]))
  for (const { release, resourceVersion } of records) {
    versions.set(recordName(release.name, release.version), resourceVersion)
  }
  return { ok: true, releases: records.map(({ release }) => release), malformed, versions }
}

/** The same with what is needed to change a record. */
export function* readRecords(
  target: RecordPlace,
): ReleaseProgram<{ readonly ok: true; readonly value: RecordList } | Unread> {
  const answer = yield* askPatiently({
    kind: 'list-records' as const,
    namespace: target.storageNamespace,
    release: target.name,
  })
  if (answer.ok) return answer
  const failure: Failure = {
    code: 'RecordsUnreadable',
    message: `the records of release ${target.name} in namespace ${target.storageNamespace} could not be read: ${answer.error.message}`,
  }
  return { ok: false, failure, retryable: mayPass(answer.error) }
}
