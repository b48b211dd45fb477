import { ApiError } from '@kedge/manifest'

import type { ClusterPorts } from '../ports.ts'
import { errorOfAnswer, errorOfTimeout, errorOfTransport } from '../transport/api-answer.ts'
import { TransportError, type Answer, type Call, type Transport } from '../transport/transport.ts'
import type { Limiter } from './limiter.ts'
import type { RequestRecorder, Verb } from './metrics.ts'

/** Time and cancellation of one operation. */
export interface Deadline {
  /** For the whole operation with its retries. Default 30 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** One operation on the API, told to the requester. */
export interface Operation extends Deadline {
  readonly verb: Verb
  /** For metrics: `deployments.apps`. */
  readonly resource: string
  /** For people: `apply Deployment/web/api`. */
  readonly what: string
  readonly call: Omit<Call, 'signal'>
  /** Whether doing it twice is the same as doing it once; only then it is repeated after an unknown outcome. */
  readonly idempotent: boolean
  readonly dryRun?: boolean
}

/** Sends operations with bounds, deadlines, retries and counts. */
export interface Requester {
  /** The first 2xx answer. Throws ApiError for everything else. */
  send(operation: Operation): Promise<Answer>
}

/** What a requester is made of. */
export interface RequesterParts {
  readonly transport: Transport
  readonly ports: ClusterPorts
  readonly limiter: Limiter
  readonly recorder: RequestRecorder
  /** Attempts after the first. */
  readonly retries: number
  readonly timeoutMs: number
}

const firstDelayMs = 100
const maxDelayMs = 5_000

/** See Requester. */
export function createRequester(parts: RequesterParts): Requester {
  return {
    send: (operation) => sendWithin(parts, operation),
  }
}

async function sendWithin(parts: RequesterParts, operation: Operation): Promise<Answer> {
  const { ports } = parts
  const timeoutMs = operation.timeoutMs ?? parts.timeoutMs
  const endsAt = ports.clock.now() + timeoutMs
  const scope = createScope(ports, timeoutMs, operation.signal)
  try {
    for (let attempt = 0; ; attempt += 1) {
      const error = await attemptOnce(parts, operation, scope)
      if (!(error instanceof ApiError)) return error
      const delayMs = retryDelay(error, { operation, attempt, random: ports.random.next() })
      if (attempt >= parts.retries || delayMs === undefined || ports.clock.now() + delayMs >= endsAt) throw error
      await scope.pause(delayMs)
      if (scope.ended()) throw error
    }
  } finally {
    scope.dispose()
  }
}

async function attemptOnce(parts: RequesterParts, operation: Operation, scope: Scope): Promise<Answer | ApiError> {
  const { recorder, transport, limiter } = parts
  const { verb, resource, what, dryRun = false } = operation
  let sent = false
  const call = async (): Promise<Answer> => {
    if (scope.ended()) throw new TransportError('aborted', 'the request was given up', { sent: false })
    sent = true
    try {
      const answer = await scope.race(transport.request({ ...operation.call, signal: scope.signal }))
      recorder.record({ verb, resource, code: answer.status, dryRun })
      return answer
    } catch (error) {
      recorder.record({ verb, resource, code: 0, dryRun })
      throw error
    }
  }
  try {
    const answer = await limiter.run(call, scope.signal)
    return answer.status >= 200 && answer.status <= 299 ? answer : errorOfAnswer(answer, what)
  } catch (error) {
    if (error instanceof ApiError) return error
    if (scope.timedOut()) return errorOfTimeout(operation.timeoutMs ?? parts.timeoutMs, what, sent)
    if (scope.ended()) {
      const status = { code: 0, reason: 'Aborted', message: `${what}: the request was given up` }
      return new ApiError(status, { outcomeKnown: !sent, cause: error })
    }
    return errorOfTransport(error, what)
  }
}

/** How long to wait before the next attempt; undefined when there must be none. */
function retryDelay(
  error: ApiError,
  context: { operation: Operation; attempt: number; random: number },
): number | undefined {
  if (!isRetriable(error, context.operation)) return undefined
  if (error.status.retryAfterMs !== undefined && error.status.retryAfterMs > 0) return error.status.retryAfterMs
  const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** context.attempt)
  return ceiling / 2 + (ceiling / 2) * context.random
}

function isRetriable(error: ApiError, operation: Operation): boolean {
  const { code, reason } = error.status
  // Too many requests: the server has not looked at this one.
  if (code === 429) return true
  if (code === 0) {
    if (reason === 'Timeout' || reason === 'Aborted' || reason === 'ClientBusy') return false
    if (error.cause instanceof TransportError && error.cause.kind === 'untrusted') return false
    return operation.idempotent || error.outcomeKnown
  }
  if (!operation.idempotent) return false
  return code === 502 || code === 503 || code === 504 || (code === 500 && error.status.retryAfterMs !== undefined)
}

/** The time of one operation: ends by its deadline or by the caller's signal. */
interface Scope {
  readonly signal: AbortSignal
  ended(): boolean
  timedOut(): boolean
  /** Settles as the promise does, or rejects when the scope ends; a transport that ignores signals is left behind. */
  race<T>(promise: Promise<T>): Promise<T>
  pause(delayMs: number): Promise<void>
  dispose(): void
}

function createScope(ports: ClusterPorts, timeoutMs: number, outer: AbortSignal | undefined): Scope {
  const abort = new AbortController()
  let expired = false
  const cancelTimer = ports.timers.after(timeoutMs, () => {
    expired = true
    abort.abort()
  })
  const onOuter = (): void => abort.abort()
  if (outer?.aborted === true) abort.abort()
  outer?.addEventListener('abort', onOuter, { once: true })
  return {
    signal: abort.signal,
    ended: () => abort.signal.aborted,
    timedOut: () => expired,
    race: (promise) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(new TransportError('aborted', 'the request was given up', { sent: true }))
        if (abort.signal.aborted) onAbort()
        abort.signal.addEventListener('abort', onAbort, { once: true })
        promise.then(resolve, reject).finally(() => abort.signal.removeEventListener('abort', onAbort))
      }),
    pause: (delayMs) =>
      new Promise((resolve) => {
        const wake = (): void => {
          cancel()
          abort.signal.removeEventListener('abort', wake)
          resolve()
        }
        const cancel = ports.timers.after(delayMs, wake)
        abort.signal.addEventListener('abort', wake, { once: true })
      }),
    dispose: () => {
      cancelTimer()
      outer?.removeEventListener('abort', onOuter)
    },
  }
}
