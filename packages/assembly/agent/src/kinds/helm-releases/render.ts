import type { Cluster } from '@kedge/cluster'
import { FailureError } from '@kedge/base'
import { originLabels, type ActionOrder, type OrderedContent } from '@kedge/flux'
import {
  byRevision,
  currentRevision,
  reusedDefaults,
  reusedValues,
  type Capabilities,
  type StoredRelease,
} from '@kedge/helm'
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
    /** All revisions, for their numbers and for values that are kept. */
    readonly history: readonly StoredRelease[]
    readonly capabilities: Capabilities
  },
): HelmRenderRequest {
  const { action, spec, release } = order
  const { content, archive, history, capabilities } = how
  const { namespace = '', name = '' } = owner.metadata
  const fields = action.kind === 'install' ? spec.install : spec.upgrade
  return {
    chart: { digest: archive.digest, bytes: archive.bytes },
    chartVersion: content.chart.version,
    ...valuesOf(order, content, history),
    name: release.name,
    namespace: release.namespace,
    revision: (byRevision(history).at(-1)?.version ?? 0) + 1,
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

/** With `upgrade.preserveValues` those of the revision that is there lie under the ones given: `helm --reuse-values`. */
function valuesOf(
  { action, spec }: ActionOrder,
  { values }: OrderedContent,
  history: readonly StoredRelease[],
): Pick<HelmRenderRequest, 'values' | 'chartValues'> {
  if (action.kind !== 'upgrade' || !spec.upgrade.preserveValues) return { values }
  const current = currentRevision(history)
  const chartValues = reusedDefaults(current)
  return { values: reusedValues(current, values), ...(chartValues === undefined ? {} : { chartValues }) }
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
