import { createHash } from 'node:crypto'

import { FailureError, type Failure } from '@kedge/base'
import { readArtifact, type Place } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import { downloadFile } from '@kedge/registry'
import { packArtifact, unpackArchive } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import type { HeldFiles } from './held-files.ts'
import { noFiles } from './oci-artifacts.ts'
import { withinTime, type SourceHost } from './source-host.ts'

/** The files of ExternalArtifacts, downloaded from where their status says. */
export interface ExternalFiles {
  /** Brings the files of an object's artifact; nothing is downloaded that was made here, or is to be (`isOwn`). */
  fetch(object: KubeObject, options?: { readonly isOwn: boolean }): Promise<ExternalAnswer>
  /** Takes in the files of an artifact that this process has made. They are used when the object's status names them. */
  adopt(place: Place, made: MadeFiles): void
  tree(place: Place, revision: string): FileTree | undefined
  /** Why an artifact cannot be had, or has no files; undefined when it has, or was not looked at yet. */
  problem(place: Place, revision: string): Failure | undefined
  archive(digest: string): Promise<Uint8Array | undefined>
  forget(place: Place): void
}

/** The files of an artifact that was made and not downloaded. */
export interface MadeFiles {
  readonly revision: string
  readonly digest: string
  readonly tree: FileTree
}

export type ExternalAnswer =
  | { readonly kind: 'fetched'; readonly changed: boolean }
  /** `isNew` when it did not fail like this before. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly isNew: boolean }

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

/** The last download that failed. */
interface Failed {
  readonly revision: string
  readonly failure: Failure
}

export function createExternalFiles(host: SourceHost, files: HeldFiles): ExternalFiles {
  const held = new Map<string, Held>()
  const failed = new Map<string, Failed>()
  const made = new Map<string, MadeFiles>()

  async function fetch(object: KubeObject, isOwn: boolean): Promise<ExternalAnswer> {
    const artifact = readArtifact(object)
    if (artifact === undefined) return { kind: 'fetched', changed: false }
    const { revision, digest } = artifact
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
    const before = held.get(key)
    const own = made.get(key)
    if (own?.revision === revision && own.digest === digest) {
      held.set(key, own)
      return { kind: 'fetched', changed: before !== own }
    }
    // Its maker will bring it, and nobody else can.
    if (isOwn) return { kind: 'fetched', changed: false }
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
    adopt({ namespace, name }, files) {
      const key = `${namespace}/${name}`
      const before = made.get(key)
      if (before?.revision !== files.revision || before.digest !== files.digest) made.set(key, files)
    },
    async fetch(object, { isOwn } = { isOwn: false }) {
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`
      try {
        const answer = await fetch(object, isOwn)
        failed.delete(key)
        return answer
      } catch (error) {
        if (!(error instanceof FailureError)) throw error
        const failure = { ...error.failure, message: `failed to download artifact: ${error.failure.message}` }
        const isNew = failed.get(key)?.failure.message !== failure.message
        failed.set(key, { revision: readArtifact(object)?.revision ?? '', failure })
        return { kind: 'failed', failure, isNew }
      }
    },
    tree({ namespace, name }, revision) {
      const found = held.get(`${namespace}/${name}`)
      return found?.revision === revision ? found.tree : undefined
    },
    problem({ namespace, name }, revision) {
      const key = `${namespace}/${name}`
      const last = failed.get(key)
      if (last?.revision === revision) return last.failure
      const found = held.get(key)
      const isOpaque = found?.revision === revision && found.tree === undefined
      return isOpaque ? noFiles(`ExternalArtifact '${key}'`) : undefined
    },
    archive: async (digest) => files.get(digest) ?? packMade(digest, { made: made.values(), files }),
    forget({ namespace, name }) {
      held.delete(`${namespace}/${name}`)
      made.delete(`${namespace}/${name}`)
      failed.delete(`${namespace}/${name}`)
    },
  }
}

/** What was made is packed when somebody wants its archive. */
async function packMade(
  digest: string,
  { made, files }: { readonly made: Iterable<MadeFiles>; readonly files: HeldFiles },
): Promise<Uint8Array | undefined> {
  const own = [...made].find((one) => one.digest === digest)
  if (own === undefined) return undefined
  const { bytes } = await packArtifact(own.tree)
  files.put(digest, bytes)
  return bytes
}

/** Where an artifact is, as the status of its source says; empty when it does not. */
export function urlOf(object: KubeObject): string {
  const status = object['status'] as { readonly artifact?: { readonly url?: unknown } } | undefined
  const url = status?.artifact?.url
  return typeof url === 'string' ? url : ''
}

/** Throws a FailureError `DigestMismatch` when bytes are not those that the digest of an artifact names. */
export function checkDigest(bytes: Uint8Array, digest: string): void {
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
