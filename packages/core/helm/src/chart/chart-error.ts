import { FailureError } from '@kedge/base'

/** A chart or its values are not as they must be; the message is Helm's own. */
export function chartError(message: string, cause?: unknown): FailureError {
  return new FailureError({ code: 'ChartInvalid', message }, cause === undefined ? undefined : { cause })
}

/** The bare message of anything thrown, without where and remedy. */
export function messageOf(error: unknown): string {
  if (error instanceof FailureError) return error.failure.message
  return error instanceof Error ? error.message : String(error)
}
