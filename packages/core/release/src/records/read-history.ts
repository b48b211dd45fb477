import { Bug } from '@kedge/base'
import type { Failure } from '@kedge/base'
import type { StoredRelease } from '@kedge/helm'

import type { MalformedRecord, ReleaseProgram } from '../model/effect.ts'
import type { ReleaseTarget } from '../model/target.ts'

/** The records of a release, oldest revision first; malformed ones apart. */
export type History =
  | { readonly ok: true; readonly releases: readonly StoredRelease[]; readonly malformed: readonly MalformedRecord[] }
  /** They could not be read; `retryable` is false where the API denies it. */
  | { readonly ok: false; readonly failure: Failure; readonly retryable: boolean }

/** Reads all records of a release from the server. */
export function* readHistory(_target: Pick<ReleaseTarget, 'name' | 'storageNamespace'>): ReleaseProgram<History> {
  throw new Bug('not made yet')
}
