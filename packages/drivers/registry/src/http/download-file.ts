import { follow, readAll } from './follow.ts'
import type { Connection } from './http-port.ts'
import { registryFailure } from './registry-failure.ts'

/** A file at an address. `limit` is the bytes that it may have. */
export interface DownloadOptions extends Connection {
  readonly url: string
  readonly limit: number
}

/** The bytes of a file, fetched without credentials. Throws FailureError. */
export async function downloadFile(
  { url, limit, ...connection }: DownloadOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!URL.canParse(url)) throw registryFailure('AddressRefused', 'the address of the file is no URL')
  const parsed = new URL(url)
  return readAll(await follow({ url: parsed, signal }, connection), { url: parsed, limit })
}
