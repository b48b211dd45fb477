import { expect, test } from 'vitest'
import { formatAge } from './format.ts'
import { formatTable } from './table.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

test.each([
  [0, '0s'],
  [119 * second, '119s'],
  [3 * minute + 12 * second, '3m12s'],
  [45 * minute, '45m'],
  [4 * hour + 5 * minute, '4h5m'],
  [30 * hour, '30h'],
  [3 * day + 2 * hour, '3d2h'],
  [400 * day, '400d'],
  [3 * 365 * day, '3y'],
  [Number.NaN, '<unknown>'],
])('an age of %d ms reads %s', (span, text) => {
  expect(formatAge(span)).toBe(text)
})

test('columns are as wide as their widest cell and lines end without blanks', () => {
  expect(
    formatTable(
      ['NAME', 'READY'],
      [
        ['a-long-name', 'True'],
        ['b', ''],
      ],
    ),
  ).toBe('NAME          READY\na-long-name   True\nb\n')
})
