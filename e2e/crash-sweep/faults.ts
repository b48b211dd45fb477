import { TransportError, type LocalApi, type LocalApiCall } from '@kedge/cluster'

/** An answer of the API, or none. */
export type Perform = () => ReturnType<LocalApi['request']>

/** What goes wrong with a call: does the call itself, twice or not at all, and answers. */
export interface Fault {
  readonly name: string
  strike(call: LocalApiCall, perform: Perform): ReturnType<LocalApi['request']>
}

function refusal(code: number, reason: string, message: string, details: Record<string, unknown> = {}): Fault {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }
  return { name: `${code} ${reason}`, strike: () => Promise.resolve({ status: code, body }) }
}

/** F3: the server refuses. Nothing has happened. */
const refusals: readonly Fault[] = [
  refusal(400, 'BadRequest', 'the request could not be read'),
  refusal(401, 'Unauthorized', 'Unauthorized'),
  refusal(403, 'Forbidden', 'forbidden: the permission was revoked'),
  { name: '404 page', strike: () => Promise.resolve({ status: 404, body: '404 page not found' }) },
  refusal(409, 'Conflict', 'the object has been modified'),
  refusal(409, 'AlreadyExists', 'the object exists already'),
  refusal(410, 'Expired', 'the resourceVersion is too old'),
  refusal(413, 'RequestEntityTooLarge', 'the request is too large'),
  refusal(415, 'UnsupportedMediaType', 'the media type is not supported'),
  refusal(422, 'Invalid', 'spec: Invalid value: field is immutable'),
  refusal(429, 'TooManyRequests', 'try again later', { retryAfterSeconds: 1 }),
  refusal(500, 'InternalError', 'etcd is not well'),
  { name: '502 page', strike: () => Promise.resolve({ status: 502, body: '<html>bad gateway</html>' }) },
  refusal(503, 'ServiceUnavailable', 'the server is starting'),
  refusal(504, 'Timeout', 'the request did not end in time'),
]

function never(): Promise<never> {
  return new Promise(() => {})
}

/** F4: nobody can tell whether it has happened. */
const unknowns: readonly Fault[] = [
  {
    name: 'timeout, carried out',
    strike: async (_call, perform) => {
      await perform()
      return never()
    },
  },
  { name: 'timeout, not carried out', strike: never },
  {
    name: 'connection reset in the answer',
    strike: async (_call, perform) => {
      await perform()
      throw new TransportError('broken', 'the connection was reset', { sent: true })
    },
  },
  {
    name: 'truncated answer',
    strike: async (_call, perform) => {
      await perform()
      throw new TransportError('unreadable', 'the answer ends in the middle', { sent: true })
    },
  },
  {
    name: 'garbage for an answer',
    strike: async (_call, perform) => {
      await perform()
      return { status: 200, body: '<html>sign in</html>' }
    },
  },
  {
    name: 'delivered twice',
    strike: async (_call, perform) => {
      await perform()
      return perform()
    },
  },
]

/** Every error of F3 and F4 in the fault catalogue. */
export const faults: readonly Fault[] = [...refusals, ...unknowns]
