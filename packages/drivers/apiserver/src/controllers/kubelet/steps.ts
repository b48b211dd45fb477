import type { Random } from '@kedge/base'
import type { Draft } from '../../contracts.ts'
import { children, numeric, text } from '../../kinds/draft.ts'
import { annotationsOf, controllerOf, isTrue, specOf, statusOf, type KubeObject } from '../runtime/kube-object.ts'
import { draw, type TimingProfile } from '../timing.ts'
import { containerFault, RUN_SECONDS, type ContainerFault } from './faults.ts'
import { hasState, isInitialized, stateIn } from './pod-status.ts'

/** What happens next to a pod on its node. */
export type StepKind = 'begin' | 'initialize' | 'start' | 'back-off' | 'become-ready' | 'crash' | 'restart' | 'end'

export interface Step {
  readonly kind: StepKind
  readonly delayMs: number
  /** Differs for each occurrence of a step, so that a timer belongs to one of them. */
  readonly occurrence: string
}

/** What the next step depends on beside the pod. */
export interface StepView {
  readonly timing: TimingProfile
  readonly random: Random
  /** Pulls of this pod's images that failed, since the server started. */
  readonly failedPulls: number
}

/** Time from ErrImagePull to ImagePullBackOff. */
const PULL_FAILURE_SHOWN_MS = 1000

/**
 * The next step of a pod, read from its status alone: a restart of the server goes on where the status stands.
 * Undefined when the pod just runs, or has ended.
 */
export function nextStep(pod: KubeObject, view: StepView): Step | undefined {
  const { timing, random } = view
  const status = statusOf(pod)
  if (status['startTime'] === undefined) return { kind: 'begin', delayMs: 0, occurrence: 'begin' }
  const waitingInit = children(status, 'initContainerStatuses').find((each) => !isInitialized(pod, each))
  if (waitingInit !== undefined) {
    const delayMs = draw(timing.pull, random) + draw(timing.start, random)
    return { kind: 'initialize', delayMs, occurrence: `initialize ${text(waitingInit, 'name')}` }
  }
  const statuses = children(status, 'containerStatuses')
  return (
    startStep(statuses, timing, random) ??
    pullStep(statuses, view) ??
    restartStep(statuses, timing) ??
    runningStep(pod, { statuses, timing, random })
  )
}

/** Milliseconds of the n-th back-off: it doubles up to its limit. */
export function backOffMs(count: number, timing: TimingProfile): number {
  return Math.min(timing.backOff[0] * 2 ** Math.max(0, count), timing.backOff[1])
}

/** The containers of a pod with the fault each is to have. */
export function faultsOf(pod: KubeObject): ReadonlyMap<string, ContainerFault> {
  const faults = new Map<string, ContainerFault>()
  for (const container of children(specOf(pod), 'containers')) {
    const fault = containerFault(pod, container)
    if (fault !== undefined) faults.set(text(container, 'name'), fault)
  }
  return faults
}

/** Whether the containers of a pod are to end by themselves: those of Jobs, and of pods that are not kept running. */
export function endsByItself(pod: KubeObject): boolean {
  if (text(specOf(pod), 'restartPolicy') === 'Always') return false
  return controllerOf(pod)?.['kind'] === 'Job' || controllerOf(pod) === undefined
}

function startStep(statuses: readonly Draft[], timing: TimingProfile, random: Random): Step | undefined {
  const isFresh = statuses.some(
    (status) => waitingReason(status) === 'ContainerCreating' || waitingReason(status) === 'PodInitializing',
  )
  if (!isFresh) return undefined
  return { kind: 'start', delayMs: draw(timing.pull, random) + draw(timing.start, random), occurrence: 'start' }
}

function pullStep(statuses: readonly Draft[], { timing, failedPulls: tries }: StepView): Step | undefined {
  const reason = statuses.map(waitingReason).find((each) => each === 'ErrImagePull' || each === 'ImagePullBackOff')
  if (reason === undefined) return undefined
  if (reason === 'ErrImagePull') {
    return { kind: 'back-off', delayMs: PULL_FAILURE_SHOWN_MS, occurrence: `back-off ${tries}` }
  }
  return { kind: 'start', delayMs: backOffMs(tries - 1, timing), occurrence: `pull again ${tries}` }
}

function restartStep(statuses: readonly Draft[], timing: TimingProfile): Step | undefined {
  for (const status of statuses) {
    const restarts = numeric(status, 'restartCount') ?? 0
    if (waitingReason(status) === 'CrashLoopBackOff') {
      return { kind: 'restart', delayMs: backOffMs(restarts - 1, timing), occurrence: `restart ${restarts}` }
    }
  }
  return undefined
}

function runningStep(
  pod: KubeObject,
  view: { readonly statuses: readonly Draft[]; readonly timing: TimingProfile; readonly random: Random },
): Step | undefined {
  const { statuses, timing, random } = view
  const faults = faultsOf(pod)
  const running = statuses.filter((status) => hasState(status, 'running'))
  const crashing = running.find((status) => ['crash-loop', 'oom'].includes(faults.get(text(status, 'name')) ?? ''))
  if (crashing !== undefined) {
    return { kind: 'crash', delayMs: draw(timing.run, random), occurrence: `crash ${String(crashing['restartCount'])}` }
  }
  if (running.length > 0 && endsByItself(pod)) {
    const seconds = Number(annotationsOf(pod)[RUN_SECONDS])
    const delayMs = Number.isFinite(seconds) ? seconds * 1000 : draw(timing.run, random)
    return { kind: 'end', delayMs, occurrence: `end ${String(running[0]?.['restartCount'])}` }
  }
  const unready = running.filter((status) => status['ready'] !== true && faults.get(text(status, 'name')) === undefined)
  if (unready.length > 0)
    return { kind: 'become-ready', delayMs: readyDelayMs(pod, unready, timing), occurrence: 'become-ready' }
  // The node was down and is back: its pods were marked not ready from outside.
  const isWhole = statuses.length > 0 && statuses.every((status) => status['ready'] === true)
  return isWhole && !isTrue(pod, 'Ready') ? { kind: 'become-ready', delayMs: 0, occurrence: 'ready again' } : undefined
}

/** How long until the last of the containers is ready, by their readiness probes. */
export function readyDelayMs(pod: KubeObject, statuses: readonly Readonly<Draft>[], timing: TimingProfile): number {
  if (!timing.honoursProbeDelays) return 0
  const names = new Set(statuses.map((status) => status['name']))
  const delays = children(specOf(pod), 'containers')
    .filter((container) => names.has(container['name']))
    .map((container) => {
      const probe = container['readinessProbe'] as Draft | undefined
      return (numeric(probe, 'initialDelaySeconds') ?? 0) * 1000
    })
  return Math.max(0, ...delays)
}

function waitingReason(status: Readonly<Draft>): string {
  return text(stateIn(status, 'waiting'), 'reason')
}
