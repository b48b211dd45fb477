import { existsSync, readFileSync } from 'node:fs'
import { FailureError } from '@kedge/base'
import {
  acrCredentials,
  chooseVersion,
  createChartRepository,
  createOciRegistry,
  dockerCredentials,
  isAzureRegistry,
  parseOciReference,
  type ChartIndex,
  type ChartRepository,
  type ChartVersion,
  type CredentialSource,
  type OciRegistry,
  type RegistryCredentials,
} from '@kedge/registry'
import { createAddressRules, createEgressClient, type EgressClient } from '@kedge/source'
import type { Io } from '../io.ts'
import { openAzureIdentity } from '../kube/azure-identity.ts'
import { helmFailure } from './command.ts'
import { isSameRepository, readRepositories, type KnownRepository } from './repositories-file.ts'
import { tlsOf, type RepositoryAccess } from './repository-flags.ts'

/** A chart that was fetched. */
export interface FetchedChart {
  /** `web-1.2.3.tgz`, never with a folder in it. */
  readonly fileName: string
  readonly bytes: Uint8Array
  /** Where it was fetched from; its signature lies there with `.prov` behind it. */
  readonly address: string
  readonly provenance: Uint8Array | undefined
  /** What helm tells about it on the way. */
  readonly notes: string
}

/** What is to be fetched. */
export interface ChartRequest {
  readonly version: string
  readonly withProvenance: boolean
}

/** Fetches charts over the network as a command line says. */
export interface ChartFetcher extends AsyncDisposable {
  /** `oci://…`, `https://….tgz` or `REPOSITORY/CHART`. */
  byReference(reference: string, request: ChartRequest): Promise<FetchedChart>
  /** A chart of the repository at an address. */
  fromRepository(url: string, chart: string, request: ChartRequest): Promise<FetchedChart>
  /** The version that a range means in a repository. Throws FailureError without a fitting one. */
  resolve(url: string, chart: string, range: string): Promise<string>
  /** The repository that `@name` or `alias:name` means; other addresses are themselves. */
  addressOf(repository: string): string
  readonly known: readonly KnownRepository[]
}

const timeoutMs = 120_000

/** The code of a failure when a repository has no chart of a name. */
export const chartMissing = 'HelmChartMissing'
/** The code of a failure when a repository has a chart in no version that fits. */
export const versionMissing = 'HelmVersionMissing'

/** A fetcher over one pool of connections; it must be disposed of. */
export function createChartFetcher(access: RepositoryAccess, io: Pick<Io, 'cwd' | 'env'>): ChartFetcher {
  // Whoever types an address may reach this machine and its network.
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  return new NetworkFetcher(access, io, http)
}

class NetworkFetcher implements ChartFetcher {
  readonly known: readonly KnownRepository[]
  readonly #access: RepositoryAccess
  readonly #io: Pick<Io, 'cwd' | 'env'>
  readonly #http: EgressClient
  readonly #indexes = new Map<string, Promise<ChartIndex>>()
  #azure: ReturnType<typeof openAzureIdentity> | undefined

  constructor(access: RepositoryAccess, io: Pick<Io, 'cwd' | 'env'>, http: EgressClient) {
    this.#access = access
    this.#io = io
    this.#http = http
    this.known = readRepositories(access.repositoryConfig)
  }

  async byReference(reference: string, request: ChartRequest): Promise<FetchedChart> {
    if (reference.startsWith('oci://')) return this.#pull(reference, request)
    if (/^https?:\/\//.test(reference)) return this.#download(reference, request)
    const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(reference) ?? []
    if (scheme !== undefined) throw helmFailure(`scheme ${JSON.stringify(scheme)} not supported`)
    const [name = '', ...rest] = reference.split('/')
    const chart = rest.join('/')
    if (chart === '')
      throw helmFailure(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${reference}`)
    const found = this.known.find((one) => one.name === name)
    if (found === undefined) throw helmFailure(`repo ${name} not found`)
    return this.fromRepository(found.url, chart, request)
  }

  async fromRepository(url: string, chart: string, request: ChartRequest): Promise<FetchedChart> {
    if (url.startsWith('oci://')) return this.#pull(`${url.replace(/\/+$/, '')}/${chart}`, request)
    const version = await this.#choose(url, chart, request.version)
    const [address = ''] = version.urls
    // An index may point into a registry, which is another server than the one that the flags' credentials are for.
    if (address.startsWith('oci://'))
      return this.#pull(address, { ...request, version: '' }, this.#access.passCredentials ? 'flags' : 'logins')
    const repository = this.#repository(url)
    const { bytes } = await repository.chart(version, signal())
    return {
      fileName: fileNameOf(address),
      address: addressIn(url, address),
      bytes,
      provenance: request.withProvenance ? await repository.provenance(version, signal()) : undefined,
      notes: '',
    }
  }

  async resolve(url: string, chart: string, range: string): Promise<string> {
    if (!url.startsWith('oci://')) return (await this.#choose(url, chart, range)).version
    const { host, repository } = parseOciReference(`${url.replace(/\/+$/, '')}/${chart}`)
    return this.#ociVersion(this.#registry(host, repository), repository, range)
  }

  addressOf(repository: string): string {
    const [, name] = /^(?:@|alias:)(.+)$/.exec(repository) ?? []
    if (name === undefined) return repository
    const found = this.known.find((one) => one.name === name)
    if (found === undefined)
      throw helmFailure(`no repository definition for ${repository}. Please add them via 'helm repo add'`)
    return found.url
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close()
    await this.#azure?.close()
  }

  async #choose(url: string, chart: string, range: string): Promise<ChartVersion> {
    const index = this.#indexes.get(url) ?? this.#repository(url).index(signal())
    this.#indexes.set(url, index)
    const version = (await index).choose(chart, range)
    if (version !== undefined) return version
    const shown = range === '' ? '' : ` version ${JSON.stringify(range)}`
    throw new FailureError({
      code: (await index).choose(chart, '>0.0.0-0') === undefined ? chartMissing : versionMissing,
      message: `chart ${JSON.stringify(chart)}${shown} not found in ${url} repository`,
    })
  }

  async #download(reference: string, request: ChartRequest): Promise<FetchedChart> {
    const url = new URL(reference)
    const version = { ...anyVersion, urls: [reference] }
    const repository = this.#repository(url.origin)
    const { bytes } = await repository.chart(version, signal())
    return {
      fileName: fileNameOf(reference),
      address: reference,
      bytes,
      provenance: request.withProvenance ? await repository.provenance(version, signal()) : undefined,
      notes: '',
    }
  }

  #repository(url: string): ChartRepository {
    const own = this.known.find((one) => isSameRepository(one.url, url))
    const { credentials, passCredentials, tls } = this.#access
    const login =
      credentials ??
      (own === undefined || own.username === ''
        ? undefined
        : ({ kind: 'basic', username: own.username, password: own.password } as const))
    const files = own === undefined ? undefined : { ca: own.caFile, cert: own.certFile, key: own.keyFile }
    const secured = tls ?? (files === undefined ? undefined : tlsOf(files, this.#io.cwd))
    return createChartRepository({
      url,
      http: this.#http,
      allowPlainHttp: url.startsWith('http://'),
      passCredentials: passCredentials || own?.passCredentials === true,
      ...(login === undefined ? {} : { credentials: login }),
      ...(secured === undefined ? {} : { tls: secured }),
    })
  }

  async #pull(reference: string, request: ChartRequest, from: 'flags' | 'logins' = 'flags'): Promise<FetchedChart> {
    const { host, repository, tag, digest } = parseOciReference(reference)
    if (tag !== '' && request.version !== '' && tag !== request.version)
      throw helmFailure(`chart reference and version mismatch: ${request.version} is not ${tag}`)
    const registry = this.#registry(host, repository, from)
    const wanted = digest || tag || (await this.#ociVersion(registry, repository, request.version))
    const chart = await registry.chart(repository, wanted, signal())
    const version = digest === '' ? wanted : chart.version
    return {
      fileName: fileNameOf(`${repository}-${version}.tgz`),
      address: digest === '' ? `oci://${host}/${repository}:${wanted}` : reference,
      bytes: chart.bytes,
      provenance: request.withProvenance ? chart.provenance : undefined,
      notes: `Pulled: ${host}/${repository}${digest === '' ? `:${wanted.replaceAll('+', '_')}` : `@${digest}`}\nDigest: ${chart.digest}\n`,
    }
  }

  async #ociVersion(registry: OciRegistry, repository: string, range: string): Promise<string> {
    if (/^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/.test(range)) return range
    const versions = (await registry.versions(repository, signal())).map((version) => ({ version }))
    const chosen = chooseVersion(versions, range)
    if (chosen === undefined)
      throw new FailureError({
        code: versionMissing,
        message: `could not locate a version matching provided version string ${range}`,
      })
    return chosen.version
  }

  #registry(host: string, repository: string, from: 'flags' | 'logins' = 'flags'): OciRegistry {
    const { tls, plainHttp } = this.#access
    const own = from === 'flags' ? this.#access.credentials : undefined
    const credentials = own ?? this.#login(host, repository) ?? (plainHttp ? undefined : this.#azureLogin(host))
    return createOciRegistry({
      host,
      http: this.#http,
      now: () => Date.now(),
      allowPlainHttp: plainHttp,
      ...(credentials === undefined ? {} : { credentials }),
      ...(tls === undefined ? {} : { tls }),
    })
  }

  /** The identity of this process or machine in Azure, for Azure's registries; where there is none nobody logs in. */
  #azureLogin(host: string): CredentialSource | undefined {
    const registry = new URL(`https://${host}`)
    const { identity } = (this.#azure ??= openAzureIdentity(this.#io.env, this.#http))
    const allowedDomains = identity.registryDomains()
    if (!isAzureRegistry(registry.hostname, allowedDomains)) return undefined
    const aadToken = (given: AbortSignal): Promise<string> => identity.registryToken({}, given)
    const { tls } = this.#access
    const secured = tls === undefined ? {} : { tls }
    const exchanged = acrCredentials({ registry, http: this.#http, aadToken, allowedDomains, ...secured })
    return async (given) => {
      try {
        return await exchanged(given)
      } catch (error) {
        if (error instanceof FailureError && error.failure.code === 'IdentityMissing') return undefined
        throw error
      }
    }
  }

  #login(host: string, repository: string): RegistryCredentials | undefined {
    for (const file of this.#access.registryConfigs) {
      const found = existsSync(file) ? dockerCredentials(readFileSync(file, 'utf8'), { host, repository }) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
}

const anyVersion: ChartVersion = {
  name: 'chart',
  version: '',
  appVersion: '',
  description: '',
  type: '',
  deprecated: false,
  digest: '',
  urls: [],
  created: '',
}

function signal(): AbortSignal {
  return AbortSignal.timeout(timeoutMs)
}

/** An address of an index, which may stand in relation to that of its repository. */
function addressIn(repository: string, address: string): string {
  const base = repository.endsWith('/') ? repository : `${repository}/`
  return URL.canParse(address, base) ? new URL(address, base).href : address
}

/** The last part of an address, which becomes a file's name here. Throws FailureError when it cannot. */
function fileNameOf(address: string): string {
  const plain = address.replace(/[?#].*$/, '')
  const name = plain.slice(plain.lastIndexOf('/') + 1)
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,250}$/.test(name)) throw helmFailure(`${JSON.stringify(name)} is no file name`)
  return name
}
