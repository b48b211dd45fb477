import { Bug, FailureError, type Result } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { readArtifact, readHelmChart, type Artifact, type HelmChartSpec } from '@kedge/flux'
import { ApiError, type KubeObject } from '@kedge/manifest'
import { downloadFile, sha256Digest, type AzureIdentity, type HttpPort } from '@kedge/registry'
import type { FileTree } from '@kedge/tree'

import type { ChartArchive } from '../render/helm-request.ts'
import { createChartIndexes } from '../sources/chart-indexes.ts'
import { checkDigest, urlOf } from '../sources/external-files.ts'
import { joinInside } from '../sources/join-inside.ts'
import { buildFromFiles } from '../sources/local-chart.ts'
import { createRegistries } from '../sources/registries.ts'
import { buildFromRepository } from '../sources/remote-chart.ts'
import { createRemoteCharts, type RemoteCharts } from '../sources/remote-charts.ts'
import { withinTime, type SourceHost } from '../sources/source-host.ts'
import type { PreviewHost } from './preview-delivery.ts'

/** Files to take a chart from in place of its source: the chart's folder itself, or the repository that it lies in. */
export interface LocalChart {
  readonly tree: FileTree
  readonly folder: string
}

/** Gets charts for one preview. All throw FailureError. */
export interface PreviewCharts {
  /** The chart out of files at hand; the HelmChart, where there is one, says where in a repository and with which values. */
  fromFiles(local: LocalChart, chart: KubeObject | undefined): Promise<ChartArchive>
  /** The artifact that a source has. */
  fromArtifact(source: KubeObject, artifact: Artifact): Promise<ChartArchive>
  /** The chart that a HelmChart would have that is not in the cluster yet, out of its HelmRepository. */
  fromRepository(chart: KubeObject): Promise<ChartArchive>
}

/** Bytes that a chart's artifact may have, and the time that its download may take. */
const maxBytes = 64 * 1024 * 1024
const timeoutMs = 60_000
const group = 'source.toolkit.fluxcd.io'

export function createPreviewCharts({ cluster, ports }: PreviewHost, ways: WaysOut): PreviewCharts {
  const { clock, timers } = ports
  const { http } = ways
  const host: SourceHost = { cluster, clock, timers, ...waysOf(ways), artifacts: nothingPublished }
  let repositories: readonly KubeObject[] = []
  const remote = createRemoteCharts(host, {
    indexes: createChartIndexes(host),
    registries: createRegistries(host),
    repositories: () => repositories,
  })
  // A preview leads the pass to its end twice.
  const held = new Map<string, ChartArchive>()
  return {
    async fromFiles(local, chart) {
      // Dependencies are fetched with the credentials of the HelmRepositories beside the chart.
      if (chart !== undefined) repositories = await repositoriesBeside(cluster, chart)
      return buildLocal(local, chart, remote)
    },
    async fromArtifact(source, { digest }) {
      const known = held.get(digest)
      if (known !== undefined) return known
      const options = { url: urlOf(source), limit: maxBytes, http, allowPlainHttp: true }
      const bytes = await downloaded(source, () =>
        withinTime(host, { timeoutMs, code: 'TimedOut' }, (signal) => downloadFile(options, signal)),
      )
      checkDigest(bytes, digest)
      const archive = { digest, bytes }
      held.set(digest, archive)
      return archive
    },
    async fromRepository(chart) {
      const { namespace = '', name = '' } = chart.metadata
      const spec = unwrap(readHelmChart(chart))
      if (spec.source.kind !== 'HelmRepository') throw notMade(chart)
      const source = await cluster.get({
        group,
        version: 'v1',
        kind: spec.source.kind,
        namespace,
        name: spec.source.name,
      })
      if (source === undefined) {
        const message = `there is no HelmRepository ${namespace}/${spec.source.name}`
        throw new FailureError({ code: 'SourceNotFound', message, fix: 'correct spec.chart.spec.sourceRef' })
      }
      const request = { place: { namespace, name }, spec, source, versionMetadata: '' }
      return archiveOf(await buildFromRepository(request, { remote, isHeld: () => false }))
    },
  }
}

/** Who may not list them uses none of them. */
async function repositoriesBeside(cluster: Cluster, { metadata }: KubeObject): Promise<readonly KubeObject[]> {
  const { namespace = '' } = metadata
  try {
    return (await cluster.list({ group, version: 'v1', kind: 'HelmRepository' }, { namespace })).items
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 403) return []
    throw error
  }
}

async function downloaded(source: KubeObject, download: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await download()
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const { namespace = '', name = '' } = source.metadata
    const message = `the artifact of ${source.kind} ${namespace}/${name} could not be downloaded: ${error.failure.message}`
    const fix = 'name the folder of the chart, where the address in its status cannot be reached from here'
    throw new FailureError({ ...error.failure, message, fix }, { cause: error })
  }
}

async function buildLocal(
  local: LocalChart,
  chart: KubeObject | undefined,
  remote: RemoteCharts,
): Promise<ChartArchive> {
  const wanted = chart === undefined ? undefined : unwrap(readHelmChart(chart))
  const path = chartPath(local, wanted)
  const { namespace = '', name = '' } = chart?.metadata ?? {}
  const isOfFiles = wanted !== undefined && wanted.source.kind !== 'HelmRepository'
  const files = wanted?.valuesFiles ?? []
  const spec: HelmChartSpec = {
    version: '*',
    source: { kind: 'GitRepository', name: '' },
    intervalMs: 0,
    reconcileStrategy: 'ChartVersion',
    ignoreMissingValuesFiles: false,
    suspend: false,
    verifyProvider: undefined,
    ...wanted,
    chart: path,
    // Those of a chart out of a repository lie in the chart.
    valuesFiles: isOfFiles ? files : files.map((file) => joinInside(path, file)),
  }
  const source: KubeObject = { apiVersion: '', kind: 'GitRepository', metadata: {} }
  const request = { place: { namespace, name }, spec, source, versionMetadata: metadataOf(chart, spec) }
  return archiveOf(await buildFromFiles(request, { remote, isHeld: () => false, tree: () => local.tree }))
}

/** What the present chart's version has behind the `+`: a commit that is not there yet has no name. */
function metadataOf(chart: KubeObject | undefined, spec: HelmChartSpec): string {
  const isNamed = spec.reconcileStrategy === 'Revision' || spec.valuesFiles.length > 0
  const revision = chart === undefined ? '' : (readArtifact(chart)?.revision ?? '')
  return isNamed && revision.includes('+') ? revision.slice(revision.indexOf('+') + 1) : ''
}

function chartPath({ tree, folder }: LocalChart, wanted: HelmChartSpec | undefined): string {
  if (tree.kindOf(joinInside(folder, 'Chart.yaml')) === 'file') return folder
  const inside = wanted === undefined || wanted.source.kind === 'HelmRepository' ? undefined : wanted.chart
  const path = inside === undefined ? undefined : joinInside(folder, inside)
  if (path !== undefined && tree.kindOf(path) !== undefined) return path
  const place = folder === '' ? 'the folder' : folder
  const there = inside === undefined ? '' : `, and no chart at ${inside} in it`
  throw new FailureError({
    code: 'ChartNotFound',
    message: `there is no Chart.yaml in ${place}${there}`,
    fix: 'name the folder with its Chart.yaml, or the repository that has it',
  })
}

function archiveOf(made: Awaited<ReturnType<typeof buildFromFiles>>): ChartArchive {
  if (made === 'held' || made === 'awaited') throw new Bug(`a chart is ${made} that nobody holds`)
  return { digest: sha256Digest(made.bytes), bytes: made.bytes }
}

function notMade(chart: KubeObject): FailureError {
  const { namespace = '', name = '' } = chart.metadata
  return new FailureError({
    code: 'ChartNotMade',
    message: `HelmChart ${namespace}/${name} is not in the cluster as the HelmRelease asks for it, and so its chart is not known`,
    fix: 'name the folder of the chart, or the repository that has it',
  })
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new FailureError(result.failure)
}

/** The ways out to artifacts, repositories of charts, and registries of Azure. */
interface WaysOut {
  readonly http: HttpPort
  readonly azure?: AzureIdentity
}

function waysOf({ http, azure }: WaysOut): WaysOut {
  return azure === undefined ? { http } : { http, azure }
}

const nothingPublished: SourceHost['artifacts'] = {
  publish: () => Promise.reject(new Bug('a preview publishes nothing')),
  publishFile: () => {
    throw new Bug('a preview publishes nothing')
  },
  withdraw: () => undefined,
}
