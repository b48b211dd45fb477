import { fail, FailureError, ok, type Clock, type Failure, type Result, type Timers } from '@kedge/base'
import { emptyMemory, type EffectWatcher, type InventoryEntry } from '@kedge/engine'
import {
  type ActionOrder,
  type FinishedAction,
  type OrderedContent,
  type ReleasePlace,
  type TargetCluster,
} from '@kedge/flux'
import type { StoredRelease } from '@kedge/helm'
import { ApiError, type KubeObject } from '@kedge/manifest'
import {
  applyDefinitions,
  helmOwners,
  installRelease,
  readHistory,
  rollbackRelease,
  runRelease,
  testRelease,
  uninstallRelease,
  unlockRelease,
  upgradeRelease,
  type ActionEnd,
  type ReleaseContent,
  type ReleasePorts,
  type ReleaseProgram,
  type ReleaseTarget,
} from '@kedge/release'

import { createPauses, recordHost, recordStore } from '../../cluster/release-ports.ts'
import type { Target, TargetClusters, TargetFailure } from '../../cluster/target-clusters.ts'
import type { HelmRender, HelmRenderOutcome } from '../../render/helm-request.ts'
import type { ChartSources } from '../../sources/chart-sources.ts'
import { readCapabilities } from './capabilities.ts'
import { helmFieldManager } from './drift.ts'
import type { ObjectEvents } from './events.ts'
import { clusterLookup, renderRequest } from './render.ts'
import { actionOptions } from './options.ts'

export interface WorkOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly targets: () => TargetClusters
  readonly events: ObjectEvents
  readonly charts: ChartSources
  readonly render: HelmRender
  /** Another delivery of the process that wants an object. */
  readonly claimedElsewhere: (clusterId: string, key: InventoryEntry, id: string) => string | undefined
  readonly watcher?: EffectWatcher
}

/** The HelmRelease that a work is done for. */
export interface WorkFor {
  readonly owner: KubeObject
  readonly inventory: readonly InventoryEntry[]
  /** Stores the inventory in the status; called before the first write. */
  readonly saveInventory: (entries: readonly InventoryEntry[]) => Promise<void>
  readonly signal?: AbortSignal
  /** Calls off the waits for health. */
  readonly callOff?: AbortSignal
}

/** A release on its cluster, ready to be worked on. */
export interface OpenRelease {
  readonly target: Target
  readonly release: ReleaseTarget
  run<T>(program: ReleaseProgram<T>): Promise<T>
}

/** Works on the releases of HelmReleases: whatever reads or writes records and objects goes through here. */
export interface ReleaseWorks {
  open(place: ReleasePlace, target: TargetCluster, work: WorkFor): Promise<Result<OpenRelease, TargetFailure>>
  /** Carries out an action to its end. Throws only when the signal says so. */
  carryOut(order: ActionOrder, work: WorkFor): Promise<FinishedAction>
}

export function createReleaseWorks(options: WorkOptions): ReleaseWorks {
  return new Works(options)
}

class Works implements ReleaseWorks {
  readonly #options: WorkOptions

  constructor(options: WorkOptions) {
    this.#options = options
  }

  async open(place: ReleasePlace, target: TargetCluster, work: WorkFor): Promise<Result<OpenRelease, TargetFailure>> {
    const found = await this.#options.targets().find(target)
    if (!found.ok) return found
    const release = releaseTarget(place, work)
    const ports = this.#ports(found.value, work)
    const { watcher } = this.#options
    const runOptions = {
      owner: { deliveryId: release.id, revision: place.name },
      ...(work.signal === undefined ? {} : { signal: work.signal }),
      ...(work.callOff === undefined ? {} : { callOff: work.callOff }),
      ...(watcher === undefined ? {} : { watcher }),
    }
    return ok({
      target: found.value,
      release,
      run: <T>(program: ReleaseProgram<T>) => runRelease(program, ports, runOptions),
    })
  }

  async carryOut(order: ActionOrder, work: WorkFor): Promise<FinishedAction> {
    const started = this.#options.clock.now()
    const { end, records } = await this.#contained(order, work)
    return { order, end, records, durationMs: this.#options.clock.now() - started }
  }

  /** Whatever goes wrong with one release is its own failure. */
  async #contained(order: ActionOrder, work: WorkFor): Promise<Pick<FinishedAction, 'end' | 'records'>> {
    try {
      const opened = await this.open(order.release, order.target, work)
      if (!opened.ok) return { end: ended(opened.failure, work.inventory), records: [] }
      const end = await this.#act(order, opened.value, work)
      return { end, records: await recordsOf(opened.value) }
    } catch (error) {
      if (work.signal?.aborted === true) throw error
      return { end: ended(failureOf(error), work.inventory), records: [] }
    }
  }

  #ports(target: Target, work: WorkFor): ReleasePorts {
    const { clock, timers, events, claimedElsewhere } = this.#options
    const { clusterId, caches, port } = target
    return {
      cluster: port,
      record: { saveInventory: (_, entries) => work.saveInventory(entries) },
      claims: { claimedElsewhere: (key, id) => claimedElsewhere(clusterId, { ...key, version: '', uid: '' }, id) },
      clock,
      records: recordStore(target.cluster),
      host: recordHost,
      pauses: createPauses({
        clock,
        timers,
        live: (ref) => caches.live(ref),
        listen: (onChange) => events.listen(clusterId, (event) => onChange(event.object)),
      }),
    }
  }

  async #act(order: ActionOrder, open: OpenRelease, work: WorkFor): Promise<ActionEnd | undefined> {
    const { action } = order
    const options = actionOptions(order)
    switch (action.kind) {
      case 'install':
      case 'upgrade':
        return this.#bring(order, open, work)
      case 'test':
        return open.run(testRelease(open.release, { ...options, filters: order.spec.test.filters }))
      case 'unlock':
        return open.run(unlockRelease(open.release, ({ info }) => `Release unlocked from stale '${info.status}' state`))
      case 'rollback':
        return open.run(rollbackRelease(open.release, action.to.version, options))
      case 'uninstall':
        return open.run(uninstallRelease(open.release, options))
    }
  }

  async #bring(order: ActionOrder, open: OpenRelease, work: WorkFor): Promise<ActionEnd> {
    const { content: wanted, action } = order
    if (wanted === undefined) return ended(noChart, work.inventory)
    const history = await open.run(readHistory(open.release))
    if (!history.ok) return ended(history.failure, work.inventory)
    const rendered = await this.#render(order, open, { wanted, history: history.releases, work })
    if (!rendered.ok) return ended(rendered.failure, work.inventory)
    const bring = action.kind === 'install' ? installRelease : upgradeRelease
    return open.run(bring(open.release, rendered.value, actionOptions(order)))
  }

  /** Renders, and once more where the chart's own definitions had to be brought first: templates may look for them. */
  async #render(
    order: ActionOrder,
    open: OpenRelease,
    how: { readonly wanted: OrderedContent; readonly history: readonly StoredRelease[]; readonly work: WorkFor },
  ): Promise<Result<ReleaseContent>> {
    const archive = await this.#archive(how.wanted)
    if (!archive.ok) return archive
    const render = async (): Promise<HelmRenderOutcome> => {
      const { cluster } = open.target
      const capabilities = await readCapabilities(cluster)
      const request = renderRequest(order, how.work.owner, {
        archive: archive.value,
        content: how.wanted,
        history: how.history,
        capabilities,
      })
      return this.#options.render(request, clusterLookup(cluster))
    }
    const first = await render()
    const crds = first.kind === 'rendered' ? first.content.crds : first.crds
    const { crds: policy, timeoutMs } = actionOptions(order)
    if (crds.length === 0 || policy === 'Skip') return contentOf(first)
    const definitions = await open.run(applyDefinitions(open.release, crds, { policy, timeoutMs }))
    if (!definitions.ok) {
      const message = `failed to apply CustomResourceDefinitions: ${definitions.failure.message}`
      return fail({ ...definitions.failure, message })
    }
    return contentOf(definitions.changed ? await render() : first)
  }

  async #archive(wanted: OrderedContent): Promise<Result<{ readonly digest: string; readonly bytes: Uint8Array }>> {
    const answer = await this.#options.charts.chart(wanted.source, wanted.artifact.digest)
    if (answer.kind === 'held') return ok(answer)
    return fail(answer.kind === 'failed' ? answer.failure : noChart)
  }
}

const noChart: Failure = {
  code: 'ChartNotHeld',
  message: 'the chart is not held any more, and its source brings it again',
}

function contentOf(outcome: HelmRenderOutcome): Result<ReleaseContent> {
  return outcome.kind === 'rendered' ? ok(outcome.content) : fail(outcome.failure)
}

function releaseTarget(place: ReleasePlace, work: WorkFor): ReleaseTarget {
  const { namespace = '', name = '' } = work.owner.metadata
  return {
    ...place,
    id: `HelmRelease/${namespace}/${name}`,
    fieldManager: helmFieldManager,
    takeOver: helmOwners,
    inventory: work.inventory,
    protect: [
      { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace, name },
      { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name: ownDefinition },
      { group: '', kind: 'Namespace', namespace: '', name: namespace },
    ],
  }
}

/** Without it there would be no HelmReleases. */
const ownDefinition = 'helmreleases.helm.toolkit.fluxcd.io'

async function recordsOf(open: OpenRelease): Promise<readonly StoredRelease[]> {
  const history = await open.run(readHistory(open.release)).catch(() => undefined)
  return history?.ok === true ? history.releases : []
}

/** An action that came to nothing. */
function ended(failure: Failure, inventory: readonly InventoryEntry[]): ActionEnd {
  return { ok: false, failure, retryable: true, log: [], inventory, memory: emptyMemory }
}

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure
  if (error instanceof ApiError) return { code: error.status.reason, message: error.message }
  return { code: 'ActionFailed', message: error instanceof Error ? error.message : String(error) }
}
