import type { KubeObject, ObjectKey } from '@kedge/manifest'

import type { Delivery, OwnerMark } from '../model/delivery.ts'
import type { Desired } from '../model/desired.ts'
import type { InventoryEntry } from '../model/inventory.ts'
import { emptyMemory, type Memory } from '../model/memory.ts'
import type { Pass } from '../model/pass.ts'
import type { Report } from '../model/report.ts'
import { kindRank } from '../plan/kind-rank.ts'
import { wavesByKind } from '../plan/waves-by-kind.ts'
import type { ClaimsPort, EnginePorts } from '../ports.ts'
import { reconcile } from '../reconcile.ts'
import { run, type RunOptions } from '../run.ts'
import type { ModelCluster } from './model-cluster.ts'

/** The label by which test deliveries mark what is theirs. */
export const ownerLabel = 'example.com/owner'

export function labelMark(owner: string): OwnerMark {
  return {
    stamp: (object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, [ownerLabel]: owner } },
    }),
    confirms: (live) => live.metadata.labels?.[ownerLabel] === owner,
    ownerOf: (live) => live.metadata.labels?.[ownerLabel],
  }
}

/** A delivery with the strictest settings, changed where a test says so. */
export function deliveryOf(objects: readonly KubeObject[], changes: Partial<Delivery> = {}): Delivery {
  const id = changes.id ?? 'shop'
  return {
    id,
    mark: labelMark(id),
    fieldManager: 'kedge-test',
    takeOver: [],
    revision: 'main@sha1:1111',
    desired: { kind: 'complete', objects: objects.map(desiredOf) },
    waves: wavesByKind,
    rank: kindRank,
    inventory: [],
    prune: true,
    force: false,
    sharing: 'refuse',
    guards: { allowEmpty: false, limit: 'default' },
    protect: [],
    healthExpressions: [],
    failFast: true,
    ...changes,
  }
}

export function desiredOf(object: KubeObject): Desired {
  return { object, origin: { file: `${object.kind.toLowerCase()}-${object.metadata.name ?? ''}.yaml`, line: 1 } }
}

export function namespaceNamed(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

export function configMap(name: string, data: Readonly<Record<string, string>> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data }
}

export function definition(kind: string, group = 'example.com'): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.toLowerCase()}s.${group}` },
    spec: { group, scope: 'Namespaced', names: { kind, plural: `${kind.toLowerCase()}s` } },
  }
}

export const established = { conditions: [{ type: 'Established', status: 'True' }] }

export function keyFor(kind: string, name: string, rest: Partial<ObjectKey> = {}): ObjectKey {
  return { group: '', kind, namespace: 'shop', name, ...rest }
}

/** A delivery's store and its process: what survives a restart, and what does not. */
export interface Bench {
  readonly cluster: ModelCluster
  readonly ports: EnginePorts
  /** The stored inventory, as a new process would read it. */
  stored: readonly InventoryEntry[]
  memory: Memory
  nowMs: number
  /** Other deliveries' claims, by key. */
  readonly claims: Map<string, string>
  saves: number
}

export function createBench(cluster: ModelCluster): Bench {
  const claims = new Map<string, string>()
  const claimsPort: ClaimsPort = {
    claimedElsewhere: (key, id) => {
      const owner = claims.get(`${key.kind}/${key.name}`)
      return owner === id ? undefined : owner
    },
  }
  const bench: Bench = {
    cluster,
    stored: [],
    memory: emptyMemory,
    nowMs: 1_000_000,
    claims,
    saves: 0,
    ports: {
      cluster,
      claims: claimsPort,
      clock: { now: () => bench.nowMs },
      record: {
        saveInventory: async (_id, entries) => {
          bench.saves += 1
          bench.stored = entries
        },
      },
    },
  }
  return bench
}

/** A pass of a delivery with what the bench has stored and remembers. */
export function passOf(bench: Bench, delivery: Delivery): Pass {
  return { delivery: { ...delivery, inventory: bench.stored }, memory: bench.memory, nowMs: bench.nowMs }
}

/** Runs one pass and stores what it reports, as an agent does. */
export async function reconcileOn(
  bench: Bench,
  delivery: Delivery,
  options: Partial<RunOptions> = {},
): Promise<Report> {
  const owner = { deliveryId: delivery.id, revision: delivery.revision }
  const report = await run(reconcile(passOf(bench, delivery)), bench.ports, { owner, ...options })
  bench.stored = report.inventory
  bench.memory = report.memory
  return report
}

/** Forgets what a new process would not know. */
export function restart(bench: Bench): void {
  bench.memory = emptyMemory
}
