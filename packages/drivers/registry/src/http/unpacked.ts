import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { HttpResponse } from './http-port.ts'
import { registryFailure, shownUrl } from './registry-failure.ts'

/** What an answer is as it was packed up for the way, unpacked beside the event loop. Throws FailureError. */
export function unpacked(response: HttpResponse, url: URL): AsyncIterable<Uint8Array> {
  const encoding = (response.header('content-encoding') ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return response.body
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipped(response.body, url)
  throw registryFailure('ServerFailed', `${shownUrl(url)} is packed in a way that was not asked for`)
}

async function* gunzipped(body: AsyncIterable<Uint8Array>, url: URL): AsyncGenerator<Uint8Array> {
  // Large pieces are handed out seldom; whoever reads decides how many bytes are too many.
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  const whole = pipeline(
    body instanceof Readable ? body : Readable.from(body, { objectMode: false }),
    gunzip,
    () => undefined,
  )
  try {
    for await (const chunk of whole) yield chunk as Uint8Array
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true)
      throw registryFailure('ServerFailed', `${shownUrl(url)} sends what cannot be unpacked`, { cause: error })
    throw error
  } finally {
    gunzip.destroy()
  }
}
