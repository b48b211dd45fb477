import type { Draft, LocalAnswer, LocalClient } from '../../contracts.ts'
import { child, children, text } from '../../kinds/draft.ts'
import { nameOf, namespaceOf, uidOf, type KubeObject } from './kube-object.ts'
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from './resources.ts'
import { createWatchCache, type WatchCache } from './watch-cache.ts'

/** A request of a controller that the server refused. */
export class RequestRefused extends Error {
  readonly status: number
  readonly reason: string
  /** Whether it was a write into a namespace that goes away. */
  readonly isTooLate: boolean

  constructor(status: number, answer: Readonly<Draft>) {
    super(text(answer, 'message'))
    this.name = 'RequestRefused'
    this.status = status
    this.reason = text(answer, 'reason')
    const causes = children(child(answer, 'details'), 'causes')
    this.isTooLate = causes.some((cause) => cause['reason'] === 'NamespaceTerminating')
  }
}

export interface RemoveOptions {
  readonly graceSeconds?: number
  readonly propagation?: 'Orphan' | 'Background' | 'Foreground'
}

/** The API as controllers use it: shared caches to read, requests to write. Answers go into the caches at once. */
export interface ClusterAccess {
  /** The shared cache of a resource; started with all others. */
  cache(type: ResourceType): WatchCache
  /** The live object, past the caches; undefined when it is not there. */
  read(
    type: ResourceType,
    place: { readonly namespace: string; readonly name: string },
  ): Promise<KubeObject | undefined>
  create(type: ResourceType, object: Draft): Promise<KubeObject>
  /** Writes a whole object, or with a subresource its status. */
  update(type: ResourceType, object: Draft, subresource?: string): Promise<KubeObject>
  mergePatch(type: ResourceType, object: KubeObject, patch: Draft): Promise<KubeObject>
  /** Deletes this very object; one that is gone or was replaced is left alone. */
  remove(type: ResourceType, object: KubeObject, options?: RemoveOptions): Promise<void>
  raw: LocalClient
  start(): Promise<void>
  close(): void
}

const NOT_FOUND = 404
const CONFLICT = 409

/** Makes the access of one set of controllers. */
export function createClusterAccess(client: LocalClient): ClusterAccess {
  const caches = new Map<string, WatchCache>()

  function cache(type: ResourceType): WatchCache {
    const path = collectionPath(type)
    const known = caches.get(path)
    if (known !== undefined) return known
    const made = createWatchCache(client, path)
    caches.set(path, made)
    return made
  }

  /** Only resources that something reads are cached. */
  function absorb(type: ResourceType, object: KubeObject): KubeObject {
    caches.get(collectionPath(type))?.absorb(object)
    return object
  }

  return {
    cache,
    raw: client,
    read: async (type, place) => {
      const answer = await client.request({ method: 'GET', path: objectPath(type, place) })
      return answer.status === NOT_FOUND ? undefined : accepted(answer)
    },
    create: async (type, object) => {
      const body = { apiVersion: apiVersionOf(type), kind: type.kind, ...object }
      const path = collectionPath(type, namespaceOf(object))
      return absorb(type, accepted(await client.request({ method: 'POST', path, body })))
    },
    update: async (type, object, subresource = '') => {
      const path = objectPath(type, placeOf(object), subresource)
      return absorb(type, accepted(await client.request({ method: 'PUT', path, body: object })))
    },
    mergePatch: async (type, object, patch) => {
      const path = objectPath(type, placeOf(object))
      const call = { method: 'PATCH', path, body: patch, contentType: 'application/merge-patch+json' } as const
      return absorb(type, accepted(await client.request(call)))
    },
    remove: async (type, object, options = {}) => {
      const answer = await client.request({
        method: 'DELETE',
        path: objectPath(type, placeOf(object)),
        body: deleteOptions(object, options),
      })
      if (answer.status === NOT_FOUND || answer.status === CONFLICT) return
      const body = accepted(answer)
      const present = caches.get(collectionPath(type))
      if (body['kind'] === 'Status') present?.absorbRemoval(object)
      else present?.absorb(body)
    },
    start: async () => {
      await Promise.all([...caches.values()].map((each) => each.start()))
    },
    close: () => {
      for (const each of caches.values()) each.close()
    },
  }
}

/**
 * Whether an error says that the object is gone, changed meanwhile, or exists already, or that its namespace goes away:
 * nothing to report, look again.
 */
export function isRace(error: unknown): boolean {
  if (!(error instanceof RequestRefused)) return false
  return error.status === NOT_FOUND || error.status === CONFLICT || error.isTooLate
}

function placeOf(object: KubeObject): { readonly namespace: string; readonly name: string } {
  return { namespace: namespaceOf(object), name: nameOf(object) }
}

function deleteOptions(object: KubeObject, options: RemoveOptions): Draft {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: uidOf(object) },
    ...(options.graceSeconds === undefined ? {} : { gracePeriodSeconds: options.graceSeconds }),
    ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
  }
}

function accepted(answer: LocalAnswer): KubeObject {
  if (answer.status < 300) return answer.body
  throw new RequestRefused(answer.status, answer.body)
}
