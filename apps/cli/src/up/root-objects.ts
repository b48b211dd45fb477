import type { Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import type { Repository } from './repository.ts'

/** The namespace that `kedge up` keeps its own objects in, as `flux bootstrap` does. */
export const homeNamespace = 'flux-system'

/** The objects that a repository is followed with: a GitRepository, and a Kustomization of the path. */
export function rootObjects(repository: Repository): readonly KubeObject[] {
  const metadata = { name: repository.name, namespace: homeNamespace }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: homeNamespace } },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: {
        interval: '1m',
        url: repository.url,
        ...(repository.branch === undefined ? {} : { ref: { branch: repository.branch } }),
      },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval: '10m',
        path: repository.path,
        prune: true,
        sourceRef: { kind: 'GitRepository', name: repository.name },
      },
    },
  ]
}

/** Applies the root objects; an object that is already so is left alone by the server. */
export async function applyRootObjects(cluster: Cluster, repository: Repository): Promise<void> {
  for (const object of rootObjects(repository)) await cluster.apply(object, { fieldManager: 'kedge-up', force: true })
}
