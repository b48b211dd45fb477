import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import type { Gunzip } from '../chart/read-archive.ts'
import { decodeRelease } from './decode-release.ts'
import { encodeRelease } from './encode-release.ts'
import { printGoJson } from './go-json.ts'
import type { StoredRelease } from './stored-release.ts'

/** What the host lends to pack and unpack records. */
export interface RecordHost {
  readonly gunzip: Gunzip
  readonly gzip: (bytes: Uint8Array) => Uint8Array
  readonly encodeBase64: (bytes: Uint8Array) => string
  /** Throws on what is no base64. */
  readonly decodeBase64: (text: string) => Uint8Array
}

/** The type of the Secrets that hold releases. */
export const recordType = 'helm.sh/release.v1'
/** Bytes that one unpacked record may have. */
const maxRecordSize = 100 * 1024 * 1024
/** Bytes that a Secret may hold; the API server refuses more. */
const maxSecretSize = 1024 * 1024

const systemLabels: ReadonlySet<string> = new Set(['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'])

/** The name of the Secret that holds one revision. */
export function recordName(release: string, version: number): string {
  return `sh.helm.release.v1.${release}.v${version}`
}

/** The label selector of all revisions of one release, or of all releases. */
export function recordSelector(release?: string): string {
  return release === undefined ? 'owner=helm' : `name=${release},owner=helm`
}

/** When a record is written: `createdAt` for a new one, `modifiedAt` for a changed one, in whole seconds since the epoch. */
export interface RecordTime {
  readonly kind: 'createdAt' | 'modifiedAt'
  readonly seconds: number
}

/** The Secret that Helm would write for a release. Throws FailureError when it is too large to be stored. */
export function encodeRecord(release: StoredRelease, time: RecordTime, host: RecordHost): KubeObject {
  const json = new TextEncoder().encode(printGoJson(encodeRelease(release)))
  const content = new TextEncoder().encode(host.encodeBase64(host.gzip(json)))
  const name = recordName(release.name, release.version)
  if (content.length > maxSecretSize)
    throw new FailureError({
      code: 'ReleaseTooLarge',
      message: `the release takes ${content.length} bytes and a Secret holds ${maxSecretSize}`,
      object: `Secret/${release.namespace}/${name}`,
      fix: 'leave large files out of the chart with .helmignore',
    })
  const labels = {
    ...release.labels,
    [time.kind]: String(time.seconds),
    name: release.name,
    owner: 'helm',
    status: release.info.status,
    version: String(release.version),
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: release.namespace, labels },
    type: recordType,
    data: { release: host.encodeBase64(content) },
  }
}

/** The release in a Secret, with the user's labels. Throws FailureError on anything that Helm could not read. */
export function decodeRecord(secret: KubeObject, host: RecordHost): StoredRelease {
  const { namespace = '', name = '', labels = {} } = secret.metadata
  try {
    const data = secret['data'] as { readonly release?: unknown } | undefined
    const own = Object.entries(labels).filter(([key]) => !systemLabels.has(key))
    return decodeRelease(unpack(data?.release, host), Object.fromEntries(own))
  } catch (error) {
    const message = error instanceof FailureError ? error.failure.message : 'its content cannot be unpacked'
    throw new FailureError(
      { code: 'ReleaseMalformed', message, object: `Secret/${namespace}/${name}` },
      { cause: error },
    )
  }
}

function unpack(content: unknown, host: RecordHost): unknown {
  if (typeof content !== 'string') throw malformed('the Secret has no key "release"')
  const text = new TextDecoder().decode(host.decodeBase64(content))
  const bytes = host.decodeBase64(text)
  // Before Helm compressed them, records were plain JSON.
  const isPacked = bytes.length > 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08
  const json = new TextDecoder().decode(isPacked ? host.gunzip(bytes, maxRecordSize) : bytes)
  try {
    return JSON.parse(json)
  } catch (error) {
    throw malformed('its content is no JSON', error)
  }
}

function malformed(message: string, cause?: unknown): FailureError {
  return new FailureError({ code: 'ReleaseMalformed', message }, cause === undefined ? undefined : { cause })
}
