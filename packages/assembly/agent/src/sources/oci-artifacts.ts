import { FailureError, type Failure } from '@kedge/base'
import type { FluxAnswers, OciRepositorySpec, Place, StoredArtifact } from '@kedge/flux'
import { parseOciReference, sha256Digest } from '@kedge/registry'
import { packArtifact, selectContent, unpackArchive } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import type { HeldFiles } from './held-files.ts'
import { ociAccess } from './oci-access.ts'
import { pullLayer, resolveRef, type OciPull } from './oci-pull.ts'
import { createPublishedFiles, type PublishedFiles } from './published-files.ts'
import type { OpenRegistry } from './registries.ts'
import { withinTime, type SourceHost } from './source-host.ts'

/** The artifacts of OCIRepositories. */
export interface OciArtifacts {
  fetch(spec: OciRepositorySpec, place: Place): Promise<FluxAnswers['fetch-oci']>
  /** The files of an artifact, while they are held. */
  tree(place: Place, revision: string): FileTree | undefined
  /** Why an artifact has no files; undefined when it has, or is not held. */
  problem(place: Place, revision: string): Failure | undefined
  /** The artifact as an archive, while it is held. */
  archive(place: Place, digest: string): Promise<Uint8Array | undefined>
  forget(place: Place): void
}

interface Held {
  readonly artifact: StoredArtifact
  readonly latestUrl: string
  readonly metadata: Readonly<Record<string, string>>
  /** What decided, beside the revision, which bytes the artifact has. */
  readonly content: string
  /** Undefined for what was to be kept as it is and is no archive. */
  readonly tree: FileTree | undefined
}

export function createOciArtifacts(
  host: SourceHost,
  options: { readonly registries: OpenRegistry; readonly files: HeldFiles },
): OciArtifacts {
  return new PulledArtifacts(host, options)
}

class PulledArtifacts implements OciArtifacts {
  readonly #host: SourceHost
  readonly #registries: OpenRegistry
  readonly #files: HeldFiles
  readonly #published: PublishedFiles
  readonly #held = new Map<string, Held>()

  constructor(host: SourceHost, options: { readonly registries: OpenRegistry; readonly files: HeldFiles }) {
    this.#host = host
    this.#registries = options.registries
    this.#files = options.files
    this.#published = createPublishedFiles(host.artifacts, { folder: 'ocirepository', latest: 'latest.tar.gz' })
  }

  async fetch(spec: OciRepositorySpec, place: Place): Promise<FluxAnswers['fetch-oci']> {
    try {
      const limit = { timeoutMs: spec.timeoutMs, code: 'OCIArtifactPullFailed' }
      return await withinTime(this.#host, limit, (signal) => this.#fetch(spec, place, signal))
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      return { kind: 'failed', failure: ociFailure(error.failure) }
    }
  }

  tree(place: Place, revision: string): FileTree | undefined {
    const held = this.#held.get(keyOf(place))
    return held?.artifact.revision === revision ? held.tree : undefined
  }

  problem(place: Place, revision: string): Failure | undefined {
    const held = this.#held.get(keyOf(place))
    const isOpaque = held?.artifact.revision === revision && held.tree === undefined
    return isOpaque ? noFiles(`OCIRepository '${keyOf(place)}'`) : undefined
  }

  async archive(place: Place, digest: string): Promise<Uint8Array | undefined> {
    const held = this.#held.get(keyOf(place))
    return held?.artifact.digest === digest ? this.#bytes(held) : undefined
  }

  forget(place: Place): void {
    this.#held.delete(keyOf(place))
    this.#published.forget(keyOf(place))
  }

  async #fetch(spec: OciRepositorySpec, place: Place, signal: AbortSignal): Promise<FluxAnswers['fetch-oci']> {
    const { host, repository } = parseOciReference(spec.url)
    const access = await ociAccess(this.#host, { spec, namespace: place.namespace }, { host, repository })
    const pull: OciPull = { registry: this.#registries(access), repository, spec, signal }
    const resolved = await resolveRef(pull)
    const { operation, mediaType } = spec.layer
    const content = `${operation} ${mediaType} ${spec.ignore ?? ''}`
    const key = keyOf(place)
    const held = this.#held.get(key)
    const isSame = held?.artifact.revision === resolved.revision && held.content === content
    if (isSame && (await this.#bytes(held)) !== undefined) return { kind: 'fetched', ...answerOf(held), changed: false }
    const { bytes, metadata } = await pullLayer(pull, resolved.digest)
    const stored = { ...(await this.#store({ key, ...resolved }, { bytes, spec })), metadata, content }
    this.#held.set(key, stored)
    return { kind: 'fetched', ...answerOf(stored), changed: true }
  }

  async #store(
    named: { readonly key: string; readonly revision: string; readonly digest: string },
    { bytes, spec }: { readonly bytes: Uint8Array; readonly spec: OciRepositorySpec },
  ): Promise<Pick<Held, 'artifact' | 'latestUrl' | 'tree'>> {
    const isCopy = spec.layer.operation === 'copy'
    const tree = isCopy ? await treeIfArchive(bytes) : selectContent(await extract(bytes), ignoreOf(spec))
    const file = isCopy || tree === undefined ? { bytes, digest: sha256Digest(bytes) } : await packArtifact(tree)
    this.#files.put(file.digest, file.bytes)
    const published = this.#published.publish(named.key, {
      revision: named.revision,
      digest: file.digest,
      size: file.bytes.length,
      contentType: 'application/gzip',
      name: `${named.digest}.tar.gz`,
      read: () => this.#files.get(file.digest),
    })
    return { ...published, tree }
  }

  /** The artifact's file: an archive that was dropped is packed again, to the same bytes. */
  async #bytes({ artifact, content, tree }: Held): Promise<Uint8Array | undefined> {
    const bytes = this.#files.get(artifact.digest)
    if (bytes !== undefined || tree === undefined || content.startsWith('copy ')) return bytes
    const packed = await packArtifact(tree)
    this.#files.put(packed.digest, packed.bytes)
    return packed.bytes
  }
}

/** The failure of a user that wants files of what is none. */
export function noFiles(what: string): Failure {
  const message = `the artifact of ${what} is no archive of files`
  return { code: 'ArtifactInvalid', message, fix: 'use another source, or another layer' }
}

function answerOf({ artifact, latestUrl, metadata }: Held) {
  return { artifact, latestUrl, metadata }
}

function ignoreOf({ ignore }: OciRepositorySpec): { readonly ignore?: string } {
  return ignore === undefined ? {} : { ignore }
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`
}

async function extract(bytes: Uint8Array): Promise<FileTree> {
  try {
    return await unpackArchive(bytes)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const message = `failed to extract layer contents from artifact: ${error.failure.message}`
    throw new FailureError({ code: 'OCIArtifactLayerOperationFailed', message })
  }
}

async function treeIfArchive(bytes: Uint8Array): Promise<FileTree | undefined> {
  try {
    return await unpackArchive(bytes)
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

/** Failures that no step has named yet are those of reading the Secrets. */
function ociFailure(failure: Failure): Failure {
  switch (failure.code) {
    case 'CredentialsRefused':
    case 'Unauthorized':
      return { ...failure, code: 'AuthenticationFailed', message: `failed to get credential: ${failure.message}` }
    case 'AddressRefused':
      return { ...failure, code: 'URLInvalid', message: `URL validation failed: ${failure.message}` }
    default:
      return failure
  }
}
