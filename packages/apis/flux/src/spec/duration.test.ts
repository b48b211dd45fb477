import { expect, test } from 'vitest'

import { parseDuration } from '@kedge/manifest'
import { formatDuration, jitter } from './duration.ts'

test.each([
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['0s', 0],
  ['1m1m', 120_000],
])('[U1] %s is a duration', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '10', '1d', '-1m', ' 1m', '1m ', '1 m', '1us', '.5m', '99999999999h'])('[U1] %j is none', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [600_000, '10m0s'],
  [5_400_000, '1h30m0s'],
  [1_500, '1.5s'],
  [250, '250ms'],
  [0, '0s'],
  [3_600_000, '1h0m0s'],
])('[U2] %i ms prints as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('[U3] jitter moves a delay by at most its share', () => {
  expect(jitter(1000, 5, 0)).toBe(950)
  expect(jitter(1000, 5, 0.5)).toBe(1000)
  expect(jitter(1000, 5, 0.999_999)).toBeCloseTo(1050, 2)
})
