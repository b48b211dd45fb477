import { gvkOf, type KubeObject } from '@kedge/manifest'

import { expressionHealth } from './expression-health.ts'
import { current, failed, inProgress, type Health, type HealthExpressions } from './health.ts'
import { conditionOf, conditionsOf, fieldAt } from './read.ts'
import { definitionHealth } from './rules/custom-resource-definition.ts'
import { daemonSetHealth } from './rules/daemon-set.ts'
import { deploymentHealth } from './rules/deployment.ts'
import { jobHealth } from './rules/job.ts'
import { podHealth } from './rules/pod.ts'
import { replicaSetHealth } from './rules/replica-set.ts'
import { alwaysReady, claimHealth, disruptionBudgetHealth, serviceHealth } from './rules/small-rules.ts'
import { statefulSetHealth } from './rules/stateful-set.ts'

type Rule = (object: KubeObject) => Health

/** By `group/Kind`. What is not here is judged by its conditions alone. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['/ConfigMap', alwaysReady],
  ['/Secret', alwaysReady],
  ['/PersistentVolumeClaim', claimHealth],
  ['/Pod', podHealth],
  ['/Service', serviceHealth],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionHealth],
  ['apps/DaemonSet', daemonSetHealth],
  ['apps/Deployment', deploymentHealth],
  ['apps/ReplicaSet', replicaSetHealth],
  ['apps/StatefulSet', statefulSetHealth],
  ['batch/CronJob', alwaysReady],
  ['batch/Job', jobHealth],
  ['policy/PodDisruptionBudget', disruptionBudgetHealth],
])

/** Is this object ready? Undefined stands for an object that does not exist. Pure and total: every object has an answer. */
export function assessHealth(
  object: KubeObject | undefined,
  options: { readonly expressions: readonly HealthExpressions[] },
): Health {
  if (object === undefined) return { status: 'NotFound', message: 'Resource not found' }
  if (object.metadata.deletionTimestamp !== undefined) {
    return { status: 'Terminating', message: 'Resource scheduled for deletion' }
  }
  return (
    expressionHealth(object, options.expressions) ??
    generationHealth(object) ??
    standardConditionHealth(object) ??
    ruleFor(object)?.(object) ??
    readyConditionHealth(object) ??
    current('Resource is current')
  )
}

function ruleFor(object: KubeObject): Rule | undefined {
  const { group, kind } = gvkOf(object)
  return rules.get(`${group}/${kind}`)
}

function generationHealth(object: KubeObject): Health | undefined {
  const observed = fieldAt(object, 'status.observedGeneration')
  const { generation } = object.metadata
  if (generation === undefined || typeof observed !== 'number' || observed === generation) return undefined
  return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`)
}

/** Conditions that mean the same on every kind that has them. The first one that is true decides. */
function standardConditionHealth(object: KubeObject): Health | undefined {
  for (const { type, status, message } of conditionsOf(object)) {
    if (status !== 'True') continue
    if (type === 'Reconciling') return inProgress(message)
    if (type === 'Stalled') return failed(message)
  }
  return undefined
}

function readyConditionHealth(object: KubeObject): Health | undefined {
  const ready = conditionOf(object, 'Ready')
  if (ready === undefined) return undefined
  return ready.status === 'True' ? current('Resource is Ready') : inProgress(ready.message)
}
