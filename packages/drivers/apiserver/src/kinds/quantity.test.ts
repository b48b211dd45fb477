import { expect, test } from 'vitest'
import { canonicalQuantity, isQuantity, quantityNanos } from './quantity.ts'

test.each([
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1500m', '1500m'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['1000Ki', '1000Ki'],
  ['1000M', '1G'],
  ['0', '0'],
  [2, '2'],
  ['1e3', '1e3'],
  ['-1500m', '-1500m'],
  ['100n', '100n'],
])('[KB2] the quantity %s is stored as %s', (written, stored) => {
  expect(canonicalQuantity(written)).toBe(stored)
})

test('[KB2] what is no quantity is left for the validation to refuse', () => {
  expect(canonicalQuantity('1Zi')).toBe('1Zi')
  expect(isQuantity('1Zi')).toBe(false)
  expect(isQuantity('')).toBe(false)
  expect(quantityNanos('250m')).toBe(250_000_000n)
})
