import type { Cluster } from '@kedge/cluster'
import { findCondition, readConditions, readRequest, type Condition } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import type { Standing } from './controller.ts'

/** How a Flux object stands, by its spec.suspend and its Ready condition. */
export function standingOf(object: KubeObject): Omit<Standing, 'revision'> {
  const { namespace = '', name = '' } = object.metadata
  const conditions = readConditions(object['status'])
  const ready = findCondition(conditions, 'Ready')
  const state = stateOf(object, ready)
  const step = state === 'progressing' ? findCondition(conditions, 'Reconciling') : undefined
  return {
    kind: object.kind,
    namespace,
    name,
    state,
    reason: reasonOf(state, ready),
    message: (step ?? ready)?.message ?? '',
  }
}

function stateOf(object: KubeObject, ready: Condition | undefined): Standing['state'] {
  const spec: { readonly suspend?: boolean } = object['spec'] ?? {}
  if (spec.suspend === true) return 'suspended'
  if (ready === undefined || ready.status === 'Unknown' || isOutdated(object)) return 'progressing'
  return ready.status === 'True' ? 'ready' : 'failed'
}

function reasonOf(state: Standing['state'], ready: Condition | undefined): string {
  if (state === 'ready') return ''
  return state === 'suspended' ? 'Suspended' : (ready?.reason ?? 'Progressing')
}

/** Whether the status speaks of an earlier spec, or does not answer the last request yet. */
function isOutdated(object: KubeObject): boolean {
  const status = object['status'] as { readonly observedGeneration?: number } | undefined
  return status?.observedGeneration !== object.metadata.generation || readRequest(object).isNew
}

/** Whether a change of an object is one that its reconciler has to see: not of its status alone. */
export function asksForTurn(before: KubeObject, after: KubeObject): boolean {
  const { metadata: old } = before
  const { metadata } = after
  if (old.uid !== metadata.uid || old.generation !== metadata.generation) return true
  if (old.deletionTimestamp !== metadata.deletionTimestamp) return true
  return watchedAnnotations.some((name) => old.annotations?.[name] !== metadata.annotations?.[name])
}

const watchedAnnotations = [
  'reconcile.fluxcd.io/requestedAt',
  'reconcile.fluxcd.io/forceAt',
  'kedge.dev/confirm-delete',
  'kedge.dev/delete-guard',
]

/** Somebody who asks waits for the answer; deletions have workers of their own. */
export function priorityOf(object: KubeObject): 'request' | 'deletion' | 'normal' {
  if (object.metadata.deletionTimestamp !== undefined) return 'deletion'
  return readRequest(object).isNew ? 'request' : 'normal'
}

export function refOf(object: KubeObject): { readonly namespace: string; readonly name: string } {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' }
}

/** Reads an object of the agent's own cluster with a request. */
export function readObject(
  cluster: Cluster,
  ref: { readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string },
): Promise<KubeObject | undefined> {
  const slash = ref.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : ref.apiVersion.slice(0, slash)
  return cluster.get({
    group,
    version: ref.apiVersion.slice(slash + 1),
    kind: ref.kind,
    namespace: ref.namespace,
    name: ref.name,
  })
}
