import type { Draft } from '../../contracts.ts'
import { child, children, numeric, text } from '../../kinds/draft.ts'
import { conditionsIn, withCondition, type Finding } from '../runtime/conditions.ts'
import { writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  annotationsOf,
  generationOf,
  isDeleting,
  keyOf,
  namespaceOf,
  specOf,
  statusOf,
  timestamp,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { TYPES, type ResourceType } from '../runtime/resources.ts'

const COMPONENT = 'horizontal-pod-autoscaler'
const BY_TARGET = 'target'
/** Annotation of an autoscaler with the CPU utilization to assume, in percent: there are no metrics in a simulation. */
export const UTILIZATION = 'kedge.dev/cpu-utilization'

const TARGETS: Readonly<Record<string, ResourceType>> = {
  Deployment: TYPES.deployments,
  StatefulSet: TYPES.statefulSets,
  ReplicaSet: TYPES.replicaSets,
}

/** Scales targets by the utilization that an annotation gives, and reports conditions as without a metrics server otherwise. */
export function startAutoscalers(context: ControllerContext): void {
  const autoscalers = context.cluster.cache(TYPES.horizontalAutoscalers)
  autoscalers.addIndex(BY_TARGET, (autoscaler) => {
    const target = child(specOf(autoscaler), 'scaleTargetRef')
    return [`${text(target, 'kind')}/${namespaceOf(autoscaler)}/${text(target, 'name')}`]
  })
  const queue = context.queue('autoscaler', async (key) => {
    const autoscaler = autoscalers.get(key)
    if (autoscaler !== undefined && !isDeleting(autoscaler)) await reconcile(context, autoscaler)
  })
  autoscalers.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  for (const [kind, type] of Object.entries(TARGETS)) {
    context.cluster.cache(type).onChange((next, old) => {
      const target = next ?? old
      if (target === undefined) return
      if (next !== undefined && old !== undefined && sizeOf(next) === sizeOf(old) && readyOf(next) === readyOf(old))
        return
      for (const autoscaler of autoscalers.find(BY_TARGET, `${kind}/${keyOf(target)}`)) queue.add(keyOf(autoscaler))
    })
  }
}

async function reconcile(context: ControllerContext, autoscaler: KubeObject): Promise<void> {
  const spec = specOf(autoscaler)
  const reference = child(spec, 'scaleTargetRef')
  const type = TARGETS[text(reference, 'kind')]
  const target =
    type === undefined
      ? undefined
      : context.cluster.cache(type).get(`${namespaceOf(autoscaler)}/${text(reference, 'name')}`)
  if (type === undefined || target === undefined) {
    await report(context, autoscaler, { current: 0, desired: 0, findings: [unable(reference)] })
    return
  }
  const current = sizeOf(target)
  const utilization = Number(annotationsOf(autoscaler)[UTILIZATION])
  const hasMetric = annotationsOf(autoscaler)[UTILIZATION] !== undefined && Number.isFinite(utilization)
  const wanted = hasMetric ? Math.ceil((current * utilization) / goalOf(spec)) : current
  const least = numeric(spec, 'minReplicas') ?? 1
  const most = numeric(spec, 'maxReplicas') ?? least
  const desired = current === 0 ? 0 : Math.min(most, Math.max(least, wanted))
  if (desired !== current) await scale(context, autoscaler, { type, target, desired })
  const limit =
    desired === most && wanted > most
      ? 'TooManyReplicas'
      : desired === least && wanted < least
        ? 'TooFewReplicas'
        : 'DesiredWithinRange'
  await report(context, autoscaler, {
    current,
    desired,
    utilization: hasMetric ? utilization : undefined,
    findings: findingsFor(hasMetric, limit, current),
  })
}

async function scale(
  context: ControllerContext,
  autoscaler: KubeObject,
  wish: { readonly type: ResourceType; readonly target: KubeObject; readonly desired: number },
): Promise<void> {
  await context.cluster.mergePatch(wish.type, wish.target, { spec: { replicas: wish.desired } })
  context.recorder.record(COMPONENT, {
    type: TYPES.horizontalAutoscalers,
    object: autoscaler,
    reason: 'SuccessfulRescale',
    message: `New size: ${wish.desired}; reason: cpu resource utilization (percentage of request) ${wish.desired > sizeOf(wish.target) ? 'above' : 'below'} target`,
  })
}

async function report(
  context: ControllerContext,
  autoscaler: KubeObject,
  seen: {
    readonly current: number
    readonly desired: number
    readonly utilization?: number | undefined
    readonly findings: readonly Finding[]
  },
): Promise<void> {
  const nowMs = context.clock.now()
  const before = statusOf(autoscaler)
  let conditions: readonly Draft[] = conditionsIn(before)
  for (const finding of seen.findings) conditions = withCondition(conditions, finding, { nowMs })
  const metric = { name: 'cpu', current: { averageUtilization: seen.utilization } }
  const status: Draft = {
    observedGeneration: generationOf(autoscaler),
    ...(seen.current === seen.desired
      ? before['lastScaleTime'] === undefined
        ? {}
        : { lastScaleTime: before['lastScaleTime'] }
      : { lastScaleTime: timestamp(nowMs) }),
    ...(seen.current === 0 ? {} : { currentReplicas: seen.current }),
    desiredReplicas: seen.desired,
    currentMetrics: seen.utilization === undefined ? null : [{ type: 'Resource', resource: metric }],
    conditions,
  }
  await writeStatus(context, TYPES.horizontalAutoscalers, { object: autoscaler, status })
}

function findingsFor(hasMetric: boolean, limit: string, current: number): readonly Finding[] {
  const able: Finding = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededGetScale',
    message: "the HPA controller was able to get the target's current scale",
  }
  if (current === 0) {
    return [
      able,
      {
        type: 'ScalingActive',
        status: 'False',
        reason: 'ScalingDisabled',
        message: 'scaling is disabled since the replica count of the target is zero',
      },
    ]
  }
  if (!hasMetric) {
    return [
      able,
      {
        type: 'ScalingActive',
        status: 'False',
        reason: 'FailedGetResourceMetric',
        message:
          'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
      },
    ]
  }
  return [
    { ...able, reason: 'ReadyForNewScale', message: 'recommended size matches current size' },
    {
      type: 'ScalingActive',
      status: 'True',
      reason: 'ValidMetricFound',
      message:
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    },
    {
      type: 'ScalingLimited',
      status: limit === 'DesiredWithinRange' ? 'False' : 'True',
      reason: limit,
      message:
        limit === 'DesiredWithinRange'
          ? 'the desired count is within the acceptable range'
          : `the desired replica count is ${limit === 'TooManyReplicas' ? 'more than the maximum' : 'less than the minimum'} replica count`,
    },
  ]
}

function unable(reference: Readonly<Draft> | undefined): Finding {
  return {
    type: 'AbleToScale',
    status: 'False',
    reason: 'FailedGetScale',
    message: `the HPA controller was unable to get the target's current scale: ${text(reference, 'kind').toLowerCase()}s.apps "${text(reference, 'name')}" not found`,
  }
}

function goalOf(spec: Readonly<Draft>): number {
  for (const metric of children(spec, 'metrics')) {
    const goal = numeric(child(child(metric, 'resource'), 'target'), 'averageUtilization')
    if (goal !== undefined && goal > 0) return goal
  }
  return 80
}

function sizeOf(target: KubeObject): number {
  return numeric(specOf(target), 'replicas') ?? 1
}

function readyOf(target: KubeObject): number {
  return numeric(statusOf(target), 'readyReplicas') ?? 0
}
