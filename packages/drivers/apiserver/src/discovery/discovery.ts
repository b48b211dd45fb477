import { createHash } from 'node:crypto'
import type { Draft, ResourceKind } from '../contracts.ts'
import { builtInDiscovery } from '../schema/load.ts'
import type { Answer, Call } from '../http/call.ts'
import { objectAnswer, payloadOf } from '../http/call.ts'
import type { Parts } from '../http/parts.ts'

/** Answers /api, /apis and what is right below them; undefined for other paths. */
export function discoveryAnswer(parts: Parts, path: string, call: Call): Answer | undefined {
  const kinds = parts.registry.all()
  if (path === '/api' || path === '/apis') {
    const version = /as=APIGroupDiscoveryList/.test(call.accept)
      ? (/v=(v2beta1|v2)\b/.exec(call.accept)?.[1] ?? '')
      : ''
    const isCore = path === '/api'
    if (version !== '') return aggregatedAnswer(kinds, isCore, version)
    return objectAnswer(200, isCore ? coreVersions() : groupList(kinds))
  }
  const [root, first = '', second = '', ...rest] = path.slice(1).split('/')
  if (rest.length > 0) return undefined
  if (root === 'api' && second === '') return resourceList(kinds, '', first)
  if (root !== 'apis') return undefined
  return second === '' ? groupAnswer(kinds, first) : resourceList(kinds, first, second)
}

function aggregatedAnswer(kinds: readonly ResourceKind[], isCore: boolean, version: string): Answer {
  const groups = groupsOf(kinds).filter((group) => (group.name === '') === isCore)
  const list = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map(({ version, kinds }) => ({
        version,
        resources: kinds.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  }
  return {
    kind: 'object',
    status: 200,
    payload: payloadOf(list),
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  }
}

function aggregatedResource(kind: ResourceKind): Draft {
  const subresources = Object.entries(kind.subresources).map(([subresource, sub]) => ({
    subresource,
    responseKind: responseKind(kind, sub),
    verbs: sub.verbs,
  }))
  return {
    resource: kind.resource,
    responseKind: responseKind(kind, kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  }
}

/** Group and version are left out where they are those of the enclosing list. */
function responseKind(kind: ResourceKind, of: Pick<ResourceKind, 'group' | 'version' | 'kind'>): Draft {
  const isOwn = of.group === kind.group && of.version === kind.version
  return { group: isOwn ? '' : of.group, version: isOwn ? '' : of.version, kind: of.kind }
}

interface Group {
  readonly name: string
  readonly versions: { readonly version: string; readonly kinds: ResourceKind[] }[]
}

/** Groups in the order in which they are served, their versions most preferred first. */
function groupsOf(kinds: readonly ResourceKind[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const kind of kinds) {
    const group = groups.get(kind.group) ?? { name: kind.group, versions: [] }
    groups.set(kind.group, group)
    const version = group.versions.find((each) => each.version === kind.version)
    if (version === undefined) group.versions.push({ version: kind.version, kinds: [kind] })
    else version.kinds.push(kind)
  }
  const order = builtInOrder()
  return [...groups.values()].toSorted(
    (a, b) => rank(order, a.name) - rank(order, b.name) || (a.name < b.name ? -1 : 1),
  )
}

function builtInOrder(): readonly string[] {
  return builtInDiscovery().groups.items.map((group) => group.metadata.name ?? '')
}

function rank(order: readonly string[], name: string): number {
  const at = order.indexOf(name)
  return at < 0 ? order.length : at
}

function coreVersions(): Draft {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
  }
}

function groupList(kinds: readonly ResourceKind[]): Draft {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groupsOf(kinds)
      .filter((group) => group.name !== '')
      .map(groupEntry),
  }
}

function groupAnswer(kinds: readonly ResourceKind[], name: string): Answer | undefined {
  const group = groupsOf(kinds).find((each) => each.name === name)
  if (name === '' || group === undefined) return undefined
  return objectAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) })
}

function groupEntry(group: Group): Draft {
  const versions = group.versions.map(({ version }) => ({ groupVersion: `${group.name}/${version}`, version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

function resourceList(kinds: readonly ResourceKind[], group: string, version: string): Answer | undefined {
  const found = kinds.filter((kind) => kind.group === group && kind.version === version)
  if (found.length === 0) return undefined
  return objectAnswer(200, {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: found.flatMap(legacyResources),
  })
}

/** Changes when objects are stored in another version: eight bytes of a digest over the stored group, version and kind. */
function storageHash(kind: ResourceKind): string {
  const text = `${kind.storage.group}/${kind.storage.version}/${kind.kind}`
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64')
}

function legacyResources(kind: ResourceKind): Draft[] {
  const own = {
    name: kind.resource,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.verbs.includes('list') ? { storageVersionHash: storageHash(kind) } : {}),
  }
  const subresources = Object.entries(kind.subresources).map(([name, sub]) => ({
    name: `${kind.resource}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(sub.group === kind.group && sub.version === kind.version ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }))
  return [own, ...subresources]
}
