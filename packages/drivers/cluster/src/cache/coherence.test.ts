import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { createCluster } from '../client/create-cluster.ts'
import { createFakeApi, type FakeApi, type WatchListSupport } from '../testing/fake-api.ts'
import { createSimTime, type SimTime } from '../testing/sim-time.ts'
import type { ObjectCache } from './object-cache.ts'

interface World {
  readonly time: SimTime
  readonly api: FakeApi
  readonly cache: ObjectCache
  readonly close: () => Promise<void>
}

function createWorld(seed: number, watchList: WatchListSupport): World {
  const time = createSimTime(seed)
  const api = createFakeApi(time, watchList)
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  return { time, api, cache: cluster.cache({ group: '', kind: 'ConfigMap' }), close: () => cluster.close() }
}

function view(cache: ObjectCache): Map<string, string> {
  return new Map(cache.list().map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion ?? '']))
}

const names = ['a', 'b', 'c', 'd', 'e', 'f']

type Step = readonly [name: string, run: (world: World) => Promise<void> | void]

const plain = (name: string, run: (world: World) => Promise<void> | void): fc.Arbitrary<Step> =>
  fc.constant([name, run])

/** Everything that can go wrong on a watch without the server telling an untruth. */
const honestSteps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...names).map((name): Step => [`write ${name}`, ({ api }) => api.write(name)]),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...names).map((name): Step => [`remove ${name}`, ({ api }) => api.remove(name)]),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(1, 900, 20_000, 200_000)
      .map((ms): Step => [`wait ${ms}`, ({ time }) => time.advance(ms)]),
  },
  plain('compact', ({ api }) => api.compact()),
  fc
    .constantFrom('end' as const, 'break' as const, 'cut-line' as const)
    .map((how): Step => [how, ({ api }) => api.drop(how)]),
  plain('stall', ({ api }) => api.stall()),
  plain('bookmark', ({ api }) => api.sendBookmark()),
  fc.constantFrom(410, 500).map((code): Step => [`ERROR ${code}`, ({ api }) => api.sendError(code)]),
  plain('repeat', ({ api }) => api.repeatLast()),
  plain('garbage', ({ api }) => api.sendGarbage()),
  plain('old', ({ api }) => api.sendOld()),
  fc
    .tuple(fc.constantFrom(0, 403, 404, 410, 429, 500, 503), fc.integer({ min: 1, max: 4 }))
    .map(([code, times]): Step => [`refuse ${code} ${times}`, ({ api }) => api.refuse(code, times)]),
  fc.integer({ min: 1, max: 3 }).map((times): Step => [`lag ${times}`, ({ api }) => api.lag(3, times)]),
  plain('expire continue', ({ api }) => api.expireContinue(1)),
)

const support = fc.constantFrom<WatchListSupport>('served', 'refused', 'ignored')

test('[C1] the view is always the state that the server had at the resourceVersion it shows, and only moves forward', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      support,
      fc.array(honestSteps, { maxLength: 60 }),
      async (seed, watchList, steps) => {
        const world = createWorld(seed, watchList)
        let shown = 0
        world.cache.onEvent(() => {
          const version = Number(world.cache.state().resourceVersion)
          expect(version).toBeGreaterThanOrEqual(shown)
          shown = version
        })
        for (const [, run] of steps) {
          await run(world)
          await world.time.settle()
          const version = Number(world.cache.state().resourceVersion)
          expect(version).toBeGreaterThanOrEqual(shown)
          if (version > 0) expect(view(world.cache)).toEqual(world.api.stateAt(version))
        }
        world.api.refuse(0, 0)
        world.api.lag(0, 0)
        await world.time.advance(600_000)
        expect(view(world.cache)).toEqual(world.api.stateAt(world.api.version()))
        expect(world.cache.state().phase).toBe('live')
        await world.close()
      },
    ),
    { numRuns: 2_000 },
  )
}, 60_000)

const lies: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: honestSteps },
  plain('lose', ({ api }) => api.loseNext()),
)

test('[C2] after a server that loses events the view equals its state again, at the latest with the next full view', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), support, fc.array(lies, { maxLength: 40 }), async (seed, watchList, steps) => {
      const world = createWorld(seed, watchList)
      for (const [, run] of steps) await run(world)
      world.api.refuse(0, 0)
      world.api.lag(0, 0)
      await world.time.advance(3 * 3_600_000)
      expect(view(world.cache)).toEqual(world.api.stateAt(world.api.version()))
      await world.close()
    }),
    { numRuns: 500 },
  )
}, 60_000)

test('[C5] no more than three full views are taken in ninety seconds, and no more than one connection a second', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1_000_000),
      support,
      fc.array(honestSteps, { maxLength: 60 }),
      async (seed, watchList, steps) => {
        const world = createWorld(seed, watchList)
        for (const [, run] of steps) {
          await run(world)
          await world.time.settle()
        }
        await world.time.advance(300_000)
        const { requests, views } = world.api
        // A refused parameter is left out at once; that is the one connection that does not wait.
        const isRefused = (path: string): boolean => watchList === 'refused' && path.includes('sendInitialEvents')
        const watches = requests
          .filter(({ path }) => path.includes('watch=true') && !isRefused(path))
          .map(({ at }) => at)
        const gaps = watches.slice(1).map((at, index) => at - (watches[index] ?? 0))
        expect(gaps.filter((gap) => gap < 1_000)).toEqual([])
        const crowded = views.slice(3).filter((at, index) => at - (views[index] ?? 0) < 90_000)
        expect(crowded).toEqual([])
        await world.close()
      },
    ),
    { numRuns: 500 },
  )
}, 60_000)
