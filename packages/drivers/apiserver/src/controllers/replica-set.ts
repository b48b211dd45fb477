import type { Draft } from '../contracts.ts'
import { child, numeric } from '../kinds/draft.ts'
import { matchesSelector } from '../kinds/selectors.ts'
import { conditionsIn, withCondition, withoutCondition } from './runtime/conditions.ts'
import { inParallel, messageOf, writeStatus, type ControllerContext } from './runtime/context.ts'
import {
  controllerOf,
  generationOf,
  isDeleting,
  keyOf,
  labelsOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  type KubeObject,
} from './runtime/kube-object.ts'
import {
  availabilityOf,
  BY_NAMESPACE,
  compareForRemoval,
  isActive,
  isReady,
  ownedCache,
  ownPods,
  podCache,
  podFromTemplate,
} from './runtime/pods.ts'
import { TYPES } from './runtime/resources.ts'

const COMPONENT = 'replicaset-controller'
/** Pods created or deleted in one go. */
const BURST = 500

/** Keeps the number of pods of each ReplicaSet. */
export function startReplicaSets(context: ControllerContext): void {
  const sets = ownedCache(context, TYPES.replicaSets)
  sets.addIndex(BY_NAMESPACE, (set) => [namespaceOf(set)])
  const pods = podCache(context)
  const queue = context.queue('replica-set', async (key) => {
    const set = sets.get(key)
    if (set === undefined) return
    const retryMs = await reconcile(context, set)
    if (retryMs !== undefined) queue.addAfter(key, retryMs)
  })
  sets.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  pods.onChange((next, old) => {
    for (const pod of [next, old]) {
      if (pod === undefined) continue
      const controller = controllerOf(pod)
      if (controller?.['kind'] === 'ReplicaSet') queue.add(`${namespaceOf(pod)}/${String(controller['name'])}`)
    }
    if (next === undefined || old !== undefined || controllerOf(next) !== undefined) return
    // A pod without a controller may be one to take on.
    for (const set of sets.find(BY_NAMESPACE, namespaceOf(next))) {
      if (matchesSelector(child(specOf(set), 'selector'), labelsOf(next))) queue.add(keyOf(set))
    }
  })
}

async function reconcile(context: ControllerContext, set: KubeObject): Promise<number | undefined> {
  const owned = await ownPods(context, TYPES.replicaSets, set)
  const active = owned.filter(isActive)
  let failure: unknown
  if (!isDeleting(set)) {
    try {
      await scale(context, set, active)
    } catch (error) {
      failure = error
    }
  }
  const pods = context.cluster.cache(TYPES.pods)
  const now = pods.find('controller', String(child(set, 'metadata')?.['uid']))
  const retryMs = await writeSetStatus(context, set, { pods: now, failure })
  if (failure !== undefined) throw failure
  return retryMs
}

async function scale(context: ControllerContext, set: KubeObject, active: readonly KubeObject[]): Promise<void> {
  const wanted = numeric(specOf(set), 'replicas') ?? 1
  const missing = wanted - active.length
  if (missing > 0) {
    const draft = podFromTemplate(TYPES.replicaSets, set, child(specOf(set), 'template'))
    await inParallel(Array.from({ length: Math.min(missing, BURST) }), () => createPod(context, set, draft))
    return
  }
  if (missing === 0) return
  const surplus = active.toSorted(compareForRemoval).slice(0, Math.min(-missing, BURST))
  await inParallel(surplus, async (pod) => {
    await context.cluster.remove(TYPES.pods, pod)
    report(context, set, { reason: 'SuccessfulDelete', message: `Deleted pod: ${nameOf(pod)}` })
  })
}

async function createPod(context: ControllerContext, set: KubeObject, draft: Draft): Promise<void> {
  try {
    const pod = await context.cluster.create(TYPES.pods, draft)
    report(context, set, { reason: 'SuccessfulCreate', message: `Created pod: ${nameOf(pod)}` })
  } catch (error) {
    const message = `Error creating: ${messageOf(error)}`
    report(context, set, { kind: 'Warning', reason: 'FailedCreate', message })
    throw error
  }
}

function report(
  context: ControllerContext,
  set: KubeObject,
  happening: { readonly kind?: 'Warning'; readonly reason: string; readonly message: string },
): void {
  context.recorder.record(COMPONENT, { type: TYPES.replicaSets, object: set, ...happening })
}

/** Writes the counts; says after how many milliseconds a ready pod becomes available. */
async function writeSetStatus(
  context: ControllerContext,
  set: KubeObject,
  seen: { readonly pods: readonly KubeObject[]; readonly failure: unknown },
): Promise<number | undefined> {
  const spec = specOf(set)
  const active = seen.pods.filter(isActive)
  const nowMs = context.clock.now()
  const availability = active.map((pod) => availabilityOf(pod, numeric(spec, 'minReadySeconds') ?? 0, nowMs))
  const templateLabels = { matchLabels: child(child(child(spec, 'template'), 'metadata'), 'labels') ?? {} }
  const ready = active.filter(isReady).length
  const available = availability.filter(({ isAvailable }) => isAvailable).length
  const labeled = active.filter((pod) => matchesSelector(templateLabels, labelsOf(pod))).length
  const before = conditionsIn(statusOf(set))
  const conditions =
    seen.failure === undefined
      ? withoutCondition(before, 'ReplicaFailure')
      : withCondition(
          before,
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: 'FailedCreate',
            message: messageOf(seen.failure),
          },
          { nowMs },
        )
  const status: Draft = {
    replicas: active.length,
    ...(labeled === 0 ? {} : { fullyLabeledReplicas: labeled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    terminatingReplicas: seen.pods.filter(isDeleting).length,
    observedGeneration: generationOf(set),
    ...(conditions.length === 0 ? {} : { conditions }),
  }
  await writeStatus(context, TYPES.replicaSets, {
    object: context.cluster.cache(TYPES.replicaSets).get(keyOf(set)) ?? set,
    status,
  })
  const waits = availability.flatMap(({ remainingMs }) => (remainingMs === undefined ? [] : [remainingMs]))
  return waits.length === 0 ? undefined : Math.min(...waits)
}
