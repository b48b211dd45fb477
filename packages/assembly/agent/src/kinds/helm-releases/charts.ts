import type { Cluster } from '@kedge/cluster'
import { FailureError } from '@kedge/base'
import type { ChartFacts, ChartLoad, ChartRef, ChartWrite } from '@kedge/flux'
import { loadChartArchive } from '@kedge/helm'
import { ApiError, gvkOf, type KubeObject } from '@kedge/manifest'

import { recordHost } from '../../cluster/release-ports.ts'
import type { ChartSources } from '../../sources/chart-sources.ts'

/** Charts whose names and versions are remembered. */
const maxKnown = 5_000

/** The sources of charts, the HelmCharts among them that HelmReleases ask for. */
export interface ReleaseCharts {
  /** A source as it is known, with what our own write answered until the watch has caught up. */
  source(ref: ChartRef): KubeObject | undefined
  /** Name and versions of an artifact's chart; unpacked once. */
  load(ref: ChartRef, digest: string): Promise<ChartLoad>
  apply(chart: KubeObject): Promise<ChartWrite>
  /** Deletes exactly this object. */
  delete(chart: KubeObject): Promise<void>
}

export function createReleaseCharts(cluster: Cluster, charts: ChartSources, fieldManager: string): ReleaseCharts {
  const known = new Map<string, ChartFacts>()
  const written = new Map<string, { readonly object: KubeObject; readonly isRead: boolean }>()
  function source(ref: ChartRef): KubeObject | undefined {
    const seen = charts.source(ref)
    const key = `${ref.kind}/${ref.namespace}/${ref.name}`
    const own = written.get(key)
    if (own === undefined) return seen
    // The pass that made it sees it; one that is not seen in the next pass either was deleted again.
    if (seen === undefined ? own.isRead : !isOlder(seen, own.object)) {
      written.delete(key)
      return seen
    }
    written.set(key, { ...own, isRead: true })
    return own.object
  }
  return {
    source,
    async load(ref, digest) {
      const remembered = known.get(digest)
      if (remembered !== undefined) return { kind: 'loaded', chart: remembered }
      const answer = await charts.chart(ref, digest)
      if (answer.kind !== 'held') return answer
      try {
        const { metadata } = loadChartArchive(answer.bytes, { gunzip: recordHost.gunzip })
        const { name, version, appVersion } = metadata
        const chart = { name, version, appVersion: appVersion ?? '' }
        known.set(digest, chart)
        for (const oldest of known.keys()) {
          if (known.size <= maxKnown) break
          known.delete(oldest)
        }
        return { kind: 'loaded', chart }
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        return { kind: 'failed', failure: error.failure }
      }
    },
    async apply(chart) {
      const { namespace = '', name = '' } = chart.metadata
      const before = source({ kind: 'HelmChart', namespace, name })?.metadata.resourceVersion
      try {
        const { object, created } = await cluster.apply(chart, { fieldManager, force: true })
        written.set(`HelmChart/${namespace}/${name}`, { object, isRead: false })
        if (created) return { outcome: 'created' }
        return { outcome: object.metadata.resourceVersion === before ? 'unchanged' : 'configured' }
      } catch (error) {
        if (!(error instanceof ApiError) || !isRefused(error)) throw error
        return { outcome: 'failed', failure: { code: error.status.reason, message: error.message } }
      }
    },
    async delete(chart) {
      const { namespace = '', name = '', uid } = chart.metadata
      written.delete(`HelmChart/${namespace}/${name}`)
      await cluster.delete({ ...gvkOf(chart), namespace, name }, uid === undefined ? {} : { uid })
    },
  }
}

/** Whether the API has refused a write as it is: the same again would be refused again. */
function isRefused({ status: { code } }: ApiError): boolean {
  return code >= 400 && code < 500 && code !== 409 && code !== 429
}

/** Resource versions of one object are compared as numbers; another object of the name is the newer one. */
function isOlder(seen: KubeObject, own: KubeObject): boolean {
  const [a, b] = [seen.metadata.resourceVersion ?? '', own.metadata.resourceVersion ?? '']
  if (seen.metadata.uid !== own.metadata.uid || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return BigInt(a) < BigInt(b)
}
