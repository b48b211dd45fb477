import { ApiError, type ApiStatus } from '@kedge/manifest'

import { TransportError, type Answer } from './transport.ts'

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

const maxMessageLength = 4096

/** The ApiError of an answer outside 200 to 299. `what` says which request it was: `PATCH Deployment/web/api`. */
export function errorOfAnswer(answer: Answer, what: string): ApiError {
  const status = statusOf(answer, what)
  // A gateway's timeout says nothing of what the server behind it did; every other answer is the server's own.
  return new ApiError(status, { outcomeKnown: !isUnknownOutcome(answer) })
}

/** The ApiError of a Status object that came inside a stream. */
export function errorOfStatus(body: unknown, what: string): ApiError {
  const code = numberField(body, 'code') ?? 500
  return new ApiError(statusOf({ status: code, headers: {}, body }, what), { outcomeKnown: true })
}

/** The ApiError of a call that got no usable answer. */
export function errorOfTransport(cause: unknown, what: string): ApiError {
  const sent = !(cause instanceof TransportError) || cause.sent
  const text = cause instanceof Error ? cause.message : 'the request failed'
  const reason = cause instanceof TransportError && cause.kind === 'unreadable' ? 'Unreadable' : 'Unreachable'
  return new ApiError({ code: 0, reason, message: `${what}: ${text}` }, { outcomeKnown: !sent, cause })
}

/** The ApiError of a call that exceeded its time. */
export function errorOfTimeout(timeoutMs: number, what: string, sent: boolean): ApiError {
  const message = `${what}: no answer within ${timeoutMs} ms`
  return new ApiError({ code: 0, reason: 'Timeout', message }, { outcomeKnown: !sent })
}

function isUnknownOutcome(answer: Answer): boolean {
  if (answer.status === 502) return true
  // The API server marks its own 504 and 503 with a Status; a proxy's page carries none.
  if (answer.status === 504) return true
  return answer.status === 503 && textField(answer.body, 'kind') !== 'Status'
}

function statusOf(answer: Answer, what: string): ApiStatus {
  const details = field(answer.body, 'details')
  // The server's own text stays as it is: others quote it. It names the object; a proxy's does not.
  const text = textField(answer.body, 'message') ?? `${what}: ${plainText(answer)}`
  const retryAfterMs = retryAfterOf(answer)
  const causes = causesOf(details)
  return {
    code: answer.status,
    reason: reasonOf(answer, details),
    message: text.slice(0, maxMessageLength),
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function reasonOf(answer: Answer, details: unknown): string {
  // The router's 404 is a text, or a Status whose details name nothing: the resource is not served at all.
  if (answer.status === 404 && (textField(details, 'name') ?? '') === '') return 'NotServed'
  return textField(answer.body, 'reason') ?? reasons[answer.status] ?? 'Unknown'
}

function plainText(answer: Answer): string {
  const text = typeof answer.body === 'string' ? answer.body.trim() : ''
  return text === '' || text.startsWith('<') ? `the server answered ${answer.status}` : text.slice(0, 200)
}

function retryAfterOf(answer: Answer): number | undefined {
  const header = answer.headers['retry-after']
  const seconds =
    header === undefined ? numberField(field(answer.body, 'details'), 'retryAfterSeconds') : Number(header)
  return seconds === undefined || !Number.isFinite(seconds) || seconds < 0 ? undefined : seconds * 1000
}

function causesOf(details: unknown): ApiStatus['causes'] {
  const list = field(details, 'causes')
  if (!Array.isArray(list)) return undefined
  return list.slice(0, 100).map((cause: unknown) => {
    const reason = textField(cause, 'reason')
    const message = textField(cause, 'message')
    const path = textField(cause, 'field')
    return {
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(path === undefined ? {} : { field: path }),
    }
  })
}

/** A field of a decoded JSON value; undefined where the value is no object or lacks it. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Object.getOwnPropertyDescriptor(value, name)?.value
}

/** A field that must be text. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}

/** A field that must be a number. */
function numberField(value: unknown, name: string): number | undefined {
  const found = field(value, name)
  return typeof found === 'number' ? found : undefined
}
