import { FailureError } from '@kedge/base'
import { newGoMap, type GoValue } from '@kedge/gotemplate'
import { chartError, fromPlain, type Capabilities, type Lookup, type RenderedRelease } from '@kedge/helm'
import { ApiError, type KubeObject } from '@kedge/manifest'
import { parseYaml } from '@kedge/yaml'
import type { ServedResource } from '../kube/discovery.ts'
import type { Kube } from '../kube/kube.ts'

/** A release is rendered again when templates looked up what was not read yet; so often at most. */
const maxRounds = 20

/** What templates learn of a cluster: its version, and every group-version and kind that it serves. */
export async function capabilitiesOf(kube: Kube): Promise<Capabilities> {
  const served = await kube.served()
  const versions = served.flatMap((resource) => [apiVersionOf(resource), `${apiVersionOf(resource)}/${resource.kind}`])
  return {
    kubeVersion: await kube.serverVersion(),
    apiVersions: [...new Set(versions)].toSorted(),
    helmVersion: 'v4.3',
  }
}

/**
 * Renders with lookups answered by a cluster. Templates run without waiting, so what they look up is noted, read, and
 * found there when they run again.
 */
export async function renderWithLookups(
  kube: Kube,
  render: (lookup: Lookup) => RenderedRelease,
): Promise<RenderedRelease> {
  const found = new Map<string, GoValue>()
  for (let round = 0; round < maxRounds; round += 1) {
    const wanted = new Map<string, () => Promise<GoValue>>()
    const lookup: Lookup = (apiVersion, kind, at) => {
      const key = JSON.stringify([apiVersion, kind, at.namespace, at.name])
      const known = found.get(key)
      if (known === undefined) wanted.set(key, () => read(kube, { apiVersion, kind, ...at }))
      return known ?? newGoMap()
    }
    const outcome = attempt(() => render(lookup))
    if (wanted.size === 0) return outcome()
    for (const [key, load] of wanted) found.set(key, await load())
  }
  throw chartError(`templates still look up something new after ${maxRounds} runs`)
}

/** What failed may not fail once lookups are answered: it fails when it is asked for. */
function attempt<T>(run: () => T): () => T {
  try {
    const value = run()
    return () => value
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return () => {
      throw error
    }
  }
}

interface Wanted {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** An object, or a list without a name; an empty map when there is none. */
async function read(kube: Kube, { apiVersion, kind, namespace, name }: Wanted): Promise<GoValue> {
  const resource = (await kube.served()).find((one) => one.kind === kind && apiVersionOf(one) === apiVersion)
  if (resource === undefined)
    throw chartError(
      `unable to get apiresource from unstructured: ${apiVersion}, Kind=${kind}: the cluster does not serve it`,
    )
  if (name !== '') return fromPlain((await getIfThere(kube, resource, { namespace, name })) ?? {})
  const { items, resourceVersion } = await kube.list(resource, { namespace })
  return fromPlain({ apiVersion, kind: `${kind}List`, metadata: { resourceVersion }, items })
}

async function getIfThere(
  kube: Kube,
  resource: ServedResource,
  at: { readonly namespace: string; readonly name: string },
): Promise<KubeObject | undefined> {
  try {
    return await kube.get(resource, at)
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 404) return undefined
    throw error
  }
}

function apiVersionOf({ group, version }: ServedResource): string {
  return group === '' ? version : `${group}/${version}`
}

/** Fails as an install would before it changes anything: on kinds that are not served, and on objects of others. */
export async function checkAgainstCluster(
  kube: Kube,
  release: RenderedRelease,
  owner: { readonly name: string; readonly namespace: string; readonly isUpgrade: boolean },
): Promise<void> {
  for (const { head, content } of release.manifests) {
    const resource = (await kube.served()).find(
      (one) => one.kind === head.kind && apiVersionOf(one) === head.apiVersion,
    )
    if (resource === undefined)
      throw chartError(
        `unable to build kubernetes objects from release manifest: resource mapping not found for name: "${head.name}" namespace: "" from "": no matches for kind "${head.kind}" in version "${head.apiVersion}"\nensure CRDs are installed first`,
      )
    const namespace = namespaceIn(content) ?? owner.namespace
    const present = owner.isUpgrade ? undefined : await getIfThere(kube, resource, { namespace, name: head.name })
    const problem = present === undefined ? '' : ownershipProblem(present, owner)
    if (problem !== '')
      throw chartError(
        `unable to continue with install: ${head.kind} "${head.name}" in namespace "${resource.namespaced ? namespace : ''}" exists and cannot be imported into the current release: invalid ownership metadata; ${problem}`,
      )
  }
}

function namespaceIn(content: string): string | undefined {
  const { metadata } = (parseYaml(content) ?? {}) as { readonly metadata?: { readonly namespace?: string } }
  return metadata?.namespace
}

function ownershipProblem(object: KubeObject, owner: { readonly name: string; readonly namespace: string }): string {
  const { labels = {}, annotations = {} } = object.metadata
  const check = (what: string, [key, wanted]: readonly [string, string], given: string | undefined): string[] => {
    if (given === undefined) return [`${what} validation error: missing key "${key}": must be set to "${wanted}"`]
    return given === wanted
      ? []
      : [`${what} validation error: key "${key}" must equal "${wanted}": current value is "${given}"`]
  }
  const [managed, name, namespace] = [
    'app.kubernetes.io/managed-by',
    'meta.helm.sh/release-name',
    'meta.helm.sh/release-namespace',
  ] as const
  return [
    ...check('label', [managed, 'Helm'], labels[managed]),
    ...check('annotation', [name, owner.name], annotations[name]),
    ...check('annotation', [namespace, owner.namespace], annotations[namespace]),
  ].join('; ')
}
