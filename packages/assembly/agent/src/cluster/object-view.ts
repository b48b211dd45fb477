import type { CacheEvent, Cluster, KindRef, ObjectCache } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'

/**
 * The objects of one kind as this process knows them: the watch cache, and over it what our own writes answered, until
 * the cache has caught up. Without the second half a pass could work from a status that it has replaced itself.
 */
export interface ObjectView {
  readonly synced: Promise<void>
  get(namespace: string, name: string): KubeObject | undefined
  list(): readonly KubeObject[]
  /** Takes in what a write of our own answered. */
  wrote(object: KubeObject): void
  onEvent(listener: (event: CacheEvent) => void): void
  close(): void
}

export function createObjectView(cluster: Cluster, kind: KindRef, labelSelector?: string): ObjectView {
  const cache: ObjectCache = cluster.cache(kind, labelSelector === undefined ? {} : { labelSelector })
  const written = new Map<string, KubeObject>()
  cache.onEvent((event) => {
    const key = keyOf(event.object)
    const own = written.get(key)
    if (own !== undefined && (event.type === 'deleted' || !isOlder(event.object, own))) written.delete(key)
  })
  function newest(object: KubeObject | undefined): KubeObject | undefined {
    return object === undefined ? undefined : (written.get(keyOf(object)) ?? object)
  }
  return {
    synced: cache.synced,
    get: (namespace, name) => newest(cache.get(namespace, name)),
    list: () => cache.list().map((object) => written.get(keyOf(object)) ?? object),
    wrote(object) {
      const { namespace = '', name = '' } = object.metadata
      const seen = cache.get(namespace, name)
      if (seen !== undefined && isOlder(seen, object)) written.set(keyOf(object), object)
    },
    onEvent: (listener) => void cache.onEvent(listener),
    close: () => cache.close(),
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
}

/** Resource versions of one object are compared as numbers, which Kubernetes guarantees from 1.35 on. */
function isOlder(one: KubeObject, other: KubeObject): boolean {
  const [a, b] = [one, other].map((object) => object.metadata.resourceVersion ?? '')
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return one.metadata.uid === other.metadata.uid && BigInt(a) < BigInt(b)
}
