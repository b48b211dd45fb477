import { createHash, type Hash } from 'node:crypto'
import { authorizationOf, type Credentials } from '../http/credentials.ts'
import { sha256Digest, verifyDigest } from '../http/digest.ts'
import { expectOk, follow, readAll, type Ask } from '../http/follow.ts'
import type { Connection, HttpResponse } from '../http/http-port.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { unpacked } from '../http/unpacked.ts'
import { readChartIndex, readIndexBytes, type ChartIndex } from './chart-index.ts'
import type { ChartVersion } from './chart-version.ts'

/** A Helm repository over HTTP. */
export interface RepositoryOptions extends Connection {
  readonly url: string
  readonly credentials?: Credentials
  /** Sends the credentials also to other hosts that the index names for charts; redirects never carry them on. */
  readonly passCredentials?: boolean
  readonly maxIndexSize?: number
  readonly maxChartSize?: number
}

/** A packed chart and its digest, `sha256:…`. */
export interface PackedChart {
  readonly bytes: Uint8Array
  readonly digest: string
}

/** An index as it was fetched. */
export interface FetchedIndex {
  readonly index: ChartIndex
  /** As the server sent it; not to be changed. */
  readonly bytes: Uint8Array
  /** `sha256:…` of the bytes. */
  readonly digest: string
  /** What names this state of the index to the server; empty when it does not say. */
  readonly etag: string
}

/** Reads a Helm repository. */
export interface ChartRepository {
  index(signal: AbortSignal): Promise<ChartIndex>
  /** The index with its bytes; undefined when it is still the one with the ETag. */
  fetchIndex(signal: AbortSignal, etag?: string): Promise<FetchedIndex | undefined>
  /** The archive of a version, checked against the index's digest where there is one. */
  chart(version: ChartVersion, signal: AbortSignal): Promise<PackedChart>
  /** The provenance file of a version; undefined without one. */
  provenance(version: ChartVersion, signal: AbortSignal): Promise<Uint8Array | undefined>
}

/** Bytes that a packed chart may have. */
export const maxChartSize: number = 64 * 1024 * 1024
const maxProvenanceSize = 1024 * 1024

/** A repository at an http or https address. Throws FailureError when it is no address. */
export function createChartRepository(options: RepositoryOptions): ChartRepository {
  const base = baseUrl(options.url)
  const authorization = authorizationOf(options.credentials)
  const get = (url: URL, signal: AbortSignal, asked: Pick<Ask, 'unlessMatches' | 'acceptsGzip'> = {}) => {
    const isOwn = url.origin === base.origin
    // A client certificate is for the repository's own origin too.
    const connection = isOwn ? options : withoutCertificate(options)
    const isKnown = isOwn || options.passCredentials === true
    return follow({ ...asked, url, signal, authorization: isKnown ? authorization : undefined }, connection)
  }
  const limit = options.maxIndexSize === undefined ? {} : { limit: options.maxIndexSize }
  return {
    index: async (signal) => {
      const url = resolveUrl(base, 'index.yaml')
      const response = await get(url, signal, { acceptsGzip: true })
      await expectOk(response, url)
      return readChartIndex(unpacked(response, url), { ...limit, expected: expectedSize(response) })
    },
    fetchIndex: async (signal, etag) => {
      const url = resolveUrl(base, 'index.yaml')
      const unlessMatches = etag === '' ? undefined : etag
      const response = await get(url, signal, { acceptsGzip: true, unlessMatches })
      if (response.status === 304 && etag !== undefined) {
        await response.drop()
        return undefined
      }
      await expectOk(response, url)
      const hash = createHash('sha256')
      const { index, bytes } = await readIndexBytes(hashed(unpacked(response, url), hash), {
        ...limit,
        expected: expectedSize(response),
      })
      return { index, bytes, digest: `sha256:${hash.digest('hex')}`, etag: response.header('etag') ?? '' }
    },
    chart: async (version, signal) => {
      const url = resolveUrl(base, version.urls[0] ?? '')
      const bytes = await readAll(await get(url, signal), { url, limit: options.maxChartSize ?? maxChartSize })
      if (version.digest !== '') verifyDigest(bytes, version.digest, `chart ${version.name} ${version.version}`)
      return { bytes, digest: sha256Digest(bytes) }
    },
    provenance: async (version, signal) => {
      const url = resolveUrl(base, version.urls[0] ?? '')
      url.pathname += '.prov'
      const response = await get(url, signal)
      if (response.status !== 404) return readAll(response, { url, limit: maxProvenanceSize })
      await response.drop()
      return undefined
    },
  }
}

/** Bytes that an answer says it has; 0 when it does not, or has more of them than are sent. */
function expectedSize(response: HttpResponse): number {
  const size = Number(response.header('content-length') ?? 0)
  return response.header('content-encoding') === undefined && Number.isSafeInteger(size) && size > 0 ? size : 0
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
}

function withoutCertificate(connection: Connection): Connection {
  const { tls, ...rest } = connection
  return tls?.ca === undefined ? rest : { ...rest, tls: { ca: tls.ca } }
}

function baseUrl(text: string): URL {
  if (!URL.canParse(text)) throw registryFailure('AddressRefused', 'the address of the repository is no URL')
  const url = new URL(text)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** An address of the index, relative to the repository, whose query it takes over. Throws FailureError. */
function resolveUrl(base: URL, reference: string): URL {
  if (!URL.canParse(reference, base.href))
    throw registryFailure('IndexMalformed', 'the index has a chart whose address is no URL')
  const url = new URL(reference, base)
  if (!/^[a-z][a-z0-9+.-]*:/i.test(reference)) url.search = base.search
  return url
}
