import { array, assert, double, integer, nat, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'

import { backOffMs, defaultBackOff } from './back-off.ts'
import { dependencyOrder } from './dependency-order.ts'

test('[L18] dependencies come first, and otherwise the given order stays', () => {
  const needs: Record<string, string[]> = { apps: ['infra', 'elsewhere'], infra: ['crds'], extra: [] }
  const { order, cycles } = dependencyOrder(['apps', 'extra', 'infra', 'crds'], (key) => needs[key] ?? [])
  expect(order).toEqual(['extra', 'crds', 'infra', 'apps'])
  expect(cycles).toEqual([])
})

test('[L18] rings are named, and what hangs on them comes last', () => {
  const needs: Record<string, string[]> = { a: ['b'], b: ['c'], c: ['b'], d: ['d'], e: [] }
  const { order, cycles } = dependencyOrder(['a', 'b', 'c', 'd', 'e'], (key) => needs[key] ?? [])
  expect(order[0]).toBe('e')
  expect(cycles).toEqual([['b', 'c'], ['d']])
})

test('[L18] in any graph without rings every key comes once and after its needs', () => {
  const graph = integer({ min: 1, max: 30 }).chain((size) =>
    array(tuple(nat(size - 1), nat(size - 1)), { maxLength: 80 }).map((pairs) => ({ size, pairs })),
  )
  assert(
    property(graph, ({ size, pairs }) => {
      const keys = Array.from({ length: size }, (_, index) => `k${index}`)
      const needs = new Map(
        keys.map((key, index) => [key, pairs.filter(([a, b]) => a === index && b < index).map(([, b]) => `k${b}`)]),
      )
      const { order, cycles } = dependencyOrder(keys.toReversed(), (key) => needs.get(key) ?? [])
      expect(order.toSorted()).toEqual(keys.toSorted())
      expect(cycles).toEqual([])
      for (const key of keys)
        for (const need of needs.get(key) ?? []) expect(order.indexOf(need)).toBeLessThan(order.indexOf(key))
    }),
  )
})

test('[L5] delays stay within the jitter and the maximum for any number of failures', () => {
  assert(
    property(nat(10_000), double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const delay = backOffMs(failures, defaultBackOff, { next: () => random })
      expect(delay).toBeGreaterThanOrEqual(750 * 0.95 - 1)
      expect(delay).toBeLessThanOrEqual(900_000 * 1.05 + 1)
    }),
  )
})
