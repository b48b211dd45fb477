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
  readonly sources?: readonly Reference[]
  readonly chart?: { readonly spec?: { readonly sourceRef?: Reference } }
}

/**
 * The sources of an object, in the order in which one feeds the next: of a HelmRelease the repository and then the
 * chart, of an ExternalArtifact those of its generator and then the generator. Sources that nothing reconciles are left out. Throws FailureError for an object without any.
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
  return feedersOf(kube, { references, namespace: target.namespace }, maxDepth)
}

/** Artifacts that are made of one another. */
const maxDepth = 8

async function feedersOf(
  kube: Pick<Kube, 'get' | 'served'>,
  from: { readonly references: readonly Reference[]; readonly namespace: string },
  depth: number,
): Promise<readonly Target[]> {
  const served = await kube.served()
  const found: Target[] = []
  if (depth === 0) return found
  for (const { kind, name, namespace = from.namespace } of from.references) {
    const source = { resource: findResource(kind, served), namespace, name }
    const present = await kube.get(source.resource, source)
    if (derived.has(kind))
      found.push(...(await feedersOf(kube, { references: referencesOf(present), namespace }, depth - 1)))
    if (!isStatic(present)) found.push(source)
  }
  return found
}

/** Kinds of sources that are made of others. */
const derived: ReadonlySet<string> = new Set(['HelmChart', 'ExternalArtifact', 'ArtifactGenerator'])

function referencesOf(object: KubeObject): readonly Reference[] {
  const spec: Spec = object['spec'] ?? {}
  const direct = spec.sourceRef ?? spec.chartRef
  if (object.kind === 'ExternalArtifact') return direct?.kind === 'ArtifactGenerator' ? [direct] : []
  if (object.kind === 'ArtifactGenerator') return spec.sources ?? []
  return direct === undefined ? chartReferences(object, spec) : [direct]
}

function chartReferences(object: KubeObject, { chart }: Spec): readonly Reference[] {
  if (chart === undefined) return []
  const made = (object['status'] as { readonly helmChart?: string } | undefined)?.helmChart ?? ''
  const [namespace = '', name = ''] = made.split('/')
  // Before there is a chart its source is all that can be fetched.
  if (name !== '') return [{ kind: 'HelmChart', namespace, name }]
  return chart.spec?.sourceRef === undefined ? [] : [chart.spec.sourceRef]
}

/** Whether an object is only read, so that nothing ever answers a request on it. */
export function isStatic(object: KubeObject): boolean {
  const spec: Spec = object['spec'] ?? {}
  return object.kind === 'ExternalArtifact' || (object.kind === 'HelmRepository' && spec.type === 'oci')
}
