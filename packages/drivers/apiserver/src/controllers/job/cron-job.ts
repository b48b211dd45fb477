import type { Draft } from '../../contracts.ts'
import { nextCronTime, parseCron, type CronSchedule } from '../../kinds/cron.ts'
import { child, numeric, text } from '../../kinds/draft.ts'
import { isRace } from '../runtime/cluster-access.ts'
import { writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  controllerReference,
  createdAt,
  isDeleting,
  isTrue,
  keyOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  timeOf,
  timestamp,
  uidOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { BY_CONTROLLER, ownedCache } from '../runtime/pods.ts'
import { apiVersionOf, TYPES } from '../runtime/resources.ts'
import { cronJobOf, isFinished } from './job.ts'

const COMPONENT = 'cronjob-controller'
/** Times missed while the server was down that are looked through; of more, only the last counts anyway. */
const MISSED_LIMIT = 1000

/** Starts Jobs by the clock. */
export function startCronJobs(context: ControllerContext): void {
  const cronJobs = context.cluster.cache(TYPES.cronJobs)
  const jobs = ownedCache(context, TYPES.jobs)
  const queue = context.queue('cron-job', async (key) => {
    const cronJob = cronJobs.get(key)
    if (cronJob === undefined || isDeleting(cronJob)) return
    const waitMs = await reconcile(context, cronJob)
    if (waitMs !== undefined) queue.addAfter(key, waitMs)
  })
  cronJobs.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  jobs.onChange((next, old) => {
    const job = next ?? old
    if (job !== undefined && cronJobOf(job) !== '') queue.add(`${namespaceOf(job)}/${cronJobOf(job)}`)
  })
}

async function reconcile(context: ControllerContext, cronJob: KubeObject): Promise<number | undefined> {
  const jobs = context.cluster.cache(TYPES.jobs).find(BY_CONTROLLER, uidOf(cronJob))
  const noted = await noteJobs(context, cronJob, jobs)
  await cleanHistory(context, cronJob, jobs)
  const schedule = parseCron(text(specOf(cronJob), 'schedule'))
  if (typeof schedule === 'string' || specOf(cronJob)['suspend'] === true) return undefined
  const nowMs = context.clock.now()
  const offsetMs = zoneOffsetMs(text(specOf(cronJob), 'timeZone'), nowMs)
  const due = lastDue(noted, schedule, { nowMs, offsetMs })
  if (due !== undefined) await startDue(context, noted, { dueMs: due, jobs })
  const next = nextCronTime(schedule, nowMs + offsetMs)
  return next === undefined ? undefined : next - offsetMs - nowMs
}

/** Brings the list of active Jobs and the last success up to date. */
async function noteJobs(
  context: ControllerContext,
  cronJob: KubeObject,
  jobs: readonly KubeObject[],
): Promise<KubeObject> {
  const active = jobs
    .filter((job) => !isFinished(job))
    .map((job) => ({
      apiVersion: apiVersionOf(TYPES.jobs),
      kind: 'Job',
      name: nameOf(job),
      namespace: namespaceOf(job),
      resourceVersion: metaOf(job)['resourceVersion'],
      uid: uidOf(job),
    }))
  const before = statusOf(cronJob)
  const knownActive = new Map(
    (Array.isArray(before['active']) ? (before['active'] as Draft[]) : []).map((job) => [job['uid'], job]),
  )
  // The version that a reference was made with stays: a Job that runs is no change here.
  const references = active.map((job) => knownActive.get(job.uid) ?? job)
  const successes = jobs.filter((job) => isTrue(job, 'Complete')).map((job) => text(statusOf(job), 'completionTime'))
  const lastSuccessfulTime = [text(before, 'lastSuccessfulTime'), ...successes].toSorted().at(-1) ?? ''
  for (const job of jobs) {
    if (!isFinished(job) || !knownActive.has(uidOf(job))) continue
    const condition = isTrue(job, 'Complete') ? 'Complete' : 'Failed'
    tell(context, cronJob, {
      reason: 'SawCompletedJob',
      message: `Saw completed job: ${nameOf(job)}, condition: ${condition}`,
    })
  }
  const { active: _active, ...rest } = before
  const status = {
    ...rest,
    ...(references.length === 0 ? {} : { active: references }),
    ...(lastSuccessfulTime === '' ? {} : { lastSuccessfulTime }),
  }
  return writeStatus(context, TYPES.cronJobs, { object: cronJob, status })
}

/** The latest time that was due and has not been dealt with. */
function lastDue(
  cronJob: KubeObject,
  schedule: CronSchedule,
  clock: { readonly nowMs: number; readonly offsetMs: number },
): number | undefined {
  const deadline = numeric(specOf(cronJob), 'startingDeadlineSeconds')
  let fromMs = timeOf(statusOf(cronJob), 'lastScheduleTime') ?? createdAt(cronJob)
  if (deadline !== undefined) fromMs = Math.max(fromMs, clock.nowMs - deadline * 1000)
  let due: number | undefined
  for (let missed = 0; missed < MISSED_LIMIT; missed += 1) {
    const next = nextCronTime(schedule, (due ?? fromMs) + clock.offsetMs)
    if (next === undefined || next - clock.offsetMs > clock.nowMs) return due
    due = next - clock.offsetMs
  }
  return due
}

async function startDue(
  context: ControllerContext,
  cronJob: KubeObject,
  wish: { readonly dueMs: number; readonly jobs: readonly KubeObject[] },
): Promise<void> {
  const running = wish.jobs.filter((job) => !isFinished(job))
  const policy = text(specOf(cronJob), 'concurrencyPolicy')
  if (policy === 'Forbid' && running.length > 0) {
    tell(context, cronJob, {
      reason: 'JobAlreadyActive',
      message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
    })
    return
  }
  if (policy === 'Replace')
    for (const job of running) await context.cluster.remove(TYPES.jobs, job, { propagation: 'Background' })
  const name = `${nameOf(cronJob)}-${Math.floor(wish.dueMs / 60_000)}`
  const template = child(specOf(cronJob), 'jobTemplate')
  const metadata = child(template, 'metadata') ?? {}
  try {
    const job = await context.cluster.create(TYPES.jobs, {
      metadata: {
        ...metadata,
        name,
        namespace: namespaceOf(cronJob),
        annotations: {
          ...child(metadata, 'annotations'),
          'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(wish.dueMs),
        },
        ownerReferences: [controllerReference(TYPES.cronJobs, cronJob)],
      },
      spec: child(template, 'spec') ?? {},
    })
    tell(context, cronJob, { reason: 'SuccessfulCreate', message: `Created job ${nameOf(job)}` })
  } catch (error) {
    if (!isRace(error)) throw error
  }
  const status = { ...statusOf(cronJob), lastScheduleTime: timestamp(wish.dueMs) }
  await writeStatus(context, TYPES.cronJobs, { object: cronJob, status })
}

/** Deletes finished Jobs beyond the history limits, oldest first. */
async function cleanHistory(
  context: ControllerContext,
  cronJob: KubeObject,
  jobs: readonly KubeObject[],
): Promise<void> {
  const spec = specOf(cronJob)
  for (const [condition, limit] of [
    ['Complete', numeric(spec, 'successfulJobsHistoryLimit') ?? 3],
    ['Failed', numeric(spec, 'failedJobsHistoryLimit') ?? 1],
  ] as const) {
    const ended = jobs
      .filter((job) => isTrue(job, condition))
      .toSorted((left, right) => createdAt(left) - createdAt(right))
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) {
      await context.cluster.remove(TYPES.jobs, job, { propagation: 'Background' })
      tell(context, cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${nameOf(job)}` })
    }
  }
}

/** Milliseconds that a time zone is ahead of UTC at a moment; 0 for an unknown one. */
function zoneOffsetMs(timeZone: string, atMs: number): number {
  if (timeZone === '' || timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    const written = format.formatToParts(atMs).find((part) => part.type === 'timeZoneName')?.value ?? ''
    const match = /GMT([+-])(\d{2}):(\d{2})/.exec(written)
    if (match === null) return 0
    return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000
  } catch {
    return 0
  }
}

function tell(
  context: ControllerContext,
  cronJob: KubeObject,
  happening: { readonly reason: string; readonly message: string },
): void {
  context.recorder.record(COMPONENT, { type: TYPES.cronJobs, object: cronJob, ...happening })
}
