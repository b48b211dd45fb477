import type { Cluster } from '@kedge/cluster'
import { gvkOf, type KubeObject } from '@kedge/manifest'

/** Serves kinds that the cluster does not: those of an installed Flux or Argo CD are left alone. */
export async function installKinds(cluster: Cluster, definitions: readonly KubeObject[]): Promise<void> {
  for (const definition of definitions) {
    const ref = { ...gvkOf(definition), name: definition.metadata.name ?? '' }
    const found = await cluster.get(ref)
    if (found !== undefined && found.metadata.labels?.['app.kubernetes.io/managed-by'] !== 'kedge') continue
    await cluster.apply(definition, { fieldManager: 'kedge', force: true })
  }
  for (const definition of definitions) await waitUntilServed(cluster, definition)
  cluster.discovery.invalidate()
}

async function waitUntilServed(cluster: Cluster, definition: KubeObject): Promise<void> {
  const cache = cluster.cache(gvkOf(definition), { fieldSelector: `metadata.name=${definition.metadata.name ?? ''}` })
  try {
    await new Promise<void>((resolve) => {
      cache.onEvent((event) => {
        if (event.type !== 'deleted' && isEstablished(event.object)) resolve()
      })
    })
  } finally {
    cache.close()
  }
}

function isEstablished(definition: KubeObject): boolean {
  const status = definition['status'] as
    | { readonly conditions?: readonly { type: string; status: string }[] }
    | undefined
  return status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True') ?? false
}
