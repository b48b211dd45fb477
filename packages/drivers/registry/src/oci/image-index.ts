import { registryFailure } from '../http/registry-failure.ts'
import { manifestTypes, readDescriptor, type Descriptor } from './manifest.ts'
import { parseJson } from './token-source.ts'

/** A manifest that an index lists. */
export interface IndexedManifest extends Descriptor {
  /** `linux/amd64`; that too where the index says nothing, as in go-containerregistry. */
  readonly platform: string
}

/** The media types of indexes that are understood. */
export const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]

const maxListed = 1000

/** Reads an index; one that is an image manifest too, or of another media type than was served, is refused. */
export function readImageIndex(bytes: Uint8Array, served: string): readonly IndexedManifest[] {
  const value = parseJson(bytes)
  if (!isMap(value)) throw malformed('it is no JSON map')
  const { mediaType = served, manifests } = value
  if (mediaType !== served) throw malformed('its media type differs from the one served')
  if (Object.hasOwn(value, 'layers') || Object.hasOwn(value, 'config'))
    throw malformed('it is an index and an image manifest at once')
  if (value['schemaVersion'] !== 2) throw malformed('its schemaVersion is not 2')
  if (!Array.isArray(manifests) || manifests.length > maxListed)
    throw malformed('its manifests are no list, or too many')
  return manifests.map((one: unknown) => ({ ...readDescriptor(one), platform: platformOf(one) }))
}

/** The manifest that go-containerregistry, and so Flux, takes of an index: the first for linux/amd64. Throws FailureError. */
export function forDefaultPlatform(listed: readonly IndexedManifest[], what: string): IndexedManifest {
  const found = listed.find(({ platform }) => platform === defaultPlatform)
  if (found !== undefined) return found
  throw registryFailure('ManifestMalformed', `no child with platform ${defaultPlatform} in index ${what}`)
}

/** Those that helm looks for a chart in: all image manifests, whatever their platform. */
export function imagesOf(listed: readonly IndexedManifest[]): readonly IndexedManifest[] {
  return listed.filter(({ mediaType }) => manifestTypes.includes(mediaType))
}

const defaultPlatform = 'linux/amd64'

function platformOf(value: unknown): string {
  const platform = isMap(value) ? value['platform'] : undefined
  if (!isMap(platform)) return defaultPlatform
  const { os, architecture } = platform
  return typeof os === 'string' && typeof architecture === 'string' ? `${os}/${architecture}` : ''
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(why: string): Error {
  return registryFailure('ManifestMalformed', `the index cannot be used: ${why}`)
}
