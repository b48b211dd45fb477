import { numeric } from '../../kinds/draft.ts'
import type { ControllerContext } from '../runtime/context.ts'
import {
  createdAt,
  keyOf,
  metaOf,
  nameOf,
  specOf,
  statusOf,
  annotationsOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { BY_CONTROLLER } from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import {
  desiredWhenScaled,
  isRolling,
  maxSurge,
  maxUnavailable,
  replicasOf,
  revisionOf,
  sizeAnnotations,
  sumOf,
  sumOfWanted,
} from './revisions.ts'
import type { Sets } from './status.ts'
import { isActive } from '../runtime/pods.ts'

const COMPONENT = 'deployment-controller'

/** Moves pods from the old ReplicaSets to the new one, as far as the strategy allows now. */
export async function rollOut(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<void> {
  if (!isRolling(deployment)) {
    await recreate(context, deployment, sets)
    return
  }
  const { current } = sets
  if (current === undefined) return
  if (await scaleUpNew(context, deployment, sets)) return
  await scaleDownOld(context, deployment, sets)
}

/** Scales a Deployment that is not being rolled out: paused, or with another number of replicas. */
export async function scaleOnly(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<void> {
  const active = sets.all.filter((set) => (numeric(specOf(set), 'replicas') ?? 0) > 0)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (sets.current ?? newest(sets.all)) : undefined
  if (only !== undefined) {
    await scaleSet(context, deployment, { set: only, replicas: replicasOf(deployment) })
    return
  }
  if (!isRolling(deployment)) return
  await scaleInProportion(context, deployment, active)
}

/** Whether a ReplicaSet was last scaled for another size of the Deployment. */
export function isResized(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
  return sets.some((set) => {
    const before = desiredWhenScaled(set)
    return (numeric(specOf(set), 'replicas') ?? 0) > 0 && before !== undefined && before !== replicasOf(deployment)
  })
}

/** Deletes the oldest ReplicaSets without pods beyond revisionHistoryLimit. */
export async function cleanUp(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<void> {
  const limit = numeric(specOf(deployment), 'revisionHistoryLimit')
  if (limit === undefined) return
  const old = sets.all.filter((set) => set !== sets.current && metaOf(set)['deletionTimestamp'] === undefined)
  const surplus = old.length - limit
  if (surplus <= 0) return
  const oldestFirst = old.toSorted((left, right) => revisionOf(left) - revisionOf(right))
  for (const set of oldestFirst.slice(0, surplus)) {
    const isEmpty = (numeric(specOf(set), 'replicas') ?? 0) === 0 && (numeric(statusOf(set), 'replicas') ?? 0) === 0
    if (isEmpty) await context.cluster.remove(TYPES.replicaSets, set)
  }
}

async function scaleUpNew(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<boolean> {
  const { current } = sets
  if (current === undefined) return false
  const now = numeric(specOf(current), 'replicas') ?? 0
  const wanted = replicasOf(deployment)
  if (now === wanted) return false
  if (now > wanted) {
    await scaleSet(context, deployment, { set: current, replicas: wanted })
    return true
  }
  const replicas = newReplicas(deployment, sets.all, now)
  if (replicas === now) return false
  await scaleSet(context, deployment, { set: current, replicas })
  return true
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(deployment: KubeObject, all: readonly KubeObject[], now: number): number {
  const wanted = replicasOf(deployment)
  if (!isRolling(deployment)) return wanted
  const room = wanted + maxSurge(deployment) - sumOfWanted(all)
  return room <= 0 ? now : now + Math.min(room, wanted - now)
}

async function scaleDownOld(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<void> {
  const { current } = sets
  const old = sets.all.filter((set) => set !== current && (numeric(specOf(set), 'replicas') ?? 0) > 0)
  if (current === undefined || old.length === 0) return
  const least = replicasOf(deployment) - maxUnavailable(deployment)
  const newUnavailable =
    (numeric(specOf(current), 'replicas') ?? 0) - (numeric(statusOf(current), 'availableReplicas') ?? 0)
  let removable = sumOfWanted(sets.all) - least - newUnavailable
  if (removable <= 0) return
  const oldestFirst = old.toSorted((left, right) => createdAt(left) - createdAt(right))
  const sizes = new Map(oldestFirst.map((set) => [set, numeric(specOf(set), 'replicas') ?? 0]))
  // Pods that are not available go first, wherever they are: they serve nobody.
  for (const set of oldestFirst) {
    const size = sizes.get(set) ?? 0
    const broken = size - (numeric(statusOf(set), 'availableReplicas') ?? 0)
    const cut = Math.min(removable, Math.max(0, broken))
    sizes.set(set, size - cut)
    removable -= cut
  }
  let spare = sumOf(sets.all, 'availableReplicas') - least
  for (const set of oldestFirst) {
    const size = sizes.get(set) ?? 0
    const cut = Math.min(Math.max(0, spare), size)
    sizes.set(set, size - cut)
    spare -= cut
  }
  for (const [set, replicas] of sizes) {
    if (replicas !== (numeric(specOf(set), 'replicas') ?? 0)) await scaleSet(context, deployment, { set, replicas })
  }
}

async function recreate(context: ControllerContext, deployment: KubeObject, sets: Sets): Promise<void> {
  const { current } = sets
  const old = sets.all.filter((set) => set !== current)
  for (const set of old) {
    if ((numeric(specOf(set), 'replicas') ?? 0) > 0) await scaleSet(context, deployment, { set, replicas: 0 })
  }
  const pods = context.cluster.cache(TYPES.pods)
  const isBusy = old.some((set) =>
    pods
      .find(BY_CONTROLLER, String(metaOf(set)['uid']))
      .some((pod) => isActive(pod) || metaOf(pod)['deletionTimestamp'] !== undefined),
  )
  if (isBusy || current === undefined) return
  await scaleSet(context, deployment, { set: current, replicas: replicasOf(deployment) })
}

/** Spreads a change of size over several ReplicaSets by their share. */
async function scaleInProportion(
  context: ControllerContext,
  deployment: KubeObject,
  active: readonly KubeObject[],
): Promise<void> {
  const allowed = replicasOf(deployment) > 0 ? replicasOf(deployment) + maxSurge(deployment) : 0
  const total = sumOfWanted(active)
  let change = allowed - total
  const step = Math.sign(change)
  const largestFirst = active.toSorted(
    (left, right) =>
      (numeric(specOf(right), 'replicas') ?? 0) - (numeric(specOf(left), 'replicas') ?? 0) ||
      createdAt(right) - createdAt(left),
  )
  for (const [index, set] of largestFirst.entries()) {
    const size = numeric(specOf(set), 'replicas') ?? 0
    const isLast = index === largestFirst.length - 1
    const share = isLast ? change : Math.round(((allowed - total) * size) / Math.max(1, total))
    const part = step > 0 ? Math.min(share, change) : Math.max(share, change)
    change -= part
    await scaleSet(context, deployment, { set, replicas: Math.max(0, size + part) })
  }
}

async function scaleSet(
  context: ControllerContext,
  deployment: KubeObject,
  wish: { readonly set: KubeObject; readonly replicas: number },
): Promise<void> {
  const set = context.cluster.cache(TYPES.replicaSets).get(keyOf(wish.set)) ?? wish.set
  const before = numeric(specOf(set), 'replicas') ?? 0
  const sizes = sizeAnnotations(deployment)
  const isMarked = Object.entries(sizes).every(([key, value]) => annotationsOf(set)[key] === value)
  if (before === wish.replicas && isMarked) return
  await context.cluster.update(TYPES.replicaSets, {
    ...set,
    metadata: { ...metaOf(set), annotations: { ...annotationsOf(set), ...sizes } },
    spec: { ...specOf(set), replicas: wish.replicas },
  })
  if (before === wish.replicas) return
  const direction = before < wish.replicas ? 'up' : 'down'
  context.recorder.record(COMPONENT, {
    type: TYPES.deployments,
    object: deployment,
    reason: 'ScalingReplicaSet',
    message: `Scaled ${direction} replica set ${nameOf(set)} from ${before} to ${wish.replicas}`,
  })
}

function newest(sets: readonly KubeObject[]): KubeObject | undefined {
  return sets.toSorted((left, right) => revisionOf(right) - revisionOf(left))[0]
}
