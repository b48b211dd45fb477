import { type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { type FetchedArtifact } from '../reconcile/effects.ts'
import { type PassEnd } from '../reconcile/pass-end.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { isRecord } from '../spec/field-reader.ts'
import {
  findCondition,
  readConditions,
  removeConditions,
  setConditions,
  statementsFor,
  type Condition,
  type Standing,
  type Statement,
} from '../status/conditions.ts'
import { type EventNote } from '../status/event-note.ts'
import { readRequest } from '../status/triggers.ts'

/** Reasons of failures that only a change of the object can mend: it is stalled and not tried again. */
export const terminalReasons: ReadonlySet<string> = new Set([
  'URLInvalid',
  'InvalidProviderConfiguration',
  'InvalidVerificationMode',
  'FeatureGateDisabled',
  'InvalidSpec',
  'InvalidChartReference',
  'MetadataPatchError',
  'ValuesFilesError',
  'VerificationError',
  'UnsupportedSourceKind',
])

/** The conditions of an object with a standing; `extra` is stated besides, and those named in `gone` go away. */
export function withStanding(
  object: KubeObject,
  standing: Standing,
  options: { readonly context: PassContext; readonly extra: readonly Statement[]; readonly gone: readonly string[] },
): readonly Condition[] {
  const old = removeConditions(readConditions(object['status']), options.gone)
  return setConditions(old, [...statementsFor(standing), ...options.extra], {
    generation: object.metadata.generation ?? 0,
    now: options.context.now,
  })
}

/**
 * Nothing is done while an object is suspended. Its status says that the generation was seen and the request answered:
 * who takes the artifact must not wait for a pass that never comes.
 */
export function suspendedSource(object: KubeObject): PassEnd {
  const { conditions: _conditions, ...seen } = baseStatus(object, [])
  return {
    status: { ...keptStatus(object), ...seen },
    notes: [],
    next: { kind: 'stalled', reason: 'suspended' },
    summary: 'suspended',
  }
}

/** What every status of a source says. */
export function baseStatus(object: KubeObject, conditions: readonly Condition[]): Readonly<Record<string, unknown>> {
  const { requestedAt } = readRequest(object)
  return {
    conditions,
    observedGeneration: object.metadata.generation ?? 0,
    ...(requestedAt === undefined ? {} : { lastHandledReconcileAt: requestedAt }),
  }
}

/** What a pass without a new artifact leaves as it was: the old artifact stays usable. */
export function keptStatus(object: KubeObject): Readonly<Record<string, unknown>> {
  return isRecord(object['status']) ? object['status'] : {}
}

/** `status.artifact`; its time stays while revision and digest do. */
export function artifactStatus(
  object: KubeObject,
  artifact: Omit<FetchedArtifact, 'subject'> & { readonly metadata?: Readonly<Record<string, string>> },
  now: string,
): Readonly<Record<string, unknown>> {
  const { metadata = {}, revision, digest } = artifact
  const old = keptStatus(object)['artifact']
  const isSame = isRecord(old) && old['revision'] === revision && old['digest'] === digest
  return {
    revision,
    digest,
    path: artifact.path,
    url: artifact.url,
    ...(artifact.size === undefined ? {} : { size: artifact.size }),
    lastUpdateTime: (isSame ? old['lastUpdateTime'] : undefined) ?? now,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}

/** A failure is told once, not on every retry. */
export function newFailure(
  object: KubeObject,
  failure: { readonly reason: string; readonly message: string },
): readonly EventNote[] {
  const ready = findCondition(readConditions(object['status']), 'Ready')
  if (ready?.status === 'False' && ready.message === failure.message) return []
  return [{ severity: 'error', ...failure, metadata: {} }]
}

/** The message of a failure that this version of Kedge leads to by not having something. */
export function notYet(code: string, message: string): Failure {
  return { code, message: `${message} by this version of Kedge`, fix: 'remove the field' }
}
