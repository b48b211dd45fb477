import type { Failure, Origin } from '@kedge/base'
import { describeKey, type KubeObject, type ObjectKey } from '@kedge/manifest'

import { isRecord } from '../canonical.ts'
import type { EffectError } from '../model/effect.ts'

/** Codes that the same request gets again until the source changes. */
const lasting: readonly number[] = [400, 405, 413, 415, 422]

/** Whether the same request may succeed later without a change of the source. */
export function mayPass(error: EffectError): boolean {
  return !error.outcomeKnown || !lasting.includes(error.code)
}

/** A refused request as a failure of the object it was about. */
export function failureOf(
  error: EffectError,
  about: { readonly key: ObjectKey; readonly origin?: Origin; readonly action: string },
): Failure {
  const reason = error.reason === '' ? 'RequestFailed' : error.reason
  const known = error.outcomeKnown ? '' : ' (it may have been carried out all the same)'
  const fix = remedyFor(error)
  return {
    code: reason,
    message: `${about.action} failed (${reason}): ${error.message}${known}`,
    object: describeKey(about.key),
    ...(about.origin === undefined ? {} : { origin: about.origin }),
    ...(fix === undefined ? {} : { fix }),
  }
}

function remedyFor(error: EffectError): string | undefined {
  if (isImmutableRefusal(error)) return 'allow replacing it, or delete it by hand, so that it is made anew'
  if (error.code === 403) return 'grant the identity that applies it the permission, or raise the quota'
  if (error.code === 413) return 'make the object smaller'
  return undefined
}

/**
 * Whether a change is refused because the field cannot be changed on an existing object. The API has no reason of its
 * own for it, so this is the one place that knows how the server words it.
 */
export function isImmutableRefusal(error: EffectError): boolean {
  if (error.code !== 422) return false
  const texts = [error.message, ...(error.causes ?? []).map((cause) => cause.message ?? '')]
  return texts.some((text) =>
    [
      'is immutable',
      'immutable field',
      'may not change once set',
      'updates to statefulset spec for fields other than',
    ].some((words) => text.includes(words)),
  )
}

const dataKinds: readonly string[] = [
  '/Namespace',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
]

/** Whether deleting an object takes data or other objects along that making it anew does not bring back. */
export function holdsData(key: ObjectKey, object: KubeObject): boolean {
  if (dataKinds.includes(`${key.group}/${key.kind}`)) return true
  if (key.kind !== 'StatefulSet' || key.group !== 'apps') return false
  const spec = object['spec']
  const claims = isRecord(spec) ? spec['volumeClaimTemplates'] : undefined
  return Array.isArray(claims) && claims.length > 0
}
