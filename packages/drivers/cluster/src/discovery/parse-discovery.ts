import { field, textField } from '../transport/api-answer.ts'
import type { ApiSurface, Resource } from './resource.ts'

/** Reads an APIGroupDiscoveryList; undefined when the body is something else. */
export function parseAggregated(body: unknown): ApiSurface | undefined {
  if (textField(body, 'kind') !== 'APIGroupDiscoveryList') return undefined
  const resources: Resource[] = []
  const incomplete: string[] = []
  const versions = new Map<string, readonly string[]>()
  for (const item of list(body, 'items')) {
    const group = textField(field(item, 'metadata'), 'name') ?? ''
    const names: string[] = []
    for (const entry of list(item, 'versions')) {
      const version = textField(entry, 'version') ?? ''
      names.push(version)
      const found = list(entry, 'resources').map((resource) => aggregatedResource(group, version, resource))
      resources.push(...found.filter((resource) => resource !== undefined))
      // A stale version carries what the aggregator last knew, which may be nothing.
      if (textField(entry, 'freshness') === 'Stale') incomplete.push(`${group}/${version}`)
    }
    versions.set(group, names)
  }
  return { resources, incomplete, versions }
}

function aggregatedResource(group: string, version: string, entry: unknown): Resource | undefined {
  const resource = textField(entry, 'resource')
  const kind = textField(field(entry, 'responseKind'), 'kind')
  if (resource === undefined || kind === undefined || kind === '') return undefined
  return {
    group,
    version,
    kind,
    resource,
    singular: textField(entry, 'singularResource') ?? kind.toLowerCase(),
    namespaced: textField(entry, 'scope') === 'Namespaced',
    verbs: texts(entry, 'verbs'),
    shortNames: texts(entry, 'shortNames'),
    categories: texts(entry, 'categories'),
    subresources: list(entry, 'subresources').flatMap((sub) => textField(sub, 'subresource') ?? []),
  }
}

/** The group-versions that legacy discovery names, preferred first within a group. */
export function parseGroups(core: unknown, groups: unknown): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, readonly string[]>()
  if (texts(core, 'versions').length > 0) versions.set('', texts(core, 'versions'))
  for (const group of list(groups, 'groups')) {
    const name = textField(group, 'name')
    if (name === undefined) continue
    const all = list(group, 'versions').flatMap((entry) => textField(entry, 'version') ?? [])
    const preferred = textField(field(group, 'preferredVersion'), 'version')
    versions.set(name, preferred === undefined ? all : [preferred, ...all.filter((version) => version !== preferred)])
  }
  return versions
}

/** Reads an APIResourceList, folding subresources into their resources. */
export function parseResourceList(group: string, version: string, body: unknown): readonly Resource[] {
  const entries = list(body, 'resources')
  const subresources = new Map<string, string[]>()
  for (const entry of entries) {
    const [parent, sub] = (textField(entry, 'name') ?? '').split('/')
    if (parent !== undefined && sub !== undefined) subresources.set(parent, [...(subresources.get(parent) ?? []), sub])
  }
  return entries.flatMap((entry) => {
    const name = textField(entry, 'name') ?? ''
    const kind = textField(entry, 'kind') ?? ''
    if (name === '' || kind === '' || name.includes('/')) return []
    return [
      {
        group,
        version,
        kind,
        resource: name,
        singular: textField(entry, 'singularName') ?? '',
        namespaced: field(entry, 'namespaced') === true,
        verbs: texts(entry, 'verbs'),
        shortNames: texts(entry, 'shortNames'),
        categories: texts(entry, 'categories'),
        subresources: subresources.get(name) ?? [],
      },
    ]
  })
}

function list(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name)
  return Array.isArray(found) ? found : []
}

function texts(value: unknown, name: string): readonly string[] {
  return list(value, name).filter((entry) => typeof entry === 'string')
}
