import type { Cluster } from '@kedge/cluster'
import {
  findCondition,
  finalizer,
  readArtifact,
  readConditions,
  reconcileGitRepository,
  readRequest,
  type Condition,
  type PassEnd,
} from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { createObjectView } from '../cluster/object-view.ts'
import { passContext } from '../pass-context.ts'
import type { GitSources } from '../sources/git-sources.ts'
import type { AgentParts } from './agent-parts.ts'
import type { Controller, Standing } from './controller.ts'
import { interpret, type FluxInterpreter } from './interpret.ts'
import { createObjectWriter } from './object-writer.ts'
import { finishPass } from './finish-pass.ts'

const kindRef = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' }

/** Keeps GitRepositories: polls them, holds their files, says in their status what was found. */
export interface GitRepositories extends Controller {
  get(namespace: string, name: string): KubeObject | undefined
  /** Calls the listener when a repository's status names files that were not there before. */
  onArtifact(listener: (namespace: string, name: string) => void): void
}

export function createGitRepositories(parts: AgentParts, sources: GitSources): GitRepositories {
  const { cluster, wake } = parts
  const view = createObjectView(cluster, kindRef)
  const writer = createObjectWriter({ cluster, view, fieldManager: 'source-controller', hasStatusSubresource: true })
  view.onEvent((event) => {
    const ref = refOf(event.object)
    if (event.type === 'deleted') sources.forget(ref.namespace, ref.name)
    if (event.type !== 'modified' || asksForTurn(event.previous, event.object))
      wake('GitRepository', ref, priorityOf(event.object))
    parts.changed()
  })

  const listeners: ((namespace: string, name: string) => void)[] = []
  const fresh = new Set<string>()

  async function turn(object: KubeObject): Promise<PassEnd> {
    const interpreter: FluxInterpreter = {
      read: ({ ref }) => readObject(cluster, ref),
      'fetch-git': async ({ spec, request }) => {
        const answer = await sources.fetch(spec, request)
        if (answer.kind === 'fetched' && answer.changed) fresh.add(`${request.namespace}/${request.name}`)
        return answer
      },
      'set-finalizers': async ({ finalizers }) => {
        await writer.finalizers(object, finalizers)
        return null
      },
    }
    return interpret(reconcileGitRepository(object, passContext(parts)), interpreter)
  }

  return {
    kind: 'GitRepository',
    synced: view.synced,
    get: (namespace, name) => view.get(namespace, name),
    onArtifact: (listener) => void listeners.push(listener),
    async turn(namespace, name) {
      const object = view.get(namespace, name)
      if (object === undefined) return { kind: 'stalled', reason: 'deleted' }
      if (object.metadata.deletionTimestamp !== undefined) {
        // Flux's source controller leaves its finalizer behind; with the files only in memory nothing needs one.
        const left = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer)
        if (left.length !== (object.metadata.finalizers ?? []).length) await writer.finalizers(object, left)
        return { kind: 'stalled', reason: 'deleted' }
      }
      const next = await finishPass(await turn(object), { object, parts, writer, reporter: 'source-controller' })
      // Told only now: who looks at once must find the artifact in the status.
      if (fresh.delete(`${namespace}/${name}`)) for (const listener of listeners) listener(namespace, name)
      return next
    },
    objects: () => view.list(),
    standing: (object) => gitStanding(object),
    close: () => view.close(),
  }
}

function gitStanding(object: KubeObject): Standing {
  return { ...standingOf(object), revision: readArtifact(object)?.revision ?? '' }
}

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
