import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { assessHealth } from './assess-health.ts'
import type { HealthExpressions } from './health.ts'

function cluster(status: Record<string, unknown> | undefined, generation = 1): KubeObject {
  const object = { apiVersion: 'db.io/v2', kind: 'Cluster', metadata: { name: 'pg', generation } }
  return status === undefined ? object : { ...object, status }
}

const rule: HealthExpressions = {
  apiVersion: 'db.io/v1',
  kind: 'Cluster',
  current: "status.phase == 'Up'",
  inProgress: "status.phase == 'Moving'",
  failed: "status.phase in ['Broken', 'Up'] && status.broken",
}

function statusOf(object: KubeObject, expressions: readonly HealthExpressions[] = [rule]): string {
  return assessHealth(object, { expressions }).status
}

test('[H18] expressions are read in the order inProgress, failed, current', () => {
  expect(statusOf(cluster({ phase: 'Moving', broken: true }))).toBe('InProgress')
  expect(statusOf(cluster({ phase: 'Up', broken: true }))).toBe('Failed')
  expect(statusOf(cluster({ phase: 'Up', broken: false }))).toBe('Current')
  expect(statusOf(cluster({ phase: 'Other', broken: false }))).toBe('InProgress')
})

test('[H18] what an expression asks for and is not there yet counts as not true', () => {
  expect(statusOf(cluster(undefined))).toBe('InProgress')
  expect(statusOf(cluster({}))).toBe('InProgress')
  expect(statusOf(cluster({ phase: 'Up' }))).toBe('Current')
})

test('[H18] only the group counts, and a rule for the kind goes before one for the group', () => {
  const wide: HealthExpressions = { apiVersion: 'db.io/v1', current: 'false' }
  expect(statusOf(cluster({ phase: 'Up', broken: false }), [wide, rule])).toBe('Current')
  expect(statusOf(cluster({ phase: 'Up', broken: false }), [wide])).toBe('InProgress')
  expect(
    statusOf(cluster({ phase: 'Up', broken: false }), [{ ...rule, apiVersion: 'other.io/v1', current: 'false' }]),
  ).toBe('Current')
})

test('[H18] a generation that is not observed is in progress whatever the expressions say', () => {
  const { inProgress: _inProgress, failed: _failed, ...always } = { ...rule, current: 'true' }
  expect(statusOf(cluster({ observedGeneration: 1 }, 2), [always])).toBe('InProgress')
  expect(statusOf(cluster({ observedGeneration: 2 }, 2), [always])).toBe('Current')
})

test('[H18] an expression that cannot be compiled holds for nothing', () => {
  expect(statusOf(cluster({ phase: 'Up' }), [{ ...rule, current: 'status..phase' }])).toBe('InProgress')
})
