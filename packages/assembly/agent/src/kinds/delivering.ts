import { fail, ok, type Clock, type Result } from '@kedge/base'
import {
  isWaitOver,
  judgeEvent,
  preview,
  reconcile,
  run,
  type Delivery,
  type EffectWatcher,
  type InventoryEntry,
  type Pass,
  type Preview,
  type Program,
  type Report,
} from '@kedge/engine'
import type { TargetCluster } from '@kedge/flux'
import { formatKey, keyOf, type ObjectKey } from '@kedge/manifest'

import type { OwnedEvent } from '../cluster/engine-cluster.ts'
import type { Target, TargetClusters, TargetFailure } from '../cluster/target-clusters.ts'
import { createDeliveryStates, type DeliveryState } from './delivery-state.ts'

/** Runs deliveries through the engine, and hears of every change of what they brought. */
export interface Delivering {
  /** One pass. Fails when the target cannot be had. */
  deliver(job: DeliveryJob): Promise<Result<Report, TargetFailure>>
  /** What a pass would do. Reads only; from now on changes of the objects are heard of. */
  compare(job: Omit<DeliveryJob, 'saveInventory' | 'only'>): Promise<Result<Preview, TargetFailure>>
  /** Corrects only the objects that somebody changed; undefined when a whole pass has to look. */
  correct(state: DeliveryState): Promise<Report | undefined>
  stateOf(id: string, key: string): DeliveryState
  forget(id: string): void
  /** Takes in a change of an object of a held kind. */
  onOwnedEvent(clusterId: string, event: OwnedEvent): void
  /** Another delivery than `deliveryId` that wants an object of a cluster now. */
  claimedElsewhere(clusterId: string, key: ObjectKey, deliveryId: string): string | undefined
  /** Gives up the correction of drift and the wait for health until the next pass. */
  rest(id: string): void
}

export interface DeliveryJob {
  readonly key: string
  readonly delivery: Delivery
  readonly target: TargetCluster
  /** Stores the inventory with the rest of the status; called before the first write. */
  readonly saveInventory: (entries: readonly InventoryEntry[]) => Promise<void>
  /** Limits the pass to these objects. */
  readonly only?: readonly ObjectKey[]
  /** Names all that may change a pass beside its objects; a pass of another revision with the same may change nothing. */
  readonly cause?: string
}

export interface DeliveringOptions {
  readonly clock: Clock
  readonly targets: () => TargetClusters
  /** Asks for a turn of the object with this key. */
  readonly wake: (key: string) => void
  readonly watcher?: EffectWatcher
}

/** Objects of one delivery that are corrected without a whole pass; more than these are a matter for one. */
const maxDirty = 50
const eventTypes = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const

export function createDelivering(options: DeliveringOptions): Delivering {
  return new EngineDelivering(options)
}

class EngineDelivering implements Delivering {
  readonly #options: DeliveringOptions
  readonly #states = createDeliveryStates()

  constructor(options: DeliveringOptions) {
    this.#options = options
  }

  stateOf(id: string, key: string): DeliveryState {
    return this.#states.of(id, key)
  }

  forget(id: string): void {
    this.#states.forget(id)
  }

  claimedElsewhere(clusterId: string, key: ObjectKey, deliveryId: string): string | undefined {
    return this.#states.claimedElsewhere(clusterId, key, deliveryId)
  }

  rest(id: string): void {
    const state = this.#states.find(id)
    if (state === undefined) return
    state.current = undefined
    state.wait = undefined
    state.dirty.clear()
  }

  async deliver(job: DeliveryJob): Promise<Result<Report, TargetFailure>> {
    const target = await this.#options.targets().find(job.target)
    if (!target.ok) return fail(target.failure)
    const { delivery } = job
    const state = this.#states.of(delivery.id, job.key)
    const stands = this.#stillStands(state, job, target.value)
    if (stands !== undefined) return ok(stands)
    // Claimed from now on: another delivery that sheds one of these must not delete it.
    this.#own(state, target.value, { delivery, recorded: delivery.inventory })
    state.dirty.clear()
    const only = job.only === undefined ? {} : { only: job.only }
    const pass = { delivery, memory: state.memory, nowMs: this.#options.clock.now(), ...only }
    state.isUnderWay = true
    const running = this.#run(pass, { program: reconcile(pass), target: target.value, save: job.saveInventory })
    const report = await running.finally(() => (state.isUnderWay = false))
    this.#own(state, target.value, { delivery, recorded: report.inventory })
    state.memory = report.memory
    state.wait = report.wait
    state.last = job.cause === undefined ? undefined : { report, cause: job.cause }
    // What later corrections deliver is what is recorded now.
    state.current = { delivery: { ...delivery, inventory: report.inventory }, target: target.value }
    this.#recheck(state)
    return ok(report)
  }

  async compare(job: Omit<DeliveryJob, 'saveInventory' | 'only'>): Promise<Result<Preview, TargetFailure>> {
    const target = await this.#options.targets().find(job.target)
    if (!target.ok) return fail(target.failure)
    const { delivery } = job
    const state = this.#states.of(delivery.id, job.key)
    const pass = { delivery, memory: state.memory, nowMs: this.#options.clock.now() }
    const save = (): Promise<void> => Promise.resolve()
    const plan = await this.#run(pass, { program: preview(pass), target: target.value, save })
    const desired = plan.plan.waves.flatMap((wave) => wave.changes.map((change) => change.target.ref))
    this.#states.own(state, target.value.clusterId, { desired, recorded: [...desired, ...delivery.inventory] })
    state.current = { delivery, target: target.value }
    return ok(plan)
  }

  async correct(state: DeliveryState): Promise<Report | undefined> {
    const only = [...state.dirty.values()]
    if (state.current === undefined || only.length === 0 || only.length > maxDirty) return undefined
    state.dirty.clear()
    const { delivery, target } = state.current
    const pass = { delivery, memory: state.memory, nowMs: this.#options.clock.now(), only }
    const report = await this.#run(pass, { program: reconcile(pass), target, save: () => Promise.resolve() })
    state.memory = report.memory
    return report
  }

  onOwnedEvent(clusterId: string, event: OwnedEvent): void {
    const key = keyOf(event.object)
    const state = this.#states.ownerOf(clusterId, key)
    if (state?.current === undefined) return
    if (state.isUnderWay && state.observer === undefined) {
      // Most likely the pass's own write; what it is can be told once the pass has said what it wrote.
      state.dirty.set(formatKey(key), key)
      return
    }
    const { memory, current } = state
    const kubeEvent = { type: eventTypes[event.type], object: event.object }
    const verdict = judgeEvent(memory.applied[formatKey(key)], kubeEvent, current.delivery.fieldManager)
    if (state.observer !== undefined) state.observer(event, verdict)
    else if (verdict === 'drift' || verdict === 'gone' || verdict === 'replaced') {
      state.dirty.set(formatKey(key), key)
      this.#options.wake(state.key)
    } else if (verdict === 'leaving') state.dirty.set(formatKey(key), key)
    if (this.#isWaitOver(state)) this.#ask(state)
  }

  #ask(state: DeliveryState): void {
    state.asked += 1
    this.#options.wake(state.key)
  }

  #own(
    state: DeliveryState,
    target: Target,
    holdings: { readonly delivery: Delivery; readonly recorded: readonly InventoryEntry[] },
  ): void {
    const fallback = holdings.delivery.defaultNamespace
    const desired = holdings.delivery.desired.objects.map(({ object }) => {
      const key = keyOf(object)
      return key.namespace === '' && fallback !== undefined ? { ...key, namespace: fallback } : key
    })
    this.#states.own(state, target.clusterId, { desired, recorded: holdings.recorded })
  }

  #run<T>(
    pass: Pass,
    how: { readonly program: Program<T>; readonly target: Target; readonly save: DeliveryJob['saveInventory'] },
  ): Promise<T> {
    const { target, save } = how
    const ports = {
      cluster: target.port,
      record: { saveInventory: (_: string, entries: readonly InventoryEntry[]) => save(entries) },
      claims: {
        claimedElsewhere: (key: ObjectKey, id: string) => this.#states.claimedElsewhere(target.clusterId, key, id),
      },
      clock: this.#options.clock,
    }
    const owner = { deliveryId: pass.delivery.id, revision: pass.delivery.revision }
    const { watcher } = this.#options
    return run(how.program, ports, { owner, ...(watcher === undefined ? {} : { watcher }) })
  }

  /**
   * The report of a pass that would find nothing to do: the very objects of the last one, ready then, and seen by the
   * watch caches ever since. A commit that touches one of a thousand deliveries costs the others no more than this.
   */
  #stillStands(state: DeliveryState, job: DeliveryJob, target: Target): Report | undefined {
    const { last, current } = state
    const { delivery } = job
    if (last === undefined || current === undefined || last.cause !== job.cause) return undefined
    if (last.report.result !== 'ready' || last.report.revisitAtMs !== undefined || state.dirty.size > 0)
      return undefined
    if (delivery.healthCheck !== undefined || current.target.clusterId !== target.clusterId) return undefined
    if (!sameObjects(current.delivery, delivery) || !sameKeys(delivery.inventory, last.report.inventory))
      return undefined
    const { caches } = current.target
    const isSeen = last.report.inventory.every((entry) => {
      const live = caches.live(entry)
      return live !== 'unknown' && live !== undefined && !this.#hasDrifted(state, entry)
    })
    if (!isSeen) return undefined
    const { revision } = delivery
    state.memory = { ...state.memory, revision }
    state.current = { delivery: { ...delivery, inventory: last.report.inventory }, target }
    const outcomes = last.report.outcomes
      .filter((one) => one.kind !== 'deleted')
      .map((one) => (one.kind === 'skipped' ? one : { ...one, kind: 'unchanged' as const }))
    const report = { ...last.report, revision, outcomes, pruned: [], writes: 0, memory: state.memory }
    state.last = { report, cause: last.cause }
    return report
  }

  #isWaitOver(state: DeliveryState): boolean {
    const { wait, memory, current } = state
    if (wait === undefined || current === undefined) return false
    return isWaitOver(wait, {
      nowMs: this.#options.clock.now(),
      live: (ref) => {
        const live = current.target.caches.live(ref)
        return live === 'unknown' ? undefined : live
      },
      applied: memory.applied,
      expressions: current.delivery.healthExpressions,
    })
  }

  /** Changes that came while the pass ran were judged by what was remembered before it. */
  #recheck(state: DeliveryState): void {
    if (state.current === undefined) return
    for (const [name, key] of state.dirty) if (this.#isAsApplied(state, key)) state.dirty.delete(name)
    for (const entry of state.current.delivery.inventory) {
      if (this.#hasDrifted(state, entry)) state.dirty.set(formatKey(entry), entry)
    }
    if (this.#isWaitOver(state)) this.#ask(state)
    else if (state.dirty.size > 0) {
      if (state.observer === undefined) this.#options.wake(state.key)
      else this.#ask(state)
    }
  }

  /** Whether the watch cache has an object as the last pass left it, or as it was before. */
  #isAsApplied(state: DeliveryState, key: ObjectKey): boolean {
    const { memory, current } = state
    const entry = current?.delivery.inventory.find((one) => formatKey(one) === formatKey(key))
    if (current === undefined || entry === undefined) return false
    const live = current.target.caches.live(entry)
    if (live === undefined || live === 'unknown') return false
    const event = { type: 'MODIFIED', object: live } as const
    return judgeEvent(memory.applied[formatKey(key)], event, current.delivery.fieldManager) === 'same'
  }

  #hasDrifted(state: DeliveryState, entry: InventoryEntry): boolean {
    const { memory, current } = state
    const record = memory.applied[formatKey(entry)]
    const live = current?.target.caches.live(entry)
    if (current === undefined || record === undefined || live === 'unknown') return false
    if (live === undefined) return current.target.caches.hasSeen(entry, record.resourceVersion)
    const verdict = judgeEvent(record, { type: 'MODIFIED', object: live }, current.delivery.fieldManager)
    return verdict === 'drift' || verdict === 'replaced'
  }
}

/** Whether two deliveries have the same objects, and ask the same for each. Renders that changed nothing share them. */
function sameObjects(a: Delivery, b: Delivery): boolean {
  const [before, after] = [a.desired.objects, b.desired.objects]
  if (a.desired.kind !== b.desired.kind || before.length !== after.length) return false
  return before.every((one, index) => one.object === after[index]?.object && one.mode === after[index].mode)
}

function sameKeys(a: readonly ObjectKey[], b: readonly ObjectKey[]): boolean {
  if (a.length !== b.length) return false
  const keys = new Set(a.map(formatKey))
  return b.every((key) => keys.has(formatKey(key)))
}
