import { fail, ok, type Clock, type Failure, type Result } from '@kedge/base'
import {
  judgeEvent,
  isWaitOver,
  reconcile,
  run,
  type Delivery,
  type EffectWatcher,
  type InventoryEntry,
  type Pass,
  type Report,
} from '@kedge/engine'
import type { TargetCluster } from '@kedge/flux'
import { formatKey, keyOf, type ObjectKey } from '@kedge/manifest'

import type { OwnedEvent } from '../cluster/engine-cluster.ts'
import type { Target, TargetClusters } from '../cluster/target-clusters.ts'
import { createDeliveryStates, type DeliveryState } from './delivery-state.ts'

/** Runs deliveries through the engine, and hears of every change of what they brought. */
export interface Delivering {
  /** One whole pass. Fails when the target cannot be had. */
  deliver(job: DeliveryJob): Promise<Result<Report, Failure & { readonly gone: boolean }>>
  /** Corrects only the objects that somebody changed; undefined when a whole pass has to look. */
  correct(state: DeliveryState): Promise<Report | undefined>
  stateOf(id: string, key: string): DeliveryState
  forget(id: string): void
  /** Takes in a change of an object of a held kind. */
  onOwnedEvent(clusterId: string, event: OwnedEvent): void
  /** Gives up the correction of drift and the wait for health until the next pass. */
  rest(id: string): void
}

export interface DeliveryJob {
  readonly key: string
  readonly delivery: Delivery
  readonly target: TargetCluster
  /** Stores the inventory with the rest of the status; called before the first write. */
  readonly saveInventory: (entries: readonly InventoryEntry[]) => Promise<void>
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

export function createDelivering(options: DeliveringOptions): Delivering {
  const states = createDeliveryStates()
  const watcher = options.watcher === undefined ? {} : { watcher: options.watcher }

  function runPass(pass: Pass, target: Target, save: DeliveryJob['saveInventory']): Promise<Report> {
    const ports = {
      cluster: target.port,
      record: { saveInventory: (_: string, entries: readonly InventoryEntry[]) => save(entries) },
      claims: {
        claimedElsewhere: (key: ObjectKey, id: string) => states.claimedElsewhere(target.clusterId, key, id),
      },
      clock: options.clock,
    }
    const owner = { deliveryId: pass.delivery.id, revision: pass.delivery.revision }
    return run(reconcile(pass), ports, { owner, ...watcher })
  }

  function onOwnedEvent(clusterId: string, event: OwnedEvent): void {
    const key = keyOf(event.object)
    const state = states.ownerOf(clusterId, key)
    if (state?.current === undefined) return
    const { memory, current } = state
    const type = ({ added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const)[event.type]
    const verdict = judgeEvent(
      memory.applied[formatKey(key)],
      { type, object: event.object },
      current.delivery.fieldManager,
    )
    if (verdict === 'drift' || verdict === 'gone' || verdict === 'replaced') {
      state.dirty.set(formatKey(key), key)
      options.wake(state.key)
    } else if (verdict === 'leaving') state.dirty.set(formatKey(key), key)
    if (state.wait !== undefined && isOver(state, current)) {
      state.asked += 1
      options.wake(state.key)
    }
  }

  function isOver(state: DeliveryState, current: NonNullable<DeliveryState['current']>): boolean {
    const { wait, memory } = state
    if (wait === undefined) return false
    return isWaitOver(wait, {
      nowMs: options.clock.now(),
      live: (ref) => {
        const live = current.target.caches.live(ref)
        return live === 'unknown' ? undefined : live
      },
      applied: memory.applied,
      expressions: current.delivery.healthExpressions,
    })
  }

  return {
    stateOf: (id, key) => states.of(id, key),
    forget: (id) => states.forget(id),
    onOwnedEvent,
    rest(id) {
      const state = states.find(id)
      if (state === undefined) return
      state.current = undefined
      state.wait = undefined
      state.dirty.clear()
    },
    async deliver(job) {
      const target = await options.targets().find(job.target)
      if (!target.ok) return fail(target.failure)
      const { delivery } = job
      const state = states.of(delivery.id, job.key)
      const desired = delivery.desired.objects.map(({ object }) => keyOf(object))
      // Claimed from now on: another delivery that sheds one of these must not delete it.
      states.own(state, target.value.clusterId, { desired, recorded: delivery.inventory })
      state.dirty.clear()
      const pass = { delivery, memory: state.memory, nowMs: options.clock.now() }
      const report = await runPass(pass, target.value, job.saveInventory)
      states.own(state, target.value.clusterId, { desired, recorded: report.inventory })
      state.memory = report.memory
      state.wait = report.wait
      // What later corrections deliver is what is recorded now.
      state.current = { delivery: { ...delivery, inventory: report.inventory }, target: target.value }
      recheck(state)
      return ok(report)
    },
    async correct(state) {
      const only = [...state.dirty.values()]
      if (state.current === undefined || only.length === 0 || only.length > maxDirty) return undefined
      state.dirty.clear()
      const { delivery, target } = state.current
      const pass = { delivery, memory: state.memory, nowMs: options.clock.now(), only }
      const report = await runPass(pass, target, () => Promise.resolve())
      state.memory = report.memory
      return report
    },
  }

  /** Changes that came while the pass ran were judged by what was remembered before it. */
  function recheck(state: DeliveryState): void {
    const { current, memory } = state
    if (current === undefined) return
    for (const entry of current.delivery.inventory) {
      const live = current.target.caches.live(entry)
      const record = memory.applied[formatKey(entry)]
      if (live === 'unknown' || record === undefined) continue
      if (live === undefined) {
        if (current.target.caches.hasSeen(entry, record.resourceVersion)) state.dirty.set(formatKey(entry), entry)
        continue
      }
      const verdict = judgeEvent(record, { type: 'MODIFIED', object: live }, current.delivery.fieldManager)
      if (verdict === 'drift' || verdict === 'replaced') state.dirty.set(formatKey(entry), entry)
    }
    const waited = isOver(state, current)
    if (waited) state.asked += 1
    if (waited || state.dirty.size > 0) options.wake(state.key)
  }
}
