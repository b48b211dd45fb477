import { hash } from 'node:crypto'

import { FailureError } from '@kedge/base'
import { createChartRepository, type ChartRepository, type FetchedIndex, type HttpPort } from '@kedge/registry'

import type { HelmAccess } from './helm-access.ts'
import type { SourceHost } from './source-host.ts'

/** Indexes of Helm repositories, each fetched once for all who reach it in the same way. */
export interface ChartIndexes {
  /** The index as the server has it now; one that has not changed is not sent again. Throws FailureError. */
  refresh(access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex>
  /** The index that was fetched last, fetched now if it is not held. What failed a moment ago fails again at once. */
  index(access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex>
  /** The bytes of a held index. */
  bytes(digest: string): Uint8Array | undefined
}

/** Bytes of indexes held at once; one that is larger alone is held alone. */
const defaultMaxBytes = 256 * 1024 * 1024
/** How long a failed fetch speaks for the next ones, and how many such are known. */
const failureMs = 30_000
const maxFailures = 1_000
/** Bytes that an index and a chart may have, as in Flux. */
const maxIndexSize = 50 * 1024 * 1024
const maxChartSize = 10 * 1024 * 1024

export function createChartIndexes(
  host: Pick<SourceHost, 'http' | 'clock'>,
  maxBytes: number = defaultMaxBytes,
): ChartIndexes {
  return new HeldIndexes(host, maxBytes)
}

/** A repository over HTTP, with Flux's limits. */
export function openRepository(http: HttpPort, access: HelmAccess): ChartRepository {
  const { url, passCredentials, credentials, tls } = access
  return createChartRepository({
    url,
    http,
    passCredentials,
    maxIndexSize,
    maxChartSize,
    // Who writes http:// into the address has decided it.
    allowPlainHttp: url.startsWith('http://'),
    ...(credentials === undefined ? {} : { credentials }),
    ...(tls === undefined ? {} : { tls }),
  })
}

class HeldIndexes implements ChartIndexes {
  readonly #host: Pick<SourceHost, 'http' | 'clock'>
  readonly #maxBytes: number
  readonly #held = new Map<string, FetchedIndex>()
  readonly #fetching = new Map<string, Promise<FetchedIndex>>()
  readonly #failed = new Map<string, { readonly error: FailureError; readonly untilMs: number }>()

  constructor(host: Pick<SourceHost, 'http' | 'clock'>, maxBytes: number) {
    this.#host = host
    this.#maxBytes = maxBytes
  }

  async refresh(access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex> {
    const key = hash('sha256', JSON.stringify(access))
    const running = this.#fetching.get(key)
    if (running !== undefined) return this.#join(running, access, signal)
    const fetching = this.#fetch(key, access, signal)
    this.#fetching.set(key, fetching)
    try {
      const fetched = await fetching
      this.#failed.delete(key)
      return fetched
    } catch (error) {
      if (error instanceof FailureError) this.#noteFailure(key, error)
      throw error
    } finally {
      this.#fetching.delete(key)
    }
  }

  async index(access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex> {
    const key = hash('sha256', JSON.stringify(access))
    const held = this.#held.get(key)
    if (held !== undefined) return held
    // Hundreds of charts of one dead server must not wait for it one after the other.
    const failed = this.#failed.get(key)
    if (failed !== undefined && this.#host.clock.now() < failed.untilMs) throw failed.error
    return this.refresh(access, signal)
  }

  #noteFailure(key: string, error: FailureError): void {
    this.#failed.delete(key)
    this.#failed.set(key, { error, untilMs: this.#host.clock.now() + failureMs })
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > maxFailures && oldest !== undefined) this.#failed.delete(oldest)
  }

  bytes(digest: string): Uint8Array | undefined {
    return [...this.#held.values()].find((one) => one.digest === digest)?.bytes
  }

  /** Who began a fetch may have less time than we do: then we begin our own. */
  async #join(running: Promise<FetchedIndex>, access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex> {
    try {
      return await running
    } catch (error) {
      const isTheirs = error instanceof FailureError && error.failure.code === 'TimedOut'
      if (!isTheirs || signal.aborted) throw error
      return this.refresh(access, signal)
    }
  }

  async #fetch(key: string, access: HelmAccess, signal: AbortSignal): Promise<FetchedIndex> {
    const held = this.#held.get(key)
    const repository = openRepository(this.#host.http, access)
    const fetched = await repository.fetchIndex(signal, held?.etag === '' ? undefined : held?.etag)
    const isSame = fetched === undefined || fetched.digest === held?.digest
    // The same bytes again need not be held twice, but the server may name them anew.
    const index = isSame && held !== undefined ? { ...held, etag: fetched?.etag ?? held.etag } : fetched
    if (index === undefined) throw new FailureError({ code: 'ServerFailed', message: 'the server sent no index' })
    this.#hold(key, index)
    return index
  }

  #hold(key: string, index: FetchedIndex): void {
    this.#held.delete(key)
    this.#held.set(key, index)
    let total = [...this.#held.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
    for (const [oldest, { bytes }] of this.#held) {
      if (total <= this.#maxBytes || oldest === key) return
      this.#held.delete(oldest)
      total -= bytes.length
    }
  }
}
