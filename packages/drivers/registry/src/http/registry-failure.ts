import { FailureError } from '@kedge/base'

/** What can go wrong with a repository; stable. */
export type RegistryCode =
  | 'AddressRefused'
  | 'ChartNotFound'
  | 'CredentialsRefused'
  | 'DigestMismatch'
  | 'IdentityMissing'
  | 'IndexMalformed'
  | 'ManifestMalformed'
  | 'PlainHttpRefused'
  | 'ServerFailed'
  | 'TooLarge'
  | 'Unauthorized'
  | 'VersionNotFound'

/** A failure of a repository or registry; the message never holds credentials or a query. */
export function registryFailure(code: RegistryCode, message: string, more: FailureDetail = {}): FailureError {
  const { fix, cause } = more
  return new FailureError(
    { code, message, ...(fix === undefined ? {} : { fix }) },
    cause === undefined ? undefined : { cause },
  )
}

/** What to do about a failure, and what it came from. */
export interface FailureDetail {
  readonly fix?: string
  readonly cause?: unknown
}

/** An address as messages may show it: neither user nor query. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}
