import type { Draft } from '../../contracts.ts'
import { children, numeric, text } from '../../kinds/draft.ts'
import type { ControllerContext } from '../runtime/context.ts'
import { annotationsOf, nameOf, namespaceOf, specOf, statusOf, uidOf, type KubeObject } from '../runtime/kube-object.ts'
import { TYPES } from '../runtime/resources.ts'
import { containerStatus, statusOfContainer, type ContainerState } from './container-states.ts'
import { EXIT_CODE } from './faults.ts'
import { hasState, isInitialized, stateIn, type ContainerStatuses } from './pod-status.ts'
import { backOffMs, faultsOf, readyDelayMs } from './steps.ts'

const COMPONENT = 'kubelet'
const OOM_EXIT_CODE = 137

/** A pod about to change, and what is remembered of it. */
export interface Transition {
  readonly context: ControllerContext
  readonly pod: KubeObject
  readonly memory: { failedPulls: number }
}

/** The node has taken the pod: everything waits. */
export function begin({ context, pod }: Transition): ContainerStatuses {
  const inits = children(specOf(pod), 'initContainers')
  const reason = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating'
  const first = inits[0] ?? children(specOf(pod), 'containers')[0]
  if (first !== undefined) tellPulling({ context, pod }, first, inits.length > 0)
  return {
    containers: eachContainer(context, pod, () => ({ kind: 'waiting', reason })),
    initContainers: inits.map((container) =>
      containerStatus(pod, container, {
        state: { kind: 'waiting', reason: 'PodInitializing' },
        nowMs: context.clock.now(),
        list: 'initContainerStatuses',
      }),
    ),
  }
}

/** The next init container has run and ended well, or runs on as a sidecar. */
export function initialize({ context, pod }: Transition): ContainerStatuses {
  const nowMs = context.clock.now()
  const present = children(statusOf(pod), 'initContainerStatuses')
  const current = present.find((status) => !isInitialized(pod, status))
  const initContainers = children(specOf(pod), 'initContainers').map((container) => {
    const before = statusOfContainer(pod, text(container, 'name'), 'initContainerStatuses')
    if (before !== undefined && before !== current) return before
    tellStarted({ context, pod }, container, true)
    const isSidecar = container['restartPolicy'] === 'Always'
    const state: ContainerState = isSidecar
      ? { kind: 'running', ready: true }
      : { kind: 'ended', exitCode: 0, reason: 'Completed' }
    return containerStatus(pod, container, { state, nowMs, list: 'initContainerStatuses' })
  })
  const isLast = present.filter((status) => !isInitialized(pod, status)).length <= 1
  const [first] = children(specOf(pod), 'containers')
  if (isLast && first !== undefined) tellPulling({ context, pod }, first, false)
  return { containers: children(statusOf(pod), 'containerStatuses'), initContainers }
}

/** Images are pulled and containers start; those whose image is not to be had keep waiting. */
export function start({ context, pod, memory }: Transition): ContainerStatuses {
  const faults = faultsOf(pod)
  let hasFailed = false
  const delayed = readyDelayMs(pod, children(statusOf(pod), 'containerStatuses'), context.timing) > 0
  const [first] = children(specOf(pod), 'containers')
  const containers = children(specOf(pod), 'containers').map((container) => {
    const name = text(container, 'name')
    const before = statusOfContainer(pod, name)
    if (before !== undefined && hasState(before, 'running')) return before
    const nowMs = context.clock.now()
    if (faults.get(name) === 'image-pull') {
      hasFailed = true
      tellPullFailed(context, pod, container)
      const state: ContainerState = {
        kind: 'waiting',
        reason: 'ErrImagePull',
        message: pullError(text(container, 'image')),
      }
      return containerStatus(pod, container, { state, nowMs })
    }
    if (container !== first) tellPulling({ context, pod }, container, false)
    tellStarted({ context, pod }, container, false)
    return containerStatus(pod, container, {
      state: { kind: 'running', ready: faults.get(name) === undefined && !delayed },
      nowMs,
    })
  })
  if (hasFailed) memory.failedPulls += 1
  return { containers, initContainers: children(statusOf(pod), 'initContainerStatuses') }
}

/** A failed pull is shown as waiting for the next try. */
export function backOff({ context, pod }: Transition): ContainerStatuses {
  return changed(context, pod, (container, status) => {
    if (text(stateIn(status, 'waiting'), 'reason') !== 'ErrImagePull') return undefined
    const image = text(container, 'image')
    const message = `Back-off pulling image "${image}"`
    tell(context, pod, { container, kind: 'Normal', reason: 'BackOff', message })
    tell(context, pod, { container, kind: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' })
    return { kind: 'waiting', reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${pullError(image)}` }
  })
}

/** Readiness probes succeed. */
export function becomeReady({ context, pod }: Transition): ContainerStatuses {
  const faults = faultsOf(pod)
  return changed(context, pod, (container, status) =>
    hasState(status, 'running') && faults.get(text(container, 'name')) === undefined
      ? { kind: 'running', ready: true }
      : undefined,
  )
}

/** A container ends with an error, and waits to be restarted; the first time it is restarted at once. */
export function crash({ context, pod }: Transition): ContainerStatuses {
  const faults = faultsOf(pod)
  const nowMs = context.clock.now()
  const keeps = text(specOf(pod), 'restartPolicy') === 'Never'
  const containers = children(specOf(pod), 'containers').map((container) => {
    const name = text(container, 'name')
    const status = statusOfContainer(pod, name) ?? {}
    const fault = faults.get(name)
    if (!hasState(status, 'running') || (fault !== 'crash-loop' && fault !== 'oom')) return status
    const ended: ContainerState =
      fault === 'oom'
        ? { kind: 'ended', exitCode: OOM_EXIT_CODE, reason: 'OOMKilled' }
        : { kind: 'ended', exitCode: 1, reason: 'Error' }
    const dead = containerStatus(pod, container, { state: ended, nowMs })
    if (keeps) return dead
    return afterEnd(context, pod, { container, dead })
  })
  return { containers, initContainers: children(statusOf(pod), 'initContainerStatuses') }
}

/** Containers in back-off run again. */
export function restart({ context, pod }: Transition): ContainerStatuses {
  const nowMs = context.clock.now()
  const faults = faultsOf(pod)
  const containers = children(specOf(pod), 'containers').map((container) => {
    const name = text(container, 'name')
    const status = statusOfContainer(pod, name) ?? {}
    if (text(stateIn(status, 'waiting'), 'reason') !== 'CrashLoopBackOff') return status
    tellRestarted(context, pod, container)
    return containerStatus(pod, container, {
      state: { kind: 'running', ready: faults.get(name) === undefined },
      nowMs,
      restarts: true,
    })
  })
  return { containers, initContainers: children(statusOf(pod), 'initContainerStatuses') }
}

/** Containers that end by themselves have ended. */
export function end({ context, pod }: Transition): ContainerStatuses {
  const exitCode = Number(annotationsOf(pod)[EXIT_CODE] ?? 0) || 0
  const nowMs = context.clock.now()
  const retries = exitCode !== 0 && text(specOf(pod), 'restartPolicy') === 'OnFailure'
  const containers = children(specOf(pod), 'containers').map((container) => {
    const status = statusOfContainer(pod, text(container, 'name')) ?? {}
    if (!hasState(status, 'running')) return status
    const state: ContainerState = { kind: 'ended', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' }
    const dead = containerStatus(pod, container, { state, nowMs })
    return retries ? afterEnd(context, pod, { container, dead }) : dead
  })
  return { containers, initContainers: children(statusOf(pod), 'initContainerStatuses') }
}

/** Says that the containers of a pod are being stopped. */
export function tellStopping(context: ControllerContext, pod: KubeObject): void {
  for (const container of children(specOf(pod), 'containers')) {
    const status = statusOfContainer(pod, text(container, 'name'))
    if (status === undefined || !hasState(status, 'running')) continue
    tell(context, pod, {
      container,
      kind: 'Normal',
      reason: 'Killing',
      message: `Stopping container ${text(container, 'name')}`,
    })
  }
}

/** What becomes of a container that ended and is to run again. */
function afterEnd(
  context: ControllerContext,
  pod: KubeObject,
  ended: { readonly container: Readonly<Draft>; readonly dead: Draft },
): Draft {
  const { container, dead } = ended
  const restarts = numeric(dead, 'restartCount') ?? 0
  const nowMs = context.clock.now()
  const after = withContainerStatus(pod, dead)
  if (restarts === 0) {
    tellRestarted(context, pod, container)
    const ready = faultsOf(pod).get(text(container, 'name')) === undefined
    return containerStatus(after, container, { state: { kind: 'running', ready }, nowMs, restarts: true })
  }
  const seconds = backOffMs(restarts - 1, context.timing) / 1000
  const written = seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`
  const subject = `container=${text(container, 'name')} pod=${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`
  tell(context, pod, {
    container,
    kind: 'Warning',
    reason: 'BackOff',
    message: `Back-off restarting failed container ${text(container, 'name')} in pod ${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`,
  })
  const message = `back-off ${written} restarting failed ${subject}`
  return containerStatus(after, container, { state: { kind: 'waiting', reason: 'CrashLoopBackOff', message }, nowMs })
}

/** The pod with one container status replaced, so that the next state is counted from it. */
function withContainerStatus(pod: KubeObject, status: Draft): KubeObject {
  const others = children(statusOf(pod), 'containerStatuses').filter((each) => each['name'] !== status['name'])
  return { ...pod, status: { ...statusOf(pod), containerStatuses: [...others, status] } }
}

function eachContainer(
  context: ControllerContext,
  pod: KubeObject,
  stateOf: (container: Draft) => ContainerState,
): readonly Draft[] {
  const nowMs = context.clock.now()
  return children(specOf(pod), 'containers').map((container) =>
    containerStatus(pod, container, { state: stateOf(container), nowMs }),
  )
}

function changed(
  context: ControllerContext,
  pod: KubeObject,
  stateOf: (container: Draft, status: Draft) => ContainerState | undefined,
): ContainerStatuses {
  const nowMs = context.clock.now()
  const containers = children(specOf(pod), 'containers').map((container) => {
    const status = statusOfContainer(pod, text(container, 'name')) ?? {}
    const state = stateOf(container, status)
    return state === undefined ? status : containerStatus(pod, container, { state, nowMs })
  })
  return { containers, initContainers: children(statusOf(pod), 'initContainerStatuses') }
}

function pullError(image: string): string {
  const reference = image.includes('/') ? image : `docker.io/library/${image}`
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`
}

function tellPulling(
  { context, pod }: Pick<Transition, 'context' | 'pod'>,
  container: Readonly<Draft>,
  isInit: boolean,
): void {
  if (container['imagePullPolicy'] === 'Never') return
  tell(context, pod, {
    container,
    isInit,
    kind: 'Normal',
    reason: 'Pulling',
    message: `Pulling image "${text(container, 'image')}"`,
  })
}

function tellPullFailed(context: ControllerContext, pod: KubeObject, container: Readonly<Draft>): void {
  const image = text(container, 'image')
  tell(context, pod, {
    container,
    kind: 'Warning',
    reason: 'Failed',
    message: `Failed to pull image "${image}": ${pullError(image)}`,
  })
  tell(context, pod, { container, kind: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' })
}

function tellStarted(
  { context, pod }: Pick<Transition, 'context' | 'pod'>,
  container: Readonly<Draft>,
  isInit: boolean,
): void {
  const say = (reason: string, message: string): void => {
    tell(context, pod, { container, isInit, kind: 'Normal', reason, message })
  }
  const image = text(container, 'image')
  say(
    'Pulled',
    container['imagePullPolicy'] === 'Never'
      ? `Container image "${image}" already present on machine`
      : `Successfully pulled image "${image}"`,
  )
  say('Created', 'Container created')
  say('Started', 'Container started')
}

function tellRestarted(context: ControllerContext, pod: KubeObject, container: Readonly<Draft>): void {
  const image = text(container, 'image')
  tell(context, pod, {
    container,
    kind: 'Normal',
    reason: 'Pulled',
    message: `Container image "${image}" already present on machine`,
  })
  tell(context, pod, { container, kind: 'Normal', reason: 'Created', message: 'Container created' })
  tell(context, pod, { container, kind: 'Normal', reason: 'Started', message: 'Container started' })
}

function tell(
  context: ControllerContext,
  pod: KubeObject,
  happening: {
    readonly container: Readonly<Draft>
    readonly kind: 'Normal' | 'Warning'
    readonly reason: string
    readonly message: string
    readonly isInit?: boolean
  },
): void {
  const { container, isInit, ...rest } = happening
  const list = isInit === true ? 'initContainers' : 'containers'
  context.recorder.record(COMPONENT, {
    type: TYPES.pods,
    object: pod,
    fieldPath: `spec.${list}{${text(container, 'name')}}`,
    ...rest,
  })
}
