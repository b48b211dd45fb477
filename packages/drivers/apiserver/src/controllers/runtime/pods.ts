import type { Draft } from '../../contracts.ts'
import { child, children, numeric, text } from '../../kinds/draft.ts'
import { matchesSelector } from '../../kinds/selectors.ts'
import type { ControllerContext } from './context.ts'
import {
  annotationsOf,
  conditionOf,
  controllerOf,
  controllerReference,
  createdAt,
  isDeleting,
  isTrue,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  timeOf,
  uidOf,
  type KubeObject,
} from './kube-object.ts'
import { TYPES, type ResourceType } from './resources.ts'
import type { WatchCache } from './watch-cache.ts'

/** Index of objects by the uid of their controller. */
export const BY_CONTROLLER = 'controller'
/** Index of pods by `namespace|key=value` of each label. */
export const BY_LABEL = 'label'
/** Index of objects by namespace. */
export const BY_NAMESPACE = 'namespace'
/** Index of objects that no controller owns, by namespace. */
export const ORPHANS = 'orphans'
/** Index of pods by the name of their node; empty for pods without one. */
export const BY_NODE = 'node'

/** The cache of pods with the indexes that controllers share. */
export function podCache(context: ControllerContext): WatchCache {
  const pods = context.cluster.cache(TYPES.pods)
  pods.addIndex(BY_CONTROLLER, byController)
  pods.addIndex(BY_LABEL, (pod) =>
    Object.entries(labelsOf(pod)).map(([key, value]) => `${namespaceOf(pod)}|${key}=${value}`),
  )
  pods.addIndex(BY_NAMESPACE, (pod) => [namespaceOf(pod)])
  pods.addIndex(ORPHANS, orphanNamespace)
  pods.addIndex(BY_NODE, (pod) => [text(specOf(pod), 'nodeName')])
  return pods
}

/** A cache of what controllers own, indexed by its controller and namespace. */
export function ownedCache(context: ControllerContext, type: ResourceType): WatchCache {
  const cache = context.cluster.cache(type)
  cache.addIndex(BY_CONTROLLER, byController)
  cache.addIndex(ORPHANS, orphanNamespace)
  return cache
}

function orphanNamespace(object: KubeObject): readonly string[] {
  return controllerOf(object) === undefined ? [namespaceOf(object)] : []
}

function byController(object: KubeObject): readonly string[] {
  const controller = controllerOf(object)
  return controller === undefined ? [] : [text(controller, 'uid')]
}

/** Pods of a namespace that a LabelSelector matches. */
export function selectedPods(
  pods: WatchCache,
  namespace: string,
  selector: Readonly<Draft> | undefined,
): readonly KubeObject[] {
  if (selector === undefined) return []
  const [pair] = Object.entries(child(selector, 'matchLabels') ?? {})
  const candidates =
    pair === undefined
      ? pods.find(BY_NAMESPACE, namespace)
      : pods.find(BY_LABEL, `${namespace}|${pair[0]}=${String(pair[1])}`)
  return candidates.filter((pod) => matchesSelector(selector, labelsOf(pod)))
}

/** The pods an owner controls, after taking on those that its selector matches and nobody controls. */
export async function ownPods(
  context: ControllerContext,
  type: ResourceType,
  owner: KubeObject,
): Promise<readonly KubeObject[]> {
  const pods = context.cluster.cache(TYPES.pods)
  if (!isDeleting(owner)) {
    const selector = child(specOf(owner), 'selector')
    for (const pod of pods.find(ORPHANS, namespaceOf(owner))) {
      if (isDeleting(pod) || !matchesSelector(selector, labelsOf(pod))) continue
      await adopt(context, { type, owner, child: pod, childType: TYPES.pods })
    }
  }
  return pods.find(BY_CONTROLLER, uidOf(owner))
}

/** Makes an owner the controller of an object that has none. */
export async function adopt(
  context: ControllerContext,
  adoption: {
    readonly type: ResourceType
    readonly owner: KubeObject
    readonly child: KubeObject
    readonly childType: ResourceType
  },
): Promise<void> {
  const { child: orphan, owner } = adoption
  await context.cluster.mergePatch(adoption.childType, orphan, {
    metadata: {
      uid: uidOf(orphan),
      ownerReferences: [...children(metaOf(orphan), 'ownerReferences'), controllerReference(adoption.type, owner)],
    },
  })
}

/** Whether a pod has ended for good. */
export function isFinished(pod: KubeObject): boolean {
  const phase = text(statusOf(pod), 'phase')
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Whether a pod counts for its owner: neither ended nor being deleted. */
export function isActive(pod: KubeObject): boolean {
  return !isFinished(pod) && !isDeleting(pod)
}

export function isReady(pod: KubeObject): boolean {
  return isTrue(pod, 'Ready')
}

/** Whether a pod has been ready for minReadySeconds; otherwise how many milliseconds remain, undefined when it is not ready. */
export function availabilityOf(
  pod: KubeObject,
  minReadySeconds: number,
  nowMs: number,
): { readonly isAvailable: boolean; readonly remainingMs?: number } {
  if (!isReady(pod)) return { isAvailable: false }
  if (minReadySeconds === 0) return { isAvailable: true }
  const since = timeOf(conditionOf(pod, 'Ready'), 'lastTransitionTime') ?? nowMs
  const remainingMs = since + minReadySeconds * 1000 - nowMs
  return remainingMs <= 0 ? { isAvailable: true } : { isAvailable: false, remainingMs }
}

/** A pod made from a template, controlled by an owner. */
export function podFromTemplate(type: ResourceType, owner: KubeObject, template: Readonly<Draft> | undefined): Draft {
  const metadata = child(template, 'metadata') ?? {}
  return {
    metadata: {
      generateName: `${nameOf(owner)}-`,
      namespace: namespaceOf(owner),
      ...(metadata['labels'] === undefined ? {} : { labels: { ...child(metadata, 'labels') } }),
      ...(metadata['annotations'] === undefined ? {} : { annotations: { ...child(metadata, 'annotations') } }),
      ...(metadata['finalizers'] === undefined ? {} : { finalizers: metadata['finalizers'] }),
      ownerReferences: [controllerReference(type, owner)],
    },
    spec: child(template, 'spec') ?? {},
  }
}

/** Orders pods so that those to delete first come first: unplaced, pending, not ready, cheap, then the youngest. */
export function compareForRemoval(left: KubeObject, right: KubeObject): number {
  for (const rank of REMOVAL_RANKS) {
    const difference = rank(left) - rank(right)
    if (difference !== 0) return difference
  }
  return nameOf(left) < nameOf(right) ? -1 : 1
}

const REMOVAL_RANKS: readonly ((pod: KubeObject) => number)[] = [
  (pod) => (text(specOf(pod), 'nodeName') === '' ? 0 : 1),
  (pod) => ({ Pending: 0, Unknown: 1 })[text(statusOf(pod), 'phase')] ?? 2,
  (pod) => (isReady(pod) ? 1 : 0),
  (pod) => Number(annotationsOf(pod)['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
  (pod) => -(timeOf(conditionOf(pod, 'Ready'), 'lastTransitionTime') ?? 0),
  (pod) => -restartsOf(pod),
  (pod) => -createdAt(pod),
]

/** Restarts of all containers of a pod. */
export function restartsOf(pod: KubeObject): number {
  let restarts = 0
  for (const status of children(statusOf(pod), 'containerStatuses')) restarts += numeric(status, 'restartCount') ?? 0
  return restarts
}

/** A count or a percentage of a total, rounded up or down. */
export function resolveCount(value: unknown, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  const percent = Number.parseInt(value, 10)
  if (!value.endsWith('%')) return Number.isNaN(percent) ? 0 : percent
  const exact = (total * percent) / 100
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
