import { FailureError } from '@kedge/base'
import { createCluster, localTransport, type Cluster, type LocalApi } from '@kedge/cluster'
import {
  dismantle,
  emptyMemory,
  reconcile,
  run,
  type ClusterPort,
  type InventoryEntry,
  type Memory,
  type Report,
} from '@kedge/engine'
import { createLoop, type Loop, type Next } from '@kedge/loop'
import { ApiError, type KubeObject } from '@kedge/manifest'

import { deliveryOf, type Phase } from './scenario.ts'
import { seededRandom, timersOf, type SimulatedTime } from './simulated-time.ts'

/** One life of the engine: what it remembers dies with it. */
export interface Process {
  readonly loop: Loop
  readonly isAlive: () => boolean
  kill(): void
  readonly reports: Report[]
}

export interface ProcessOptions {
  readonly world: string
  readonly time: SimulatedTime
  /** The API as this process reaches it, with its faults. */
  readonly api: (process: { isAlive(): boolean; kill(): void }) => LocalApi
  readonly phase: () => Phase
  readonly onReady: () => Promise<void>
  readonly concurrency: number
  readonly forgetsRecord: boolean
}

/** Starts a process that delivers the phase at hand, again and again, as its loop says. */
export function startProcess(options: ProcessOptions): Process {
  let alive = true
  const life = { isAlive: () => alive, kill: () => (alive = false) }
  const timers = timersOf(options.time, life.isAlive)
  const ports = { clock: options.time.clock, timers, random: seededRandom(1) }
  const transport = localTransport(options.api(life))
  const cluster = createCluster({ name: 'sweep', namespace: 'default' }, ports, { transport, retries: 0 })
  const store = recordStore(cluster, options.world)
  const reports: Report[] = []
  let memory: Memory = emptyMemory
  const loop = createLoop(
    {
      handle: async (): Promise<Next> => {
        const { report, next } = await onePass({ ...options, cluster, store, memory })
        memory = report.memory
        reports.push(report)
        return next
      },
    },
    ports,
  )
  return { loop, reports, isAlive: life.isAlive, kill: life.kill }
}

interface Turn extends ProcessOptions {
  readonly cluster: Cluster
  readonly store: RecordStore
  readonly memory: Memory
}

async function onePass(turn: Turn): Promise<{ readonly report: Report; readonly next: Next }> {
  const phase = turn.phase()
  const record = await turn.store.load()
  const delivery = { ...deliveryOf(phase, turn.world), inventory: record.inventory }
  const program = phase.dismantles ? dismantle : reconcile
  const report = await run(
    program({ delivery, memory: turn.memory, nowMs: turn.time.clock.now() }),
    {
      cluster: portOf(turn.cluster),
      claims: { claimedElsewhere: () => undefined },
      clock: turn.time.clock,
      record: {
        async saveInventory(_id, entries) {
          if (!turn.forgetsRecord) await turn.store.save({ inventory: entries, status: record.status })
        },
      },
    },
    { owner: { deliveryId: delivery.id, revision: phase.revision }, concurrency: turn.concurrency },
  )
  if (report.result === 'ready') await turn.onReady()
  await turn.store.save({ inventory: report.inventory, status: `${report.result} ${phase.name} ${phase.revision}` })
  return { report, next: nextOf(report) }
}

function nextOf(report: Report): Next {
  if (report.result === 'ready') return { kind: 'done' }
  if (report.result === 'held') return { kind: 'stalled', reason: 'held' }
  if (report.result === 'waiting') return { kind: 'after', delayMs: 1000 }
  return { kind: 'retry', cause: report.failures[0]?.message ?? '' }
}

interface StoredRecord {
  readonly inventory: readonly InventoryEntry[]
  readonly status: string
}

interface RecordStore {
  load(): Promise<StoredRecord>
  save(record: StoredRecord): Promise<void>
}

/** The record lives in the cluster, as a family's status does, and is written only when it changes. */
function recordStore(cluster: Cluster, world: string): RecordStore {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'kedge-record', name: world }
  let stored: string | undefined
  return {
    async load() {
      const object = await cluster.get(ref)
      const data = (object?.['data'] ?? {}) as { readonly inventory?: string; readonly status?: string }
      const record = { inventory: JSON.parse(data.inventory ?? '[]') as InventoryEntry[], status: data.status ?? '' }
      stored = textOf(record)
      return record
    },
    async save(record) {
      const text = textOf(record)
      if (text === stored) return
      stored = undefined
      const { inventory, status } = record
      const data = { inventory: JSON.stringify(inventory), status }
      const object: KubeObject = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: world, namespace: 'kedge-record' },
        data,
      }
      await cluster.apply(object, { fieldManager: 'kedge-record', force: true })
      stored = text
    },
  }
}

function textOf(record: StoredRecord): string {
  return JSON.stringify([record.inventory, record.status])
}

/** The engine's port on the client, reading always from the server: every read is a place for a fault. */
function portOf(cluster: Cluster): ClusterPort {
  return {
    async resourceFor(gvk, how) {
      if (how?.fresh === true) cluster.discovery.invalidate()
      try {
        return await cluster.resourceFor(gvk)
      } catch (error) {
        if (error instanceof FailureError && error.failure.code === 'unknown-kind') return undefined
        throw asApiError(error)
      }
    },
    get: (ref) => cluster.get(ref),
    list: async (gvk) => (await cluster.list(gvk)).items,
    apply: async (object, how) => (await cluster.apply(object, how)).object,
    patch: async (ref, body, how) => (await cluster.patch(ref, { type: 'json', body }, how)).object,
    delete: async (ref, how) => {
      const { outcome } = await cluster.delete(ref, { uid: how.uid, propagation: 'Background' })
      return outcome === 'deleting' ? 'terminating' : 'gone'
    },
    watch: () => Promise.resolve(),
    live: () => 'unknown',
  }
}

function asApiError(error: unknown): unknown {
  if (!(error instanceof FailureError)) return error
  const { message } = error.failure
  return new ApiError({ code: 503, reason: 'DiscoveryIncomplete', message }, { outcomeKnown: true, cause: error })
}
