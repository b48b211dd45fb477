import type { Draft } from '../../contracts.ts'
import { children, text } from '../../kinds/draft.ts'
import { conditionsIn, withCondition, type Finding } from '../runtime/conditions.ts'
import { generationOf, specOf, statusOf, timestamp, type KubeObject } from '../runtime/kube-object.ts'

/** Container statuses of a pod, by list. */
export interface ContainerStatuses {
  readonly containers: readonly Draft[]
  readonly initContainers: readonly Draft[]
}

/** Addresses that a pod gets. */
export interface PodAddresses {
  readonly hostIp: string
  readonly podIp: string
}

/** The whole status of a pod whose containers are in the given states. */
export function podStatus(
  pod: KubeObject,
  seen: {
    readonly statuses: ContainerStatuses
    readonly addresses: PodAddresses | undefined
    readonly nowMs: number
  },
): Draft {
  const before = statusOf(pod)
  const { containers, initContainers } = seen.statuses
  const phase = phaseOf(pod, seen.statuses)
  const addresses = seen.addresses
  return {
    ...before,
    observedGeneration: generationOf(pod),
    phase,
    conditions: podConditions(pod, seen.statuses, { phase, nowMs: seen.nowMs }),
    ...(addresses === undefined
      ? {}
      : {
          hostIP: addresses.hostIp,
          hostIPs: [{ ip: addresses.hostIp }],
          ...(addresses.podIp === '' ? {} : { podIP: addresses.podIp, podIPs: [{ ip: addresses.podIp }] }),
        }),
    startTime: before['startTime'] ?? timestamp(seen.nowMs),
    ...(initContainers.length === 0 ? {} : { initContainerStatuses: initContainers }),
    containerStatuses: containers,
  }
}

function phaseOf(pod: KubeObject, statuses: ContainerStatuses): string {
  if (statuses.initContainers.some((status) => !isInitialized(pod, status))) return 'Pending'
  const { containers } = statuses
  if (containers.some((status) => hasState(status, 'waiting') && !everEnded(status))) return 'Pending'
  if (containers.some((status) => hasState(status, 'running') || hasState(status, 'waiting'))) return 'Running'
  const policy = text(specOf(pod), 'restartPolicy')
  const failed = containers.some((status) => exitCodeOf(status) !== 0)
  if (policy === 'Always' || (policy === 'OnFailure' && failed)) return 'Running'
  return failed ? 'Failed' : 'Succeeded'
}

function podConditions(
  pod: KubeObject,
  statuses: ContainerStatuses,
  now: { readonly phase: string; readonly nowMs: number },
): readonly Draft[] {
  const { containers, initContainers } = statuses
  const started = [...containers, ...initContainers].some((status) => !hasState(status, 'waiting'))
  const pendingInit = initContainers
    .filter((status) => !isInitialized(pod, status))
    .map((status) => text(status, 'name'))
  const unready = containers.filter((status) => status['ready'] !== true).map((status) => text(status, 'name'))
  const isDone = now.phase === 'Succeeded'
  const readiness = readinessOf(now.phase, pendingInit.length > 0, unready)
  const findings: readonly Finding[] = [
    { type: 'PodReadyToStartContainers', status: started && !isDone ? 'True' : 'False', reason: '', message: '' },
    pendingInit.length === 0
      ? { type: 'Initialized', status: 'True', reason: isDone ? 'PodCompleted' : '', message: '' }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${pendingInit.join(' ')}]`,
        },
    { type: 'Ready', ...readiness },
    { type: 'ContainersReady', ...readiness },
  ]
  const before = conditionsIn(statusOf(pod))
  let conditions: readonly Draft[] = before.filter((condition) => condition['type'] !== 'PodScheduled')
  for (const finding of findings) conditions = withCondition(conditions, finding, { nowMs: now.nowMs })
  const scheduled = before.find((condition) => condition['type'] === 'PodScheduled')
  return scheduled === undefined ? conditions : [...conditions, scheduled]
}

function readinessOf(phase: string, isInitializing: boolean, unready: readonly string[]): Omit<Finding, 'type'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted', message: '' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed', message: '' }
  if (unready.length === 0 && !isInitializing) return { status: 'True', reason: '', message: '' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

/** Whether an init container has done its part: ended well, or, as a sidecar, running. */
export function isInitialized(pod: KubeObject, status: Readonly<Draft>): boolean {
  const container = children(specOf(pod), 'initContainers').find((each) => each['name'] === status['name'])
  if (container?.['restartPolicy'] === 'Always') return hasState(status, 'running')
  return hasState(status, 'terminated') && exitCodeOf(status) === 0
}

export function hasState(status: Readonly<Draft>, state: 'waiting' | 'running' | 'terminated'): boolean {
  return stateIn(status, state) !== undefined
}

export function stateIn(status: Readonly<Draft>, state: string): Draft | undefined {
  const held = status['state']
  const value = typeof held === 'object' && held !== null ? (held as Draft)[state] : undefined
  return typeof value === 'object' && value !== null ? (value as Draft) : undefined
}

export function exitCodeOf(status: Readonly<Draft>): number {
  const code = stateIn(status, 'terminated')?.['exitCode']
  return typeof code === 'number' ? code : 0
}

function everEnded(status: Readonly<Draft>): boolean {
  const last = status['lastState']
  return typeof last === 'object' && last !== null && (last as Draft)['terminated'] !== undefined
}
