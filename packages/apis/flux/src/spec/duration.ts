import { FailureError } from '@kedge/base'
import { parseDuration } from '@kedge/manifest'

import { type FieldReader } from './field-reader.ts'

/** Prints as Go does: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 1) return `${trimNumber(ms * 1000)}µs`
  if (ms < 1000) return `${trimNumber(ms)}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${trimNumber((ms % 60_000) / 1000)}s`
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${seconds}`
  return minutes > 0 ? `${String(minutes)}m${seconds}` : seconds
}

function trimNumber(value: number): string {
  return String(Number(value.toFixed(6)))
}

/** The duration in a field; undefined when it is absent. */
export function durationField(fields: FieldReader, name: string): number | undefined {
  const text = fields.string(name)
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new FailureError({
    code: 'InvalidSpec',
    message: `${name} ${JSON.stringify(text)} is not a duration`,
    fix: 'write it as in 90s, 5m or 1h30m',
  })
}

/** The duration in a field that must be there. */
export function requiredDuration(fields: FieldReader, name: string): number {
  return durationField(fields, name) ?? fields.refuse(`${name} is required`)
}

/** A delay moved by up to `percent` of itself either way, so that equal intervals do not fall together. */
export function jitter(delayMs: number, percent: number, random: number): number {
  return Math.max(0, delayMs * (1 + (percent / 100) * (2 * random - 1)))
}
