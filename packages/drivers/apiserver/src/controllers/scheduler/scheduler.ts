import { children, text } from '../../kinds/draft.ts'
import { claimNames } from '../../kinds/storage.ts'
import { isUnschedulable } from '../kubelet/faults.ts'
import { RequestRefused } from '../runtime/cluster-access.ts'
import { conditionsIn, withCondition } from '../runtime/conditions.ts'
import type { ControllerContext } from '../runtime/context.ts'
import {
  annotationsOf,
  isDeleting,
  keyOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { isFinished, podCache } from '../runtime/pods.ts'
import { objectPath, TYPES } from '../runtime/resources.ts'
import { draw } from '../timing.ts'
import { requestsOf, whyNot, type Amounts } from './node-fit.ts'

const COMPONENT = 'default-scheduler'
const SELECTED_NODE = 'volume.kubernetes.io/selected-node'

/** Binds pods to nodes that can take them; tries those it could not place again when something changes for them. */
export function startScheduler(context: ControllerContext): void {
  const pods = podCache(context)
  const nodes = context.cluster.cache(TYPES.nodes)
  const claims = context.cluster.cache(TYPES.claims)
  const usage = createUsage()
  const unplaced = new Set<string>()
  const seen = new Map<string, number>()
  const queue = context.queue('scheduler', async (key) => {
    const pod = pods.get(key)
    if (pod === undefined || !isForUs(pod)) {
      unplaced.delete(key)
      seen.delete(key)
      return
    }
    const dueMs = seen.get(key) ?? context.clock.now() + draw(context.timing.schedule, context.random)
    seen.set(key, dueMs)
    const waitMs = dueMs - context.clock.now()
    if (waitMs > 0) {
      queue.addAfter(key, waitMs)
      return
    }
    if (await place(context, pod, usage)) {
      unplaced.delete(key)
      seen.delete(key)
    } else {
      unplaced.add(key)
    }
  })
  const retryUnplaced = (): void => {
    for (const key of unplaced) queue.add(key)
  }
  pods.onChange((next, old) => {
    usage.change(next, old)
    if (next !== undefined && isForUs(next) && !unplaced.has(keyOf(next))) queue.add(keyOf(next))
    const isFreed =
      old !== undefined &&
      text(specOf(old), 'nodeName') !== '' &&
      (next === undefined || (isFinished(next) && !isFinished(old)))
    if (isFreed) retryUnplaced()
    if (next === undefined && old !== undefined) {
      unplaced.delete(keyOf(old))
      seen.delete(keyOf(old))
    }
  })
  nodes.onChange(retryUnplaced)
  claims.onChange(retryUnplaced)
}

function isForUs(pod: KubeObject): boolean {
  const spec = specOf(pod)
  return (
    text(spec, 'nodeName') === '' &&
    text(spec, 'schedulerName') === 'default-scheduler' &&
    children(spec, 'schedulingGates').length === 0 &&
    !isDeleting(pod) &&
    !isFinished(pod)
  )
}

/** Binds a pod, or says on it why not. Gives whether it is settled. */
async function place(context: ControllerContext, pod: KubeObject, usage: Usage): Promise<boolean> {
  const nodes = context.cluster.cache(TYPES.nodes).all()
  const waitsForClaim = await claimProblem(context, pod, nodes)
  if (waitsForClaim !== undefined) return refuse(context, pod, waitsForClaim)
  const reasons = new Map<string, number>()
  const fitting = nodes.filter((node) => {
    const reason = isUnschedulable(pod) ? 'Insufficient cpu' : whyNot(pod, node, usage.of(nameOf(node)))
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  const [best] = fitting.toSorted(
    (left, right) => usage.count(nameOf(left)) - usage.count(nameOf(right)) || (nameOf(left) < nameOf(right) ? -1 : 1),
  )
  if (best === undefined) return refuse(context, pod, noNodeMessage(nodes.length, reasons))
  usage.assume(pod, nameOf(best))
  try {
    await bind(context, pod, nameOf(best))
  } catch (error) {
    usage.forget(pod)
    throw error
  }
  return true
}

async function bind(context: ControllerContext, pod: KubeObject, node: string): Promise<void> {
  const place = { namespace: namespaceOf(pod), name: nameOf(pod) }
  // Told before the kubelet sees the pod, so that events stand in order.
  context.recorder.record(COMPONENT, {
    type: TYPES.pods,
    object: pod,
    reason: 'Scheduled',
    message: `Successfully assigned ${place.namespace}/${place.name} to ${node}`,
  })
  const answer = await context.cluster.raw.request({
    method: 'POST',
    path: objectPath(TYPES.pods, place, 'binding'),
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: place.name, namespace: place.namespace },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    },
  })
  if (answer.status >= 300) {
    throw new RequestRefused(answer.status, answer.body)
  }
}

/** A pod whose claims are not bound waits; claims that wait for a consumer are told of the node they get. */
async function claimProblem(
  context: ControllerContext,
  pod: KubeObject,
  nodes: readonly KubeObject[],
): Promise<string | undefined> {
  const claims = context.cluster.cache(TYPES.claims)
  let isPending = false
  for (const name of claimNames(specOf(pod))) {
    const claim = claims.get(`${namespaceOf(pod)}/${name}`)
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
    if (text(statusOf(claim), 'phase') === 'Bound') continue
    isPending = true
    const [node] = nodes
    const wanted = context.cluster.cache(TYPES.storageClasses).get(text(specOf(claim), 'storageClassName'))
    const waits = wanted?.['volumeBindingMode'] === 'WaitForFirstConsumer'
    if (waits && node !== undefined && annotationsOf(claim)[SELECTED_NODE] === undefined) {
      await context.cluster.mergePatch(TYPES.claims, claim, {
        metadata: { annotations: { [SELECTED_NODE]: nameOf(node) } },
      })
    }
  }
  if (!isPending) return undefined
  return `0/${nodes.length} nodes are available: pod has unbound immediate PersistentVolumeClaims. not found. preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`
}

async function refuse(context: ControllerContext, pod: KubeObject, message: string): Promise<boolean> {
  context.recorder.record(COMPONENT, {
    type: TYPES.pods,
    object: pod,
    kind: 'Warning',
    reason: 'FailedScheduling',
    message,
  })
  const before = conditionsIn(statusOf(pod))
  const conditions = withCondition(
    before,
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
    { nowMs: context.clock.now() },
  )
  if (conditions !== before) {
    await context.cluster.update(TYPES.pods, { ...pod, status: { ...statusOf(pod), conditions } }, 'status')
  }
  return false
}

function noNodeMessage(total: number, reasons: ReadonlyMap<string, number>): string {
  const listed = [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ')
  if (total === 0) return 'no nodes available to schedule pods'
  const preemption = `preemption: 0/${total} nodes are available: ${total} No preemption victims found for incoming pod.`
  return `0/${total} nodes are available: ${listed}. ${preemption}`
}

/** What pods use on each node, kept up to date with every change. */
interface Usage {
  of(node: string): Amounts
  count(node: string): number
  change(next: KubeObject | undefined, old: KubeObject | undefined): void
  assume(pod: KubeObject, node: string): void
  forget(pod: KubeObject): void
}

function createUsage(): Usage {
  const placed = new Map<string, { readonly node: string; readonly amounts: Amounts }>()
  const totals = new Map<string, Map<string, bigint>>()

  function add(node: string, amounts: Amounts, sign: bigint): void {
    const total = totals.get(node) ?? new Map<string, bigint>()
    totals.set(node, total)
    for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0n) + sign * amount)
  }

  function release(key: string): void {
    const present = placed.get(key)
    if (present === undefined) return
    placed.delete(key)
    add(present.node, present.amounts, -1n)
  }

  function take(pod: KubeObject, node: string): void {
    const key = keyOf(pod)
    if (placed.get(key)?.node === node) return
    release(key)
    const amounts = requestsOf(pod)
    placed.set(key, { node, amounts })
    add(node, amounts, 1n)
  }

  return {
    of: (node) => totals.get(node) ?? new Map(),
    count: (node) => Number((totals.get(node)?.get('pods') ?? 0n) / 1_000_000_000n),
    change: (next, old) => {
      if (next !== undefined && !isFinished(next)) {
        const node = text(specOf(next), 'nodeName')
        if (node !== '') take(next, node)
        return
      }
      const gone = next ?? old
      if (gone !== undefined) release(keyOf(gone))
    },
    assume: take,
    forget: (pod) => {
      release(keyOf(pod))
    },
  }
}
