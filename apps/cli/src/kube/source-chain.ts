import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import { findResource, type ServedResource } from './discovery.ts'
import type { Kube } from './kube.ts'

/** An object to ask something of. */
export interface Target {
  readonly resource: ServedResource
  readonly namespace: string
  readonly name: string
}

interface Reference {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

interface Spec {
  readonly type?: string
  readonly sourceRef?: Reference
  readonly chartRef?: Reference
  readonly chart?: { readonly spec?: { readonly sourceRef?: Reference } }
}

/**
 * The sources of an object, in the order in which one feeds the next: of a HelmRelease the repository and then the
 * chart. Sources that nothing reconciles are left out. Throws FailureError for an object without any.
 */
export async function sourcesOf(kube: Pick<Kube, 'get' | 'served'>, target: Target): Promise<readonly Target[]> {
  const object = await kube.get(target.resource, target)
  const references = referencesOf(object)
  if (references.length === 0)
    throw new FailureError({
      code: 'NoSource',
      message: `${target.resource.kind} ${target.name} has no spec.sourceRef`,
      fix: 'leave out --with-source',
    })
  const served = await kube.served()
  const found: Target[] = []
  for (const { kind, name, namespace = target.namespace } of references) {
    const source = { resource: findResource(kind, served), namespace, name }
    const present = await kube.get(source.resource, source)
    if (kind === 'HelmChart') found.push(...(await sourcesOf(kube, source)))
    if (!isStatic(present)) found.push(source)
  }
  return found
}

function referencesOf(object: KubeObject): readonly Reference[] {
  const spec: Spec = object['spec'] ?? {}
  const direct = spec.sourceRef ?? spec.chartRef
  if (object.kind === 'ExternalArtifact') return []
  if (direct !== undefined) return [direct]
  if (spec.chart === undefined) return []
  const made = (object['status'] as { readonly helmChart?: string } | undefined)?.helmChart ?? ''
  const [namespace = '', name = ''] = made.split('/')
  // Before there is a chart its source is all that can be fetched.
  if (name !== '') return [{ kind: 'HelmChart', namespace, name }]
  return spec.chart.spec?.sourceRef === undefined ? [] : [spec.chart.spec.sourceRef]
}

/** Whether an object is only read, so that nothing ever answers a request on it. */
export function isStatic(object: KubeObject): boolean {
  const spec: Spec = object['spec'] ?? {}
  return object.kind === 'ExternalArtifact' || (object.kind === 'HelmRepository' && spec.type === 'oci')
}
