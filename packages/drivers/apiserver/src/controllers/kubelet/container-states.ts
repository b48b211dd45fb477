import { createHash } from 'node:crypto'
import type { Draft } from '../../contracts.ts'
import { child, children, numeric, text } from '../../kinds/draft.ts'
import { statusOf, timestamp, uidOf, type KubeObject } from '../runtime/kube-object.ts'

/** What a container of a pod does now. */
export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly ready: boolean }
  | { readonly kind: 'ended'; readonly exitCode: number; readonly reason: string }

/** The status of a container as the pod's status has it now; undefined before there is any. */
export function statusOfContainer(pod: KubeObject, name: string, list = 'containerStatuses'): Draft | undefined {
  return children(statusOf(pod), list).find((status) => status['name'] === name)
}

/** The status of a container in another state; times and identity carry over where nothing changes. */
export function containerStatus(
  pod: KubeObject,
  container: Readonly<Draft>,
  change: {
    readonly state: ContainerState
    readonly nowMs: number
    readonly list?: string
    readonly restarts?: boolean
  },
): Draft {
  const name = text(container, 'name')
  const image = text(container, 'image')
  const before = statusOfContainer(pod, name, change.list)
  const restartCount = (numeric(before, 'restartCount') ?? 0) + (change.restarts === true ? 1 : 0)
  const containerID = `kedge://${identity(`${uidOf(pod)}/${name}/${restartCount}`)}`
  const { state } = change
  const hasStarted = state.kind === 'running'
  const everRan = state.kind !== 'waiting' || child(before, 'lastState')?.['terminated'] !== undefined
  return {
    name,
    image,
    imageID: everRan ? imageId(image) : '',
    ...(everRan ? { containerID } : {}),
    restartCount,
    ready:
      (state.kind === 'running' && state.ready) || (change.list === 'initContainerStatuses' && state.kind === 'ended'),
    started: hasStarted,
    state: stateOf(state, before, { nowMs: change.nowMs, containerID, isRestart: change.restarts === true }),
    lastState: lastStateOf(state, before),
  }
}

function stateOf(
  state: ContainerState,
  before: Readonly<Draft> | undefined,
  now: { readonly nowMs: number; readonly containerID: string; readonly isRestart: boolean },
): Draft {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } }
    case 'running': {
      const running = child(child(before, 'state'), 'running')
      const startedAt = now.isRestart ? undefined : running?.['startedAt']
      return { running: { startedAt: startedAt ?? timestamp(now.nowMs) } }
    }
    case 'ended': {
      const startedAt = child(child(before, 'state'), 'running')?.['startedAt'] ?? timestamp(now.nowMs)
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.reason,
          startedAt,
          finishedAt: timestamp(now.nowMs),
          containerID: now.containerID,
        },
      }
    }
  }
}

/** How a container last ended stays visible while it waits or runs again. */
function lastStateOf(state: ContainerState, before: Readonly<Draft> | undefined): Draft {
  const ended = child(child(before, 'state'), 'terminated')
  if (state.kind !== 'ended' && ended !== undefined) return { terminated: ended }
  return child(before, 'lastState') ?? {}
}

const imageIds = new Map<string, string>()
/** Distinct images whose made-up digests are remembered. */
const IMAGE_LIMIT = 2000

function imageId(image: string): string {
  const known = imageIds.get(image)
  if (known !== undefined) return known
  if (imageIds.size >= IMAGE_LIMIT) imageIds.clear()
  const repository = image.split('@')[0]?.replace(/:[^/]*$/, '') ?? image
  const made = `${repository}@sha256:${identity(image)}`
  imageIds.set(image, made)
  return made
}

function identity(written: string): string {
  return createHash('sha256').update(written).digest('hex')
}
