import { FailureError } from '@kedge/base'
import { resourceName } from '@kedge/cluster'
import type { ScopeFlags } from '../flags.ts'
import { findResource, resourcesOfCategory, type ServedResource } from './discovery.ts'
import type { Kube } from './kube.ts'

/** A resource type, and the names asked for; no name means all of them. */
export interface Selection {
  readonly resource: ServedResource
  readonly names: readonly string[]
}

/** Reads `TYPE`, `TYPE NAME…`, `TYPE/NAME …`, `TYPE,TYPE` and categories as kubectl does. */
export async function selectResources(words: readonly string[], kube: Kube): Promise<readonly Selection[]> {
  const served = await kube.served()
  const [first, ...names] = words
  if (first === undefined) return kedgeResources(served).map((resource) => ({ resource, names: [] }))
  if (words.some((word) => word.includes('/'))) return words.map((word) => selectOne(word, served))
  return first.split(',').flatMap((word) => {
    const category = names.length === 0 ? resourcesOfCategory(word.toLowerCase(), served) : []
    if (category.length > 0) return category.map((resource) => ({ resource, names: [] }))
    return [{ resource: findResource(word, served), names }]
  })
}

/** Reads exactly one `TYPE/NAME` or `TYPE NAME`. */
export async function selectOneObject(
  words: readonly string[],
  kube: Kube,
): Promise<{ readonly resource: ServedResource; readonly name: string }> {
  const selections = await selectResources(words, kube)
  const [only] = selections
  const name = only?.names[0]
  if (selections.length !== 1 || only === undefined || name === undefined || only.names.length !== 1)
    throw new FailureError({
      code: 'OneObjectNeeded',
      message: 'this needs exactly one object',
      fix: 'name it as TYPE/NAME, such as kustomization/apps',
    })
  return { resource: only.resource, name }
}

/** The namespace to look in: `-n`, else the context's own, else where the kind usually lives. Empty for all. */
export function namespaceFor(resource: ServedResource, flags: ScopeFlags, kube: Kube): string {
  if (!resource.namespaced || flags.allNamespaces === true) return ''
  if (flags.namespace !== undefined) return flags.namespace
  if (kube.namespace !== 'default') return kube.namespace
  if (resource.group.endsWith('.fluxcd.io')) return 'flux-system'
  return resource.group === 'argoproj.io' ? 'argocd' : 'default'
}

/** The kinds that Kedge reconciles, as the cluster serves them: sources first, then what applies them. */
export function kedgeResources(served: readonly ServedResource[]): readonly ServedResource[] {
  return reconciledTypes.flatMap((name) => {
    const found = served.find((resource) => resourceName(resource) === name)
    return found === undefined ? [] : [found]
  })
}

const reconciledTypes = [
  'gitrepositories.source.toolkit.fluxcd.io',
  'ocirepositories.source.toolkit.fluxcd.io',
  'helmrepositories.source.toolkit.fluxcd.io',
  'helmcharts.source.toolkit.fluxcd.io',
  'externalartifacts.source.toolkit.fluxcd.io',
  'artifactgenerators.source.extensions.fluxcd.io',
  'kustomizations.kustomize.toolkit.fluxcd.io',
  'helmreleases.helm.toolkit.fluxcd.io',
  'applications.argoproj.io',
] as const

function selectOne(word: string, served: readonly ServedResource[]): Selection {
  const [type = '', name = '', ...rest] = word.split('/')
  if (type === '' || name === '' || rest.length > 0)
    throw new FailureError({
      code: 'BadArgument',
      message: `${JSON.stringify(word)} is not TYPE/NAME`,
      fix: 'name every object as TYPE/NAME',
    })
  return { resource: findResource(type, served), names: [name] }
}
