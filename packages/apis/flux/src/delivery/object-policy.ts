import { type ApplyMode } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

const prefix = 'kustomize.toolkit.fluxcd.io/'

/** What labels and annotations of an object in the source say about how it is applied (SPEC.md P1 to P5). */
export interface ObjectPolicy {
  readonly mode: ApplyMode
  /** The user lets this very object be deleted and made anew. */
  readonly replace: boolean
}

export function objectPolicy(object: KubeObject): ObjectPolicy {
  const replace = says(object, 'force', 'enabled')
  if (optsOut(object) !== undefined) return { mode: 'skip', replace }
  if (says(object, 'ssa', 'IfNotPresent')) return { mode: 'create-only', replace }
  return { mode: says(object, 'ssa', 'Merge') ? 'merge' : 'apply', replace }
}

/** Why the object takes no part in reconciliation at all; undefined when it does. */
export function optsOut(object: KubeObject): string | undefined {
  if (says(object, 'reconcile', 'disabled')) return `${prefix}reconcile: disabled`
  return says(object, 'ssa', 'Ignore') ? `${prefix}ssa: Ignore` : undefined
}

/** Why a live object of ours must not be deleted; undefined when it may. */
export function keepsLive(live: KubeObject): string | undefined {
  return says(live, 'prune', 'disabled') ? `${prefix}prune: disabled` : optsOut(live)
}

/** Values are compared without regard to case, as Flux does for all but `substitute`. */
function says(object: KubeObject, name: string, value: string): boolean {
  const key = prefix + name
  const wanted = value.toLowerCase()
  const { annotations, labels } = object.metadata
  return annotations?.[key]?.toLowerCase() === wanted || labels?.[key]?.toLowerCase() === wanted
}
