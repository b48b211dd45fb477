import type { Draft } from '../../contracts.ts'
import { child, sameValue, stringMap } from '../../kinds/draft.ts'
import { matchesSelector } from '../../kinds/selectors.ts'
import { RequestRefused } from '../runtime/cluster-access.ts'
import { conditionsIn, withCondition } from '../runtime/conditions.ts'
import { messageOf, writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  annotationsOf,
  conditionOf,
  controllerOf,
  controllerReference,
  isDeleting,
  keyOf,
  labelsOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  uidOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { adopt, BY_CONTROLLER, BY_NAMESPACE, ORPHANS, ownedCache, podCache } from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import { templateHash } from '../runtime/template-hash.ts'
import {
  annotationsForSet,
  collisionsOf,
  findNewSet,
  highestRevision,
  isRolling,
  newRevisionAnnotation,
  templateLabels,
  withAnnotations,
  withHash,
} from './revisions.ts'
import { cleanUp, isResized, newReplicas, rollOut, scaleOnly } from './rollout.ts'
import { deploymentStatus, hasDeadline, isComplete, untilDeadline, type Sets } from './status.ts'

const COMPONENT = 'deployment-controller'
const CONFLICT = 409

/** Rolls out Deployments through ReplicaSets, one for each template. */
export function startDeployments(context: ControllerContext): void {
  const deployments = context.cluster.cache(TYPES.deployments)
  deployments.addIndex(BY_NAMESPACE, (deployment) => [namespaceOf(deployment)])
  const sets = ownedCache(context, TYPES.replicaSets)
  const pods = podCache(context)
  const queue = context.queue('deployment', async (key) => {
    const deployment = deployments.get(key)
    if (deployment === undefined) return
    const againMs = await reconcile(context, deployment)
    if (againMs !== undefined) queue.addAfter(key, againMs)
  })
  deployments.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  sets.onChange((next, old) => {
    for (const set of [next, old]) {
      const controller = set === undefined ? undefined : controllerOf(set)
      if (set !== undefined && controller?.['kind'] === 'Deployment') {
        queue.add(`${namespaceOf(set)}/${String(controller['name'])}`)
      }
    }
    if (next === undefined || old !== undefined || controllerOf(next) !== undefined) return
    for (const deployment of deployments.find(BY_NAMESPACE, namespaceOf(next))) {
      if (matchesSelector(child(specOf(deployment), 'selector'), labelsOf(next))) queue.add(keyOf(deployment))
    }
  })
  // Recreate waits for the last old pod to be gone.
  pods.onChange((next, old) => {
    if (next !== undefined || old === undefined) return
    const set = controllerOf(old)
    const owner = set?.['kind'] === 'ReplicaSet' ? sets.get(`${namespaceOf(old)}/${String(set['name'])}`) : undefined
    const controller = owner === undefined ? undefined : controllerOf(owner)
    if (owner === undefined || controller === undefined) return
    const deployment = deployments.get(`${namespaceOf(owner)}/${String(controller['name'])}`)
    if (deployment !== undefined && !isRolling(deployment)) queue.add(keyOf(deployment))
  })
}

async function reconcile(context: ControllerContext, found: KubeObject): Promise<number | undefined> {
  const owned = await ownSets(context, found)
  let deployment = found
  let isRollingOut = false
  if (!isDeleting(deployment)) {
    deployment = await notePause(context, deployment)
    const isPaused = specOf(deployment)['paused'] === true
    isRollingOut = !isPaused
    const current = isPaused ? findNewSet(deployment, owned) : await ensureNewSet(context, deployment, owned)
    deployment = latest(context, deployment)
    const sets = { current, all: setsOf(context, deployment) }
    if (isPaused || isResized(deployment, sets.all)) await scaleOnly(context, deployment, sets)
    else await rollOut(context, deployment, sets)
  }
  deployment = latest(context, deployment)
  const all = setsOf(context, deployment)
  const sets: Sets = { current: findNewSet(deployment, all), all }
  const nowMs = context.clock.now()
  const status = deploymentStatus(deployment, sets, { nowMs, isRollingOut })
  await writeStatus(context, TYPES.deployments, { object: deployment, status })
  if (isComplete(deployment, status) && !isDeleting(deployment)) await cleanUp(context, deployment, sets)
  return untilDeadline(deployment, status, nowMs)
}

/** The ReplicaSets of a Deployment, after taking on those that match and nobody controls. */
async function ownSets(context: ControllerContext, deployment: KubeObject): Promise<readonly KubeObject[]> {
  if (!isDeleting(deployment)) {
    for (const set of context.cluster.cache(TYPES.replicaSets).find(ORPHANS, namespaceOf(deployment))) {
      if (isDeleting(set)) continue
      if (!matchesSelector(child(specOf(deployment), 'selector'), labelsOf(set))) continue
      await adopt(context, { type: TYPES.deployments, owner: deployment, child: set, childType: TYPES.replicaSets })
    }
  }
  return setsOf(context, deployment)
}

function setsOf(context: ControllerContext, deployment: KubeObject): readonly KubeObject[] {
  return context.cluster.cache(TYPES.replicaSets).find(BY_CONTROLLER, uidOf(deployment))
}

function latest(context: ControllerContext, deployment: KubeObject): KubeObject {
  return context.cluster.cache(TYPES.deployments).get(keyOf(deployment)) ?? deployment
}

async function notePause(context: ControllerContext, deployment: KubeObject): Promise<KubeObject> {
  if (!hasDeadline(deployment)) return deployment
  const isPaused = specOf(deployment)['paused'] === true
  const progressing = conditionOf(deployment, 'Progressing')
  const wasPaused = progressing?.['reason'] === 'DeploymentPaused'
  if (isPaused === wasPaused) return deployment
  if (progressing?.['reason'] === 'ProgressDeadlineExceeded') return deployment
  const finding = isPaused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  return noteProgress(context, deployment, { ...finding, status: 'Unknown' })
}

async function noteProgress(
  context: ControllerContext,
  deployment: KubeObject,
  finding: { readonly reason: string; readonly message: string; readonly status: 'True' | 'False' | 'Unknown' },
): Promise<KubeObject> {
  const conditions = withCondition(
    conditionsIn(statusOf(deployment)),
    { type: 'Progressing', ...finding },
    { nowMs: context.clock.now(), hasUpdateTime: true },
  )
  const status = { ...statusOf(deployment), conditions }
  return writeStatus(context, TYPES.deployments, { object: deployment, status })
}

/** The ReplicaSet of the present template with its annotations in order; made when it is not there. */
async function ensureNewSet(
  context: ControllerContext,
  deployment: KubeObject,
  owned: readonly KubeObject[],
): Promise<KubeObject | undefined> {
  const found = findNewSet(deployment, owned)
  const revision = highestRevision(owned.filter((set) => set !== found)) + 1
  if (found === undefined) return createSet(context, deployment, { owned, revision })
  const annotations = annotationsForSet(deployment, found, revision)
  const minReadySeconds = specOf(deployment)['minReadySeconds']
  const isCurrent = sameValue(annotations, annotationsOf(found)) && specOf(found)['minReadySeconds'] === minReadySeconds
  const set = isCurrent
    ? found
    : await context.cluster.update(TYPES.replicaSets, {
        ...withAnnotations(found, annotations),
        spec: { ...specOf(found), ...(minReadySeconds === undefined ? {} : { minReadySeconds }) },
      })
  const isUnnoted = hasDeadline(deployment) && conditionOf(latest(context, deployment), 'Progressing') === undefined
  const noted = { reason: 'FoundNewReplicaSet', message: `Found new replica set "${nameOf(set)}"` }
  await markRevision(context, deployment, { set, progress: isUnnoted ? noted : undefined })
  return set
}

async function createSet(
  context: ControllerContext,
  deployment: KubeObject,
  history: { readonly owned: readonly KubeObject[]; readonly revision: number },
): Promise<KubeObject | undefined> {
  const draft = setDraft(deployment, history)
  const name = nameOf(draft)
  let created: KubeObject
  try {
    created = await context.cluster.create(TYPES.replicaSets, draft)
  } catch (error) {
    if (error instanceof RequestRefused && error.status === CONFLICT) {
      await countCollision(context, deployment, name)
      throw error
    }
    await noteFailure(context, deployment, `Failed to create new replica set "${name}": ${messageOf(error)}`)
    throw error
  }
  const replicas = Number(specOf(created)['replicas'] ?? 0)
  if (replicas > 0) {
    context.recorder.record(COMPONENT, {
      type: TYPES.deployments,
      object: deployment,
      reason: 'ScalingReplicaSet',
      message: `Scaled up replica set ${name} from 0 to ${replicas}`,
    })
  }
  const noted = { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` }
  await markRevision(context, deployment, { set: created, progress: hasDeadline(deployment) ? noted : undefined })
  return created
}

function setDraft(
  deployment: KubeObject,
  history: { readonly owned: readonly KubeObject[]; readonly revision: number },
): Draft {
  const spec = specOf(deployment)
  const template = child(spec, 'template') ?? {}
  const hash = templateHash(template, collisionsOf(deployment))
  const labels = withHash(templateLabels(deployment), hash)
  const selector = child(spec, 'selector') ?? {}
  return {
    metadata: {
      name: `${nameOf(deployment)}-${hash}`,
      namespace: namespaceOf(deployment),
      labels,
      annotations: annotationsForSet(deployment, undefined, history.revision),
      ownerReferences: [controllerReference(TYPES.deployments, deployment)],
    },
    spec: {
      // Recreate starts pods only when those of earlier templates are gone: it is scaled up then.
      replicas: isRolling(deployment) || history.owned.length === 0 ? newReplicas(deployment, history.owned, 0) : 0,
      ...(spec['minReadySeconds'] === undefined ? {} : { minReadySeconds: spec['minReadySeconds'] }),
      selector: { ...selector, matchLabels: withHash(stringMap(selector, 'matchLabels'), hash) },
      template: { ...template, metadata: { ...child(template, 'metadata'), labels } },
    },
  }
}

/**
 * The Deployment carries the revision of its newest ReplicaSet, for `kubectl rollout history`. The status verb writes
 * annotations without counting a new generation, so revision and progress are one write.
 */
async function markRevision(
  context: ControllerContext,
  found: KubeObject,
  mark: {
    readonly set: KubeObject
    readonly progress: { readonly reason: string; readonly message: string } | undefined
  },
): Promise<void> {
  const deployment = latest(context, found)
  const annotations = newRevisionAnnotation(deployment, mark.set)
  const before = conditionsIn(statusOf(deployment))
  const finding =
    mark.progress === undefined ? undefined : ({ type: 'Progressing', status: 'True', ...mark.progress } as const)
  const conditions =
    finding === undefined ? before : withCondition(before, finding, { nowMs: context.clock.now(), hasUpdateTime: true })
  if (annotations === undefined && conditions === before) return
  const marked = annotations === undefined ? deployment : withAnnotations(deployment, annotations)
  const status = conditions === before ? statusOf(deployment) : { ...statusOf(deployment), conditions }
  await context.cluster.update(TYPES.deployments, { ...marked, status }, 'status')
}

/** A name that another ReplicaSet has already: the next hash is another one. */
async function countCollision(context: ControllerContext, deployment: KubeObject, name: string): Promise<void> {
  const taken = await context.cluster.read(TYPES.replicaSets, { namespace: namespaceOf(deployment), name })
  const isOurs = taken !== undefined && controllerOf(taken)?.['uid'] === uidOf(deployment)
  if (taken === undefined || (isOurs && findNewSet(deployment, [taken]) !== undefined)) return
  const status = { ...statusOf(deployment), collisionCount: collisionsOf(deployment) + 1 }
  await writeStatus(context, TYPES.deployments, { object: deployment, status })
}

async function noteFailure(context: ControllerContext, deployment: KubeObject, message: string): Promise<void> {
  context.recorder.record(COMPONENT, {
    type: TYPES.deployments,
    object: deployment,
    kind: 'Warning',
    reason: 'ReplicaSetCreateError',
    message,
  })
  if (hasDeadline(deployment)) {
    await noteProgress(context, deployment, { status: 'False', reason: 'ReplicaSetCreateError', message })
  }
}
