import { FailureError } from '@kedge/base'
import type { CacheEvent, Cluster, ObjectCache } from '@kedge/cluster'
import type { ClusterPort, ObjectRef } from '@kedge/engine'
import { ApiError, type GroupVersionKind, type KubeObject } from '@kedge/manifest'

/** An object of a held kind changed, as its watch cache saw it. */
export type OwnedEvent = CacheEvent

/** The kinds of one cluster that deliveries look at, each held once for all of them. */
export interface KindCaches {
  /** Holds kinds; resolves when each is in step with the server or known not to be served. */
  hold(kinds: readonly GroupVersionKind[]): Promise<void>
  /** The object as the cache has it; `unknown` when its kind is not held or not in step. */
  live(ref: ObjectRef): KubeObject | undefined | 'unknown'
  /** Whether the view of an object's kind is at least as new as a resource version. */
  hasSeen(ref: ObjectRef, resourceVersion: string): boolean
  close(): void
}

/** Caches on a cluster; `onEvent` hears every change of every held object. */
export function createKindCaches(cluster: Cluster, onEvent: (event: OwnedEvent) => void): KindCaches {
  const held = new Map<string, { readonly cache: ObjectCache; readonly ready: Promise<void> }>()
  async function open(gvk: GroupVersionKind): Promise<void> {
    const key = kindKey(gvk)
    const known = held.get(key)
    if (known !== undefined) return known.ready
    const cache = cluster.cache(gvk, { keepManagedFields: true })
    const ready = cache.synced
    held.set(key, { cache, ready })
    cache.onEvent(onEvent)
    return ready
  }
  return {
    async hold(kinds) {
      const served = await Promise.all(kinds.map(async (gvk) => ((await findResource(cluster, gvk)) ? [gvk] : [])))
      await Promise.all(served.flat().map(open))
    },
    live(ref) {
      const cache = held.get(kindKey(ref))?.cache
      return cache?.state().phase === 'live' ? cache.get(ref.namespace, ref.name) : 'unknown'
    },
    hasSeen(ref, resourceVersion) {
      const state = held.get(kindKey(ref))?.cache.state()
      if (state?.phase !== 'live' || !/^\d+$/.test(state.resourceVersion) || !/^\d+$/.test(resourceVersion))
        return false
      return BigInt(state.resourceVersion) >= BigInt(resourceVersion)
    },
    close() {
      for (const { cache } of held.values()) cache.close()
      held.clear()
    },
  }
}

/** One cache a group and kind; the version that was asked for first serves them all. */
function kindKey(kind: { readonly group: string; readonly kind: string }): string {
  return `${kind.group}/${kind.kind}`
}

async function findResource(
  cluster: Cluster,
  gvk: GroupVersionKind,
): Promise<Awaited<ReturnType<Cluster['resourceFor']>> | undefined> {
  try {
    return await cluster.resourceFor(gvk)
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'unknown-kind') return undefined
    throw asApiError(error)
  }
}

const propagations = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const

/**
 * The engine's port on a cluster. Reads and watches go as `reader`, writes as `writer`, so that an impersonated account
 * needs no right to watch whole kinds.
 */
export function engineCluster(options: {
  readonly reader: Cluster
  readonly writer: Cluster
  readonly caches: KindCaches
}): ClusterPort {
  const { reader, writer, caches } = options
  return {
    async resourceFor(gvk, how) {
      if (how?.fresh === true) reader.discovery.invalidate()
      return findResource(reader, gvk)
    },
    get: (ref) => translate(() => reader.get(ref)),
    list: (gvk, how) =>
      translate(async () => {
        const namespace = how?.namespace === undefined ? {} : { namespace: how.namespace }
        const max = how?.limit === undefined ? {} : { max: how.limit }
        const { items } = await reader.list(gvk, { ...namespace, ...max })
        return items
      }),
    apply: (object, how) => translate(async () => (await writer.apply(object, how)).object),
    patch: (ref, body, how) => translate(async () => (await writer.patch(ref, { type: 'json', body }, how)).object),
    delete: (ref, how) =>
      translate(async () => {
        const { outcome } = await writer.delete(ref, {
          uid: how.uid,
          propagation: propagations[how.propagation],
          ...(how.resourceVersion === undefined ? {} : { resourceVersion: how.resourceVersion }),
        })
        return outcome === 'deleting' ? 'terminating' : 'gone'
      }),
    watch: (kinds) => translate(() => caches.hold(kinds)),
    live: (ref) => caches.live(ref),
  }
}

/** The engine knows ApiErrors only; what the client refuses without a request is a 4xx that will not change. */
async function translate<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw asApiError(error)
  }
}

function asApiError(error: unknown): unknown {
  if (!(error instanceof FailureError)) return error
  const { code, message } = error.failure
  const status = code === 'unknown-kind' ? { code: 404, reason: 'NotFound' } : { code: 422, reason: 'Invalid' }
  return new ApiError({ ...status, message }, { outcomeKnown: true, cause: error })
}
