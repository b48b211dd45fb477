import { FailureError } from '@kedge/base'
import { normalUrl, readHelmRepository, type HelmRepositorySpec } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import { chooseVersion, isRange, isWholeVersion, parseOciReference, type OciRegistry } from '@kedge/registry'

import { openRepository, type ChartIndexes } from './chart-indexes.ts'
import { helmAccess, registrySecrets, type HelmAccess } from './helm-access.ts'
import type { OpenRegistry } from './registries.ts'
import { withinTime, type SourceHost } from './source-host.ts'

/** A version of a chart that can be fetched. */
export interface ChartOffer {
  readonly name: string
  readonly version: string
  /** The archive. Throws FailureError `ChartPullError`, or `Unauthorized`. */
  fetch(): Promise<Uint8Array>
}

/** Finds charts in the repositories that HelmRepositories describe. */
export interface RemoteCharts {
  /** The version that a range means. Throws FailureError `InvalidChartReference`, `ChartPullError` or `Unauthorized`. */
  find(repository: RepositoryRef, chart: string, range: string): Promise<ChartOffer>
  /** The HelmRepository with an address, in a namespace; one without Secrets when there is none. */
  byUrl(url: string, namespace: string): RepositoryRef
}

/** A HelmRepository's spec, and the namespace that its Secrets are in. */
export interface RepositoryRef {
  readonly spec: HelmRepositorySpec
  readonly namespace: string
}

export interface RemoteChartsOptions {
  readonly indexes: ChartIndexes
  readonly registries: OpenRegistry
  /** All HelmRepositories that are known. */
  readonly repositories: () => readonly KubeObject[]
}

const opening = 'failed to get chart version for remote reference'

export function createRemoteCharts(host: SourceHost, options: RemoteChartsOptions): RemoteCharts {
  return new RepositoryCharts(host, options)
}

class RepositoryCharts implements RemoteCharts {
  readonly #host: SourceHost
  readonly #options: RemoteChartsOptions

  constructor(host: SourceHost, options: RemoteChartsOptions) {
    this.#host = host
    this.#options = options
  }

  byUrl(url: string, namespace: string): RepositoryRef {
    const wanted = normalUrl(url)
    for (const object of this.#options.repositories()) {
      if (object.metadata.namespace !== namespace) continue
      const read = readHelmRepository(object)
      if (read.ok && normalUrl(read.value.url) === wanted) return { spec: read.value, namespace }
    }
    return { spec: anonymous(url), namespace }
  }

  find(repository: RepositoryRef, chart: string, range: string): Promise<ChartOffer> {
    if (repository.spec.url.startsWith('oci://')) return this.#inRegistry(repository, chart, range)
    return this.#inIndex(repository, chart, range)
  }

  async #inIndex({ spec, namespace }: RepositoryRef, chart: string, range: string): Promise<ChartOffer> {
    const access = await helmAccess(this.#host, spec, namespace)
    const { index } = await this.#timed(spec, opening, (signal) => this.#options.indexes.index(access, signal))
    const found = index.choose(chart, range)
    if (found === undefined) {
      if (!index.names.includes(chart)) throw notFound('no chart name found')
      throw notFound(
        isRange(range) ? `no '${chart}' chart with version matching '${range}' found` : `improper constraint: ${range}`,
      )
    }
    const [address = ''] = found.urls
    const fetch = (): Promise<Uint8Array> =>
      address.startsWith('oci://') ? this.#fetchElsewhere(spec, address) : this.#fetchArchive({ spec, access }, found)
    return { name: found.name, version: found.version, fetch }
  }

  async #fetchArchive(
    { spec, access }: { readonly spec: HelmRepositorySpec; readonly access: HelmAccess },
    version: Parameters<ReturnType<typeof openRepository>['chart']>[0],
  ): Promise<Uint8Array> {
    const repository = openRepository(this.#host.http, access)
    const packed = await this.#timed(spec, downloading, (signal) => repository.chart(version, signal))
    return packed.bytes
  }

  /** An index may point into a registry, which is another server than the one that the credentials are for. */
  async #fetchElsewhere(spec: HelmRepositorySpec, address: string): Promise<Uint8Array> {
    const { host, repository, tag, digest } = parseOciReference(address)
    const registry = this.#options.registries({ host, provider: 'generic', isPlainHttp: false })
    const version = digest === '' ? tag : digest
    const pulled = await this.#timed(spec, downloading, (signal) => registry.chart(repository, version, signal))
    return pulled.bytes
  }

  async #inRegistry(ref: RepositoryRef, chart: string, range: string): Promise<ChartOffer> {
    const { spec } = ref
    const { host, repository } = referenceOf(spec.url, chart)
    const secrets = await registrySecrets(this.#host, ref, { host, repository })
    const registry = this.#options.registries({
      host,
      provider: spec.provider,
      isPlainHttp: spec.insecure,
      ...secrets,
    })
    const version = isWholeVersion(range) ? range : await this.#newest(registry, { spec, repository, chart, range })
    const fetch = async (): Promise<Uint8Array> => {
      const pulled = await this.#timed(spec, downloading, (signal) => registry.chart(repository, version, signal))
      return pulled.bytes
    }
    return { name: chart.slice(chart.lastIndexOf('/') + 1), version, fetch }
  }

  async #newest(
    registry: OciRegistry,
    wanted: {
      readonly spec: HelmRepositorySpec
      readonly repository: string
      readonly chart: string
      readonly range: string
    },
  ): Promise<string> {
    const { spec, repository, chart, range } = wanted
    const listing = `${opening}: could not get tags for ${JSON.stringify(chart)}`
    const versions = await this.#timed(spec, listing, (signal) => registry.versions(repository, signal))
    const whole = versions.filter(isWholeVersion).map((version) => ({ version }))
    const chosen = chooseVersion(whole, range)
    if (chosen !== undefined) return chosen.version
    throw new FailureError({
      code: 'ChartPullError',
      message: `${opening}: could not locate a version matching provided version string ${range}`,
    })
  }

  /** Runs a step within the repository's time; what goes wrong is a failed pull, but for refused credentials. */
  async #timed<T>(
    { timeoutMs }: HelmRepositorySpec,
    words: string,
    step: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withinTime(this.#host, { timeoutMs, code: 'TimedOut' }, step)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      const { code, message } = error.failure
      if (identityCodes.has(code)) throw error
      throw new FailureError({ ...error.failure, code: 'ChartPullError', message: `${words}: ${message}` })
    }
  }
}

/** Who we are to the repository is a matter of its own, whatever step it was needed in. */
const identityCodes: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'CredentialsRefused',
  'InvalidProviderConfiguration',
  'Unauthorized',
])
const downloading = 'failed to download chart for remote reference'

function notFound(why: string): FailureError {
  return new FailureError({
    code: 'InvalidChartReference',
    message: `${opening}: ${why}`,
    fix: 'correct spec.chart or spec.version',
  })
}

function referenceOf(url: string, chart: string): { readonly host: string; readonly repository: string } {
  try {
    return parseOciReference(`${normalUrl(url)}/${chart}`)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw new FailureError({ ...error.failure, code: 'URLInvalid', message: `invalid OCI registry URL: ${url}` })
  }
}

function anonymous(url: string): HelmRepositorySpec {
  return {
    url,
    type: url.startsWith('oci://') ? 'oci' : 'default',
    provider: 'generic',
    secretName: undefined,
    certSecretName: undefined,
    passCredentials: false,
    insecure: false,
    intervalMs: 60_000,
    timeoutMs: 60_000,
    suspend: false,
  }
}
