import { gunzipSync, gzipSync } from 'node:zlib'
import { FailureError } from '@kedge/base'
import { byRevision, decodeRecord, recordName, recordSelector, type RecordHost, type StoredRelease } from '@kedge/helm'
import { ApiError, type KubeObject } from '@kedge/manifest'
import type { Io } from '../io.ts'
import type { ServedResource } from '../kube/discovery.ts'
import type { Kube } from '../kube/kube.ts'
import { openHelmCluster } from './cluster.ts'
import { helmFailure } from './command.ts'
import type { Flags } from './parse-flags.ts'

/** A release together with all labels of its Secret. */
export interface LabelledRelease {
  readonly release: StoredRelease
  readonly labels: Readonly<Record<string, string>>
}

/** The releases that a cluster holds. */
export interface ReleaseStore extends AsyncDisposable {
  /** All revisions of all releases; those that cannot be read are passed over, as helm passes them over. */
  all(): Promise<readonly LabelledRelease[]>
  /** The revisions of one release, oldest first. Throws FailureError when there is none. */
  history(name: string): Promise<readonly LabelledRelease[]>
  /** One revision; 0 is the newest. Throws FailureError when there is none. */
  revision(name: string, version: number): Promise<LabelledRelease>
}

const secrets: ServedResource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['get', 'list'],
}

/** How records are packed on Node. */
export const recordHost: RecordHost = {
  gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  encodeBase64: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  decodeBase64: (text) => Buffer.from(text, 'base64'),
}

/** The releases of the cluster and namespace that the flags name; every namespace when `everywhere`. */
export async function openReleaseStore(
  flags: Flags,
  io: Io,
  { everywhere = false }: { readonly everywhere?: boolean } = {},
): Promise<ReleaseStore> {
  const driver = io.env['HELM_DRIVER'] ?? ''
  if (driver !== '' && driver !== 'secret' && driver !== 'secrets')
    throw helmFailure(`HELM_DRIVER=${driver}: only releases in Secrets are read; unset it`)
  const kube = await openHelmCluster(flags, io)
  const namespace = everywhere ? '' : flags.text('namespace') || kube.namespace
  return createStore(kube, namespace)
}

function createStore(kube: Kube, namespace: string): ReleaseStore {
  const query = async (name?: string): Promise<readonly LabelledRelease[]> =>
    readable((await kube.list(secrets, { namespace, labelSelector: recordSelector(name) })).items)
  const history = async (name: string): Promise<readonly LabelledRelease[]> => {
    const found = await query(name)
    if (found.length === 0) throw notFound()
    const order = byRevision(found.map(({ release }) => release))
    return order.flatMap((release) => found.filter((one) => one.release === release))
  }
  return {
    all: () => query(),
    history,
    revision: async (name, version) => {
      if (!isReleaseName(name)) throw helmFailure(`releaseContent: Release name is invalid: ${name}`)
      if (version > 0) return readOne(kube, { namespace, name: recordName(name, version) })
      const newest = (await history(name)).at(-1)
      if (newest === undefined) throw notFound()
      return newest
    },
    [Symbol.asyncDispose]: () => kube[Symbol.asyncDispose](),
  }
}

async function readOne(
  kube: Kube,
  at: { readonly namespace: string; readonly name: string },
): Promise<LabelledRelease> {
  try {
    const release = decodeRecord(await kube.get(secrets, at), recordHost)
    // Asked for by revision, helm leaves its own labels out.
    return { release, labels: release.labels }
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 404) throw notFound()
    throw error
  }
}

function readable(items: readonly KubeObject[]): readonly LabelledRelease[] {
  return items.flatMap((secret) => {
    try {
      return [{ release: decodeRecord(secret, recordHost), labels: secret.metadata.labels ?? {} }]
    } catch (error) {
      if (error instanceof FailureError) return []
      throw error
    }
  })
}

function notFound(): FailureError {
  return helmFailure('release: not found')
}

/** Whether a release may have this name. */
export function isReleaseName(name: string): boolean {
  return name.length <= 53 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
}

/** `name-version` of a release's chart, as helm prints it. */
export function chartLabel({ chart }: StoredRelease): string {
  if (chart?.metadata === undefined) return 'MISSING'
  return `${textField(chart.metadata, 'name')}-${textField(chart.metadata, 'version')}`
}

/** The application version of a release's chart, as helm prints it. */
export function appVersionOf({ chart }: StoredRelease): string {
  return chart?.metadata === undefined ? 'MISSING' : textField(chart.metadata, 'appVersion')
}

/** A text field of stored metadata; empty when it is missing. */
export function textField(metadata: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = metadata?.[name]
  return typeof value === 'string' ? value : ''
}
