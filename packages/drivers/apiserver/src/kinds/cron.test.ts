import { expect, test } from 'vitest'
import { nextCronTime, parseCron } from './cron.ts'

function next(schedule: string, after: string): string | undefined {
  const parsed = parseCron(schedule)
  if (typeof parsed === 'string') return parsed
  const found = nextCronTime(parsed, Date.parse(after))
  return found === undefined ? undefined : new Date(found).toISOString()
}

test.each([
  ['*/5 * * * *', '2026-01-05T12:02:30Z', '2026-01-05T12:05:00.000Z'],
  ['0 0 * * *', '2026-01-05T00:00:00Z', '2026-01-06T00:00:00.000Z'],
  ['30 4 1,15 * 5', '2026-01-02T05:00:00Z', '2026-01-09T04:30:00.000Z'],
  ['0 9-17/4 * * mon-fri', '2026-01-02T17:00:00Z', '2026-01-05T09:00:00.000Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
  ['@hourly', '2026-01-05T12:59:59Z', '2026-01-05T13:00:00.000Z'],
  ['0 0 * * 7', '2026-01-05T00:00:00Z', '2026-01-11T00:00:00.000Z'],
])('%s is due after %s at %s', (schedule, after, due) => {
  expect(next(schedule, after)).toBe(due)
})

test.each([
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['61 * * * *', 'end of range (61) above maximum (59): 61'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
])('the schedule %s is refused', (schedule, fault) => {
  expect(parseCron(schedule)).toBe(fault)
})
