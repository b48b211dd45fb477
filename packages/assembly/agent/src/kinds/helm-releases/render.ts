import type { Cluster } from '@kedge/cluster'
import { FailureError } from '@kedge/base'
import { originLabels, type ActionOrder, type OrderedContent } from '@kedge/flux'
import type { Capabilities, StoredRelease } from '@kedge/helm'
import { parseApiVersion, type KubeObject } from '@kedge/manifest'

import type { ChartArchive, HelmRenderRequest, LookupReader, PostRenderer } from '../../render/helm-request.ts'

/** Objects that a lookup of a whole kind may give. */
const maxLooked = 5_000

/** The render of an install or upgrade. */
export function renderRequest(
  order: ActionOrder,
  owner: KubeObject,
  how: {
    readonly archive: ChartArchive
    readonly content: OrderedContent
    readonly last: StoredRelease | undefined
    readonly capabilities: Capabilities
  },
): HelmRenderRequest {
  const { action, spec, release } = order
  const { content, archive, last, capabilities } = how
  const { namespace = '', name = '' } = owner.metadata
  const fields = action.kind === 'install' ? spec.install : spec.upgrade
  return {
    chart: { digest: archive.digest, bytes: archive.bytes },
    chartVersion: content.chart.version,
    values: content.values,
    name: release.name,
    namespace: release.namespace,
    revision: (last?.version ?? 0) + 1,
    isUpgrade: action.kind === 'upgrade',
    capabilities,
    skipSchemaValidation: fields.disableSchemaValidation,
    postRenderers: postRenderers(spec.postRenderers ?? []),
    postRenderStrategy: spec.postRenderStrategy,
    ...(spec.commonMetadata === undefined ? {} : { commonMetadata: spec.commonMetadata }),
    originLabels: originLabels(owner),
    labels: {},
    owner: `${namespace}/${name}`,
  }
}

function postRenderers(renderers: NonNullable<ActionOrder['spec']['postRenderers']>): readonly PostRenderer[] {
  return renderers.flatMap(({ kustomize }) => {
    if (kustomize === undefined) return []
    const patches = kustomize.patches.map(({ patch, target }) => ({
      patch,
      ...(target === undefined ? {} : { target }),
    }))
    return [{ patches, images: kustomize.images }]
  })
}

/** Reads for templates as the account that the release is made as. */
export function clusterLookup(cluster: Cluster): LookupReader {
  return async ({ apiVersion, kind, namespace, name }) => {
    const gvk = { ...parseApiVersion(apiVersion), kind }
    const place = namespace === '' ? {} : { namespace }
    try {
      if (name !== '') return await cluster.get({ ...gvk, ...place, name })
      const { items } = await cluster.list(gvk, place)
      return { apiVersion, kind: `${kind}List`, items: items.slice(0, maxLooked) }
    } catch (error) {
      // A kind that is not served has no objects.
      if (error instanceof FailureError && error.failure.code === 'unknown-kind') return undefined
      throw error
    }
  }
}
