import { Bug } from '@kedge/base'
import type { Failure } from '@kedge/base'
import type { JsonPatchStep, Memory, ObjectRef } from '@kedge/engine'
import type { StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'

import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { ReleaseTarget } from '../model/target.ts'

/** What is no drift. */
export interface DriftOptions {
  /** JSON pointers of fields of an object that may be as they are; an empty pointer leaves the whole object alone. Pure. */
  ignore(object: KubeObject): readonly string[]
  /** Whether an object, as the manifest or the cluster has it, is left alone by its own word. Pure. */
  leaves(object: KubeObject): boolean
  /** `ActionEnd.memory` or `DriftEnd.memory` of the release's last run in this process, where there was one. */
  readonly memory?: Memory
}

/** An object that is not as the release has it. */
export interface Drift {
  readonly ref: ObjectRef
  readonly kind: 'missing' | 'changed'
  /** What an apply would change of the live object, by JSON pointer; values of Secrets are masked. Empty when missing. */
  readonly steps: readonly JsonPatchStep[]
}

/** What was found. */
export type DriftEnd =
  | { readonly ok: true; readonly drift: readonly Drift[] }
  | { readonly ok: false; readonly failure: Failure; readonly retryable: boolean }

/** Compares a stored release with the cluster, by dry runs where the fields alone do not tell. Writes nothing. */
export function* findDrift(
  _target: ReleaseTarget,
  _release: StoredRelease,
  _options: DriftOptions,
): ReleaseProgram<DriftEnd> {
  throw new Bug('not made yet')
}

/** Applies what a stored release has where the cluster has drifted. The records stay as they are. */
export function* correctDrift(
  _target: ReleaseTarget,
  _release: StoredRelease,
  _options: DriftOptions,
): ReleaseProgram<ActionEnd> {
  throw new Bug('not made yet')
}
