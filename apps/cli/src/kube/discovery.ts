import { FailureError } from '@kedge/base'

/** One resource that the cluster serves, in the version it prefers. */
export interface ServedResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Plural, as in paths. */
  readonly resource: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

interface AggregatedResource {
  readonly resource: string
  readonly responseKind: { readonly kind: string; readonly group?: string; readonly version?: string }
  readonly scope: 'Namespaced' | 'Cluster'
  readonly singularResource?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly verbs: readonly string[]
}

interface AggregatedGroup {
  readonly metadata?: { readonly name?: string }
  readonly versions?: readonly { readonly version: string; readonly resources?: readonly AggregatedResource[] }[]
}

/** What Accept header asks for aggregated discovery (apidiscovery.k8s.io/v2). */
export const discoveryAccept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/** The resources of aggregated discovery documents, first version of each group first. */
export function readDiscovery(documents: readonly unknown[]): readonly ServedResource[] {
  const groups = documents.flatMap(
    (document) => (document as { readonly items?: readonly AggregatedGroup[] }).items ?? [],
  )
  return groups.flatMap((group) =>
    (group.versions ?? []).flatMap(({ version, resources = [] }) =>
      resources.map((resource) => ({
        group: group.metadata?.name ?? '',
        version,
        kind: resource.responseKind.kind,
        resource: resource.resource,
        singular: resource.singularResource ?? resource.responseKind.kind.toLowerCase(),
        shortNames: resource.shortNames ?? [],
        categories: resource.categories ?? [],
        namespaced: resource.scope === 'Namespaced',
        verbs: resource.verbs,
      })),
    ),
  )
}

/**
 * The resource that a word on the command line means, as kubectl reads it: plural, singular, short name or kind, with
 * `.group` or `.version.group` behind it where the word alone is not enough. Throws FailureError when nothing fits.
 */
export function findResource(word: string, served: readonly ServedResource[]): ServedResource {
  const lower = word.toLowerCase()
  const [name = '', ...rest] = lower.split('.')
  const suffix = rest.join('.')
  const fits = (resource: ServedResource) =>
    (resource.resource === name ||
      resource.singular === name ||
      resource.kind.toLowerCase() === name ||
      resource.shortNames.includes(name)) &&
    (suffix === '' ||
      resource.group === suffix ||
      `${resource.version}.${resource.group}` === suffix ||
      resource.version === suffix)
  const found = served.find(fits)
  if (found !== undefined) return found
  throw new FailureError({
    code: 'UnknownResource',
    message: `the cluster has no resource type ${JSON.stringify(word)}`,
    fix: 'see what there is with: kubectl api-resources',
  })
}

/** The resources of a category such as `all` or `fluxcd`, one version each; empty when no resource is in it. */
export function resourcesOfCategory(category: string, served: readonly ServedResource[]): readonly ServedResource[] {
  const seen = new Set<string>()
  return served.filter((resource) => {
    const id = `${resource.group}/${resource.resource}`
    if (!resource.categories.includes(category) || seen.has(id)) return false
    seen.add(id)
    return true
  })
}

/** `deployments.apps`, `pods`. */
export function qualifiedName(resource: Pick<ServedResource, 'resource' | 'group'>): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`
}
