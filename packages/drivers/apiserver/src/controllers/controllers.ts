import type { Clock, Random, Timers } from '@kedge/base'
import type { LocalClient } from '../contracts.ts'
import { startDeployments } from './deployment/deployment.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { startCronJobs } from './job/cron-job.ts'
import { startJobs } from './job/job.ts'
import { startEndpoints } from './network/endpoints.ts'
import { startLoadBalancers } from './network/load-balancer.ts'
import { startNodeLifecycle } from './node-lifecycle.ts'
import { startAutoscalers } from './policy/autoscaler.ts'
import { startDisruptionBudgets } from './policy/disruption-budget.ts'
import { startRoleAggregation } from './policy/role-aggregation.ts'
import { startVolumeBinder } from './storage/volume-binder.ts'
import { startKubelet } from './kubelet/kubelet.ts'
import { startNamespaces } from './namespace.ts'
import { startReplicaSets } from './replica-set.ts'
import { createClusterAccess, isRace } from './runtime/cluster-access.ts'
import type { ControllerContext } from './runtime/context.ts'
import { createEventRecorder } from './runtime/event-recorder.ts'
import { TYPES } from './runtime/resources.ts'
import { createWorkQueue, type WorkQueue } from './runtime/work-queue.ts'
import { startDaemonSets } from './daemon-set.ts'
import { startStatefulSets } from './stateful-set/stateful-set.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import { startServiceAccounts } from './service-account.ts'
import { fastTiming, type TimingProfile } from './timing.ts'

/** What the controllers of a cluster need. */
export interface ControllersOptions {
  /** Acts as the cluster itself: it must be allowed everything. */
  readonly client: LocalClient
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  /** Certificate authority of the server, published in every namespace. */
  readonly caPem: string
  /** Absent: fastTiming. */
  readonly timing?: TimingProfile
  /** Told of failures that are retried. */
  readonly onError?: (error: unknown, controller: string, key: string) => void
}

/** The running controllers of a cluster. */
export interface Controllers {
  /** Resolves when nothing is to do before the next timer is due. */
  idle(): Promise<void>
  close(): void
}

/** Starts everything that makes objects behave like those of a cluster; settles when all watches have caught up. */
export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const queues: WorkQueue[] = []
  const idlers: (() => void)[] = []
  const cluster = createClusterAccess(options.client)
  const { clock, timers, random } = options
  const onIdle = (): void => {
    if (active() === 0) for (const resolve of idlers.splice(0)) resolve()
  }
  const recorder = createEventRecorder({ cluster, clock, onIdle })
  const active = (): number => queues.reduce((sum, queue) => sum + queue.active, recorder.active)
  const context: ControllerContext = {
    cluster,
    clock,
    timers,
    random,
    recorder,
    timing: options.timing ?? fastTiming,
    queue: (name, reconcile) => {
      const onError = (error: unknown, key: string): void => {
        if (!isRace(error)) options.onError?.(error, name, key)
      }
      const queue = createWorkQueue({ clock, timers, reconcile, onError, onIdle })
      queues.push(queue)
      return queue
    },
  }
  const garbage = createGarbageCollector(context)
  startNamespaces(context, garbage)
  const rootCertificates = startServiceAccounts(context, options.caPem)
  startReplicaSets(context)
  startStatefulSets(context)
  startDaemonSets(context)
  startDeployments(context)
  startJobs(context)
  startCronJobs(context)
  startEndpoints(context)
  startLoadBalancers(context)
  startVolumeBinder(context)
  startDisruptionBudgets(context)
  startAutoscalers(context)
  startRoleAggregation(context)
  startNodeLifecycle(context)
  startScheduler(context)
  startKubelet(context)
  cluster.cache(TYPES.definitions)
  await Promise.all([cluster.start(), rootCertificates.start(), garbage.start()])
  return {
    idle: () => settle(active, idlers),
    close: () => {
      garbage.close()
      rootCertificates.close()
      cluster.close()
      recorder.close()
      for (const queue of queues) queue.close()
    },
  }
}

/** Turns of the event loop without work after which nothing more is on its way. */
const QUIET_TURNS = 3

async function settle(active: () => number, idlers: (() => void)[]): Promise<void> {
  let quiet = 0
  while (quiet < QUIET_TURNS) {
    if (active() > 0) {
      quiet = 0
      await new Promise<void>((resolve) => {
        idlers.push(resolve)
      })
      continue
    }
    // Watch events travel through the event loop; time does not matter, turns do.
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    quiet = active() > 0 ? 0 : quiet + 1
  }
}
