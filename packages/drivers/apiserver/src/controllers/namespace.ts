import type { Draft } from '../contracts.ts'
import { children, strings, text } from '../kinds/draft.ts'
import { readServedResources, type ServedResource } from './runtime/api-resources.ts'
import { conditionsIn, withCondition } from './runtime/conditions.ts'
import type { ControllerContext } from './runtime/context.ts'
import { finalizersOf, isDeleting, keyOf, nameOf, specOf, statusOf, type KubeObject } from './runtime/kube-object.ts'
import { collectionPath, objectPath, TYPES } from './runtime/resources.ts'

/** Objects listed of one resource to see what still holds a namespace. */
const LOOK_LIMIT = 500

/** Tells of objects that left a namespace. */
export interface RemovalSource {
  onRemoved(handler: (namespace: string) => void): void
}

/** Empties namespaces that are being deleted, and lets go of them when nothing is left. */
export function startNamespaces(context: ControllerContext, removals: RemovalSource): void {
  const namespaces = context.cluster.cache(TYPES.namespaces)
  const queue = context.queue('namespace', async (name) => {
    const namespace = namespaces.get(name)
    if (namespace === undefined || !isDeleting(namespace)) return
    if (!strings(specOf(namespace), 'finalizers').includes('kubernetes')) return
    await empty(context, namespace)
  })
  namespaces.onChange((next, old) => {
    if (next !== undefined && isDeleting(next) && (old === undefined || !isDeleting(old))) queue.add(keyOf(next))
  })
  removals.onRemoved((name) => {
    const namespace = namespaces.get(name)
    if (namespace !== undefined && isDeleting(namespace)) queue.add(name)
  })
}

/** What is left of a resource in a namespace. */
interface Remainder {
  readonly resource: ServedResource
  readonly objects: readonly Readonly<Draft>[]
}

async function empty(context: ControllerContext, namespace: KubeObject): Promise<void> {
  const served = await readServedResources(context.cluster.raw)
  const remainders: Remainder[] = []
  for (const resource of served) {
    if (!resource.namespaced || !resource.verbs.includes('deletecollection')) continue
    const objects = await removeAll(context, resource, nameOf(namespace))
    if (objects.length > 0) remainders.push({ resource, objects })
  }
  if (remainders.length > 0) {
    await tellWhatRemains(context, namespace, remainders)
    return
  }
  await finalize(context, namespace)
}

/** Deletes the objects of a resource in a namespace; gives those that are still there. */
async function removeAll(
  context: ControllerContext,
  resource: ServedResource,
  namespace: string,
): Promise<readonly Readonly<Draft>[]> {
  const path = collectionPath(resource, namespace)
  const look = await context.cluster.raw.request({ method: 'GET', path: `${path}?limit=${LOOK_LIMIT}` })
  const present = children(look.body, 'items')
  if (present.length === 0) return []
  if (present.some((object) => !isDeleting(object))) {
    await context.cluster.raw.request({
      method: 'DELETE',
      path,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
    })
  }
  const after = await context.cluster.raw.request({ method: 'GET', path: `${path}?limit=${LOOK_LIMIT}` })
  return children(after.body, 'items')
}

async function finalize(context: ControllerContext, namespace: KubeObject): Promise<void> {
  const finalizers = strings(specOf(namespace), 'finalizers').filter((finalizer) => finalizer !== 'kubernetes')
  const path = objectPath(TYPES.namespaces, { namespace: '', name: nameOf(namespace) }, 'finalize')
  const live = await context.cluster.read(TYPES.namespaces, { namespace: '', name: nameOf(namespace) })
  if (live === undefined) return
  await context.cluster.raw.request({ method: 'PUT', path, body: { ...live, spec: { ...specOf(live), finalizers } } })
}

async function tellWhatRemains(
  context: ControllerContext,
  namespace: KubeObject,
  remainders: readonly Remainder[],
): Promise<void> {
  const nowMs = context.clock.now()
  const content = remainders.map(
    ({ resource, objects }) => `${resourceName(resource)} has ${objects.length} resource instances`,
  )
  const holders = new Map<string, number>()
  for (const object of remainders.flatMap(({ objects }) => objects)) {
    for (const finalizer of finalizersOf(object)) holders.set(finalizer, (holders.get(finalizer) ?? 0) + 1)
  }
  const held = [...holders].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
  let conditions: readonly Draft[] = conditionsIn(statusOf(namespace))
  for (const finding of [
    good('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    good(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    good(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${content.join(', ')}`,
    } as const,
    held.length === 0
      ? good('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : ({
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${held.join(', ')}`,
        } as const),
  ]) {
    conditions = withCondition(conditions, finding, { nowMs })
  }
  const status = { ...statusOf(namespace), conditions }
  if (text(status, 'phase') !== 'Terminating') return
  await context.cluster.update(TYPES.namespaces, { ...namespace, status }, 'status')
}

function good(
  type: string,
  reason: string,
  message: string,
): { type: string; status: 'False'; reason: string; message: string } {
  return { type, status: 'False', reason, message }
}

function resourceName(resource: ServedResource): string {
  return resource.group === '' ? `${resource.plural}.` : `${resource.plural}.${resource.group}`
}
