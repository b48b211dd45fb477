import type { Draft } from '../contracts.ts'
import { healthyConditions } from '../bootstrap/nodes.ts'
import { children, numeric, sameValue, text } from '../kinds/draft.ts'
import { faultOf } from './kubelet/faults.ts'
import { conditionsIn, withCondition, type Finding } from './runtime/conditions.ts'
import { writeStatus, type ControllerContext } from './runtime/context.ts'
import {
  conditionOf,
  isDeleting,
  keyOf,
  nameOf,
  specOf,
  statusOf,
  timeOf,
  timestamp,
  type KubeObject,
} from './runtime/kube-object.ts'
import { BY_NODE, isReady, podCache } from './runtime/pods.ts'
import { TYPES } from './runtime/resources.ts'

const COMPONENT = 'node-controller'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const MANAGED_TAINTS = new Set(['node.kubernetes.io/not-ready', UNREACHABLE])
/** Tolerations of pods without one of their own, in seconds: they are evicted at once. */
const NO_TOLERATION = 0

/** Lets nodes be Ready, unless an annotation `kedge.dev/fault: not-ready` says that one is down. */
export function startNodeLifecycle(context: ControllerContext): void {
  const nodes = context.cluster.cache(TYPES.nodes)
  const pods = podCache(context)
  const queue = context.queue('node-lifecycle', async (name) => {
    const node = nodes.get(name)
    if (node === undefined || isDeleting(node)) return
    const isDown = faultOf(node) === 'not-ready'
    await reconcileNode(context, node, isDown)
    if (!isDown) return
    for (const pod of pods.find(BY_NODE, name)) {
      const waitMs = await unsettlePod(context, pod)
      if (waitMs !== undefined) queue.addAfter(name, waitMs)
    }
  })
  nodes.onChange((next) => {
    if (next !== undefined) queue.add(nameOf(next))
  })
}

async function reconcileNode(context: ControllerContext, node: KubeObject, isDown: boolean): Promise<void> {
  const nowMs = context.clock.now()
  const before = conditionsIn(statusOf(node))
  let conditions = before
  for (const finding of isDown ? unknownFindings(before) : healthyFindings(nowMs)) {
    conditions = withCondition(conditions, finding, { nowMs })
  }
  const written =
    conditions === before
      ? node
      : await writeStatus(context, TYPES.nodes, { object: node, status: { ...statusOf(node), conditions } })
  if (written !== node) {
    const [reason, message] = isDown ? ['NodeNotReady', 'NodeNotReady'] : ['NodeReady', 'NodeReady']
    context.recorder.record(COMPONENT, {
      type: TYPES.nodes,
      object: node,
      reason,
      message: `Node ${nameOf(node)} status is now: ${message}`,
    })
  }
  const others = children(specOf(written), 'taints').filter((taint) => !MANAGED_TAINTS.has(text(taint, 'key')))
  const since = text(conditionOf(written, 'Ready'), 'lastTransitionTime')
  const taints = isDown
    ? [
        ...others,
        { key: UNREACHABLE, effect: 'NoSchedule', timeAdded: since },
        { key: UNREACHABLE, effect: 'NoExecute', timeAdded: since },
      ]
    : others
  if (sameValue(taints, children(specOf(written), 'taints'))) return
  await context.cluster.update(TYPES.nodes, { ...written, spec: { ...specOf(written), taints } })
}

function healthyFindings(nowMs: number): readonly Finding[] {
  return healthyConditions(timestamp(nowMs)).map((condition: Draft) => ({
    type: text(condition, 'type'),
    status: condition['status'] === 'True' ? 'True' : 'False',
    reason: text(condition, 'reason'),
    message: text(condition, 'message'),
  }))
}

function unknownFindings(before: readonly Draft[]): readonly Finding[] {
  return before.map((condition) => ({
    type: text(condition, 'type'),
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  }))
}

/** A pod of a node that is down is not ready, and is evicted when its toleration ends; says how long that is. */
async function unsettlePod(context: ControllerContext, pod: KubeObject): Promise<number | undefined> {
  if (isDeleting(pod)) return undefined
  const nowMs = context.clock.now()
  let current = pod
  if (isReady(pod)) {
    const finding: Finding = { type: 'Ready', status: 'False', reason: 'NodeNotReady', message: '' }
    const conditions = withCondition(conditionsIn(statusOf(pod)), finding, { nowMs })
    current = await writeStatus(context, TYPES.pods, { object: pod, status: { ...statusOf(pod), conditions } })
  }
  const seconds = tolerationSeconds(current)
  if (seconds === undefined) return undefined
  const sinceMs = timeOf(conditionOf(current, 'Ready'), 'lastTransitionTime') ?? nowMs
  const waitMs = sinceMs + seconds * 1000 - nowMs
  if (waitMs > 0) return waitMs
  context.recorder.record('taint-eviction-controller', {
    type: TYPES.pods,
    object: current,
    reason: 'TaintManagerEviction',
    message: `Marking for deletion Pod ${keyOf(current)}`,
  })
  await context.cluster.remove(TYPES.pods, current)
  return undefined
}

/** Seconds that a pod stays on an unreachable node; undefined for ever. */
function tolerationSeconds(pod: KubeObject): number | undefined {
  const fitting = children(specOf(pod), 'tolerations').filter(
    (toleration) =>
      (toleration['key'] === UNREACHABLE || text(toleration, 'key') === '') &&
      (text(toleration, 'effect') === '' || toleration['effect'] === 'NoExecute'),
  )
  if (fitting.length === 0) return NO_TOLERATION
  const limits = fitting.map((toleration) => numeric(toleration, 'tolerationSeconds'))
  return limits.includes(undefined) ? undefined : Math.min(...limits.filter((limit) => limit !== undefined))
}
