import { hash } from 'node:crypto'

import { applicationCrd } from '@kedge/argo'
import type { Clock, Random, Timers } from '@kedge/base'
import type { CacheEvent, Cluster, RequestMetrics } from '@kedge/cluster'
import { useHostSha256, type EffectWatcher } from '@kedge/engine'
import {
  defaultSettings,
  artifactGeneratorCrd,
  externalArtifactCrd,
  gitRepositoryCrd,
  helmChartCrd,
  helmReleaseCrd,
  helmRepositoryCrd,
  kustomizationCrd,
  ociRepositoryCrd,
  type FluxSettings,
} from '@kedge/flux'
import { createLoop, type Gauge, type Loop, type PassContext } from '@kedge/loop'
import type { KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpPort } from '@kedge/registry'
import type { ArtifactServer, GitSource } from '@kedge/source'

import { createEventWriter } from './cluster/event-writer.ts'
import { requestToken } from './cluster/described-cluster.ts'
import { findOtherControllers, refusalBeside } from './cluster/other-controllers.ts'
import { createTargetClusters, type TargetClusters } from './cluster/target-clusters.ts'
import { celExpressions } from './expressions.ts'
import { installKinds } from './install-kinds.ts'
import type { AgentParts } from './kinds/agent-parts.ts'
import type { Controller, Pause, Standing } from './kinds/controller.ts'
import { createApplications } from './kinds/applications.ts'
import { createDelivering, type Delivering } from './kinds/delivering.ts'
import { createHelmReleases } from './kinds/helm-releases/helm-releases.ts'
import { createObjectEvents } from './kinds/helm-releases/events.ts'
import { createKustomizations } from './kinds/kustomizations.ts'
import { readObject } from './kinds/object-standing.ts'
import type { Log } from './log.ts'
import type { HelmRender } from './render/helm-request.ts'
import { rememberRenders, type Render } from './render/renderer.ts'
import { isSettled, type ExpectedObject } from './settled.ts'
import { standDownOthers } from './render/stand-down.ts'
import { createCheckouts } from './sources/checkouts.ts'
import { createGitSources } from './sources/git-sources.ts'
import type { AccountRef } from './sources/source-host.ts'
import { startSources } from './start-sources.ts'

export interface AgentOptions {
  /** The cluster whose objects are reconciled, as the agent's own user. */
  readonly cluster: Cluster
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly git: GitSource
  readonly render: Render
  readonly renderHelm: HelmRender
  /** Hands artifacts out to others over HTTP. */
  readonly artifacts: Pick<ArtifactServer, 'publish' | 'publishFile' | 'withdraw'>
  /** The way out for Helm repositories, registries and artifacts of others. */
  readonly http: HttpPort
  /** Entra identities for Azure registries; without them their sources say that they have none. */
  readonly azure?: AzureIdentity
  readonly settings?: Partial<FluxSettings>
  readonly log?: Log
  /** Passes of deliveries under way at once; sources have places of their own. Default 8. */
  readonly concurrency?: number
  /** Called around every effect of the engine, for simulations and traces. */
  readonly watcher?: EffectWatcher
  /** Start although controllers of Flux or Argo CD run in the cluster. Default false. */
  readonly besideOthers?: boolean
}

/** The running engine: follows the objects of the API families and brings clusters to what sources say. */
export interface Agent extends AsyncDisposable {
  /**
   * Serves the kinds where they are missing, and begins. Resolves when all objects are known. Throws FailureError
   * `OtherControllers` before anything is written where controllers of Flux or Argo CD run.
   */
  start(): Promise<void>
  /** How every object stands, sources first. */
  summary(): readonly Standing[]
  /** Calls the listener, at most once a turn of the event loop, when the summary may have changed. Returns its end. */
  onChange(listener: () => void): () => void
  /** Resolves when every object, those expected too, is ready, suspended, or failed with nothing left to try at once. */
  settled(expected?: readonly ExpectedObject[]): Promise<readonly Standing[]>
  /** Looks at a GitRepository now; for webhooks and for whoever has just pushed. */
  notifySource(namespace: string, name: string): void
  /** Requests sent by the agent's client, and the state of its queue. */
  metrics(): AgentMetrics
  /** Resolves when no turn is due or under way and no event waits to be written. */
  idle(): Promise<void>
}

export interface AgentMetrics {
  readonly requests: RequestMetrics
  readonly running: number
  readonly waiting: number
  /** How full every bounded store is: keys, passes, requests, events. */
  readonly gauges: readonly Gauge[]
}

export function createAgent(options: AgentOptions): Agent {
  useHostSha256((bytes) => hash('sha256', bytes))
  return new RunningAgent(options)
}

/** A kind whose objects may name ConfigMaps and Secrets. */
interface ConfigUser {
  configChanged(kind: string, namespace: string, name: string): void
}

/** Sources of one kind that are looked at at once. */
const maxSourcePasses = 8

const sourceKinds = [
  'GitRepository',
  'OCIRepository',
  'HelmRepository',
  'HelmChart',
  'ExternalArtifact',
  'ArtifactGenerator',
] as const

const ignoreLog: Log = () => undefined

class RunningAgent implements Agent {
  readonly #options: AgentOptions
  readonly #listeners = new Set<() => void>()
  readonly #loop: Loop
  /** Sources wait for servers of others: slow ones must take no places of deliveries, nor of other kinds of sources. */
  readonly #sourceLoops: ReadonlyMap<string, Loop>
  readonly #targets: TargetClusters
  readonly #delivering: Delivering
  readonly #parts: AgentParts
  readonly #log: Log
  readonly #objectEvents = createObjectEvents()
  #begin: () => void = () => undefined
  readonly #known = new Promise<void>((resolve) => (this.#begin = resolve))
  #controllers: readonly Controller[] = []
  #closers: (() => void)[] = []
  #running = 0
  readonly #closing = new AbortController()
  #told = false
  #closed = false

  constructor(options: AgentOptions) {
    this.#options = options
    const { cluster, clock, timers, random } = options
    this.#log = options.log ?? ignoreLog
    const ports = { clock, timers, random }
    const loopOptions = {
      handle: (key: string, { whenQuiet }: PassContext) => this.#turn(key, whenQuiet),
      onFault: (key: string, error: unknown) => this.#fault(key, error),
      concurrency: options.concurrency ?? 8,
    }
    this.#loop = createLoop(loopOptions, ports)
    const forSources = { ...loopOptions, concurrency: maxSourcePasses }
    this.#sourceLoops = new Map(sourceKinds.map((kind) => [kind, createLoop(forSources, ports)]))
    this.#delivering = createDelivering({
      clock,
      targets: () => this.#targets,
      wake: (key) => this.#loop.wake(key, { priority: 'request' }),
      ...(options.watcher === undefined ? {} : { watcher: options.watcher }),
    })
    this.#targets = createTargetClusters({
      cluster,
      ports,
      readSecret: (namespace, name) => readObject(cluster, { apiVersion: 'v1', kind: 'Secret', namespace, name }),
      onEvent: (clusterId, event) => {
        this.#delivering.onOwnedEvent(clusterId, event)
        this.#objectEvents.tell(clusterId, event)
      },
    })
    this.#parts = {
      cluster,
      clock,
      random,
      settings: { ...defaultSettings, ...options.settings },
      expressions: celExpressions(),
      events: createEventWriter(cluster, { log: this.#log, timers, isIdle: () => this.#running === 0 }),
      log: this.#log,
      wake: (kind, ref, priority = 'normal') =>
        this.#loopOf(kind).wake(`${kind}/${ref.namespace}/${ref.name}`, { priority }),
      changed: () => this.#changed(),
    }
  }

  async start(): Promise<void> {
    const { cluster, git, artifacts } = this.#options
    await this.#refuseBesideOthers()
    await installKinds(cluster, [
      gitRepositoryCrd(),
      ociRepositoryCrd(),
      helmRepositoryCrd(),
      helmChartCrd(),
      externalArtifactCrd(),
      artifactGeneratorCrd(),
      kustomizationCrd(),
      helmReleaseCrd(),
      applicationCrd(),
    ])
    const gitSources = createGitSources({ git, artifacts })
    const { objectLevelWorkloadIdentity: isIdentity } = this.#parts.settings
    const accountToken = (account: AccountRef, audience: string): Promise<string> =>
      requestToken({ account, audiences: [audience] }, cluster)
    const host = { ...this.#options, closing: this.#closing.signal, ...(isIdentity ? { accountToken } : {}) }
    const sources = startSources(this.#parts, { host, git: gitSources })
    const render = rememberRenders(this.#renderAlone())
    const cached = (kind: string, namespace: string, name: string): KubeObject | undefined | 'unknown' =>
      this.#targets.own.live({ group: '', version: 'v1', kind, namespace, name })
    const kustomizations = createKustomizations(this.#parts, {
      sources: sources.objects,
      delivering: this.#delivering,
      render,
      cached,
    })
    const applications = createApplications(this.#parts, {
      delivering: this.#delivering,
      render,
      checkouts: createCheckouts(gitSources, cluster),
    })
    const { timers, renderHelm, watcher } = this.#options
    const helmReleases = createHelmReleases(this.#parts, {
      timers,
      targets: () => this.#targets,
      charts: sources.charts,
      render: renderHelm,
      events: this.#objectEvents,
      cached,
      claimedElsewhere: (clusterId, key, id) => this.#delivering.claimedElsewhere(clusterId, key, id),
      ...(watcher === undefined ? {} : { watcher }),
    })
    this.#controllers = [...sources.controllers, kustomizations, helmReleases, applications]
    this.#watchConfigs([kustomizations, helmReleases])
    await Promise.all(this.#controllers.map((controller) => controller.synced))
    this.#begin()
  }

  /** What a repository brings of other controllers does not run, unless they may. */
  #renderAlone(): Render {
    const { render, besideOthers = false } = this.#options
    if (besideOthers) return render
    return standDownOthers(render, ({ kind, metadata: { namespace = '', name = '' } }, work) => {
      const message = `applied with no replicas, since Kedge works on its ${work}; --beside-others runs both`
      this.#log({ level: 'info', message, controllerKind: kind, namespace, name })
    })
  }

  async #refuseBesideOthers(): Promise<void> {
    const { cluster, besideOthers = false } = this.#options
    const refusal = refusalBeside(await findOtherControllers(cluster))
    if (refusal === undefined) return
    if (!besideOthers) throw refusal
    this.#log({ level: 'info', message: refusal.failure.message })
  }

  summary(): readonly Standing[] {
    return this.#controllers.flatMap((controller) =>
      controller
        .objects()
        .map((object) => controller.standing(object))
        .toSorted(byPlace),
    )
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  settled(expected: readonly ExpectedObject[] = []): Promise<readonly Standing[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSettled(this.#controllers, this.#load(), expected)) return
        stop()
        resolve(this.summary())
      }
      const stop = this.onChange(look)
      look()
    })
  }

  notifySource(namespace: string, name: string): void {
    this.#loopOf('GitRepository').wake(`GitRepository/${namespace}/${name}`, { priority: 'request' })
  }

  metrics(): AgentMetrics {
    const { cluster } = this.#options
    const gauges = [
      ...this.#loop.gauges(),
      ...sumGauges([...this.#sourceLoops.values()], 'sources: '),
      ...cluster.gauges(),
      this.#parts.events.gauge(),
    ]
    return { requests: cluster.metrics, ...this.#load(), gauges }
  }

  async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        const { running, waiting } = this.#load()
        if (running > 0 || waiting > 0) return
        stop()
        resolve()
      }
      const stop = this.onChange(look)
      look()
    })
    await this.#parts.events.drained()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#closing.abort()
    this.#begin()
    await Promise.all(this.#loops().map((loop) => loop.stop()))
    this.#parts.events.close()
    for (const close of this.#closers) close()
    await Promise.all(this.#controllers.map(async (controller) => controller.close()))
    await this.#targets.close()
  }

  #load(): { readonly running: number; readonly waiting: number } {
    const waiting = this.#loops().reduce((sum, { load }) => sum + load.ready, 0)
    return { running: this.#running, waiting }
  }

  #loops(): readonly Loop[] {
    return [this.#loop, ...this.#sourceLoops.values()]
  }

  #loopOf(kind: string): Loop {
    return this.#sourceLoops.get(kind) ?? this.#loop
  }

  async #turn(key: string, pause: Pause): ReturnType<Controller['turn']> {
    const [kind, namespace = '', name = ''] = key.split('/')
    const controller = this.#controllers.find((one) => one.kind === kind)
    if (controller === undefined) return { kind: 'stalled', reason: 'no such kind' }
    // Before all objects are known, a turn would take one that is not seen yet for one that does not exist.
    await this.#known
    this.#running += 1
    try {
      return await controller.turn(namespace, name, pause)
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#parts.events.poke()
      this.#changed()
    }
  }

  /** One object's bad turn is its own: the loop lets it back off, and all others go on. */
  #fault(key: string, error: unknown): void {
    const [kind = '', namespace = '', name = ''] = key.split('/')
    const text = error instanceof Error ? error.message : String(error)
    this.#log({ level: 'error', message: 'Reconciler error', controllerKind: kind, namespace, name, error: text })
  }

  /** ConfigMaps and Secrets with this label have those who name them reconciled as soon as they change. */
  #watchConfigs(users: readonly ConfigUser[]): void {
    for (const kind of ['ConfigMap', 'Secret']) {
      const labelSelector = 'reconcile.fluxcd.io/watch=Enabled'
      const cache = this.#options.cluster.cache(
        { group: '', version: 'v1', kind },
        { labelSelector, metadataOnly: true },
      )
      let synced = false
      void cache.synced.then(
        () => (synced = true),
        () => undefined,
      )
      cache.onEvent((event: CacheEvent) => {
        const { namespace = '', name = '' } = event.object.metadata
        if (synced) for (const user of users) user.configChanged(kind, namespace, name)
      })
      this.#closers.push(() => cache.close())
    }
  }

  #changed(): void {
    if (this.#told || this.#closed) return
    this.#told = true
    queueMicrotask(() => {
      this.#told = false
      for (const listener of this.#listeners) listener()
    })
  }
}

/** The gauges of loops of one sort together. */
function sumGauges(loops: readonly Loop[], prefix: string): readonly Gauge[] {
  const sums = new Map<string, Gauge>()
  for (const { name, value, max } of loops.flatMap((loop) => loop.gauges())) {
    const before = sums.get(name) ?? { value: 0, max: 0 }
    sums.set(name, { name: `${prefix}${name}`, value: before.value + value, max: before.max + max })
  }
  return [...sums.values()]
}

function byPlace(a: Standing, b: Standing): number {
  return a.namespace === b.namespace ? compare(a.name, b.name) : compare(a.namespace, b.namespace)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
