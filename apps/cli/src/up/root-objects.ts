import { fileURLToPath } from 'node:url'
import type { ExpectedObject } from '@kedge/agent'
import { FailureError } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { gvkOf, type KubeObject } from '@kedge/manifest'
import type { Repository } from './repository.ts'

/** The namespace that `kedge up` keeps its own objects in, as `flux bootstrap` does. */
export const homeNamespace = 'flux-system'

const rootLabel = 'app.kubernetes.io/managed-by'
const rootLabelValue = 'kedge-up'

/** The objects that a repository is followed with: a GitRepository, and a Kustomization of the path. */
export function rootObjects(repository: Repository): readonly KubeObject[] {
  const metadata = {
    name: repository.name,
    namespace: homeNamespace,
    labels: { [rootLabel]: rootLabelValue },
    // A repository that Flux has bootstrapped brings objects of these names, which follow another place.
    annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
  }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: homeNamespace } },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: {
        interval: '1m',
        url: repository.url,
        ref: repository.branch === undefined ? { name: 'HEAD' } : { branch: repository.branch },
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

/**
 * Applies the root objects, and names those that are reconciled; the server leaves alone what is already so. Throws
 * FailureError `NameTaken` when somebody else has made an object of their name.
 */
export async function applyRootObjects(cluster: Cluster, repository: Repository): Promise<readonly ExpectedObject[]> {
  const objects = rootObjects(repository)
  for (const object of objects) await refuseForeign(cluster, object)
  for (const object of objects) await cluster.apply(object, { fieldManager: 'kedge-up', force: true })
  return objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map(({ kind, metadata }) => ({ kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' }))
}

async function refuseForeign(cluster: Cluster, object: KubeObject): Promise<void> {
  if (object.kind === 'Namespace') return
  const { namespace = '', name = '' } = object.metadata
  const found = await cluster.get({ ...gvkOf(object), namespace, name })
  if (found === undefined || found.metadata.labels?.[rootLabel] === rootLabelValue) return
  throw new FailureError({
    code: 'NameTaken',
    message: `${object.kind} ${namespace}/${name} is there already, and was not made by kedge up`,
    fix: 'choose another name for the repository with --name, or delete that object',
  })
}

/** A repository that an earlier `kedge up` on the same cluster began to follow. */
export interface FollowedRepository {
  readonly name: string
  readonly url: string
  /** The folder on this machine, where it is one. */
  readonly folder?: string
}

/** The repositories that the cluster already follows; none where the kinds are not served yet. */
export async function followedRepositories(cluster: Cluster): Promise<readonly FollowedRepository[]> {
  const kind = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository' }
  const served = await cluster.resourceFor(kind).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FailureError) return false
      throw error
    },
  )
  if (!served) return []
  const { items } = await cluster.list(kind, {
    namespace: homeNamespace,
    labelSelector: `${rootLabel}=${rootLabelValue}`,
  })
  return items.map((object) => {
    const { url } = object['spec'] as { readonly url: string }
    const followed = { name: object.metadata.name ?? '', url }
    return url.startsWith('file://') ? { ...followed, folder: fileURLToPath(url) } : followed
  })
}
