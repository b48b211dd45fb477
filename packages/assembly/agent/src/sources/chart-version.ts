import { FailureError } from '@kedge/base'

/** A version with build metadata in place of its own; as it is when there is none. Throws `MetadataPatchError`. */
export function versionWith(version: string, metadata: string): string {
  if (metadata === '') return version
  const match =
    version.length > 256 ? null : /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+.*)?$/.exec(version)
  if (match === null) {
    const message = `failed to parse version from chart metadata as SemVer: ${JSON.stringify(version)}`
    throw new FailureError({ code: 'MetadataPatchError', message })
  }
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = match
  return `${major}.${minor}.${patch}${prerelease}+${metadata}`
}
