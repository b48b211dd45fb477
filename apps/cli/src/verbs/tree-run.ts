import { assessHealth } from '@kedge/health'
import { parseApiVersion, type KubeObject } from '@kedge/manifest'
import { connect } from '../connect.ts'
import { painter, type Io, type Paint } from '../io.ts'
import type { ServedResource } from '../kube/discovery.ts'
import { inventoryOf, type InventoryItem } from '../kube/inventory.ts'
import type { Kube } from '../kube/kube.ts'
import { kedgeResources, namespaceFor, selectOneObject } from '../kube/selection.ts'
import type { ExitCode } from '../main.ts'
import type { TreeFlags } from './tree.ts'

interface Node {
  readonly label: string
  readonly state: string
  readonly children: readonly Node[]
}

/** Prints what an object brought to the cluster and what became of it, as a tree with each object's health. */
export async function runTree(words: readonly string[], flags: TreeFlags, io: Io): Promise<ExitCode> {
  await using kube = await connect(flags, io)
  const roots = words.length === 0 ? await everyRoot(kube, flags) : [await oneRoot(kube, words, flags)]
  if (roots.length === 0) io.stderr('Nothing is reconciled here yet.\n')
  const reader = createReader(kube, flags.compact !== true)
  const paint = painter(io)
  for (const root of roots) io.stdout(printNode(await describeRoot(root, reader), paint))
  return 0
}

async function oneRoot(kube: Kube, words: readonly string[], flags: TreeFlags): Promise<KubeObject> {
  const { resource, name } = await selectOneObject(words, kube)
  return kube.get(resource, { namespace: namespaceFor(resource, flags, kube), name })
}

/** Every reconciled object that no other one's inventory holds: what a person set up by hand. */
async function everyRoot(kube: Kube, flags: TreeFlags): Promise<readonly KubeObject[]> {
  const resources = kedgeResources(await kube.served())
  const objects = (
    await Promise.all(
      resources.map(async (resource) => (await kube.list(resource, { namespace: flags.namespace ?? '' })).items),
    )
  ).flat()
  const owned = new Set(objects.flatMap((object) => inventoryOf(object).map(inventoryId)))
  return objects.filter((object) => inventoryOf(object).length > 0 && !owned.has(inventoryId(itemOf(object))))
}

interface Reader {
  readonly live: (item: InventoryItem) => Promise<KubeObject | undefined>
  readonly childrenOf: (object: KubeObject) => Promise<readonly KubeObject[]>
}

/** Lists each kind and namespace once, however many objects are asked for. */
function createReader(kube: Kube, withChildren: boolean): Reader {
  const lists = new Map<string, Promise<readonly KubeObject[]>>()
  const listOf = (resource: ServedResource, namespace: string): Promise<readonly KubeObject[]> => {
    const id = `${resource.group}/${resource.resource}/${namespace}`
    const known = lists.get(id) ?? kube.list(resource, { namespace }).then(({ items }) => items)
    lists.set(id, known)
    return known
  }
  const resourceOf = async (group: string, kind: string) =>
    (await kube.served()).find((resource) => resource.group === group && resource.kind === kind)
  return {
    live: async (item) => {
      const resource = await resourceOf(item.group, item.kind)
      if (resource === undefined) return undefined
      return (await listOf(resource, resource.namespaced ? item.namespace : '')).find(
        ({ metadata }) => metadata.name === item.name,
      )
    },
    childrenOf: async (object) => {
      const kinds = withChildren ? (childKinds[object.kind] ?? []) : []
      const lists = await Promise.all(
        kinds.map(async ([group, kind]) => {
          const resource = await resourceOf(group, kind)
          return resource === undefined ? [] : listOf(resource, object.metadata.namespace ?? '')
        }),
      )
      return lists
        .flat()
        .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
    },
  }
}

/** What the built-in controllers make of an object: group and kind by the owner's kind. */
const childKinds: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  Deployment: [['apps', 'ReplicaSet']],
  ReplicaSet: [['', 'Pod']],
  StatefulSet: [['', 'Pod']],
  DaemonSet: [['', 'Pod']],
  CronJob: [['batch', 'Job']],
  Job: [['', 'Pod']],
}

async function describeRoot(object: KubeObject, reader: Reader): Promise<Node> {
  const children = await Promise.all(inventoryOf(object).map(async (item) => describeItem(item, reader)))
  return { label: describeLabel(itemOf(object)), state: healthWord(object), children }
}

async function describeItem(item: InventoryItem, reader: Reader): Promise<Node> {
  const live = await reader.live(item)
  if (live === undefined) return { label: describeLabel(item), state: 'missing', children: [] }
  if (inventoryOf(live).length > 0) return describeRoot(live, reader)
  return { label: describeLabel(item), state: healthWord(live), children: await describeChildren(live, reader) }
}

async function describeChildren(object: KubeObject, reader: Reader): Promise<readonly Node[]> {
  const children = (await reader.childrenOf(object)).filter(
    (child) => child.kind !== 'ReplicaSet' || replicasOf(child) > 0,
  )
  return Promise.all(
    children.map(async (child) => ({
      label: describeLabel(itemOf(child)),
      state: healthWord(child),
      children: await describeChildren(child, reader),
    })),
  )
}

function replicasOf(object: KubeObject): number {
  return (object['spec'] as { readonly replicas?: number } | undefined)?.replicas ?? 0
}

function healthWord(object: KubeObject): string {
  return assessHealth(object, { expressions: [] }).status
}

function itemOf(object: KubeObject): InventoryItem {
  const { metadata } = object
  return {
    group: parseApiVersion(object.apiVersion).group,
    kind: object.kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
  }
}

function inventoryId(item: InventoryItem): string {
  return `${item.group}/${item.kind}/${item.namespace}/${item.name}`
}

function describeLabel(item: InventoryItem): string {
  return item.namespace === '' ? `${item.kind}/${item.name}` : `${item.kind}/${item.namespace}/${item.name}`
}

const colours = {
  Current: 'green',
  InProgress: 'yellow',
  Terminating: 'yellow',
  Failed: 'red',
  missing: 'red',
} as const

function printNode(node: Node, paint: Paint): string {
  const colour = Object.hasOwn(colours, node.state) ? colours[node.state as keyof typeof colours] : 'dim'
  const lines = node.children.map((child, index) => {
    const last = index === node.children.length - 1
    const [head = '', ...rest] = printNode(child, paint).split('\n')
    const body = rest.filter((line) => line !== '').map((line) => `${last ? '    ' : '│   '}${line}\n`)
    return `${last ? '└── ' : '├── '}${head}\n${body.join('')}`
  })
  return `${node.label} ${paint(colour, node.state)}\n${lines.join('')}`
}
