import type { Draft } from '../../contracts.ts'
import { child, children, numeric, text } from '../../kinds/draft.ts'
import type { ControllerContext } from '../runtime/context.ts'
import { isDeleting, keyOf, metaOf, specOf, statusOf, uidOf, type KubeObject } from '../runtime/kube-object.ts'
import { BY_NODE, isFinished, podCache } from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import type { WatchCache } from '../runtime/watch-cache.ts'
import { draw } from '../timing.ts'
import { faultOf } from './faults.ts'
import { podStatus, type ContainerStatuses, type PodAddresses } from './pod-status.ts'
import {
  backOff,
  becomeReady,
  begin,
  crash,
  end,
  initialize,
  restart,
  start,
  tellStopping,
  type Transition,
} from './transitions.ts'
import { nextStep, type Step, type StepKind } from './steps.ts'

const BY_IP = 'ip'
const FALLBACK_HOST_IP = '172.18.0.2'

interface Due {
  readonly occurrence: string
  readonly atMs: number
}

interface PodMemory {
  due?: Due
  failedPulls: number
}

const TRANSITIONS: Readonly<Record<StepKind, (transition: Transition) => ContainerStatuses>> = {
  begin,
  initialize,
  start,
  'back-off': backOff,
  'become-ready': becomeReady,
  crash,
  restart,
  end,
}

/** Runs the pods that are bound to a node: every node has this one kubelet. */
export function startKubelet(context: ControllerContext): void {
  const pods = podCache(context)
  pods.addIndex(BY_IP, (pod) => [text(statusOf(pod), 'podIP')])
  const nodes = context.cluster.cache(TYPES.nodes)
  const memories = new Map<string, PodMemory>()
  const addresses = createAddresses(pods)
  const queue = context.queue('kubelet', async (key) => {
    const pod = pods.get(key)
    if (pod === undefined || text(specOf(pod), 'nodeName') === '') return
    const node = nodes.get(text(specOf(pod), 'nodeName'))
    if (node === undefined || faultOf(node) === 'not-ready') return
    const memory = memories.get(uidOf(pod)) ?? { failedPulls: 0 }
    memories.set(uidOf(pod), memory)
    const waitMs = await advance(context, pod, { memory, addresses: (withOwn) => addresses({ pod, node, withOwn }) })
    if (waitMs !== undefined) queue.addAfter(key, waitMs)
  })
  pods.onChange((next, old) => {
    if (next === undefined) {
      if (old !== undefined) memories.delete(uidOf(old))
      return
    }
    if (text(specOf(next), 'nodeName') !== '') queue.add(keyOf(next))
  })
  nodes.onChange((next, old) => {
    if (next === undefined || old === undefined || faultOf(next) === faultOf(old)) return
    for (const pod of pods.find(BY_NODE, String(metaOf(next)['name']))) queue.add(keyOf(pod))
  })
}

interface PodView {
  readonly memory: PodMemory
  /** A pod has the address of its host from the beginning, its own once its sandbox is there. */
  readonly addresses: (withOwn: boolean) => PodAddresses
}

/** Takes a pod's next step when its time has come; otherwise says how long to wait. */
async function advance(context: ControllerContext, pod: KubeObject, view: PodView): Promise<number | undefined> {
  const { memory } = view
  const step = isDeleting(pod)
    ? stopStep(context, pod)
    : isFinished(pod)
      ? undefined
      : nextStep(pod, { ...context, failedPulls: memory.failedPulls })
  if (step === undefined) {
    delete memory.due
    return undefined
  }
  const nowMs = context.clock.now()
  if (memory.due?.occurrence !== step.occurrence) {
    memory.due = { occurrence: step.occurrence, atMs: nowMs + step.delayMs }
    if (step.kind === 'stop') tellStopping(context, pod)
  }
  const waitMs = memory.due.atMs - nowMs
  if (waitMs > 0) return waitMs
  delete memory.due
  if (step.kind === 'stop') {
    await context.cluster.remove(TYPES.pods, pod, { graceSeconds: 0 })
    return undefined
  }
  await take(context, pod, { ...view, kind: step.kind })
  return undefined
}

async function take(
  context: ControllerContext,
  pod: KubeObject,
  view: PodView & { readonly kind: StepKind },
): Promise<void> {
  const statuses = TRANSITIONS[view.kind]({ context, pod, memory: view.memory })
  const needsAddress = child(statusOf(pod), 'podIP') === undefined && text(statusOf(pod), 'podIP') === ''
  const status = podStatus(pod, {
    statuses,
    addresses: needsAddress ? view.addresses(view.kind !== 'begin') : undefined,
    nowMs: context.clock.now(),
  })
  await context.cluster.update(TYPES.pods, { ...pod, status }, 'status')
}

function stopStep(
  context: ControllerContext,
  pod: KubeObject,
): (Omit<Step, 'kind'> & { readonly kind: 'stop' }) | undefined {
  const graceMs = (numeric(metaOf(pod), 'deletionGracePeriodSeconds') ?? 0) * 1000
  // A pod that finalizers hold after its grace period has nothing left to stop.
  if (graceMs === 0) return undefined
  return { kind: 'stop', delayMs: Math.min(graceMs, draw(context.timing.stop, context.random)), occurrence: 'stop' }
}

/** Gives out addresses of 10.244.0.0/16 that no pod has. */
function createAddresses(
  pods: WatchCache,
): (wish: { readonly pod: KubeObject; readonly node: KubeObject; readonly withOwn: boolean }) => PodAddresses {
  let next = 2
  return ({ pod, node, withOwn }) => {
    const hostIp = hostAddress(node)
    if (!withOwn) return { hostIp, podIp: '' }
    if (specOf(pod)['hostNetwork'] === true) return { hostIp, podIp: hostIp }
    for (let tried = 0; tried < 65_000; tried += 1) {
      const offset = next
      next = next >= 65_500 ? 2 : next + 1
      const podIp = `10.244.${Math.floor(offset / 256)}.${offset % 256}`
      if (offset % 256 !== 0 && offset % 256 !== 255 && pods.find(BY_IP, podIp).length === 0) return { hostIp, podIp }
    }
    return { hostIp, podIp: '' }
  }
}

function hostAddress(node: KubeObject): string {
  const internal = children(statusOf(node), 'addresses').find((address: Draft) => address['type'] === 'InternalIP')
  return internal === undefined ? FALLBACK_HOST_IP : text(internal, 'address')
}
