import { FailureError } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { ApiError, describeKey, type KubeObject } from '@kedge/manifest'

/** A controller in the cluster that works on the same kinds as Kedge. */
export interface OtherController {
  readonly kind: 'Deployment' | 'StatefulSet'
  readonly namespace: string
  readonly name: string
  /** What both would work on. */
  readonly works: string
}

/** Components of Flux and Argo CD as their manifests and charts name them, and what each works on. */
const components: ReadonlyMap<string, string> = new Map([
  ['flux/source-controller', 'GitRepositories'],
  ['flux/kustomize-controller', 'Kustomizations'],
  ['flux/helm-controller', 'HelmReleases'],
  ['flux/source-watcher', 'ArtifactGenerators'],
  ['argocd/application-controller', 'Applications'],
  ['argocd/argocd-application-controller', 'Applications'],
])

/** Both families label what they install; a copy without its labels is not known. */
const labelSelector = 'app.kubernetes.io/part-of in (flux,argocd)'

/** The controllers of an installed Flux or Argo CD that run or are asked to; none where they may not be looked at. */
export async function findOtherControllers(cluster: Cluster): Promise<readonly OtherController[]> {
  const found = await Promise.all(
    (['Deployment', 'StatefulSet'] as const).map(async (kind) =>
      (await listLabelled(cluster, kind)).flatMap((object) => {
        const works = worksOf(object)
        const { namespace = '', name = '' } = object.metadata
        return works === undefined || replicasOf(object) === 0 ? [] : [{ kind, namespace, name, works }]
      }),
    ),
  )
  return found.flat()
}

async function listLabelled(cluster: Cluster, kind: OtherController['kind']): Promise<readonly KubeObject[]> {
  try {
    return (await cluster.list({ group: 'apps', version: 'v1', kind }, { labelSelector })).items
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 403) return []
    throw error
  }
}

/** What a Deployment or StatefulSet works on that Kedge works on too; undefined for all others. */
export function workOfController(object: KubeObject): string | undefined {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? worksOf(object) : undefined
}

function worksOf(object: KubeObject): string | undefined {
  const labels = object.metadata.labels ?? {}
  const family = labels['app.kubernetes.io/part-of'] ?? ''
  const names = [labels['app.kubernetes.io/component'], labels['app.kubernetes.io/name'], object.metadata.name]
  return names.map((name) => components.get(`${family}/${name ?? ''}`)).find((works) => works !== undefined)
}

function replicasOf(object: KubeObject): number {
  const spec = object['spec'] as { readonly replicas?: number } | undefined
  return spec?.replicas ?? 1
}

/** Why Kedge does not start beside other controllers, and what to do; undefined when there are none. */
export function refusalBeside(others: readonly OtherController[]): FailureError | undefined {
  if (others.length === 0) return undefined
  const named = others.map((one) => `${describeKey(one)} (${one.works})`).join(', ')
  const scale = others.map(
    ({ kind, namespace, name }) => `kubectl scale -n ${namespace} ${kind.toLowerCase()} ${name} --replicas=0`,
  )
  return new FailureError({
    code: 'OtherControllers',
    message: `other controllers in this cluster work on the same objects: ${named}; two of them would undo each other's work`,
    fix: `stop them (${scale.join('; ')}), or go on beside them with --beside-others`,
  })
}
