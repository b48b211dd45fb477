import type { Draft } from '../../contracts.ts'
import { child, numeric } from '../../kinds/draft.ts'
import { isEmptySelector, matchesSelector } from '../../kinds/selectors.ts'
import { conditionsIn, withCondition } from '../runtime/conditions.ts'
import { writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  controllerOf,
  generationOf,
  isDeleting,
  keyOf,
  labelsOf,
  namespaceOf,
  specOf,
  statusOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { BY_NAMESPACE, isActive, isReady, podCache, resolveCount, selectedPods } from '../runtime/pods.ts'
import { TYPES, type ResourceType } from '../runtime/resources.ts'

const SCALABLE: Readonly<Record<string, ResourceType>> = {
  ReplicaSet: TYPES.replicaSets,
  StatefulSet: TYPES.statefulSets,
  Job: TYPES.jobs,
}

/** Keeps the counts of PodDisruptionBudgets, which evictions ask. */
export function startDisruptionBudgets(context: ControllerContext): void {
  const budgets = context.cluster.cache(TYPES.disruptionBudgets)
  budgets.addIndex(BY_NAMESPACE, (budget) => [namespaceOf(budget)])
  const pods = podCache(context)
  const queue = context.queue('disruption-budget', async (key) => {
    const budget = budgets.get(key)
    if (budget !== undefined && !isDeleting(budget)) await reconcile(context, budget)
  })
  budgets.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  pods.onChange((next, old) => {
    const isSame =
      next !== undefined && old !== undefined && isReady(next) === isReady(old) && isActive(next) === isActive(old)
    if (isSame) return
    const pod = next ?? old
    if (pod === undefined) return
    for (const budget of budgets.find(BY_NAMESPACE, namespaceOf(pod))) {
      if (matchesSelector(child(specOf(budget), 'selector'), labelsOf(pod))) queue.add(keyOf(budget))
    }
  })
}

async function reconcile(context: ControllerContext, budget: KubeObject): Promise<void> {
  const pods = context.cluster.cache(TYPES.pods)
  const selector = child(specOf(budget), 'selector')
  const covered =
    selector !== undefined && isEmptySelector(selector)
      ? pods.find(BY_NAMESPACE, namespaceOf(budget))
      : selectedPods(pods, namespaceOf(budget), selector)
  const counted = covered.filter(isActive)
  const expected = expectedPods(context, counted)
  const healthy = counted.filter(isReady).length
  const desired = desiredHealthy(specOf(budget), expected)
  const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired)
  const conditions = withCondition(
    conditionsIn(statusOf(budget)),
    {
      type: 'DisruptionAllowed',
      status: allowed > 0 ? 'True' : 'False',
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    },
    { nowMs: context.clock.now() },
  ).map((condition) => ({ ...condition, message: '', observedGeneration: generationOf(budget) }))
  const { disruptedPods } = statusOf(budget)
  const status: Draft = {
    ...(disruptedPods === undefined ? {} : { disruptedPods }),
    observedGeneration: generationOf(budget),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions,
  }
  await writeStatus(context, TYPES.disruptionBudgets, { object: budget, status })
}

/** The pods that the controllers of the covered ones want together. */
function expectedPods(context: ControllerContext, pods: readonly KubeObject[]): number {
  const seen = new Set<string>()
  let expected = 0
  for (const pod of pods) {
    const controller = controllerOf(pod)
    const type = SCALABLE[String(controller?.['kind'])]
    if (controller === undefined || type === undefined) {
      expected += 1
      continue
    }
    const key = `${String(controller['kind'])}/${String(controller['name'])}`
    if (seen.has(key)) continue
    seen.add(key)
    const owner = context.cluster.cache(type).get(`${namespaceOf(pod)}/${String(controller['name'])}`)
    expected +=
      owner === undefined ? 1 : (numeric(specOf(owner), 'replicas') ?? numeric(specOf(owner), 'parallelism') ?? 1)
  }
  return expected
}

function desiredHealthy(spec: Readonly<Draft>, expected: number): number {
  if (spec['maxUnavailable'] !== undefined) {
    return Math.max(0, expected - resolveCount(spec['maxUnavailable'], expected, 'up'))
  }
  return resolveCount(spec['minAvailable'] ?? 1, expected, 'up')
}
