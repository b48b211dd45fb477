import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { recordTime } from './record-time.ts'

test('times are printed as the host prints them, without the zeros that Go leaves out', () => {
  const someMs = integer({ min: 0, max: Date.UTC(2399, 11, 31, 23, 59, 59) })
  assert(property(someMs, (ms) => recordTime(ms) === new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')))
  expect(recordTime(Date.UTC(2024, 1, 29, 12))).toBe('2024-02-29T12:00:00Z')
  expect(recordTime(Date.UTC(2024, 1, 29, 12) + 240)).toBe('2024-02-29T12:00:00.24Z')
})
