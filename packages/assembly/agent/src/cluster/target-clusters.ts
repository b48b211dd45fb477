import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'
import {
  createCluster,
  loadCluster,
  serviceAccountIdentity,
  type Cluster,
  type ClusterConfig,
  type ClusterPorts,
} from '@kedge/cluster'
import type { ClusterPort } from '@kedge/engine'
import { textData, type TargetCluster } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { configOf, readDescribedCluster } from './described-cluster.ts'
import { createKindCaches, engineCluster, type KindCaches, type OwnedEvent } from './engine-cluster.ts'

/** The cluster that a delivery goes to, as the engine sees it. */
export interface Target {
  /** Tells one cluster's objects from another's of the same name; empty for the agent's own cluster. */
  readonly clusterId: string
  readonly port: ClusterPort
  readonly caches: KindCaches
  /** As the account that writes, for what the engine's port has no word for. */
  readonly cluster: Cluster
}

/** Why a target cannot be had. `gone` when the account or the kubeconfig does not exist. */
export type TargetFailure = Failure & { readonly gone: boolean }

/** All clusters that deliveries go to. Remote ones are opened when first named and closed with the agent. */
export interface TargetClusters {
  find(target: TargetCluster): Promise<Result<Target, TargetFailure>>
  /** The caches of the agent's own cluster. */
  readonly own: KindCaches
  close(): Promise<void>
}

/** Remote clusters open at once. */
const maxRemotes = 200

interface Place {
  readonly id: string
  readonly cluster: Cluster
  readonly caches: KindCaches
}

export interface TargetClustersOptions {
  readonly cluster: Cluster
  readonly ports: ClusterPorts
  /** Reads a Secret of the agent's own cluster. */
  readonly readSecret: (namespace: string, name: string) => Promise<KubeObject | undefined>
  readonly onEvent: (clusterId: string, event: OwnedEvent) => void
}

export function createTargetClusters(options: TargetClustersOptions): TargetClusters {
  return new KnownTargets(options)
}

class KnownTargets implements TargetClusters {
  readonly own: KindCaches
  readonly #options: TargetClustersOptions
  readonly #remotes = new Map<string, Place>()

  constructor(options: TargetClustersOptions) {
    this.#options = options
    this.own = createKindCaches(options.cluster, (event) => options.onEvent('', event))
  }

  async find(target: TargetCluster): Promise<Result<Target, TargetFailure>> {
    const { cluster } = this.#options
    const place =
      target.kubeConfig === undefined
        ? ok({ id: '', cluster, caches: this.own })
        : await this.#findRemote(target.kubeConfig)
    if (!place.ok) return place
    const account = target.serviceAccount
    if (account === undefined) return ok(toTarget(place.value, place.value.cluster))
    if (target.kubeConfig === undefined && !(await accountExists(cluster, account))) {
      return accountMissing(account)
    }
    return ok(toTarget(place.value, place.value.cluster.as(serviceAccountIdentity(account.namespace, account.name))))
  }

  async close(): Promise<void> {
    this.own.close()
    for (const remote of this.#remotes.values()) {
      remote.caches.close()
      await remote.cluster.close()
    }
    this.#remotes.clear()
  }

  async #findRemote(kubeConfig: NonNullable<TargetCluster['kubeConfig']>): Promise<Result<Place, TargetFailure>> {
    const { namespace, name, key, kind } = kubeConfig
    const object =
      kind === 'Secret'
        ? await this.#options.readSecret(namespace, name)
        : await this.#options.cluster.get({ group: '', version: 'v1', kind, namespace, name })
    if (object === undefined) return missing(`${kind} '${namespace}/${name}' not found`, true)
    // Another kubeconfig or description is another cluster: what was known of the old one is not carried over.
    const id = `${kind}/${namespace}/${name}/${key ?? ''}#${object.metadata.uid ?? ''}.${object.metadata.resourceVersion ?? ''}`
    return kind === 'ConfigMap' ? this.#openDescribed(id, object) : this.#openSecret(id, object, key)
  }

  async #openSecret(id: string, secret: KubeObject, key: string | undefined): Promise<Result<Place, TargetFailure>> {
    const { namespace = '', name = '' } = secret.metadata
    const data = textData(secret)
    const kubeconfigText = key === undefined ? (data['value'] ?? data['value.yaml']) : data[key]
    if (kubeconfigText === undefined)
      return missing(`Secret '${namespace}/${name}' has no key '${key ?? 'value'}'`, false)
    return this.#openRemote(id, () => loadCluster({ kubeconfigText }))
  }

  async #openDescribed(id: string, configMap: KubeObject): Promise<Result<Place, TargetFailure>> {
    const { cluster, ports } = this.#options
    const described = readDescribedCluster(configMap)
    if (!described.ok) return fail({ ...described.failure, gone: false })
    const { account } = described.value
    if (!(await accountExists(cluster, account))) return accountMissing(account)
    return this.#openRemote(id, () => Promise.resolve(configOf(described.value, { cluster, clock: ports.clock })))
  }

  async #openRemote(id: string, config: () => Promise<ClusterConfig>): Promise<Result<Place, TargetFailure>> {
    const known = this.#remotes.get(id)
    if (known !== undefined) return ok(known)
    if (this.#remotes.size >= maxRemotes) {
      const message = `more than ${maxRemotes} remote clusters at once`
      return fail({ code: 'TooManyClusters', message, gone: false })
    }
    try {
      const cluster = createCluster(await config(), this.#options.ports)
      const caches = createKindCaches(cluster, (event) => this.#options.onEvent(id, event))
      const place = { id, cluster, caches }
      this.#remotes.set(id, place)
      return ok(place)
    } catch (error) {
      if (error instanceof FailureError) return fail({ ...error.failure, gone: false })
      throw error
    }
  }
}

function accountMissing(account: { readonly namespace: string; readonly name: string }): Result<never, TargetFailure> {
  const message = `ServiceAccount '${account.namespace}/${account.name}' not found`
  return fail({ code: 'ServiceAccountMissing', message, fix: 'create it', gone: true })
}

function missing(message: string, gone: boolean): Result<never, TargetFailure> {
  return fail({ code: 'KubeConfigMissing', message, fix: 'create it, or correct spec.kubeConfig', gone })
}

function toTarget(place: Place, writer: Cluster): Target {
  const { id, cluster, caches } = place
  return { clusterId: id, port: engineCluster({ reader: cluster, writer, caches }), caches, cluster: writer }
}

/** Impersonating an account that does not exist would succeed wherever its name was given rights. */
async function accountExists(
  cluster: Cluster,
  account: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const ref = { group: '', version: 'v1', kind: 'ServiceAccount', ...account }
  return (await cluster.get(ref, { metadataOnly: true })) !== undefined
}
