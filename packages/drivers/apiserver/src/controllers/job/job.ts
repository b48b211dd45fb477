import type { Draft } from '../../contracts.ts'
import { child, numeric, text } from '../../kinds/draft.ts'
import { inParallel, writeStatus, type ControllerContext } from '../runtime/context.ts'
import { conditionsIn, withCondition, type Finding } from '../runtime/conditions.ts'
import {
  annotationsOf,
  controllerOf,
  isDeleting,
  isTrue,
  keyOf,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  timeOf,
  timestamp,
  type KubeObject,
} from '../runtime/kube-object.ts'
import {
  compareForRemoval,
  isActive,
  isReady,
  ownPods,
  podCache,
  podFromTemplate,
  restartsOf,
} from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import { countPods, INDEX_LABEL, missingIndexes, type Tally } from './tally.ts'

const COMPONENT = 'job-controller'
const FIRST_BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 360_000

/** Runs the pods of Jobs until enough have succeeded or too many have failed. */
export function startJobs(context: ControllerContext): void {
  const jobs = context.cluster.cache(TYPES.jobs)
  const pods = podCache(context)
  const queue = context.queue('job', async (key) => {
    const job = jobs.get(key)
    if (job === undefined || isDeleting(job)) return
    const againMs = isFinished(job) ? await expire(context, job) : await reconcile(context, job)
    if (againMs !== undefined) queue.addAfter(key, againMs)
  })
  jobs.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  pods.onChange((next, old) => {
    const pod = next ?? old
    const controller = pod === undefined ? undefined : controllerOf(pod)
    if (pod !== undefined && controller?.['kind'] === 'Job')
      queue.add(`${namespaceOf(pod)}/${String(controller['name'])}`)
  })
}

/** Whether a Job has completed or failed. */
export function isFinished(job: KubeObject): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'Failed')
}

/** Deletes a finished Job when its time is up. */
async function expire(context: ControllerContext, job: KubeObject): Promise<number | undefined> {
  const seconds = numeric(specOf(job), 'ttlSecondsAfterFinished')
  if (seconds === undefined) return undefined
  const ended = conditionsIn(statusOf(job)).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  const endedMs = timeOf(ended, 'lastTransitionTime') ?? context.clock.now()
  const remainingMs = endedMs + seconds * 1000 - context.clock.now()
  if (remainingMs > 0) return remainingMs
  await context.cluster.remove(TYPES.jobs, job, { propagation: 'Foreground' })
  return undefined
}

async function reconcile(context: ControllerContext, job: KubeObject): Promise<number | undefined> {
  const nowMs = context.clock.now()
  const pods = await ownPods(context, TYPES.jobs, job)
  const tally = countPods(job, pods)
  const isSuspended = specOf(job)['suspend'] === true
  const verdict = isSuspended ? undefined : judge(job, { tally, pods, nowMs })
  const active = pods.filter(isActive)
  let againMs: number | undefined
  if (isSuspended || verdict !== undefined) await inParallel(active, (pod) => removePod(context, job, pod))
  else againMs = await keepRunning(context, job, { tally, active })
  const after = await ownPods(context, TYPES.jobs, job)
  await writeJobStatus(context, job, { tally: countPods(job, after), pods: after, verdict, isSuspended })
  const deadlineMs = untilDeadline(job, nowMs)
  const waits = [againMs, verdict === undefined && !isSuspended ? deadlineMs : undefined].filter(
    (wait) => wait !== undefined,
  )
  return waits.length === 0 ? undefined : Math.min(...waits)
}

/** How a Job ends. */
interface Verdict {
  readonly isSuccess: boolean
  readonly reason: string
  readonly message: string
}

function judge(
  job: KubeObject,
  seen: { readonly tally: Tally; readonly pods: readonly KubeObject[]; readonly nowMs: number },
): Verdict | undefined {
  const spec = specOf(job)
  const { tally } = seen
  const limit = numeric(spec, 'backoffLimit') ?? 6
  const restarts = seen.pods.filter(isActive).reduce((sum, pod) => sum + restartsOf(pod), 0)
  const isTooMany = tally.failed > limit || (restarts > 0 && tally.failed + restarts >= limit + 1)
  if (isTooMany) {
    return { isSuccess: false, reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const leftMs = untilDeadline(job, seen.nowMs)
  if (leftMs !== undefined && leftMs <= 0) {
    return { isSuccess: false, reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const completions = numeric(spec, 'completions')
  const isDone = completions === undefined ? tally.succeeded > 0 && tally.active === 0 : tally.succeeded >= completions
  if (!isDone) return undefined
  return { isSuccess: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

function untilDeadline(job: KubeObject, nowMs: number): number | undefined {
  const seconds = numeric(specOf(job), 'activeDeadlineSeconds')
  const startMs = timeOf(statusOf(job), 'startTime')
  return seconds === undefined || startMs === undefined ? undefined : startMs + seconds * 1000 - nowMs
}

/** Creates or deletes pods to have as many as are wanted; says when to look again after a failure. */
async function keepRunning(
  context: ControllerContext,
  job: KubeObject,
  seen: { readonly tally: Tally; readonly active: readonly KubeObject[] },
): Promise<number | undefined> {
  const spec = specOf(job)
  const parallelism = numeric(spec, 'parallelism') ?? 1
  const completions = numeric(spec, 'completions')
  const { tally, active } = seen
  const left =
    completions === undefined ? (tally.succeeded > 0 ? active.length : parallelism) : completions - tally.succeeded
  const missing = Math.min(parallelism, left) - active.length
  if (missing < 0) {
    const surplus = active.toSorted(compareForRemoval).slice(0, -missing)
    await inParallel(surplus, (pod) => removePod(context, job, pod))
    return undefined
  }
  if (missing === 0) return undefined
  const waitMs = backOffMs(tally, context.clock.now())
  if (waitMs > 0) return waitMs
  const indexes =
    spec['completionMode'] === 'Indexed' ? missingIndexes(job, tally, active).slice(0, missing) : undefined
  const wanted: readonly (number | undefined)[] = indexes ?? Array.from({ length: missing })
  await inParallel(wanted, (index) => createPod(context, job, index))
  return undefined
}

function backOffMs(tally: Tally, nowMs: number): number {
  if (tally.failed === 0 || tally.lastFailureMs === undefined) return 0
  const delayMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (tally.failed - 1), LONGEST_BACK_OFF_MS)
  return tally.lastFailureMs + delayMs - nowMs
}

async function createPod(context: ControllerContext, job: KubeObject, index: number | undefined): Promise<void> {
  const draft = podFromTemplate(TYPES.jobs, job, child(specOf(job), 'template'))
  const pod = await context.cluster.create(TYPES.pods, index === undefined ? draft : withIndex(job, draft, index))
  context.recorder.record(COMPONENT, {
    type: TYPES.jobs,
    object: job,
    reason: 'SuccessfulCreate',
    message: `Created pod: ${nameOf(pod)}`,
  })
}

function withIndex(job: KubeObject, draft: Draft, index: number): Draft {
  const written = String(index)
  return {
    ...draft,
    metadata: {
      ...metaOf(draft),
      generateName: `${nameOf(job)}-${index}-`,
      labels: { ...labelsOf(draft), [INDEX_LABEL]: written },
      annotations: { ...annotationsOf(draft), [INDEX_LABEL]: written },
    },
    spec: { ...specOf(draft), hostname: `${nameOf(job)}-${index}` },
  }
}

async function removePod(context: ControllerContext, job: KubeObject, pod: KubeObject): Promise<void> {
  await context.cluster.remove(TYPES.pods, pod)
  context.recorder.record(COMPONENT, {
    type: TYPES.jobs,
    object: job,
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${nameOf(pod)}`,
  })
}

async function writeJobStatus(
  context: ControllerContext,
  job: KubeObject,
  seen: {
    readonly tally: Tally
    readonly pods: readonly KubeObject[]
    readonly verdict: Verdict | undefined
    readonly isSuspended: boolean
  },
): Promise<void> {
  const { tally, verdict } = seen
  const nowMs = context.clock.now()
  const before = statusOf(job)
  const startTime = seen.isSuspended ? undefined : (before['startTime'] ?? timestamp(nowMs))
  const counts: readonly (readonly [string, number])[] = [
    ['active', verdict === undefined ? tally.active : 0],
    ['succeeded', tally.succeeded],
    ['failed', tally.failed],
  ]
  const isOver = verdict !== undefined && tally.terminating === 0
  const conditions = conditionsFor(job, { ...seen, isOver, nowMs })
  const status: Draft = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(isOver && verdict.isSuccess ? { completionTime: before['completionTime'] ?? timestamp(nowMs) } : {}),
    ...Object.fromEntries(counts.filter(([, count]) => count !== 0)),
    terminating: tally.terminating,
    ...(tally.completedIndexes === '' ? {} : { completedIndexes: tally.completedIndexes }),
    uncountedTerminatedPods: {},
    ready: seen.pods.filter((pod) => isActive(pod) && isReady(pod)).length,
  }
  const written = await writeStatus(context, TYPES.jobs, {
    object: context.cluster.cache(TYPES.jobs).get(keyOf(job)) ?? job,
    status,
  })
  if (isOver && !isFinished(job) && isFinished(written)) tellEnd(context, job, verdict)
}

function conditionsFor(
  job: KubeObject,
  seen: {
    readonly verdict: Verdict | undefined
    readonly isSuspended: boolean
    readonly isOver: boolean
    readonly nowMs: number
  },
): readonly Draft[] {
  const { verdict, nowMs } = seen
  let conditions = conditionsIn(statusOf(job))
  const set = (finding: Finding): void => {
    conditions = withCondition(conditions, finding, { nowMs, hasProbeTime: true })
  }
  const wasSuspended = isTrue(job, 'Suspended')
  if (seen.isSuspended && !wasSuspended)
    set({ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' })
  if (!seen.isSuspended && wasSuspended)
    set({ type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' })
  if (verdict === undefined) return conditions
  const { reason, message } = verdict
  set({ type: verdict.isSuccess ? 'SuccessCriteriaMet' : 'FailureTarget', status: 'True', reason, message })
  if (seen.isOver) set({ type: verdict.isSuccess ? 'Complete' : 'Failed', status: 'True', reason, message })
  return conditions
}

function tellEnd(context: ControllerContext, job: KubeObject, verdict: Verdict): void {
  context.recorder.record(
    COMPONENT,
    verdict.isSuccess
      ? { type: TYPES.jobs, object: job, reason: 'Completed', message: 'Job completed' }
      : { type: TYPES.jobs, object: job, kind: 'Warning', reason: verdict.reason, message: verdict.message },
  )
}

/** Name of the CronJob that controls a Job; empty when none does. */
export function cronJobOf(job: KubeObject): string {
  const controller = controllerOf(job)
  return controller?.['kind'] === 'CronJob' ? text(controller, 'name') : ''
}
