import type { ResourceKind, Strategy, SubresourceKind } from '../contracts.ts'
import { builtInDiscovery, type DiscoveredGroup, type DiscoveredResource } from '../schema/load.ts'

/** What is particular to a built-in resource. */
export type StrategyFor = (resource: {
  readonly group: string
  readonly resource: string
  readonly kind: string
}) => Strategy

/** The built-in kinds, as the recorded discovery lists them. */
export function builtInKinds(strategyFor: StrategyFor): readonly ResourceKind[] {
  const { core, groups } = builtInDiscovery()
  return [...core.items, ...groups.items].flatMap((group) => kindsOfGroup(group, strategyFor))
}

function kindsOfGroup(group: DiscoveredGroup, strategyFor: StrategyFor): ResourceKind[] {
  const name = group.metadata.name ?? ''
  return group.versions.flatMap(({ version, resources }) =>
    resources.map((resource) => toKind({ group: name, version, resource }, strategyFor)),
  )
}

function toKind(
  found: { readonly group: string; readonly version: string; readonly resource: DiscoveredResource },
  strategyFor: StrategyFor,
): ResourceKind {
  const { group, version, resource } = found
  const kind = resource.responseKind.kind
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
    strategy: strategyFor({ group, resource: resource.resource, kind }),
    custom: false,
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
