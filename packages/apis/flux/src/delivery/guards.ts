import { type DeleteGuards } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

/** Carries the digest of a held plan: lets exactly that plan delete. */
export const confirmDeleteAnnotation = 'kedge.dev/confirm-delete'
/** `disabled` on a Kustomization restores Flux's behaviour: no deletion is ever held. */
export const deleteGuardAnnotation = 'kedge.dev/delete-guard'

/** The guards that the annotations of an object ask for; both on when it says nothing (SPEC.md G1 to G3). */
export function readGuards(object: KubeObject): DeleteGuards {
  const annotations = object.metadata.annotations ?? {}
  const off = annotations[deleteGuardAnnotation]?.toLowerCase() === 'disabled'
  const confirmed = annotations[confirmDeleteAnnotation]
  return { allowEmpty: off, limit: off ? 'off' : 'default', ...(confirmed === undefined ? {} : { confirmed }) }
}

/** Tells how to confirm a held plan. */
export function describeConfirmation(object: KubeObject, planDigest: string): string {
  const target = `${object.kind.toLowerCase()} -n ${object.metadata.namespace ?? ''} ${object.metadata.name ?? ''}`
  return `to let it happen: kubectl annotate ${target} --overwrite ${confirmDeleteAnnotation}=${shortDigest(planDigest)}`
}

/** The first 12 hexadecimal digits, enough to name a plan. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}
