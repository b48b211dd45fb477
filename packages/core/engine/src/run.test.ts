import { ApiError } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { Answer } from './model/effect.ts'
import { runWith } from './run.ts'

interface Ping {
  readonly kind: 'ping'
  readonly value: number
}

const owner = { deliveryId: 'shop', revision: '1' }

function* pings(
  values: readonly number[],
): Generator<readonly Ping[], readonly Answer<unknown>[], readonly Answer<unknown>[]> {
  return yield values.map((value): Ping => ({ kind: 'ping', value }))
}

test("programs with effects of their own are run like the engine's: answers in their order, API errors as answers", async () => {
  const seen: string[] = []
  const answers = await runWith(
    pings([1, 2, 3]),
    async ({ value }) => {
      if (value === 2) throw new ApiError({ code: 409, reason: 'Conflict', message: 'no' }, { outcomeKnown: true })
      return value * 10
    },
    {
      owner,
      order: () => [2, 1, 0],
      concurrency: 1,
      watcher: {
        before: (effect) => void seen.push(`before ${effect.value}`),
        after: (effect, answer) => void seen.push(`after ${effect.value} ${answer.ok}`),
      },
    },
  )
  expect(answers).toEqual([
    { ok: true, value: 10 },
    { ok: false, error: { code: 409, reason: 'Conflict', message: 'no', outcomeKnown: true } },
    { ok: true, value: 30 },
  ])
  expect(seen).toEqual(['before 3', 'after 3 true', 'before 2', 'after 2 false', 'before 1', 'after 1 true'])
})

test('what is no API error ends the run, and so does the signal before the next batch', async () => {
  const broken = runWith(pings([1]), () => Promise.reject(new TypeError('broken')), { owner })
  await expect(broken).rejects.toThrow('broken')
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(runWith(pings([1]), () => Promise.resolve(1), { owner, signal })).rejects.toThrow('enough')
})
