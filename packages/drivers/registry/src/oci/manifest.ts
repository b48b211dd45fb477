import { isDigest } from '../http/digest.ts'
import { registryFailure } from '../http/registry-failure.ts'
import { parseJson } from './token-source.ts'

/** What a manifest says of a blob. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations: Readonly<Record<string, string>>
}

/** An image manifest. */
export interface Manifest {
  readonly mediaType: string
  /** The digest of the manifest's own bytes. */
  readonly digest: string
  /** The digest of what was asked for: this manifest, or the index that led to it. */
  readonly root: string
  readonly artifactType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
}

/** The media types of manifests that are understood. */
export const manifestTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

const maxLayers = 256

/** Reads an image manifest; one that is an index too, or of another media type than was served, is refused. */
export function readManifest(
  bytes: Uint8Array,
  served: { readonly mediaType: string; readonly digest: string; readonly root: string },
): Manifest {
  const value = parseJson(bytes)
  if (!isMap(value)) throw malformed('it is no JSON map')
  const { mediaType = served.mediaType, layers, config } = value
  if (mediaType !== served.mediaType || !manifestTypes.includes(served.mediaType))
    throw malformed('its media type is not that of an image manifest, or differs from the one served')
  if (Object.hasOwn(value, 'manifests')) throw malformed('it is an image manifest and an index at once')
  if (value['schemaVersion'] !== 2) throw malformed('its schemaVersion is not 2')
  if (!Array.isArray(layers) || layers.length > maxLayers) throw malformed('its layers are no list, or too many')
  const artifactType = value['artifactType']
  return {
    mediaType: served.mediaType,
    digest: served.digest,
    root: served.root,
    artifactType: typeof artifactType === 'string' ? artifactType : '',
    config: readDescriptor(config),
    layers: layers.map(readDescriptor),
    annotations: textsOf(value['annotations']),
  }
}

/** Reads what is said of a blob or manifest. Throws FailureError. */
export function readDescriptor(value: unknown): Descriptor {
  if (!isMap(value)) throw malformed('a descriptor is no map')
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest))
    throw malformed('a descriptor has no media type or no sha256 digest')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw malformed('a descriptor has no size')
  return { mediaType, digest, size, annotations: textsOf(value['annotations']) }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isMap(value)) return {}
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(why: string): Error {
  return registryFailure('ManifestMalformed', `the manifest cannot be used: ${why}`)
}
