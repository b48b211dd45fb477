import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { fightWindowMs, isOver, judgeFight, longestPauseMs, maxCorrections, rivalOf } from './fights.ts'
import type { FightRecord } from './model/memory.ts'

function play(times: readonly number[]): { readonly kinds: string[]; readonly record: FightRecord | undefined } {
  let record: FightRecord | undefined
  const kinds = times.map((nowMs) => {
    const verdict = judgeFight(record, { nowMs, rival: 'r' })
    record = verdict.record
    return verdict.kind
  })
  return { kinds, record }
}

test('[D2] three corrections within ten minutes are made, the fourth is not', () => {
  expect(play([0, 1, 2, 3]).kinds).toEqual(['correct', 'correct', 'correct', 'pause'])
})

test('[D2] corrections that are further apart never pause', () => {
  const times = Array.from({ length: 20 }, (_, index) => index * (fightWindowMs / 2 + 1))
  expect(new Set(play(times).kinds)).toEqual(new Set(['correct']))
})

test('[D2] pauses double up to an hour, and a quiet hour ends the fight', () => {
  const pauses: number[] = []
  let nowMs = 0
  let record: FightRecord | undefined
  for (let round = 0; round < 5; round += 1) {
    for (;;) {
      const verdict = judgeFight(record, { nowMs, rival: 'r' })
      record = verdict.record
      if (verdict.kind === 'pause') break
      nowMs += 1
    }
    pauses.push(record.pausedUntilMs - nowMs)
    nowMs = record.pausedUntilMs
  }
  expect(pauses).toEqual([600_000, 1_200_000, 2_400_000, 3_600_000, 3_600_000])
  const later = nowMs + longestPauseMs + 1
  if (record === undefined) throw new Error('no record')
  expect([isOver(record, nowMs), isOver(record, later)]).toEqual([false, true])
  expect(judgeFight(record, { nowMs: later, rival: 'r' }).record.rounds).toBe(0)
})

test('[I9] whatever the times, no ten minutes hold more than three corrections', () => {
  assert(
    property(array(integer({ min: 0, max: 200_000 }), { maxLength: 200 }), (gaps) => {
      let nowMs = 0
      const times = gaps.map((gap) => (nowMs += gap))
      const { kinds } = play(times)
      const corrected = times.filter((_, index) => kinds[index] === 'correct')
      for (const [index, time] of corrected.entries()) {
        const fourth = corrected[index + maxCorrections]
        if (fourth !== undefined) expect(fourth - time).toBeGreaterThanOrEqual(fightWindowMs)
      }
    }),
  )
})

test('the rival is the newest manager that is not ours and writes no subresource', () => {
  const entry = (manager: string, time: string, subresource = '') => ({
    manager,
    operation: 'Update' as const,
    apiVersion: 'v1',
    fieldsType: 'FieldsV1' as const,
    time,
    subresource,
  })
  const managedFields = [
    entry('late-status', '2026-01-09', 'status'),
    entry('old', '2026-01-01'),
    entry('new', '2026-01-03'),
    entry('us', '2026-01-05'),
  ]
  const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', managedFields } }
  expect(rivalOf(live, 'us')).toBe('field manager "new"')
  expect(rivalOf({ ...live, metadata: { name: 'x' } }, 'us')).toBe('an admission webhook or another unnamed writer')
  expect(rivalOf(undefined, 'us')).toBe('whoever deletes it')
})
