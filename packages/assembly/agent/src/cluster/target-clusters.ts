import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'
import { createCluster, loadCluster, serviceAccountIdentity, type Cluster, type ClusterPorts } from '@kedge/cluster'
import type { ClusterPort } from '@kedge/engine'
import { textData, type TargetCluster } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { createKindCaches, engineCluster, type KindCaches, type OwnedEvent } from './engine-cluster.ts'

/** The cluster that a delivery goes to, as the engine sees it. */
export interface Target {
  /** Tells one cluster's objects from another's of the same name; empty for the agent's own cluster. */
  readonly clusterId: string
  readonly port: ClusterPort
  readonly caches: KindCaches
}

export type TargetAnswer = Result<Target, Failure & { readonly gone: boolean }>

/** All clusters that deliveries go to. Remote ones are opened when first named and closed with the agent. */
export interface TargetClusters {
  find(target: TargetCluster): Promise<TargetAnswer>
  /** The caches of the agent's own cluster. */
  readonly own: KindCaches
  close(): Promise<void>
}

/** Remote clusters open at once. */
const maxRemotes = 200

interface Remote {
  readonly cluster: Cluster
  readonly caches: KindCaches
}

export function createTargetClusters(options: {
  readonly cluster: Cluster
  readonly ports: ClusterPorts
  /** Reads a Secret of the agent's own cluster. */
  readonly readSecret: (namespace: string, name: string) => Promise<KubeObject | undefined>
  readonly onEvent: (clusterId: string, event: OwnedEvent) => void
}): TargetClusters {
  const { cluster, ports } = options
  const own = createKindCaches(cluster, (event) => options.onEvent('', event))
  const remotes = new Map<string, Remote>()

  function openRemote(id: string, config: Parameters<typeof createCluster>[0]): Remote {
    const known = remotes.get(id)
    if (known !== undefined) return known
    const made = createCluster(config, ports)
    const caches = createKindCaches(made, (event) => options.onEvent(id, event))
    const remote = { cluster: made, caches }
    remotes.set(id, remote)
    return remote
  }

  async function findRemote(
    target: TargetCluster,
  ): Promise<Result<{ id: string; remote: Remote }, Failure & { readonly gone: boolean }>> {
    const { kubeConfig } = target
    if (kubeConfig === undefined || kubeConfig.kind === 'ConfigMap') {
      return fail({ code: 'KubeConfig', message: 'spec.kubeConfig.configMapRef is not supported', gone: false })
    }
    const { namespace, name } = kubeConfig
    const secret = await options.readSecret(namespace, name)
    if (secret === undefined) {
      return fail({ code: 'KubeConfigMissing', message: `Secret '${namespace}/${name}' not found`, gone: true })
    }
    const data = textData(secret)
    const text = kubeConfig.key === undefined ? (data['value'] ?? data['value.yaml']) : data[kubeConfig.key]
    if (text === undefined) {
      const key = kubeConfig.key ?? 'value'
      return fail({
        code: 'KubeConfigMissing',
        message: `Secret '${namespace}/${name}' has no key '${key}'`,
        gone: false,
      })
    }
    if (remotes.size >= maxRemotes)
      return fail({ code: 'TooManyClusters', message: `more than ${maxRemotes} clusters`, gone: false })
    try {
      // A new kubeconfig in the Secret is another cluster: what was known of the old one is not carried over.
      const id = `${namespace}/${name}#${secret.metadata.uid ?? ''}.${secret.metadata.resourceVersion ?? ''}`
      return ok({ id, remote: openRemote(id, await loadCluster({ kubeconfigText: text })) })
    } catch (error) {
      if (error instanceof FailureError) return fail({ ...error.failure, gone: false })
      throw error
    }
  }

  return {
    own,
    async find(target) {
      let found: { id: string; reader: Cluster; caches: KindCaches } = { id: '', reader: cluster, caches: own }
      if (target.kubeConfig !== undefined) {
        const remote = await findRemote(target)
        if (!remote.ok) return remote
        found = { id: remote.value.id, reader: remote.value.remote.cluster, caches: remote.value.remote.caches }
      }
      const account = target.serviceAccount
      if (account === undefined) return ok(toTarget(found, found.reader))
      if (target.kubeConfig === undefined && !(await accountExists(cluster, account))) {
        const message = `ServiceAccount '${account.namespace}/${account.name}' not found`
        return fail({ code: 'ServiceAccountMissing', message, fix: 'create it', gone: true })
      }
      return ok(toTarget(found, found.reader.as(serviceAccountIdentity(account.namespace, account.name))))
    },
    async close() {
      own.close()
      for (const remote of remotes.values()) {
        remote.caches.close()
        await remote.cluster.close()
      }
      remotes.clear()
    },
  }
}

function toTarget(found: { id: string; reader: Cluster; caches: KindCaches }, writer: Cluster): Target {
  const { id, reader, caches } = found
  return { clusterId: id, port: engineCluster({ reader, writer, caches }), caches }
}

/** Impersonating an account that does not exist would succeed wherever its name was given rights. */
async function accountExists(
  cluster: Cluster,
  account: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const ref = { group: '', version: 'v1', kind: 'ServiceAccount', ...account }
  return (await cluster.get(ref, { metadataOnly: true })) !== undefined
}
