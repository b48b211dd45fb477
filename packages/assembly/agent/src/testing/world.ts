import { createApiServer, type ApiServer } from '@kedge/apiserver'
import type { Clock, Random, Timers } from '@kedge/base'
import { createCluster, localTransport, type Cluster } from '@kedge/cluster'
import type { EffectWatcher } from '@kedge/engine'
import type { FluxSettings } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpPort } from '@kedge/registry'
import { createAddressRules, createEgressClient, createGitSource } from '@kedge/source'

import { createAgent, type Agent } from '../agent.ts'
import type { LogLine } from '../log.ts'
import { inlineHelmRender } from '../render/helm-render.ts'
import { inlineRender, type Render } from '../render/renderer.ts'
import { unservedArtifacts } from './unserved-artifacts.ts'

const hostClock: Clock = { now: () => Date.now() }
export const hostTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
}
const hostRandom: Random = { next: () => Math.random() }

/** An embedded API server in this process, and agents on it. */
export interface World extends AsyncDisposable {
  readonly server: ApiServer
  /** The test's own client. */
  readonly cluster: Cluster
  readonly log: LogLine[]
  /** Starts an agent with a client of its own. */
  startAgent(options?: {
    readonly watcher?: EffectWatcher
    readonly settings?: Partial<FluxSettings>
    readonly render?: Render
    readonly clock?: Clock
    readonly timers?: Timers
    readonly random?: Random
    readonly besideOthers?: boolean
    readonly http?: HttpPort
    readonly azure?: AzureIdentity
  }): Promise<RunningAgent>
  gitRepository(name: string, url: string, spec?: object): Promise<void>
  kustomization(name: string, spec: object, metadata?: object): Promise<void>
  get(kind: string, namespace: string, name: string, group?: string): Promise<KubeObject | undefined>
  /** Resolves with the object as soon as it is as wanted. */
  until(what: ObjectName, wanted: (object: KubeObject | undefined) => boolean): Promise<KubeObject | undefined>
}

export interface RunningAgent extends AsyncDisposable {
  readonly agent: Agent
  readonly cluster: Cluster
}

export interface ObjectName {
  readonly group?: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** Where the test's Flux objects live. */
export const home = 'flux-system'

/**
 * `off` has no controllers: tests say themselves when a workload becomes ready. `fast` has them, for what needs the
 * garbage collector.
 */
export async function createWorld(profile: 'off' | 'fast' = 'off'): Promise<World> {
  const ports = { clock: hostClock, timers: hostTimers, random: hostRandom }
  const server = await createApiServer({ listen: false, ...ports, authorization: 'always-allow', profile })
  const connect = (): Cluster =>
    createCluster({ name: 'embedded', namespace: 'default' }, ports, { transport: localTransport(server.local()) })
  const cluster = connect()
  const log: LogLine[] = []
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } })
  return {
    server,
    cluster,
    log,
    async startAgent(options = {}) {
      const own = connect()
      const agent = createAgent({
        cluster: own,
        ...ports,
        git: createGitSource({ http: createEgressClient({ rules: createAddressRules({}) }), localFolders: 'any' }),
        http: createEgressClient({ rules: createAddressRules({ allowLoopback: true }) }),
        render: inlineRender(),
        renderHelm: inlineHelmRender(),
        artifacts: unservedArtifacts,
        log: (line) => log.push(line),
        ...options,
      })
      await agent.start()
      cluster.discovery.invalidate()
      return {
        agent,
        cluster: own,
        [Symbol.asyncDispose]: async () => {
          await agent[Symbol.asyncDispose]()
          await own.close()
        },
      }
    },
    async gitRepository(name, url, spec = {}) {
      await cluster.apply(
        {
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'GitRepository',
          metadata: { name, namespace: home },
          spec: { url, interval: '1h', ref: { branch: 'main' }, ...spec },
        },
        { fieldManager: 'test', force: true },
      )
    },
    async kustomization(name, spec, metadata = {}) {
      const sourceRef = { kind: 'GitRepository', name: 'repo' }
      await cluster.apply(
        {
          apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
          kind: 'Kustomization',
          metadata: { name, namespace: home, ...metadata },
          spec: { interval: '1h', prune: true, sourceRef, path: `./${name}`, ...spec },
        },
        { fieldManager: 'test', force: true },
      )
    },
    get: (kind, namespace, name, group = '') => cluster.get({ group, kind, namespace, name }),
    until: (what, wanted) => until(cluster, what, wanted),
    [Symbol.asyncDispose]: async () => {
      await cluster.close()
      await server.close()
    },
  }
}

async function until(
  cluster: Cluster,
  what: ObjectName,
  wanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> {
  const { group = '', kind, namespace = '', name } = what
  const place = namespace === '' ? {} : { namespace }
  const cache = cluster.cache(
    { group, kind },
    { ...place, fieldSelector: `metadata.name=${name}`, keepManagedFields: true },
  )
  let last: KubeObject | undefined
  try {
    await cache.synced
    return await new Promise<KubeObject | undefined>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${kind} ${name} is not as wanted: ${JSON.stringify(last?.['status'] ?? last)}`)),
        8_000,
      )
      const look = (): void => {
        last = cache.get(namespace, name)
        if (!wanted(last)) return
        clearTimeout(late)
        resolve(last)
      }
      cache.onEvent(look)
      look()
    })
  } finally {
    cache.close()
  }
}

/** Whether a Flux object is ready for its present generation. */
export function isReady(object: KubeObject | undefined): boolean {
  const ready = readyOf(object)
  return ready?.status === 'True'
}

/** The Ready condition of an object whose status speaks of its present generation. */
export function readyOf(
  object: KubeObject | undefined,
): { status: string; reason: string; message: string } | undefined {
  const status = object?.['status'] as
    | { observedGeneration?: number; conditions?: { type: string; status: string; reason: string; message: string }[] }
    | undefined
  if (object === undefined || status?.observedGeneration !== object.metadata.generation) return undefined
  return status?.conditions?.find((one) => one.type === 'Ready')
}

/** What tests look at in the status of a Kustomization or GitRepository. */
export interface SeenStatus {
  readonly observedGeneration?: number
  readonly lastAppliedRevision?: string
  readonly lastHandledReconcileAt?: string
  readonly inventory?: { readonly entries: readonly { readonly id: string; readonly v: string }[] }
  readonly history?: readonly { readonly lastReconciledStatus: string }[]
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
}

export function statusOf(object: KubeObject | undefined): SeenStatus {
  return object?.['status'] ?? {}
}

/** The data of a ConfigMap. */
export function dataOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  return (object?.['data'] ?? {}) as Readonly<Record<string, string>>
}
