import { expect, test } from 'vitest'

import { setConditions, statementsFor, type Condition } from './conditions.ts'

const at = { generation: 2, now: '2026-01-02T00:00:00Z' }
const old: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Succeeded',
  message: 'fine',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
}

test('[C1] a condition that does not change keeps its time and takes the generation', () => {
  const [ready] = setConditions([old], [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'fine' }], at)
  expect(ready).toEqual({ ...old, observedGeneration: 2 })
})

test('[C2] a change of status, reason or message moves the time', () => {
  for (const change of [{ status: 'False' as const }, { reason: 'Failed' }, { message: 'bad' }]) {
    const statement = { type: 'Ready', status: 'True' as const, reason: 'Succeeded', message: 'fine', ...change }
    expect(setConditions([old], [statement], at)[0]?.lastTransitionTime).toBe(at.now)
  }
})

test('[C3] Reconciling and Stalled are there only while they are true', () => {
  const progressing = setConditions([], statementsFor({ kind: 'progressing', message: 'working' }), at)
  expect(progressing.map(({ type, status }) => [type, status])).toEqual([
    ['Reconciling', 'True'],
    ['Ready', 'Unknown'],
  ])
  const done = setConditions(progressing, statementsFor({ kind: 'succeeded', reason: 'Succeeded', message: 'ok' }), at)
  expect(done.map(({ type, status }) => [type, status])).toEqual([['Ready', 'True']])
})

test('[C4] a failure flips Reconciling to ProgressingWithRetry, a stall removes it', () => {
  const failed = setConditions([], statementsFor({ kind: 'failed', reason: 'BuildFailed', message: 'no' }), at)
  expect(failed.map(({ type, reason }) => [type, reason])).toEqual([
    ['Reconciling', 'ProgressingWithRetry'],
    ['Ready', 'BuildFailed'],
  ])
  const stalled = setConditions(failed, statementsFor({ kind: 'stalled', reason: 'AccessDenied', message: 'no' }), at)
  expect(stalled.map(({ type, status }) => [type, status])).toEqual([
    ['Stalled', 'True'],
    ['Ready', 'False'],
  ])
})

test('[C5] a long message is cut to 20000 characters', () => {
  const statement = { type: 'Ready', status: 'False' as const, reason: 'BuildFailed', message: 'x'.repeat(30_000) }
  expect(setConditions([], [statement], at)[0]?.message).toHaveLength(20_000)
})
