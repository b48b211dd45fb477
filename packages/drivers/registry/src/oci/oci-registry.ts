import { FailureError } from '@kedge/base'
import { isDigest, sha256Digest, verifyDigest } from '../http/digest.ts'
import { expectOk, follow, readAll } from '../http/follow.ts'
import type { Connection, HttpResponse } from '../http/http-port.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { parsedVersion } from '../version/choose-version.ts'
import { parseChallenge } from './challenge.ts'
import type { RegistryCredentials } from './docker-config.ts'
import { forDefaultPlatform, imagesOf, indexTypes, readImageIndex, type IndexedManifest } from './image-index.ts'
import { manifestTypes, readManifest, type Descriptor, type Manifest } from './manifest.ts'
import { isTagOrDigest, tagOfVersion, versionOfTag } from './reference.ts'
import { TokenSource, parseJson, type CredentialSource } from './token-source.ts'

/** A registry and who we are to it. */
export interface OciOptions extends Connection {
  /** `ghcr.io`, `localhost:5000`. */
  readonly host: string
  readonly credentials?: RegistryCredentials | CredentialSource
  readonly allowedRealms?: readonly string[]
  readonly now: () => number
  readonly maxBlobSize?: number
}

/** A chart pulled from a registry. */
export interface OciChart {
  /** The digest of the manifest, or of the index that led to it: the chart's revision. */
  readonly digest: string
  readonly version: string
  readonly bytes: Uint8Array
  readonly provenance: Uint8Array | undefined
}

/** Reads an OCI registry. Everything that has a digest is checked against it. */
export interface OciRegistry {
  /** All tags of a repository, in the registry's order. */
  tags(repository: string, signal: AbortSignal): Promise<readonly string[]>
  /** The versions that the tags stand for, those alone that are semantic versions. */
  versions(repository: string, signal: AbortSignal): Promise<readonly string[]>
  /** The digest of what a tag means now; undefined when the registry tells it only together with the manifest. */
  digestOf(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined>
  /** The manifest behind a tag or a digest; of an index that for linux/amd64. */
  manifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest>
  blob(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>
  /** The Helm chart of a version (or digest); the tag is resolved once and everything else is fetched by digest. */
  chart(repository: string, version: string, signal: AbortSignal): Promise<OciChart>
}

const chartConfigType = 'application/vnd.cncf.helm.config.v1+json'
const chartLayerTypes = [
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  'application/tar+gzip', // what Helm wrote before the media type was registered
]
const provenanceType = 'application/vnd.cncf.helm.chart.provenance.v1.prov'
const maxManifestSize = 4 * 1024 * 1024
/** Both kinds are asked for: an index must not be turned into one of its manifests by the registry. */
const acceptedTypes = [...manifestTypes, ...indexTypes].join(', ')
/** How deep indexes may stand in each other, and in how many manifests of one a chart is looked for. */
const maxDepth = 3
const maxSearched = 32
const maxPages = 200
const maxTags = 100_000

/** A registry by its host. */
export function createOciRegistry(options: OciOptions): OciRegistry {
  return new HttpRegistry(options)
}

class HttpRegistry implements OciRegistry {
  readonly #options: OciOptions
  readonly #root: URL
  readonly #tokens: TokenSource

  constructor(options: OciOptions) {
    const host = options.host === 'docker.io' ? 'registry-1.docker.io' : options.host
    this.#options = options
    this.#root = new URL(`${options.allowPlainHttp === true ? 'http' : 'https'}://${host}/v2/`)
    const { credentials, allowedRealms = [] } = options
    this.#tokens = new TokenSource({
      ...options,
      registry: this.#root,
      allowedRealms,
      credentials: typeof credentials === 'function' ? credentials : () => Promise.resolve(credentials),
    })
  }

  async tags(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    const found: string[] = []
    let next: URL | undefined = new URL(`${repository}/tags/list?n=1000`, this.#root)
    for (let page = 0; next !== undefined; page += 1) {
      if (page >= maxPages || found.length > maxTags)
        throw registryFailure('TooLarge', `${repository} has more than ${maxTags} tags`)
      const url: URL = next
      const response = await this.#get(url, { repository, accept: 'application/json', signal })
      const link = response.header('link')
      found.push(...readTags(await readAll(response, { url, limit: maxManifestSize })))
      next = nextPage(link, url)
    }
    return found
  }

  async versions(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    const tags = await this.tags(repository, signal)
    return tags.map(versionOfTag).filter((version) => parsedVersion(version) !== undefined)
  }

  async digestOf(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const url = this.#manifestUrl(repository, tag)
    try {
      const response = await this.#get(url, { repository, accept: acceptedTypes, signal, method: 'HEAD' })
      await response.drop()
      const digest = response.header('docker-content-digest')
      return digest !== undefined && isDigest(digest) ? digest : undefined
    } catch (error) {
      // Some registries know no HEAD; the manifest will say what is really wrong.
      if (error instanceof FailureError && error.failure.code === 'ServerFailed') return undefined
      throw error
    }
  }

  async manifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const asked = await this.#document(repository, { reference, accept: acceptedTypes }, signal)
    let found = asked
    for (let depth = 0; indexTypes.includes(found.mediaType); depth += 1) {
      if (depth >= maxDepth)
        throw registryFailure('ManifestMalformed', `${repository} has indexes too deep in each other`)
      found = await this.#listed(repository, forDefaultPlatform(readIndexOf(found), repository), signal)
    }
    return readManifest(found.bytes, { ...found, root: asked.digest })
  }

  async blob(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const { digest, size } = descriptor
    const limit = this.#options.maxBlobSize ?? 128 * 1024 * 1024
    if (size > limit) throw registryFailure('TooLarge', `a blob of ${repository} has more than ${limit} bytes`)
    const url = new URL(`${repository}/blobs/${digest}`, this.#root)
    const response = await this.#get(url, { repository, accept: '*/*', signal })
    const bytes = await readAll(response, { url, limit: size })
    verifyDigest(bytes, digest, `a blob of ${repository}`)
    return bytes
  }

  async chart(repository: string, version: string, signal: AbortSignal): Promise<OciChart> {
    const manifest = await this.#chartManifest(repository, tagOfVersion(version), signal)
    const layers = manifest.layers.filter(({ mediaType }) => chartLayerTypes.includes(mediaType))
    const [layer] = layers
    if (layer === undefined || layers.length > 1)
      throw registryFailure(
        'ManifestMalformed',
        `${repository} has ${layers.length} layers with a chart; one is wanted`,
      )
    const signed = manifest.layers.find(({ mediaType }) => mediaType === provenanceType)
    return {
      digest: manifest.root,
      version: manifest.annotations['org.opencontainers.image.version'] ?? version,
      bytes: await this.blob(repository, layer, signal),
      provenance: signed === undefined ? undefined : await this.blob(repository, signed, signal),
    }
  }

  /** The manifest of a chart, alone or in an index: there it has no platform, and other artifacts stand beside it. */
  async #chartManifest(repository: string, reference: string, signal: AbortSignal): Promise<Manifest> {
    const asked = await this.#document(repository, { reference, accept: acceptedTypes }, signal)
    const root = asked.digest
    if (!indexTypes.includes(asked.mediaType)) {
      const manifest = readManifest(asked.bytes, { ...asked, root })
      if (isChart(manifest)) return manifest
      throw registryFailure('ManifestMalformed', `${repository} is no Helm chart`)
    }
    for (const one of imagesOf(readIndexOf(asked)).slice(0, maxSearched)) {
      const found = await this.#listed(repository, one, signal)
      const manifest = readManifest(found.bytes, { ...found, root })
      if (isChart(manifest)) return manifest
    }
    throw registryFailure('ManifestMalformed', `the index of ${repository} has no Helm chart`)
  }

  /** A manifest that an index lists, which must be what the index says. */
  async #listed(repository: string, listed: IndexedManifest, signal: AbortSignal): Promise<Document> {
    const { digest, mediaType, size } = listed
    const found = await this.#document(repository, { reference: digest, accept: mediaType }, signal)
    if (found.mediaType === mediaType && found.bytes.length === size) return found
    throw registryFailure('ManifestMalformed', `${repository} has a manifest that is not what its index says`)
  }

  async #document(
    repository: string,
    { reference, accept }: { readonly reference: string; readonly accept: string },
    signal: AbortSignal,
  ): Promise<Document> {
    const url = this.#manifestUrl(repository, reference)
    const response = await this.#get(url, { repository, accept, signal })
    const [mediaType = ''] = (response.header('content-type') ?? '').split(';')
    const announced = response.header('docker-content-digest')
    const bytes = await readAll(response, { url, limit: maxManifestSize })
    if (isDigest(reference)) verifyDigest(bytes, reference, `the manifest of ${repository}`)
    if (announced !== undefined && isDigest(announced)) verifyDigest(bytes, announced, `the manifest of ${repository}`)
    return { bytes, mediaType: mediaType.trim(), digest: sha256Digest(bytes) }
  }

  #manifestUrl(repository: string, reference: string): URL {
    if (!isTagOrDigest(reference))
      throw registryFailure('AddressRefused', 'the tag has characters that no tag may have')
    return new URL(`${repository}/manifests/${reference}`, this.#root)
  }

  /** A request with the token that is known; a challenge is answered once. */
  async #get(url: URL, request: RegistryRequest): Promise<HttpResponse> {
    const { repository, accept, signal, method = 'GET' } = request
    const scope = `repository:${repository}:pull`
    const ask = { url, accept, signal, method }
    const first = await follow({ ...ask, authorization: this.#tokens.known(scope) }, this.#options)
    const challenge = first.status === 401 ? parseChallenge(first.header('www-authenticate')) : undefined
    if (challenge === undefined) return checked(first, url)
    await first.drop()
    const authorization = await this.#tokens.answer(challenge, scope, signal)
    return checked(await follow({ ...ask, authorization }, this.#options), url)
  }
}

/** A manifest or an index as it was served. */
interface Document {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly digest: string
}

function readIndexOf({ bytes, mediaType }: Document): readonly IndexedManifest[] {
  return readImageIndex(bytes, mediaType)
}

function isChart({ config }: Manifest): boolean {
  return config.mediaType === chartConfigType
}

interface RegistryRequest {
  readonly repository: string
  readonly accept: string
  readonly signal: AbortSignal
  readonly method?: 'GET' | 'HEAD'
}

async function checked(response: HttpResponse, url: URL): Promise<HttpResponse> {
  await expectOk(response, url)
  return response
}

function readTags(bytes: Uint8Array): readonly string[] {
  const tags = (parseJson(bytes) as { readonly tags?: unknown } | undefined | null)?.tags
  if (tags === null) return []
  if (!Array.isArray(tags)) throw registryFailure('ManifestMalformed', 'the list of tags is no list')
  return tags.filter((tag): tag is string => typeof tag === 'string' && isTagOrDigest(tag))
}

/** The next page, which must be on the same registry. */
function nextPage(link: string | undefined, from: URL): URL | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '') ?? []
  if (target === undefined) return undefined
  if (!URL.canParse(target, from.href))
    throw registryFailure('ManifestMalformed', 'the next page of tags has no address')
  const next = new URL(target, from)
  if (next.origin !== from.origin)
    throw registryFailure('CredentialsRefused', `${from.host} sends to ${next.host} for its tags`)
  return next
}
