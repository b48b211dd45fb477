import type { Cluster } from '@kedge/cluster'
import type { ObjectRef } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { createPauses, recordStore, type ListenForChanges } from './release-ports.ts'

const ref: ObjectRef = { group: 'batch', version: 'v1', kind: 'Job', namespace: 'shop', name: 'once' }

function job(resourceVersion: string): KubeObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: 'shop', name: 'once', resourceVersion } }
}

/** A cache whose events, and a clock whose timers, the test fires. */
function world(shown: KubeObject | undefined | 'unknown') {
  const state = { live: shown, delays: [] as number[], fire: () => undefined as void, cancelled: 0, listening: 0 }
  let tell: Parameters<ListenForChanges>[0] = () => undefined
  const pauses = createPauses({
    clock: { now: () => 1000 },
    timers: {
      after(delayMs, run) {
        state.delays.push(delayMs)
        state.fire = run
        return () => void (state.cancelled += 1)
      },
    },
    live: () => state.live,
    listen: (onChange) => {
      state.listening += 1
      tell = onChange
      return () => void (state.listening -= 1)
    },
  })
  const change = (object: KubeObject): void => {
    if (object.metadata.name === 'once') state.live = object
    tell(object)
  }
  return { state, pauses, change }
}

/** Whether a pause has ended by now. */
async function isOver(pause: Promise<void>): Promise<boolean> {
  const open = Symbol('open')
  return (await Promise.race([pause, Promise.resolve().then(() => open)])) !== open
}

const seen = [{ ref, resourceVersion: '7' }]

test('a pause ends with the change of one of its objects, and no other', async () => {
  const { state, pauses, change } = world(job('7'))
  const pause = pauses.pause(seen, 61_000)
  change({ ...job('8'), metadata: { namespace: 'shop', name: 'other', resourceVersion: '8' } })
  change(job('7'))
  expect([await isOver(pause), state.delays, state.listening]).toEqual([false, [60_000], 1])
  change(job('8'))
  await pause
  expect([state.listening, state.cancelled]).toEqual([0, 1])
})

test('a change between the look and the pause is not slept through, nor is an object that is gone', async () => {
  for (const shown of [job('8'), undefined]) await world(shown).pauses.pause(seen, 61_000)
})

test('a pause ends at its time, at the latest, and with the signal', async () => {
  const late = world(job('7'))
  const pause = late.pauses.pause(seen, 61_000)
  late.state.fire()
  await pause
  const ended = new AbortController()
  const stopped = world(job('7')).pauses.pause(seen, 61_000, [ended.signal])
  ended.abort()
  await stopped
  await world(job('7')).pauses.pause(seen, 61_000, [AbortSignal.abort()])
})

test('objects without a watch are looked at again after two seconds', async () => {
  const { state, pauses } = world('unknown')
  const pause = pauses.pause(seen, 61_000)
  expect(state.delays).toEqual([2000])
  state.fire()
  await pause
})

test('of more records than can be read the newest revisions are read, whatever the order of their names', async () => {
  const named = (version: number): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `sh.helm.release.v1.web.v${version}` },
  })
  // As a server lists them.
  const items = [1, 10, 11, 12, 2, 3, 9].map(named)
  const store = recordStore({ list: () => Promise.resolve({ items }) } as unknown as Cluster)
  const names = async (limit: number): Promise<readonly string[]> =>
    (await store.list('shop', 'owner=helm', limit)).map(({ metadata }) => metadata.name?.split('.v').at(-1) ?? '')
  expect(await names(4)).toEqual(['12', '11', '10', '9'])
  expect(await names(7)).toEqual(['1', '10', '11', '12', '2', '3', '9'])
})
