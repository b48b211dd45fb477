import type { IncomingHttpHeaders } from 'node:http'

import type { Dispatcher } from 'undici'

import { classify } from './broken-call.ts'
import { TransportError } from './transport.ts'

/** A whole answer as it came. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * Sends one request and gathers the whole answer. Unlike undici's own `request` it makes no stream of it, which costs
 * more than all the rest of a small call. Rejects with TransportError, also when `signal` ends it.
 */
export function receive(
  dispatcher: Dispatcher,
  how: {
    readonly request: Dispatcher.DispatchOptions
    /** Bytes; a longer answer is given up. */
    readonly limit: number
    readonly signal: AbortSignal | undefined
  },
): Promise<Received> {
  const { request, limit, signal } = how
  if (signal?.aborted === true) return Promise.reject(givenUp(signal))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let status = 0
    let headers: Readonly<Record<string, string>> = {}
    let controller: Dispatcher.DispatchController | undefined
    const onAbort = (): void => fail(givenUp(signal))
    const fail = (error: TransportError): void => {
      signal?.removeEventListener('abort', onAbort)
      reject(error)
      controller?.abort(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        if (signal?.aborted === true) started.abort(givenUp(signal))
      },
      onResponseStart(_controller, code, fields) {
        status = code
        headers = flatHeaders(fields)
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > limit) fail(new TransportError('too-large', `the answer exceeds ${limit} bytes`, { sent: true }))
        else chunks.push(chunk)
      },
      onResponseEnd() {
        signal?.removeEventListener('abort', onAbort)
        const [only] = chunks
        const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
        resolve({ status, headers, text: bytes.toString('utf8') })
      },
      onResponseError(_controller, error) {
        fail(classify(error))
      },
    }
    try {
      dispatcher.dispatch(request, handler)
    } catch (error) {
      fail(classify(error))
    }
  })
}

function givenUp(signal: AbortSignal | undefined): TransportError {
  return new TransportError('aborted', 'the request was given up', { sent: true, cause: signal?.reason })
}

/** Headers by lower-case name, repeated ones joined. */
export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
