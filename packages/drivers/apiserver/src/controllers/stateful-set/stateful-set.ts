import type { Draft } from '../../contracts.ts'
import { child, children, numeric, text } from '../../kinds/draft.ts'
import { isRace } from '../runtime/cluster-access.ts'
import { messageOf, writeStatus, type ControllerContext } from '../runtime/context.ts'
import {
  controllerOf,
  controllerReference,
  generationOf,
  isDeleting,
  keyOf,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import {
  availabilityOf,
  isFinished,
  isReady,
  ownedCache,
  ownPods,
  podCache,
  podFromTemplate,
  resolveCount,
} from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import {
  cleanRevisions,
  ensureRevision,
  isOfRevision,
  REVISION_LABEL,
  revisionLabelOf,
  revisionsOf,
  templateIn,
} from './revisions.ts'

const COMPONENT = 'statefulset-controller'
const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX = 'apps.kubernetes.io/pod-index'

/** Keeps the pods of StatefulSets: each with its name, its claims and its place in the order. */
export function startStatefulSets(context: ControllerContext): void {
  const sets = context.cluster.cache(TYPES.statefulSets)
  ownedCache(context, TYPES.controllerRevisions)
  context.cluster.cache(TYPES.claims)
  const pods = podCache(context)
  const queue = context.queue('stateful-set', async (key) => {
    const set = sets.get(key)
    if (set === undefined) return
    const retryMs = await reconcile(context, set)
    if (retryMs !== undefined) queue.addAfter(key, retryMs)
  })
  sets.onChange((next) => {
    if (next !== undefined) queue.add(keyOf(next))
  })
  pods.onChange((next, old) => {
    const pod = next ?? old
    const controller = pod === undefined ? undefined : controllerOf(pod)
    if (pod !== undefined && controller?.['kind'] === 'StatefulSet')
      queue.add(`${namespaceOf(pod)}/${String(controller['name'])}`)
  })
}

/** A StatefulSet with everything that a pass works with. */
interface View {
  readonly set: KubeObject
  readonly replicas: number
  readonly start: number
  readonly current: KubeObject
  readonly update: KubeObject
  readonly byOrdinal: ReadonlyMap<number, KubeObject>
  readonly surplus: readonly KubeObject[]
  readonly isOrdered: boolean
}

async function reconcile(context: ControllerContext, set: KubeObject): Promise<number | undefined> {
  if (isDeleting(set)) return undefined
  const update = await ensureRevision(context, TYPES.statefulSets, set)
  const pods = await ownPods(context, TYPES.statefulSets, set)
  const view = viewOf(context, { set, update, pods })
  await arrange(context, view)
  const after = await ownPods(context, TYPES.statefulSets, set)
  return writeSetStatus(context, { ...viewOf(context, { set, update, pods: after }) }, after)
}

function viewOf(
  context: ControllerContext,
  seen: { readonly set: KubeObject; readonly update: KubeObject; readonly pods: readonly KubeObject[] },
): View {
  const { set, update } = seen
  const spec = specOf(set)
  const replicas = numeric(spec, 'replicas') ?? 1
  const start = numeric(child(spec, 'ordinals'), 'start') ?? 0
  const named = text(statusOf(set), 'currentRevision')
  const current = revisionsOf(context, set).find((revision) => revisionLabelOf(revision) === named) ?? update
  const byOrdinal = new Map<number, KubeObject>()
  const surplus: KubeObject[] = []
  for (const pod of seen.pods) {
    const ordinal = ordinalOf(set, pod)
    if (ordinal === undefined) continue
    if (ordinal >= start && ordinal < start + replicas) byOrdinal.set(ordinal, pod)
    else surplus.push(pod)
  }
  surplus.sort((left, right) => (ordinalOf(set, right) ?? 0) - (ordinalOf(set, left) ?? 0))
  return {
    set,
    replicas,
    start,
    current,
    update,
    byOrdinal,
    surplus,
    isOrdered: text(spec, 'podManagementPolicy') !== 'Parallel',
  }
}

/** Does what is to be done now: at most one thing when pods are ordered. */
async function arrange(context: ControllerContext, view: View): Promise<void> {
  for (let ordinal = view.start; ordinal < view.start + view.replicas; ordinal += 1) {
    const pod = view.byOrdinal.get(ordinal)
    if (pod === undefined) await createPod(context, view, ordinal)
    else if (isFinished(pod) && !isDeleting(pod)) await removePod(context, view.set, pod)
    if (view.isOrdered && (pod === undefined || !isHealthy(pod) || !isSettled(context, view, pod))) return
  }
  for (const pod of view.surplus) {
    if (!isDeleting(pod)) await removePod(context, view.set, pod)
    if (view.isOrdered) return
  }
  if (text(child(specOf(view.set), 'updateStrategy'), 'type') === 'OnDelete') return
  await rollPods(context, view)
}

/** Replaces pods of an older revision from the highest ordinal down to the partition. */
async function rollPods(context: ControllerContext, view: View): Promise<void> {
  const rolling = child(child(specOf(view.set), 'updateStrategy'), 'rollingUpdate')
  const partition = numeric(rolling, 'partition') ?? 0
  const room = Math.max(1, resolveCount(rolling?.['maxUnavailable'] ?? 1, view.replicas, 'up'))
  let unavailable = 0
  for (const pod of view.byOrdinal.values()) if (!isHealthy(pod)) unavailable += 1
  for (let ordinal = view.start + view.replicas - 1; ordinal >= Math.max(view.start, partition); ordinal -= 1) {
    const pod = view.byOrdinal.get(ordinal)
    if (pod === undefined) return
    if (!isOfRevision(pod, view.update)) {
      if (isDeleting(pod)) continue
      const counts = isHealthy(pod) ? 1 : 0
      if (unavailable + counts > room) return
      unavailable += counts
      await removePod(context, view.set, pod)
    } else if (!isHealthy(pod) && unavailable >= room) return
  }
}

function isHealthy(pod: KubeObject): boolean {
  return isReady(pod) && !isDeleting(pod)
}

function isSettled(context: ControllerContext, view: View, pod: KubeObject): boolean {
  return availabilityOf(pod, numeric(specOf(view.set), 'minReadySeconds') ?? 0, context.clock.now()).isAvailable
}

async function createPod(context: ControllerContext, view: View, ordinal: number): Promise<void> {
  const { set } = view
  const partition = numeric(child(child(specOf(set), 'updateStrategy'), 'rollingUpdate'), 'partition') ?? 0
  const revision = ordinal < partition ? view.current : view.update
  const name = `${nameOf(set)}-${ordinal}`
  for (const template of children(specOf(set), 'volumeClaimTemplates'))
    await ensureClaim(context, set, { template, pod: name })
  const draft = podDraft(set, { revision, name, ordinal })
  try {
    await context.cluster.create(TYPES.pods, draft)
  } catch (error) {
    if (isRace(error)) return
    const message = `create Pod ${name} in StatefulSet ${nameOf(set)} failed error: ${messageOf(error)}`
    context.recorder.record(COMPONENT, {
      type: TYPES.statefulSets,
      object: set,
      kind: 'Warning',
      reason: 'FailedCreate',
      message,
    })
    throw error
  }
  context.recorder.record(COMPONENT, {
    type: TYPES.statefulSets,
    object: set,
    reason: 'SuccessfulCreate',
    message: `create Pod ${name} in StatefulSet ${nameOf(set)} successful`,
  })
}

function podDraft(
  set: KubeObject,
  made: { readonly revision: KubeObject; readonly name: string; readonly ordinal: number },
): Draft {
  const draft = podFromTemplate(TYPES.statefulSets, set, templateIn(made.revision))
  const { generateName: _generated, ...metadata } = metaOf(draft)
  const spec = specOf(draft)
  const claims = children(specOf(set), 'volumeClaimTemplates').map((template) =>
    text(child(template, 'metadata'), 'name'),
  )
  const volumes = children(spec, 'volumes').filter((volume) => !claims.includes(text(volume, 'name')))
  const claimed = claims.map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: `${claim}-${made.name}` },
  }))
  const serviceName = text(specOf(set), 'serviceName')
  return {
    metadata: {
      ...metadata,
      name: made.name,
      generateName: `${nameOf(set)}-`,
      labels: {
        ...labelsOf(draft),
        [POD_NAME]: made.name,
        [POD_INDEX]: String(made.ordinal),
        [REVISION_LABEL]: revisionLabelOf(made.revision),
      },
    },
    spec: {
      ...spec,
      hostname: made.name,
      ...(serviceName === '' ? {} : { subdomain: serviceName }),
      ...(volumes.length + claimed.length === 0 ? {} : { volumes: [...volumes, ...claimed] }),
    },
  }
}

async function ensureClaim(
  context: ControllerContext,
  set: KubeObject,
  wanted: { readonly template: Draft; readonly pod: string },
): Promise<void> {
  const base = text(child(wanted.template, 'metadata'), 'name')
  const name = `${base}-${wanted.pod}`
  if (context.cluster.cache(TYPES.claims).get(`${namespaceOf(set)}/${name}`) !== undefined) return
  const metadata = child(wanted.template, 'metadata') ?? {}
  const goesWithSet = text(child(specOf(set), 'persistentVolumeClaimRetentionPolicy'), 'whenDeleted') === 'Delete'
  const matchLabels = child(child(specOf(set), 'selector'), 'matchLabels') ?? {}
  await context.cluster.create(TYPES.claims, {
    metadata: {
      name,
      namespace: namespaceOf(set),
      labels: { ...child(metadata, 'labels'), ...matchLabels },
      ...(metadata['annotations'] === undefined ? {} : { annotations: metadata['annotations'] }),
      ...(goesWithSet ? { ownerReferences: [controllerReference(TYPES.statefulSets, set)] } : {}),
    },
    spec: child(wanted.template, 'spec') ?? {},
  })
  context.recorder.record(COMPONENT, {
    type: TYPES.statefulSets,
    object: set,
    reason: 'SuccessfulCreate',
    message: `create Claim ${name} Pod ${wanted.pod} in StatefulSet ${nameOf(set)} success`,
  })
}

async function removePod(context: ControllerContext, set: KubeObject, pod: KubeObject): Promise<void> {
  await context.cluster.remove(TYPES.pods, pod)
  context.recorder.record(COMPONENT, {
    type: TYPES.statefulSets,
    object: set,
    reason: 'SuccessfulDelete',
    message: `delete Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} successful`,
  })
}

async function writeSetStatus(
  context: ControllerContext,
  view: View,
  pods: readonly KubeObject[],
): Promise<number | undefined> {
  const { set } = view
  const nowMs = context.clock.now()
  const seconds = numeric(specOf(set), 'minReadySeconds') ?? 0
  const living = pods.filter((pod) => !isDeleting(pod) && !isFinished(pod))
  const availability = living.map((pod) => availabilityOf(pod, seconds, nowMs))
  const count = (test: (pod: KubeObject) => boolean): number => living.filter(test).length
  const updated = count((pod) => isOfRevision(pod, view.update))
  const ready = count(isReady)
  const available = availability.filter(({ isAvailable }) => isAvailable).length
  const isRolledOut = updated === view.replicas && ready === view.replicas && pods.length === view.replicas
  const current = isRolledOut ? view.update : view.current
  const currentCount = count((pod) => isOfRevision(pod, current))
  const optional: readonly (readonly [string, number])[] = [
    ['readyReplicas', ready],
    ['currentReplicas', currentCount],
    ['updatedReplicas', updated],
  ]
  const status: Draft = {
    observedGeneration: generationOf(set),
    replicas: pods.filter((pod) => !isFinished(pod)).length,
    ...Object.fromEntries(optional.filter(([, value]) => value !== 0)),
    currentRevision: revisionLabelOf(current),
    updateRevision: revisionLabelOf(view.update),
    collisionCount: 0,
    availableReplicas: available,
  }
  await writeStatus(context, TYPES.statefulSets, {
    object: context.cluster.cache(TYPES.statefulSets).get(keyOf(set)) ?? set,
    status,
  })
  if (isRolledOut) await cleanRevisions(context, set, new Set([nameOf(view.update)]))
  const waits = availability.flatMap(({ remainingMs }) => (remainingMs === undefined ? [] : [remainingMs]))
  return waits.length === 0 ? undefined : Math.min(...waits)
}

function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const name = nameOf(pod)
  const prefix = `${nameOf(set)}-`
  const written = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  return /^\d+$/.test(written) ? Number(written) : undefined
}
