import { createHash } from 'node:crypto'

import { FailureError, type Failure } from '@kedge/base'
import { readArtifact, type Place } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import { downloadFile } from '@kedge/registry'
import { unpackArchive } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import type { HeldFiles } from './held-files.ts'
import { withinTime, type SourceHost } from './source-host.ts'

/** The files of ExternalArtifacts, downloaded from where their status says. */
export interface ExternalFiles {
  fetch(object: KubeObject): Promise<ExternalAnswer>
  tree(place: Place, revision: string): FileTree | undefined
  archive(digest: string): Uint8Array | undefined
  forget(place: Place): void
}

export type ExternalAnswer =
  | { readonly kind: 'fetched'; readonly changed: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Bytes that an artifact may have, packed, and the time that its download may take. */
const maxBytes = 64 * 1024 * 1024
const timeoutMs = 60_000
/** Algorithms of digests that can be checked. */
const algorithms: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512'])

interface Held {
  readonly revision: string
  readonly digest: string
  /** Undefined for what is no archive. */
  readonly tree: FileTree | undefined
}

export function createExternalFiles(host: SourceHost, files: HeldFiles): ExternalFiles {
  const held = new Map<string, Held>()

  async function fetch(object: KubeObject): Promise<ExternalAnswer> {
    const artifact = readArtifact(object)
    if (artifact === undefined) return { kind: 'fetched', changed: false }
    const { revision, digest } = artifact
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
    const before = held.get(key)
    if (before?.revision === revision && before.digest === digest && files.has(digest))
      return { kind: 'fetched', changed: false }
    const options = { url: urlOf(object), limit: maxBytes, http: host.http, allowPlainHttp: true }
    const bytes = await withinTime(host, { timeoutMs, code: 'TimedOut' }, (signal) => downloadFile(options, signal))
    checkDigest(bytes, digest)
    files.put(digest, bytes)
    held.set(key, { revision, digest, tree: await treeOf(bytes) })
    return { kind: 'fetched', changed: true }
  }

  return {
    async fetch(object) {
      try {
        return await fetch(object)
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        const message = `failed to download artifact: ${error.failure.message}`
        return { kind: 'failed', failure: { ...error.failure, message } }
      }
    },
    tree({ namespace, name }, revision) {
      const found = held.get(`${namespace}/${name}`)
      return found?.revision === revision ? found.tree : undefined
    },
    archive: (digest) => files.get(digest),
    forget: ({ namespace, name }) => void held.delete(`${namespace}/${name}`),
  }
}

function urlOf(object: KubeObject): string {
  const status = object['status'] as { readonly artifact?: { readonly url?: unknown } } | undefined
  const url = status?.artifact?.url
  return typeof url === 'string' ? url : ''
}

function checkDigest(bytes: Uint8Array, digest: string): void {
  const [algorithm = '', wanted] = digest.split(':')
  if (!algorithms.has(algorithm))
    throw new FailureError({ code: 'DigestMismatch', message: `digests of ${algorithm} cannot be checked` })
  const found = createHash(algorithm).update(bytes).digest('hex')
  if (found !== wanted)
    throw new FailureError({
      code: 'DigestMismatch',
      message: `it has the digest ${algorithm}:${found} and not ${digest}`,
    })
}

async function treeOf(bytes: Uint8Array): Promise<FileTree | undefined> {
  try {
    return await unpackArchive(bytes)
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}
