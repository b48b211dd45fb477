import { FailureError } from '@kedge/base'
import type { Resource } from '@kedge/cluster'

/** One resource that the cluster serves, in the version it prefers. */
export type ServedResource = Omit<Resource, 'subresources'>

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
