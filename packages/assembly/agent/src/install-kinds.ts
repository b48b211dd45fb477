import type { Cluster } from '@kedge/cluster'
import { gvkOf, type KubeObject } from '@kedge/manifest'

/** Serves kinds that the cluster does not: those of an installed Flux or Argo CD are left alone. */
export async function installKinds(cluster: Cluster, definitions: readonly KubeObject[]): Promise<void> {
  await Promise.all(definitions.map((definition) => installKind(cluster, definition)))
  cluster.discovery.invalidate()
}

async function installKind(cluster: Cluster, definition: KubeObject): Promise<void> {
  const found = await cluster.get({ ...gvkOf(definition), name: definition.metadata.name ?? '' })
  if (found === undefined || isOurs(found)) await cluster.apply(definition, { fieldManager: 'kedge', force: true })
  await waitUntilServed(cluster, definition)
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

/** One that a repository brings is that repository's, though it was ours first. */
function isOurs({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels['app.kubernetes.io/managed-by'] === 'kedge' && labels['kustomize.toolkit.fluxcd.io/name'] === undefined
}
