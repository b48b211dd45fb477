import { isDigest } from '../http/digest.ts'
import { registryFailure } from '../http/registry-failure.ts'

/** An artifact in a registry: `oci://host/repository:tag@digest`, tag and digest empty where not given. */
export interface OciReference {
  readonly host: string
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const shape = new RegExp(
  `^oci://([A-Za-z0-9.-]+(?::\\d{1,5})?|\\[[0-9a-fA-F:]+\\](?::\\d{1,5})?)/(${component}(?:/${component})*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)

/** Reads `oci://…`. Throws FailureError when it is none. */
export function parseOciReference(text: string): OciReference {
  const match = text.length > 1024 ? null : shape.exec(text)
  if (match === null)
    throw registryFailure('AddressRefused', 'the address is no OCI reference', {
      fix: 'write it as oci://HOST/REPOSITORY[:TAG][@sha256:…]',
    })
  const [, host = '', repository = '', tag = '', digest = ''] = match
  return { host, repository, tag, digest }
}

/** Whether a text may stand in a path as tag or digest. */
export function isTagOrDigest(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text) || isDigest(text)
}

/** A chart version as a tag: `+` is not allowed there, `_` stands for it. */
export function tagOfVersion(version: string): string {
  return version.replaceAll('+', '_')
}

/** The version that a tag stands for. */
export function versionOfTag(tag: string): string {
  return tag.replaceAll('_', '+')
}
