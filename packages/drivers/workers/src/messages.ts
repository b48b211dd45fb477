import type { Failure } from '@kedge/base'

/** Sent to a worker. */
export interface JobMessage {
  readonly id: number
  readonly job: unknown
  readonly maxOutputBytes: number
}

/** Sent by a worker. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly output: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }

/** A message of a worker, or undefined for anything else that it may have posted. */
export function readWorkerMessage(value: unknown): WorkerMessage | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined
  if (value.kind === 'ready') return { kind: 'ready' }
  if (!('id' in value) || typeof value.id !== 'number') return undefined
  if (value.kind === 'done' && 'output' in value && value.output instanceof Uint8Array) {
    return { kind: 'done', id: value.id, output: value.output }
  }
  if (value.kind === 'failed' && 'failure' in value && isFailure(value.failure)) {
    return { kind: 'failed', id: value.id, failure: value.failure }
  }
  return undefined
}

function isFailure(value: unknown): value is Failure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  )
}
