import type { Draft } from '../../contracts.ts'
import { children, numeric, sameValue, stringMap, text } from '../../kinds/draft.ts'
import { matchesMap } from '../../kinds/selectors.ts'
import { isRace } from '../runtime/cluster-access.ts'
import type { ControllerContext } from '../runtime/context.ts'
import {
  annotationsOf,
  controllerReference,
  isDeleting,
  keyOf,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  statusOf,
  timestamp,
  uidOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { BY_CONTROLLER, BY_LABEL, isReady, isFinished, ownedCache, podCache } from '../runtime/pods.ts'
import { TYPES } from '../runtime/resources.ts'
import type { WatchCache } from '../runtime/watch-cache.ts'

/** Index of Services by namespace and one label that they select. */
const BY_SELECTOR = 'selector'
const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const CHANGE_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
const HEADLESS = 'service.kubernetes.io/headless'
/** Endpoints in one slice. */
const SLICE_SIZE = 100
/** Endpoints in the old Endpoints object, which is cut off there. */
const ENDPOINTS_SIZE = 1000

/** Keeps EndpointSlices and Endpoints of Services with a selector in step with their pods. */
export function startEndpoints(context: ControllerContext): void {
  const services = context.cluster.cache(TYPES.services)
  services.addIndex(BY_SELECTOR, selectorPair)
  const pods = podCache(context)
  ownedCache(context, TYPES.endpointSlices)
  const endpoints = context.cluster.cache(TYPES.endpoints)
  const queue = context.queue('endpoints', async (key) => {
    const service = services.get(key)
    if (service === undefined) {
      const left = endpoints.get(key)
      if (left !== undefined) await context.cluster.remove(TYPES.endpoints, left)
      return
    }
    if (!isDeleting(service)) await reconcile(context, service)
  })
  services.onChange((next, old) => {
    const service = next ?? old
    if (service !== undefined) queue.add(keyOf(service))
  })
  context.cluster.cache(TYPES.endpointSlices).onChange((next, old) => {
    const slice = next ?? old
    const name = slice === undefined ? undefined : labelsOf(slice)[SERVICE_NAME]
    if (slice !== undefined && name !== undefined && next === undefined) queue.add(`${namespaceOf(slice)}/${name}`)
  })
  pods.onChange((next, old) => {
    if (next !== undefined && old !== undefined && isSameEndpoint(next, old)) return
    for (const pod of [next, old]) {
      for (const service of pod === undefined ? [] : servicesOf(services, pod)) queue.add(keyOf(service))
    }
  })
}

/** The Services that select a pod. */
function servicesOf(services: WatchCache, pod: KubeObject): readonly KubeObject[] {
  const labels = labelsOf(pod)
  return Object.entries(labels)
    .flatMap(([key, value]) => services.find(BY_SELECTOR, `${namespaceOf(pod)}|${key}=${value}`))
    .filter((service) => matchesMap(stringMap(specOf(service), 'selector'), labels))
}

/** A Service is found again by the first label that it selects. */
function selectorPair(service: KubeObject): readonly string[] {
  const [first] = Object.entries(stringMap(specOf(service), 'selector'))
  return first === undefined ? [] : [`${namespaceOf(service)}|${first[0]}=${first[1]}`]
}

function isSameEndpoint(next: KubeObject, old: KubeObject): boolean {
  return (
    text(statusOf(next), 'podIP') === text(statusOf(old), 'podIP') &&
    isReady(next) === isReady(old) &&
    isDeleting(next) === isDeleting(old) &&
    isFinished(next) === isFinished(old) &&
    sameValue(labelsOf(next), labelsOf(old))
  )
}

async function reconcile(context: ControllerContext, service: KubeObject): Promise<void> {
  const selector = stringMap(specOf(service), 'selector')
  if (Object.keys(selector).length === 0 || text(specOf(service), 'type') === 'ExternalName') return
  const members = membersOf(context, service, selector)
  await writeSlices(context, service, members)
  await writeEndpoints(context, service, members)
}

/** A pod behind a Service, with the numbers that the Service's ports have in it. */
interface Member {
  readonly pod: KubeObject
  readonly ports: readonly Draft[]
}

function membersOf(
  context: ControllerContext,
  service: KubeObject,
  selector: Readonly<Record<string, string>>,
): readonly Member[] {
  const [first] = Object.entries(selector)
  if (first === undefined) return []
  return context.cluster
    .cache(TYPES.pods)
    .find(BY_LABEL, `${namespaceOf(service)}|${first[0]}=${first[1]}`)
    .filter((pod) => matchesMap(selector, labelsOf(pod)) && text(statusOf(pod), 'podIP') !== '' && !isFinished(pod))
    .map((pod) => ({ pod, ports: portsIn(service, pod) }))
}

function portsIn(service: KubeObject, pod: KubeObject): readonly Draft[] {
  return children(specOf(service), 'ports').flatMap((port) => {
    const number = portNumber(port['targetPort'] ?? port['port'], text(port, 'protocol'), pod)
    if (number === undefined) return []
    const appProtocol = port['appProtocol']
    return [
      {
        name: text(port, 'name'),
        port: number,
        protocol: text(port, 'protocol'),
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ]
  })
}

function portNumber(target: unknown, protocol: string, pod: KubeObject): number | undefined {
  if (typeof target === 'number') return target
  for (const container of [...children(specOf(pod), 'containers'), ...children(specOf(pod), 'initContainers')]) {
    for (const port of children(container, 'ports')) {
      if (port['name'] === target && port['protocol'] === protocol) return numeric(port, 'containerPort')
    }
  }
  return undefined
}

async function writeSlices(context: ControllerContext, service: KubeObject, members: readonly Member[]): Promise<void> {
  const present = context.cluster
    .cache(TYPES.endpointSlices)
    .find(BY_CONTROLLER, uidOf(service))
    .filter((slice) => !isDeleting(slice))
  const groups = groupByPorts(members)
  if (groups.length === 0) groups.push({ ports: [], members: [] })
  const wanted = groups.flatMap(({ ports, members: grouped }) =>
    chunk(grouped).map((part) => ({ ports, endpoints: part.map((member) => endpointOf(context, service, member)) })),
  )
  for (const [index, slice] of wanted.entries()) {
    const old = present[index]
    const content = { addressType: 'IPv4', endpoints: slice.endpoints, ports: slice.ports }
    const labels = sliceLabels(service)
    if (old === undefined) {
      await context.cluster.create(TYPES.endpointSlices, {
        metadata: {
          generateName: `${nameOf(service)}-`,
          namespace: namespaceOf(service),
          labels,
          annotations: { [CHANGE_TIME]: timestamp(context.clock.now()) },
          ownerReferences: [controllerReference(TYPES.services, service)],
        },
        ...content,
      })
      continue
    }
    if (sameContent(old, content) && sameValue(labelsOf(old), labels)) continue
    await context.cluster.update(TYPES.endpointSlices, {
      ...old,
      metadata: {
        ...metaOf(old),
        labels,
        annotations: { ...annotationsOf(old), [CHANGE_TIME]: timestamp(context.clock.now()) },
      },
      ...content,
    })
  }
  for (const surplus of present.slice(wanted.length)) await context.cluster.remove(TYPES.endpointSlices, surplus)
}

function sameContent(
  slice: KubeObject,
  content: { readonly endpoints: readonly Draft[]; readonly ports: readonly Draft[] },
): boolean {
  return sameValue(slice['endpoints'] ?? [], content.endpoints) && sameValue(slice['ports'] ?? [], content.ports)
}

/** Slices hold endpoints of the same ports; pods may give a named port different numbers. */
function groupByPorts(
  members: readonly Member[],
): { readonly ports: readonly Draft[]; readonly members: readonly Member[] }[] {
  const groups = new Map<string, { readonly ports: readonly Draft[]; readonly members: Member[] }>()
  for (const member of members) {
    const key = JSON.stringify(member.ports)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { ports: member.ports, members: [member] })
    else group.members.push(member)
  }
  return [...groups.values()]
}

function chunk(members: readonly Member[]): readonly (readonly Member[])[] {
  if (members.length === 0) return [[]]
  return Array.from({ length: Math.ceil(members.length / SLICE_SIZE) }, (_value, index) =>
    members.slice(index * SLICE_SIZE, (index + 1) * SLICE_SIZE),
  )
}

function endpointOf(context: ControllerContext, service: KubeObject, { pod }: Member): Draft {
  const isLeaving = isDeleting(pod)
  const serving = isReady(pod)
  const publishes = specOf(service)['publishNotReadyAddresses'] === true
  const nodeName = text(specOf(pod), 'nodeName')
  const node = context.cluster.cache(TYPES.nodes).get(nodeName)
  const zone = node === undefined ? undefined : labelsOf(node)['topology.kubernetes.io/zone']
  const hostname = text(specOf(pod), 'hostname')
  const isNamed = hostname !== '' && text(specOf(pod), 'subdomain') === nameOf(service)
  return {
    addresses: [text(statusOf(pod), 'podIP')],
    conditions: { ready: publishes || (serving && !isLeaving), serving, terminating: isLeaving },
    ...(isNamed ? { hostname } : {}),
    nodeName,
    targetRef: { kind: 'Pod', name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod) },
    ...(zone === undefined ? {} : { zone }),
  }
}

function sliceLabels(service: KubeObject): Readonly<Record<string, string>> {
  return {
    ...labelsOf(service),
    [MANAGED_BY]: 'endpointslice-controller.k8s.io',
    [SERVICE_NAME]: nameOf(service),
    ...(text(specOf(service), 'clusterIP') === 'None' ? { [HEADLESS]: '' } : {}),
  }
}

async function writeEndpoints(
  context: ControllerContext,
  service: KubeObject,
  members: readonly Member[],
): Promise<void> {
  const present = context.cluster.cache(TYPES.endpoints).get(keyOf(service))
  const subsets = groupByPorts(members.slice(0, ENDPOINTS_SIZE)).map(subsetOf)
  const labels = {
    ...labelsOf(service),
    [MANAGED_BY]: 'endpoint-controller',
    ...(text(specOf(service), 'clusterIP') === 'None' ? { [HEADLESS]: '' } : {}),
  }
  if (present !== undefined) {
    if (sameValue(present['subsets'] ?? [], subsets) && sameValue(labelsOf(present), labels)) return
    await context.cluster.update(TYPES.endpoints, { ...present, metadata: { ...metaOf(present), labels }, subsets })
    return
  }
  try {
    const metadata = { name: nameOf(service), namespace: namespaceOf(service), labels }
    await context.cluster.create(TYPES.endpoints, { metadata, subsets })
  } catch (error) {
    if (!isRace(error)) throw error
  }
}

function subsetOf(group: { readonly ports: readonly Draft[]; readonly members: readonly Member[] }): Draft {
  const ready = group.members.filter(({ pod }) => isReady(pod) && !isDeleting(pod)).map(addressOf)
  const notReady = group.members.filter(({ pod }) => !isReady(pod) || isDeleting(pod)).map(addressOf)
  const ports = group.ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port }))
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  }
}

function addressOf({ pod }: Member): Draft {
  return {
    ip: text(statusOf(pod), 'podIP'),
    nodeName: text(specOf(pod), 'nodeName'),
    targetRef: { kind: 'Pod', name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod) },
  }
}
