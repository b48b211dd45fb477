import { Bug, FailureError, type Failure } from '@kedge/base'
import type { BuiltChart, ChartBuild, FluxAnswers, Place, StoredArtifact } from '@kedge/flux'
import { sha256Digest } from '@kedge/registry'
import type { FileTree } from '@kedge/tree'

import type { HeldFiles } from './held-files.ts'
import { buildFromFiles } from './local-chart.ts'
import { createPublishedFiles, type PublishedFiles } from './published-files.ts'
import { buildFromRepository } from './remote-chart.ts'
import type { RemoteCharts } from './remote-charts.ts'
import type { SourceHost } from './source-host.ts'

/** The charts of HelmCharts as their artifacts. */
export interface ChartBuilds {
  build(request: ChartBuild): Promise<FluxAnswers['build-chart']>
  /** The archive of the present artifact, while it is held. */
  archive(place: Place, digest: string): Uint8Array | undefined
  forget(place: Place): void
}

export interface ChartBuildsOptions {
  readonly remote: RemoteCharts
  readonly files: HeldFiles
  /** The files of a GitRepository's artifact, while they are held. */
  readonly tree: (place: Place, revision: string) => FileTree | undefined
}

/** A chart that was made, before it is stored. */
export interface MadeChart extends BuiltChart {
  readonly bytes: Uint8Array
}

/** What making a chart came to: `held` leaves the one that is held, `awaited` waits for the source's files. */
export type Made = MadeChart | 'held' | 'awaited'

/** Whether the chart that is held is the wanted one, so that nothing need be fetched. */
export type IsHeld = (name: string, version: string) => boolean

interface Held {
  /** All but the version that decided on the chart. */
  readonly origin: string
  readonly chart: BuiltChart
  readonly artifact: StoredArtifact
  readonly latestUrl: string
}

export function createChartBuilds(host: SourceHost, options: ChartBuildsOptions): ChartBuilds {
  return new StoredCharts(host, options)
}

class StoredCharts implements ChartBuilds {
  readonly #options: ChartBuildsOptions
  readonly #published: PublishedFiles
  readonly #held = new Map<string, Held>()

  constructor(host: SourceHost, options: ChartBuildsOptions) {
    this.#options = options
    this.#published = createPublishedFiles(host.artifacts, { folder: 'helmchart', latest: 'latest.tar.gz' })
  }

  async build(request: ChartBuild): Promise<FluxAnswers['build-chart']> {
    const key = keyOf(request.place)
    const held = this.#held.get(key)
    const origin = originOf(request)
    const isHeld: IsHeld = (name, version) =>
      held?.origin === origin &&
      held.chart.name === name &&
      held.chart.version === version &&
      this.#options.files.has(held.artifact.digest)
    try {
      const made = await this.#make(request, isHeld)
      if (made === 'awaited') return { kind: 'awaited' }
      if (made === 'held') {
        if (held === undefined) throw new Bug(`${key}: the chart is held and not there`)
        const { origin: _origin, ...answer } = held
        return { kind: 'fetched', ...answer, changed: false }
      }
      return this.#store(key, origin, made)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      return { kind: 'failed', failure: chartFailure(error.failure) }
    }
  }

  archive(place: Place, digest: string): Uint8Array | undefined {
    return this.#held.get(keyOf(place))?.artifact.digest === digest ? this.#options.files.get(digest) : undefined
  }

  forget(place: Place): void {
    this.#held.delete(keyOf(place))
    this.#published.forget(keyOf(place))
  }

  async #make(request: ChartBuild, isHeld: IsHeld): Promise<Made> {
    const { remote, tree } = this.#options
    if (request.source.kind === 'HelmRepository') return buildFromRepository(request, { remote, isHeld })
    return buildFromFiles(request, { remote, isHeld, tree })
  }

  #store(key: string, origin: string, { bytes, ...chart }: MadeChart): FluxAnswers['build-chart'] {
    const { files } = this.#options
    const digest = sha256Digest(bytes)
    const before = this.#held.get(key)
    const wasThere = before?.artifact.digest === digest && before.chart.version === chart.version && files.has(digest)
    files.put(digest, bytes)
    const published = this.#published.publish(key, {
      revision: chart.version,
      digest,
      size: bytes.length,
      contentType: 'application/gzip',
      name: `${chart.name.replaceAll('/', '-')}-${chart.version}.tgz`,
      read: () => files.get(digest),
    })
    const held = { origin, chart, ...published }
    this.#held.set(key, held)
    return { kind: 'fetched', ...published, chart, changed: !wasThere }
  }
}

function originOf({ spec, source }: ChartBuild): string {
  const { intervalMs: _intervalMs, suspend: _suspend, version: _version, ...rest } = spec
  return JSON.stringify([rest, source.metadata.uid, source.metadata.generation])
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`
}

/** Failures that no step has named yet. */
function chartFailure(failure: Failure): Failure {
  switch (failure.code) {
    case 'Unauthorized':
    case 'CredentialsRefused':
      return {
        ...failure,
        code: 'AuthenticationFailed',
        message: `failed to authenticate with the Helm repository: ${failure.message}`,
      }
    default:
      return chartReasons.has(failure.code) ? failure : { ...failure, code: 'Unknown' }
  }
}

const chartReasons: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'ChartPackageError',
  'ChartPullError',
  'DependencyBuildError',
  'InvalidChartReference',
  'InvalidProviderConfiguration',
  'MetadataPatchError',
  'URLInvalid',
  'ValuesFilesError',
])
