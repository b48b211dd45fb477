import type { Draft } from '../../contracts.ts'
import { numeric, sameValue } from '../../kinds/draft.ts'
import { conditionsIn, withCondition, withoutCondition, type Finding } from '../runtime/conditions.ts'
import {
  conditionOf,
  generationOf,
  nameOf,
  specOf,
  statusOf,
  timeOf,
  timestamp,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { collisionsOf, maxUnavailable, replicasOf, sumOf, sumOfWanted } from './revisions.ts'

/** 2^31 - 1 seconds stands for no deadline. */
const NO_DEADLINE = 2_147_483_647

/** The ReplicaSets of a Deployment. */
export interface Sets {
  readonly current: KubeObject | undefined
  readonly all: readonly KubeObject[]
}

export function hasDeadline(deployment: KubeObject): boolean {
  const seconds = numeric(specOf(deployment), 'progressDeadlineSeconds')
  return seconds !== undefined && seconds !== NO_DEADLINE
}

/** The status a Deployment should have. Progress is judged only while it is being rolled out: not paused, not resized. */
export function deploymentStatus(
  deployment: KubeObject,
  sets: Sets,
  now: { readonly nowMs: number; readonly isRollingOut: boolean },
): Draft {
  const { nowMs } = now
  const counts = countsOf(deployment, sets)
  const before = statusOf(deployment)
  let conditions = withAvailability(deployment, conditionsIn(before), {
    nowMs,
    available: numeric(counts, 'availableReplicas') ?? 0,
  })
  if (!hasDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing')
  else if (now.isRollingOut) conditions = withProgress(deployment, { sets, counts, conditions, nowMs })
  const failure = sets.all.map((set) => conditionOf(set, 'ReplicaFailure')).find((condition) => condition !== undefined)
  conditions =
    failure === undefined
      ? withoutCondition(conditions, 'ReplicaFailure')
      : withCondition(
          conditions,
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: String(failure['reason']),
            message: String(failure['message']),
          },
          { nowMs, hasUpdateTime: true },
        )
  return { ...counts, conditions }
}

/** Milliseconds until a rollout without progress has to be looked at again; undefined when it cannot time out. */
export function untilDeadline(deployment: KubeObject, status: Readonly<Draft>, nowMs: number): number | undefined {
  const progressing = conditionOf({ status }, 'Progressing')
  if (!hasDeadline(deployment) || progressing === undefined) return undefined
  const { reason } = progressing
  if (reason === 'NewReplicaSetAvailable' || reason === 'ProgressDeadlineExceeded' || reason === 'DeploymentPaused')
    return undefined
  const since = timeOf(progressing, 'lastUpdateTime') ?? nowMs
  // Times are whole seconds: one more makes sure that the deadline has passed.
  return Math.max(1000, since + (numeric(specOf(deployment), 'progressDeadlineSeconds') ?? 0) * 1000 - nowMs + 1000)
}

/** Whether everything runs the newest template and is available. */
export function isComplete(deployment: KubeObject, status: Readonly<Draft>): boolean {
  const wanted = replicasOf(deployment)
  return ['updatedReplicas', 'replicas', 'availableReplicas'].every((key) => (numeric(status, key) ?? 0) === wanted)
}

function countsOf(deployment: KubeObject, sets: Sets): Draft {
  const available = sumOf(sets.all, 'availableReplicas')
  const unavailable = Math.max(0, sumOfWanted(sets.all) - available)
  const counts: readonly (readonly [string, number])[] = [
    ['replicas', sumOf(sets.all, 'replicas')],
    ['updatedReplicas', sumOf([sets.current], 'replicas')],
    ['readyReplicas', sumOf(sets.all, 'readyReplicas')],
    ['availableReplicas', available],
    ['unavailableReplicas', unavailable],
    ['collisionCount', collisionsOf(deployment)],
  ]
  return {
    observedGeneration: generationOf(deployment),
    ...Object.fromEntries(counts.filter(([, count]) => count !== 0)),
    terminatingReplicas: sumOf(sets.all, 'terminatingReplicas'),
  }
}

function withAvailability(
  deployment: KubeObject,
  conditions: readonly Draft[],
  seen: { readonly nowMs: number; readonly available: number },
): readonly Draft[] {
  const isAvailable = seen.available >= replicasOf(deployment) - maxUnavailable(deployment)
  const finding: Finding = isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
  return setIgnoringMessage(conditions, finding, seen.nowMs)
}

/** Deployments keep a condition as it is while its status and reason stay, whatever the message. */
function setIgnoringMessage(conditions: readonly Draft[], finding: Finding, nowMs: number): readonly Draft[] {
  const before = conditions.find((condition) => condition['type'] === finding.type)
  if (before?.['status'] === finding.status && before['reason'] === finding.reason) return conditions
  return withCondition(conditions, finding, { nowMs, hasUpdateTime: true })
}

interface ProgressView {
  readonly sets: Sets
  readonly counts: Readonly<Draft>
  readonly conditions: readonly Draft[]
  readonly nowMs: number
}

function withProgress(deployment: KubeObject, view: ProgressView): readonly Draft[] {
  const { counts, conditions, nowMs } = view
  const current = conditions.find((condition) => condition['type'] === 'Progressing')
  const subject =
    view.sets.current === undefined ? `Deployment "${nameOf(deployment)}"` : `ReplicaSet "${nameOf(view.sets.current)}"`
  const isDone = counts['replicas'] === counts['updatedReplicas'] && current?.['reason'] === 'NewReplicaSetAvailable'
  if (isDone) return conditions
  if (isComplete(deployment, counts)) {
    return setIgnoringMessage(
      conditions,
      progress('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`),
      nowMs,
    )
  }
  if (hasProgressed(statusOf(deployment), counts)) {
    return touched(conditions, progress('True', 'ReplicaSetUpdated', `${subject} is progressing.`), nowMs)
  }
  if (isTimedOut(deployment, current, nowMs)) {
    return setIgnoringMessage(
      conditions,
      progress('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`),
      nowMs,
    )
  }
  return conditions
}

function progress(status: 'True' | 'False', reason: string, message: string): Finding {
  return { type: 'Progressing', status, reason, message }
}

/** Progress renews lastUpdateTime even when reason and message stay. */
function touched(conditions: readonly Draft[], finding: Finding, nowMs: number): readonly Draft[] {
  const changed = withCondition(conditions, finding, { nowMs, hasUpdateTime: true })
  return changed.map((condition) =>
    condition['type'] === finding.type && !sameValue(condition['lastUpdateTime'], timestamp(nowMs))
      ? { ...condition, lastUpdateTime: timestamp(nowMs) }
      : condition,
  )
}

function hasProgressed(before: Readonly<Draft>, now: Readonly<Draft>): boolean {
  const count = (status: Readonly<Draft>, key: string): number => numeric(status, key) ?? 0
  const oldOnes = (status: Readonly<Draft>): number => count(status, 'replicas') - count(status, 'updatedReplicas')
  return (
    count(now, 'updatedReplicas') > count(before, 'updatedReplicas') ||
    oldOnes(now) < oldOnes(before) ||
    count(now, 'readyReplicas') > count(before, 'readyReplicas') ||
    count(now, 'availableReplicas') > count(before, 'availableReplicas')
  )
}

function isTimedOut(deployment: KubeObject, condition: Readonly<Draft> | undefined, nowMs: number): boolean {
  if (condition === undefined || condition['reason'] === 'NewReplicaSetAvailable') return false
  if (condition['reason'] === 'ProgressDeadlineExceeded') return true
  const since = timeOf(condition, 'lastUpdateTime')
  const deadlineMs = (numeric(specOf(deployment), 'progressDeadlineSeconds') ?? 0) * 1000
  return since !== undefined && since + deadlineMs < nowMs
}
