import type { Delivery, Desired, InventoryEntry, ObjectRef, Rank, Wave } from '@kedge/engine'
import { compareInstallOrder } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'

import type { Work } from '../model/work.ts'
import { releaseMark } from '../release-mark.ts'
import type { SettledObject } from './settle-objects.ts'

/** How long definitions of the manifest may take to be served. */
export const definitionTimeoutMs = 60_000

/** What a delivery of a release is made of. */
export interface DeliveryParts {
  readonly version: number
  readonly objects: readonly SettledObject[]
  /** Entries to delete, and what is known of the objects. */
  readonly inventory: readonly InventoryEntry[]
  /** Objects that have to get healthy. */
  readonly awaited: readonly ObjectRef[]
  /** Whether the fields of other owners are left alone. */
  readonly merges: boolean
  /** Pointers of an object whose live value is kept. */
  readonly ignore?: (object: KubeObject) => readonly string[]
  readonly leaves?: (live: KubeObject) => string | undefined
}

/** A release's manifest as the engine takes it. The guards on deletions are off: the records say what is to go. */
export function releaseDelivery(work: Work, parts: DeliveryParts): Delivery {
  const { target, options } = work
  const { fieldManager } = target
  const kinds = [...parts.objects.map(({ ref }) => ref.kind), ...parts.inventory.map(({ kind }) => kind)]
  return {
    id: target.id,
    mark: releaseMark(target),
    fieldManager,
    // What helm of old applied on the client side is the manager's own all the same.
    takeOver: parts.merges ? [] : [...target.takeOver, { name: fieldManager, exact: true, operation: 'Update' }],
    revision: `${target.name}.v${parts.version}`,
    desired: { kind: 'complete', objects: parts.objects.map((one) => desiredOf(one, parts)) },
    defaultNamespace: target.namespace,
    waves: definitionsFirst,
    rank: installRank(kinds),
    inventory: parts.inventory,
    prune: true,
    force: options.force,
    sharing: 'refuse',
    guards: { allowEmpty: true, limit: 'off' },
    protect: target.protect,
    keeps: (live) => (isKept(live) ? 'its resource policy is to keep it' : undefined),
    ...(parts.leaves === undefined ? {} : { leaves: parts.leaves }),
    ...(parts.awaited.length === 0 ? {} : { healthCheck: { objects: parts.awaited, timeoutMs: options.timeoutMs } }),
    healthExpressions: options.waitForJobs ? options.healthExpressions : [...options.healthExpressions, startedJob],
    failFast: false,
    propagation: options.propagation,
  }
}

/** Without waiting for Jobs, one that has begun is as good as one that is done. */
const startedJob = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  failed: `status.conditions.exists(c, c.type == 'Failed' && c.status == 'True')`,
  current: `has(status.startTime) || has(spec.suspend) && spec.suspend`,
}

function desiredOf({ object, origin, ref }: SettledObject, parts: DeliveryParts): Desired {
  const pointers = parts.ignore?.(object) ?? []
  const placed =
    ref.namespace === '' ? object : { ...object, metadata: { ...object.metadata, namespace: ref.namespace } }
  if (pointers.includes('')) return { object: placed, origin, mode: 'skip' }
  return {
    object: placed,
    origin,
    mode: parts.merges ? 'merge' : 'apply',
    ...(pointers.length === 0 ? {} : { ignore: pointers }),
  }
}

/** Whether an object says that it is not to be deleted. */
export function isKept(object: KubeObject): boolean {
  return object.metadata.annotations?.['helm.sh/resource-policy']?.trim().toLowerCase() === 'keep'
}

function definitionsFirst(objects: readonly Desired[]): readonly Wave[] {
  const isDefinition = ({ object }: Desired): boolean => object.kind === 'CustomResourceDefinition'
  const waves: readonly Wave[] = [
    {
      name: 'definitions',
      objects: objects.filter(isDefinition),
      awaitHealth: true,
      timeoutMs: definitionTimeoutMs,
    },
    { name: 'objects', objects: objects.filter((one) => !isDefinition(one)), awaitHealth: false, timeoutMs: 0 },
  ]
  return waves.filter((wave) => wave.objects.length > 0)
}

/** Kind after kind, as Helm installs them. */
function installRank(kinds: readonly string[]): Delivery['rank'] {
  const order = new Map([...new Set(kinds)].toSorted(compareInstallOrder).map((kind, tier) => [kind, tier]))
  return ({ kind }): Rank => ({ tier: order.get(kind) ?? order.size, order: 0 })
}
