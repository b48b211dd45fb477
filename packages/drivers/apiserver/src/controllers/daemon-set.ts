import type { Draft } from '../contracts.ts'
import { child, children, numeric, text } from '../kinds/draft.ts'
import { inParallel, writeStatus, type ControllerContext } from './runtime/context.ts'
import {
  controllerOf,
  generationOf,
  isDeleting,
  keyOf,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  type KubeObject,
} from './runtime/kube-object.ts'
import {
  availabilityOf,
  isActive,
  isFinished,
  isReady,
  ownedCache,
  ownPods,
  podCache,
  podFromTemplate,
  resolveCount,
} from './runtime/pods.ts'
import { TYPES } from './runtime/resources.ts'
import { mayRunOn } from './scheduler/node-fit.ts'
import {
  cleanRevisions,
  ensureRevision,
  isOfRevision,
  REVISION_LABEL,
  revisionLabelOf,
} from './stateful-set/revisions.ts'

const COMPONENT = 'daemonset-controller'
/** Taints that DaemonSet pods tolerate whatever they say themselves. */
const TOLERATED = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
] as const

/** Keeps one pod of each DaemonSet on every node that takes it. */
export function startDaemonSets(context: ControllerContext): void {
  const sets = context.cluster.cache(TYPES.daemonSets)
  const nodes = context.cluster.cache(TYPES.nodes)
  ownedCache(context, TYPES.controllerRevisions)
  const pods = podCache(context)
  const queue = context.queue('daemon-set', async (key) => {
    const set = sets.get(key)
    if (set === undefined || isDeleting(set)) return
    const retryMs = await reconcile(context, set)
    if (retryMs !== undefined) queue.addAfter(key, retryMs)
  })
  sets.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  nodes.onChange(() => {
    for (const set of sets.all()) queue.add(keyOf(set))
  })
  pods.onChange((next, old) => {
    const pod = next ?? old
    const controller = pod === undefined ? undefined : controllerOf(pod)
    if (pod !== undefined && controller?.['kind'] === 'DaemonSet')
      queue.add(`${namespaceOf(pod)}/${String(controller['name'])}`)
  })
}

async function reconcile(context: ControllerContext, set: KubeObject): Promise<number | undefined> {
  const revision = await ensureRevision(context, TYPES.daemonSets, set)
  const pods = await ownPods(context, TYPES.daemonSets, set)
  const template: KubeObject = {
    spec: { ...child(child(specOf(set), 'template'), 'spec'), tolerations: tolerationsOf(set) },
  }
  const wanted = context.cluster
    .cache(TYPES.nodes)
    .all()
    .filter((node) => mayRunOn(template, node))
    .map(nameOf)
  await place(context, set, { revision, pods, wanted })
  const after = await ownPods(context, TYPES.daemonSets, set)
  if (text(child(specOf(set), 'updateStrategy'), 'type') !== 'OnDelete')
    await roll(context, set, { revision, pods: after, wanted })
  const final = await ownPods(context, TYPES.daemonSets, set)
  return writeSetStatus(context, set, { revision, pods: final, wanted })
}

interface View {
  readonly revision: KubeObject
  readonly pods: readonly KubeObject[]
  /** Names of the nodes that are to have a pod. */
  readonly wanted: readonly string[]
}

async function place(context: ControllerContext, set: KubeObject, view: View): Promise<void> {
  const byNode = new Map<string, KubeObject[]>()
  for (const pod of view.pods) {
    const node = nodeOf(pod)
    byNode.set(node, [...(byNode.get(node) ?? []), pod])
  }
  const surplus: KubeObject[] = []
  for (const [node, pods] of byNode) {
    const living = pods.filter((pod) => !isDeleting(pod))
    surplus.push(...living.filter(isFinished))
    const running = living.filter((pod) => !isFinished(pod))
    surplus.push(...(view.wanted.includes(node) ? running.slice(1) : running))
  }
  const missing = view.wanted.filter((node) => !(byNode.get(node) ?? []).some((pod) => !isFinished(pod)))
  await inParallel(surplus, (pod) => removePod(context, set, pod))
  await inParallel(missing, (node) => createPod(context, set, { revision: view.revision, node }))
}

/** Replaces pods of an older template, as many at a time as may be unavailable. */
async function roll(context: ControllerContext, set: KubeObject, view: View): Promise<void> {
  const rolling = child(child(specOf(set), 'updateStrategy'), 'rollingUpdate')
  const room = Math.max(1, resolveCount(rolling?.['maxUnavailable'] ?? 1, view.wanted.length, 'up'))
  const living = view.pods.filter(isActive)
  const unavailable = view.wanted.length - living.filter(isReady).length
  const old = living.filter((pod) => !isOfRevision(pod, view.revision))
  // Pods that are not ready serve nobody: they go first and cost nothing.
  const broken = old.filter((pod) => !isReady(pod))
  const serving = old.filter(isReady).slice(0, Math.max(0, room - unavailable))
  await inParallel([...broken, ...serving], (pod) => removePod(context, set, pod))
}

async function createPod(
  context: ControllerContext,
  set: KubeObject,
  made: { readonly revision: KubeObject; readonly node: string },
): Promise<void> {
  const draft = podFromTemplate(TYPES.daemonSets, set, child(specOf(set), 'template'))
  const generation = String(generationOf(set))
  const pod = await context.cluster.create(TYPES.pods, {
    metadata: {
      ...metaOf(draft),
      labels: {
        ...labelsOf(draft),
        [REVISION_LABEL]: revisionLabelOf(made.revision),
        'pod-template-generation': generation,
      },
    },
    spec: {
      ...specOf(draft),
      affinity: affinityTo(made.node, child(specOf(draft), 'affinity')),
      tolerations: tolerationsOf(set),
    },
  })
  context.recorder.record(COMPONENT, {
    type: TYPES.daemonSets,
    object: set,
    reason: 'SuccessfulCreate',
    message: `Created pod: ${nameOf(pod)}`,
  })
}

async function removePod(context: ControllerContext, set: KubeObject, pod: KubeObject): Promise<void> {
  await context.cluster.remove(TYPES.pods, pod)
  context.recorder.record(COMPONENT, {
    type: TYPES.daemonSets,
    object: set,
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${nameOf(pod)}`,
  })
}

function affinityTo(node: string, affinity: Readonly<Draft> | undefined): Draft {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }
  return {
    ...affinity,
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  }
}

/** The node of a pod, or the one it is meant for before it is bound. */
function nodeOf(pod: KubeObject): string {
  const bound = text(specOf(pod), 'nodeName')
  if (bound !== '') return bound
  const required = child(
    child(child(specOf(pod), 'affinity'), 'nodeAffinity'),
    'requiredDuringSchedulingIgnoredDuringExecution',
  )
  const [term] = children(required, 'nodeSelectorTerms')
  const [field] = children(term, 'matchFields')
  const values = field?.['values']
  return Array.isArray(values) ? String(values[0]) : ''
}

function tolerationsOf(set: KubeObject): readonly Draft[] {
  const own = children(child(child(specOf(set), 'template'), 'spec'), 'tolerations')
  return [...own, ...TOLERATED.map(([key, effect]) => ({ key, operator: 'Exists', effect }))]
}

async function writeSetStatus(context: ControllerContext, set: KubeObject, view: View): Promise<number | undefined> {
  const nowMs = context.clock.now()
  const living = view.pods.filter(isActive)
  const onWanted = living.filter((pod) => view.wanted.includes(nodeOf(pod)))
  const availability = onWanted.map((pod) => availabilityOf(pod, numeric(specOf(set), 'minReadySeconds') ?? 0, nowMs))
  const available = availability.filter(({ isAvailable }) => isAvailable).length
  const optional: readonly (readonly [string, number])[] = [
    ['updatedNumberScheduled', onWanted.filter((pod) => isOfRevision(pod, view.revision)).length],
    ['numberAvailable', available],
    ['numberUnavailable', view.wanted.length - available],
  ]
  const status: Draft = {
    currentNumberScheduled: onWanted.length,
    numberMisscheduled: living.length - onWanted.length,
    desiredNumberScheduled: view.wanted.length,
    numberReady: onWanted.filter(isReady).length,
    observedGeneration: generationOf(set),
    ...Object.fromEntries(optional.filter(([, value]) => value !== 0)),
  }
  await writeStatus(context, TYPES.daemonSets, {
    object: context.cluster.cache(TYPES.daemonSets).get(keyOf(set)) ?? set,
    status,
  })
  if (available === view.wanted.length) await cleanRevisions(context, set, new Set([nameOf(view.revision)]))
  const waits = availability.flatMap(({ remainingMs }) => (remainingMs === undefined ? [] : [remainingMs]))
  return waits.length === 0 ? undefined : Math.min(...waits)
}
