import { expect, test } from 'vitest'
import { canonicalQuantity } from './index.ts'

const cases: readonly [string | number, string | undefined][] = [
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Gi', '512Mi'],
  ['512', '512'],
  ['1Ki', '1Ki'],
  ['0.5Ki', '512'],
  ['100m', '100m'],
  [0.1, '100m'],
  ['1.5', '1500m'],
  ['1500', '1500'],
  ['2000', '2k'],
  ['1e3', '1e3'],
  ['12e6', '12e6'],
  ['1E', '1E'],
  ['0.0000000001', '1n'],
  ['-1000m', '-1'],
  ['0', '0'],
  ['0Gi', '0'],
  ['+5', '5'],
  ['.5', '500m'],
  ['', undefined],
  ['1Zi', undefined],
  ['1 Gi', undefined],
  ['abc', undefined],
]

test.each(cases)('[Q1] the quantity %s is written %s', (written, canonical) => {
  expect(canonicalQuantity(written)).toBe(canonical)
})
