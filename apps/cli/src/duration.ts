import { FailureError } from '@kedge/base'

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of a Go-style duration made of h, m, s and ms: `90s`, `1h30m`. Throws FailureError for anything else. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text)
    throw new FailureError({
      code: 'BadDuration',
      message: `${JSON.stringify(text)} is no duration`,
      fix: 'write it as 30s, 5m or 1h30m',
    })
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitsMs[unit as keyof typeof unitsMs], 0)
}
