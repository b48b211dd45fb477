import { FailureError } from '@kedge/base'
import { parseDuration } from '@kedge/manifest'

/** Milliseconds of a flag such as `90s` or `1h30m`, in Flux's grammar. Throws FailureError for anything else. */
export function durationFlag(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new FailureError({
    code: 'BadDuration',
    message: `${JSON.stringify(text)} is no duration`,
    fix: 'write it as 30s, 5m or 1h30m',
  })
}
