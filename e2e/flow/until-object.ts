import type { Cluster, ObjectRef } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'

/** Resolves with a live object as soon as it is as wanted; the test's own time limit ends the wait. */
export async function untilObject(
  cluster: Cluster,
  place: ObjectRef & { readonly namespace: string },
  isWanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> {
  const { namespace, name } = place
  const cache = cluster.cache(place, { namespace, fieldSelector: `metadata.name=${name}` })
  await cache.synced
  const found = await new Promise<KubeObject | undefined>((resolve) => {
    const look = (): void => {
      const object = cache.get(namespace, name)
      if (isWanted(object)) resolve(object)
    }
    cache.onEvent(look)
    look()
  })
  cache.close()
  return found
}
