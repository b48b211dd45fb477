import type { Draft, LocalClient, WatchEvent } from '../contracts.ts'
import { child, text } from '../kinds/draft.ts'
import { readServedResources, type ServedResource } from './runtime/api-resources.ts'
import type { ControllerContext } from './runtime/context.ts'
import { parseGroupVersion } from './runtime/group-version.ts'
import {
  finalizersOf,
  isDeleting,
  metaOf,
  nameOf,
  namespaceOf,
  ownersOf,
  uidOf,
  type KubeObject,
} from './runtime/kube-object.ts'
import { collectionPath, TYPES, type ResourceType } from './runtime/resources.ts'
import type { WorkQueue } from './runtime/work-queue.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'
/** Owners that were seen alive and are not asked for again until they go. */
const ALIVE_LIMIT = 10_000

/** What is remembered of an object that has owners. */
interface Dependent {
  readonly type: ResourceType
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly owners: readonly Draft[]
}

interface Graph {
  readonly dependents: Map<string, Dependent>
  readonly byOwner: Map<string, Set<string>>
  /** Objects that wait for their dependents: finalizer orphan or foregroundDeletion. */
  readonly waiting: Map<string, { readonly type: ResourceType; readonly namespace: string; readonly name: string }>
  readonly alive: Set<string>
}

/** Told of removals from namespaces, and closed with the controllers. */
export interface GarbageCollector {
  onRemoved(handler: (namespace: string) => void): void
  start(): Promise<void>
  close(): void
}

/**
 * Deletes what is owned by nothing that exists, and carries out foreground and orphan deletion. It watches every
 * resource but Events, and remembers only objects that have owners.
 */
export function createGarbageCollector(context: ControllerContext): GarbageCollector {
  const graph: Graph = { dependents: new Map(), byOwner: new Map(), waiting: new Map(), alive: new Set() }
  const kinds = new Map<string, ServedResource>()
  const handlers: ((namespace: string) => void)[] = []
  const queue = context.queue('garbage-collector', async (uid) => {
    await process(context, graph, { uid, kinds })
  })
  const watches = createWatches(context.cluster.raw, (type, event) => {
    take(graph, queue, { type, event })
    if (event.type !== 'DELETED') return
    const namespace = namespaceOf(event.object)
    if (namespace !== '') for (const handler of handlers) handler(namespace)
  })

  async function discover(): Promise<void> {
    const served = await readServedResources(context.cluster.raw)
    kinds.clear()
    for (const resource of served) kinds.set(`${resource.group}/${resource.kind}`, resource)
    await watches.follow(served.filter(isWatched))
  }

  return {
    onRemoved: (handler) => {
      handlers.push(handler)
    },
    start: async () => {
      await discover()
      const discovery = context.queue('garbage-collector-discovery', discover)
      context.cluster.cache(TYPES.definitions).onChange((next, old) => {
        if (isServed(next) !== isServed(old)) discovery.add('all')
      })
    },
    close: () => {
      watches.close()
    },
  }
}

function isServed(definition: KubeObject | undefined): boolean {
  if (definition === undefined) return false
  const conditions = child(definition, 'status')?.['conditions']
  return (
    Array.isArray(conditions) &&
    conditions.some((condition: Draft) => condition['type'] === 'Established' && condition['status'] === 'True')
  )
}

function isWatched(resource: ServedResource): boolean {
  return resource.verbs.includes('watch') && resource.verbs.includes('delete') && resource.plural !== 'events'
}

/** Open watches, one for each resource. */
function createWatches(
  client: LocalClient,
  onEvent: (type: ResourceType, event: WatchEvent) => void,
): { follow(resources: readonly ServedResource[]): Promise<void>; close(): void } {
  const open = new Map<string, { close(): void }>()
  let isClosed = false

  function watch(path: string, resource: ServedResource): Promise<void> {
    return new Promise((resolve) => {
      const handle = client.watch(path, (event) => {
        if (isClosed || open.get(path) !== handle) return
        if (event.type === 'BOOKMARK') resolve()
        else if (event.type === 'ERROR') {
          open.delete(path)
          handle.close()
          resolve()
          // The resource may be gone for good: discovery says whether to watch it again.
          queueMicrotask(() => {
            if (!isClosed && event.object['code'] === 410) void watch(path, resource)
          })
        } else onEvent(resource, event)
      })
      open.set(path, handle)
    })
  }

  return {
    follow: async (resources) => {
      const wanted = new Map(resources.map((resource) => [collectionPath(resource), resource]))
      for (const [path, handle] of open) {
        if (wanted.has(path)) continue
        handle.close()
        open.delete(path)
      }
      const missing = [...wanted].filter(([path]) => !open.has(path))
      await Promise.all(missing.map(([path, resource]) => watch(path, resource)))
    },
    close: () => {
      isClosed = true
      for (const handle of open.values()) handle.close()
    },
  }
}

function take(graph: Graph, queue: WorkQueue, seen: { readonly type: ResourceType; readonly event: WatchEvent }): void {
  const { object } = seen.event
  const uid = uidOf(object)
  if (seen.event.type === 'DELETED') {
    forget(graph, uid)
    graph.alive.delete(uid)
    graph.waiting.delete(uid)
    for (const dependent of graph.byOwner.get(uid) ?? []) queue.add(dependent)
    for (const owner of ownersOf(object)) if (graph.waiting.has(text(owner, 'uid'))) queue.add(text(owner, 'uid'))
    return
  }
  const owners = ownersOf(object)
  const place = { type: seen.type, namespace: namespaceOf(object), name: nameOf(object) }
  if (owners.length > 0 || graph.dependents.has(uid)) {
    const before = graph.dependents.get(uid)
    const isNew = before === undefined || before.owners !== owners
    remember(graph, { ...place, uid, owners })
    const isSettled = owners.every((owner) => graph.alive.has(text(owner, 'uid')))
    if (isNew && !isSettled) queue.add(uid)
  }
  if (!isDeleting(object)) return
  const finalizers = finalizersOf(object)
  if (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN)) {
    graph.waiting.set(uid, place)
    graph.alive.delete(uid)
    queue.add(uid)
  } else {
    graph.waiting.delete(uid)
  }
}

function remember(graph: Graph, dependent: Dependent): void {
  forget(graph, dependent.uid)
  if (dependent.owners.length === 0) return
  graph.dependents.set(dependent.uid, dependent)
  for (const owner of dependent.owners) {
    const uid = text(owner, 'uid')
    const present = graph.byOwner.get(uid)
    if (present === undefined) graph.byOwner.set(uid, new Set([dependent.uid]))
    else present.add(dependent.uid)
  }
}

function forget(graph: Graph, uid: string): void {
  const known = graph.dependents.get(uid)
  if (known === undefined) return
  graph.dependents.delete(uid)
  for (const owner of known.owners) {
    const present = graph.byOwner.get(text(owner, 'uid'))
    present?.delete(uid)
    if (present?.size === 0) graph.byOwner.delete(text(owner, 'uid'))
  }
}

interface Task {
  readonly uid: string
  readonly kinds: ReadonlyMap<string, ServedResource>
}

async function process(context: ControllerContext, graph: Graph, task: Task): Promise<void> {
  const waiting = graph.waiting.get(task.uid)
  if (waiting !== undefined) await settleOwner(context, graph, { ...waiting, uid: task.uid, kinds: task.kinds })
  const dependent = graph.dependents.get(task.uid)
  if (dependent !== undefined) await settleDependent(context, graph, { dependent, kinds: task.kinds })
}

/** Carries on the deletion of an owner that waits for its dependents. */
async function settleOwner(
  context: ControllerContext,
  graph: Graph,
  owner: Task & { readonly type: ResourceType; readonly namespace: string; readonly name: string },
): Promise<void> {
  const live = await context.cluster.read(owner.type, owner)
  if (live === undefined || uidOf(live) !== owner.uid || !isDeleting(live)) return
  const finalizers = finalizersOf(live)
  const dependents = [...(graph.byOwner.get(owner.uid) ?? [])].flatMap((uid) => graph.dependents.get(uid) ?? [])
  if (finalizers.includes(ORPHAN)) {
    for (const dependent of dependents) await dropOwners(context, dependent, new Set([owner.uid]))
    await dropFinalizer(context, owner.type, { live, finalizer: ORPHAN })
    return
  }
  if (!finalizers.includes(FOREGROUND)) return
  const blocking = dependents.filter((dependent) =>
    dependent.owners.some(
      (reference) => text(reference, 'uid') === owner.uid && reference['blockOwnerDeletion'] === true,
    ),
  )
  for (const dependent of dependents) await settleDependent(context, graph, { dependent, kinds: owner.kinds })
  if (blocking.length === 0) await dropFinalizer(context, owner.type, { live, finalizer: FOREGROUND })
}

/** Deletes an object that no living owner holds, or drops the owners that are gone when another one does. */
async function settleDependent(
  context: ControllerContext,
  graph: Graph,
  task: { readonly dependent: Dependent; readonly kinds: ReadonlyMap<string, ServedResource> },
): Promise<void> {
  const { dependent } = task
  const gone: string[] = []
  const leaving: string[] = []
  for (const owner of dependent.owners) {
    const uid = text(owner, 'uid')
    const state = await stateOfOwner(context, graph, { owner, dependent, kinds: task.kinds })
    if (state === 'gone') gone.push(uid)
    if (state === 'leaving') leaving.push(uid)
  }
  const held = dependent.owners.length - gone.length - leaving.length
  if (held > 0) {
    const dropped = new Set([...gone, ...leaving])
    if (dropped.size > 0) await dropOwners(context, dependent, dropped)
    return
  }
  const live = await context.cluster.read(dependent.type, dependent)
  if (live === undefined || uidOf(live) !== dependent.uid || isDeleting(live)) return
  const hasOwnDependents = (graph.byOwner.get(dependent.uid)?.size ?? 0) > 0
  const isForeground = leaving.length > 0 && hasOwnDependents
  await context.cluster.remove(dependent.type, live, { propagation: isForeground ? 'Foreground' : 'Background' })
}

async function stateOfOwner(
  context: ControllerContext,
  graph: Graph,
  view: {
    readonly owner: Readonly<Draft>
    readonly dependent: Dependent
    readonly kinds: ReadonlyMap<string, ServedResource>
  },
): Promise<'alive' | 'leaving' | 'gone'> {
  const { owner, dependent } = view
  const uid = text(owner, 'uid')
  if (graph.alive.has(uid)) return 'alive'
  const { group } = parseGroupVersion(text(owner, 'apiVersion'))
  const type = view.kinds.get(`${group}/${text(owner, 'kind')}`)
  // A kind that is not served may come back, and a namespaced owner of a cluster-scoped object cannot be told: kept.
  if (type === undefined || (type.namespaced && dependent.namespace === '')) return 'alive'
  const live = await context.cluster.read(type, {
    namespace: type.namespaced ? dependent.namespace : '',
    name: text(owner, 'name'),
  })
  if (live === undefined || uidOf(live) !== uid) return 'gone'
  if (isDeleting(live) && finalizersOf(live).includes(FOREGROUND)) return 'leaving'
  if (!isDeleting(live)) {
    if (graph.alive.size >= ALIVE_LIMIT) graph.alive.clear()
    graph.alive.add(uid)
  }
  return 'alive'
}

async function dropOwners(context: ControllerContext, dependent: Dependent, uids: ReadonlySet<string>): Promise<void> {
  const live = await context.cluster.read(dependent.type, dependent)
  if (live === undefined || uidOf(live) !== dependent.uid) return
  const left = ownersOf(live).filter((owner) => !uids.has(text(owner, 'uid')))
  if (left.length === ownersOf(live).length) return
  await context.cluster.mergePatch(dependent.type, live, {
    metadata: { uid: dependent.uid, resourceVersion: metaOf(live)['resourceVersion'], ownerReferences: left },
  })
}

async function dropFinalizer(
  context: ControllerContext,
  type: ResourceType,
  change: { readonly live: KubeObject; readonly finalizer: string },
): Promise<void> {
  const { live } = change
  const finalizers = finalizersOf(live).filter((finalizer) => finalizer !== change.finalizer)
  await context.cluster.mergePatch(type, live, {
    metadata: {
      resourceVersion: metaOf(live)['resourceVersion'],
      finalizers: finalizers.length === 0 ? null : finalizers,
    },
  })
}
