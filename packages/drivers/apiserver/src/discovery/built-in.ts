import type { Conversion, ResourceKind, Strategy, SubresourceKind } from '../contracts.ts'
import { builtInDiscovery, type DiscoveredGroup, type DiscoveredResource } from '../schema/load.ts'

/** What the kinds folder knows of a built-in resource. */
export interface KindKnowledge {
  strategyFor(group: string, resource: string, kind: string): Strategy
  conversionFor(group: string, version: string, resource: string): Conversion | undefined
}

/** The built-in kinds, as the recorded discovery lists them. */
export function builtInKinds(knowledge: KindKnowledge): readonly ResourceKind[] {
  const { core, groups } = builtInDiscovery()
  return [...core.items, ...groups.items].flatMap((group) => kindsOfGroup(group, knowledge))
}

function kindsOfGroup(group: DiscoveredGroup, knowledge: KindKnowledge): ResourceKind[] {
  const name = group.metadata.name ?? ''
  return group.versions.flatMap(({ version, resources }) =>
    resources.map((resource) => toKind({ group: name, version, resource }, knowledge)),
  )
}

function toKind(
  found: { readonly group: string; readonly version: string; readonly resource: DiscoveredResource },
  knowledge: KindKnowledge,
): ResourceKind {
  const { group, version, resource } = found
  const kind = resource.responseKind.kind
  const conversion = knowledge.conversionFor(group, version, resource.resource)
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    resource: resource.resource,
    singular: resource.singularResource,
    namespaced: resource.scope === 'Namespaced',
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs,
    storage: storageOf(group, version, resource.resource),
    subresources: Object.fromEntries((resource.subresources ?? []).map((sub) => subresource(sub, group, version))),
    strategy: knowledge.strategyFor(group, resource.resource, kind),
    custom: false,
    ...(conversion === undefined ? {} : { conversion }),
  }
}

function subresource(
  sub: NonNullable<DiscoveredResource['subresources']>[number],
  group: string,
  version: string,
): [string, SubresourceKind] {
  const kind = sub.responseKind
  return [
    sub.subresource,
    {
      group: kind === undefined || kind.version === '' ? group : kind.group,
      version: kind === undefined || kind.version === '' ? version : kind.version,
      kind: kind?.kind ?? '',
      verbs: sub.verbs,
    },
  ]
}

/** Two groups that show the same objects share one shelf; a group with several versions stores one of them. */
function storageOf(group: string, version: string, resource: string): ResourceKind['storage'] {
  if (group === 'events.k8s.io') return { group: '', resource: 'events', version: 'v1' }
  if (group === 'autoscaling') return { group, resource, version: 'v2' }
  return { group, resource, version }
}
