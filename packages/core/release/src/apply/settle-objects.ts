import { fail, ok, type Failure, type Result } from '@kedge/base'
import type { ObjectRef } from '@kedge/engine'
import { gvkOf, type GroupVersionKind, type KubeObject } from '@kedge/manifest'

import type { ReleaseProgram } from '../model/effect.ts'
import { askPatiently } from '../patience.ts'
import type { ManifestObject } from './read-manifest.ts'

/** An object of a manifest and where it is in the cluster. */
export interface SettledObject extends ManifestObject {
  readonly ref: ObjectRef
}

/**
 * Says of each object where it is: cluster-wide ones have no namespace, the others that name none are in the release's.
 * Kinds that are not served are `unknown`, unless the manifest defines them.
 */
export function* settleObjects(
  objects: readonly ManifestObject[],
  namespace: string,
): ReleaseProgram<Result<{ readonly settled: readonly SettledObject[]; readonly unknown: readonly ManifestObject[] }>> {
  const scopes = definedScopes(objects)
  const refused = yield* resolveKinds(distinctKinds(objects), scopes, false)
  if (refused !== undefined) return fail(refused)
  // What was remembered of the server may be older than its newest definitions.
  const left = distinctKinds(objects).filter((gvk) => !scopes.has(kindText(gvk)))
  const again = yield* resolveKinds(left, scopes, true)
  if (again !== undefined) return fail(again)
  const unknown = objects.filter(({ object }) => !scopes.has(kindText(gvkOf(object))))
  const settled = objects
    .filter((one) => !unknown.includes(one))
    .map((one) => ({ ...one, ref: refOf(one.object, scopes.get(kindText(gvkOf(one.object))) === true, namespace) }))
  return ok({ settled, unknown })
}

/** Notes whether kinds have namespaces; answers why the server did not tell. Discovery is asked anew once for all. */
function* resolveKinds(
  kinds: readonly GroupVersionKind[],
  scopes: Map<string, boolean>,
  isFresh: boolean,
): ReleaseProgram<Failure | undefined> {
  for (const [index, gvk] of kinds.entries()) {
    const answer = yield* askPatiently({ kind: 'resolve' as const, gvk, fresh: isFresh && index === 0 })
    if (!answer.ok) return undiscovered(gvk, answer.error.message)
    if (answer.value !== undefined) scopes.set(kindText(gvk), answer.value.namespaced)
  }
  return undefined
}

function refOf(object: KubeObject, isNamespaced: boolean, namespace: string): ObjectRef {
  const { name = '', namespace: own } = object.metadata
  return { ...gvkOf(object), name, namespace: isNamespaced ? own || namespace : '' }
}

function distinctKinds(objects: readonly ManifestObject[]): readonly GroupVersionKind[] {
  return [...new Map(objects.map(({ object }) => [kindText(gvkOf(object)), gvkOf(object)])).values()]
}

/** The version counts: what is served in another one is not served. */
function kindText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`
}

interface DefinitionSpec {
  readonly group?: string
  readonly scope?: string
  readonly names?: { readonly kind?: string }
  readonly versions?: readonly { readonly name?: string }[]
}

/** Kinds that the manifest itself defines; helm would refuse their objects, the engine applies definitions first. */
function definedScopes(objects: readonly ManifestObject[]): Map<string, boolean> {
  const scopes = new Map<string, boolean>()
  for (const { object } of objects) {
    if (object.kind !== 'CustomResourceDefinition') continue
    const { group = '', scope, names, versions } = (object['spec'] ?? {}) as DefinitionSpec
    for (const { name = '' } of Array.isArray(versions) ? versions : [])
      scopes.set(kindText({ group, version: name, kind: names?.kind ?? '' }), scope !== 'Cluster')
  }
  return scopes
}

function undiscovered(gvk: GroupVersionKind, message: string): Failure {
  return { code: 'DiscoveryFailed', message: `the cluster did not say what ${gvk.kind} is: ${message}` }
}

/** Helm's words for kinds that are not served. */
export function describeUnknown(objects: readonly ManifestObject[]): string {
  return objects
    .map(({ object }) => {
      const { name = '', namespace = '' } = object.metadata
      const { group, version, kind } = gvkOf(object)
      const inVersion = group === '' ? version : `${group}/${version}`
      return `resource mapping not found for name: "${name}" namespace: "${namespace}" from "": no matches for kind "${kind}" in version "${inVersion}"\nensure CRDs are installed first`
    })
    .join('\n')
}
