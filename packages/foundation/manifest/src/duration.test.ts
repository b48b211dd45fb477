import { expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

test.each([
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['1d', undefined],
  ['-1m', undefined],
  ['1m ', undefined],
  ['99999999999h', undefined],
  ['1m'.repeat(33), undefined],
])('%j in milliseconds is %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
