import { expect, test } from 'vitest'

import { createCluster } from '../client/create-cluster.ts'
import { createFakeApi, type FakeApi, type WatchListSupport } from '../testing/fake-api.ts'
import { createSimTime, type SimTime } from '../testing/sim-time.ts'
import type { ObjectCache } from './object-cache.ts'

interface World {
  readonly time: SimTime
  readonly api: FakeApi
  readonly cache: ObjectCache
}

async function createWorld(watchList: WatchListSupport = 'served'): Promise<World> {
  const time = createSimTime(7)
  const api = createFakeApi(time, watchList)
  for (const name of ['a', 'b', 'c']) api.write(name)
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache({ group: '', kind: 'ConfigMap' })
  await time.advance(10)
  return { time, api, cache }
}

function names(cache: ObjectCache): string[] {
  return cache.list().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
}

test('[C3] one request brings the first view where WatchList is served', async () => {
  const { api, cache } = await createWorld()
  await cache.synced
  expect(names(cache)).toEqual(['a@101', 'b@102', 'c@103'])
  const paths = api.requests.map(({ path }) => path).filter((path) => path.includes('configmaps'))
  expect(paths).toHaveLength(1)
  expect(paths[0]).toMatch(
    /^\/api\/v1\/configmaps\?watch=true&allowWatchBookmarks=true&timeoutSeconds=\d+&sendInitialEvents=true&resourceVersionMatch=NotOlderThan$/,
  )
})

test('[C3] a server that refuses sendInitialEvents is listed in pages and then watched, without a pause', async () => {
  const { api, cache } = await createWorld('refused')
  expect(names(cache)).toEqual(['a@101', 'b@102', 'c@103'])
  const paths = api.requests.map(({ path }) => path).filter((path) => path.includes('configmaps'))
  expect(paths[1]).toBe('/api/v1/configmaps?limit=500')
  expect(paths[2]).toMatch(/watch=true.*resourceVersion=103$/)
})

test('[C3] a server that ignores sendInitialEvents is listed when no initial events end came', async () => {
  const { time, cache } = await createWorld('ignored')
  expect(cache.state().phase).toBe('starting')
  await time.advance(120_000)
  expect(names(cache)).toEqual(['a@101', 'b@102', 'c@103'])
  expect(cache.state().phase).toBe('live')
})

test('[C4] a watch that falls silent is replaced, and nothing that happened meanwhile is missed', async () => {
  const { time, api, cache } = await createWorld()
  api.stall()
  api.write('a')
  api.remove('b')
  await time.advance(149_000)
  expect(names(cache)).toEqual(['a@101', 'b@102', 'c@103'])
  await time.advance(2_000)
  expect(names(cache).toSorted()).toEqual(['a@104', 'c@103'])
  expect(api.views).toHaveLength(1)
})

test('[C4] a watch that does not open is given up after thirty seconds', async () => {
  const { time, api, cache } = await createWorld()
  api.hang(1)
  api.drop('break')
  api.write('a')
  await time.advance(29_000)
  expect(names(cache)).toEqual(['a@101', 'b@102', 'c@103'])
  await time.advance(10_000)
  expect(names(cache)).toEqual(['a@104', 'b@102', 'c@103'])
})

test('[C4] watches that the server ends at once are opened again less and less often', async () => {
  const { time, api } = await createWorld()
  const before = api.requests.length
  for (let turn = 0; turn < 600; turn += 1) {
    api.drop('end')
    await time.advance(100)
  }
  const connections = api.requests.length - before
  expect(connections).toBeGreaterThan(3)
  expect(connections).toBeLessThan(15)
})

test('[C2] an event that does not fit the view makes it be taken anew at once', async () => {
  const { time, api, cache } = await createWorld()
  api.loseNext()
  api.write('a')
  api.write('b')
  await time.settle()
  expect(names(cache)).toEqual(['a@101', 'b@105', 'c@103'])
  api.sendAgain(104)
  await time.advance(500)
  expect(api.views).toHaveLength(1)
  await time.advance(600)
  expect(names(cache)).toEqual(['a@104', 'b@105', 'c@103'])
})

test('[C6] a server that is behind what was shown is waited for, not followed', async () => {
  const { time, api, cache } = await createWorld('refused')
  api.write('a')
  await time.settle()
  api.lag(2, 3)
  api.ignoreNotOlderThan()
  api.sendError(410)
  const shown: string[] = []
  cache.onEvent(({ type, object }) => shown.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`))
  shown.length = 0
  await time.advance(55_000)
  expect(shown).toEqual([])
  expect(names(cache)).toEqual(['a@104', 'b@102', 'c@103'])
  expect(cache.state().phase).toBe('live')
  expect(api.views).toHaveLength(5)
})

test('[C6] a server that insists on an older state for a minute was restored, and is followed', async () => {
  const { time, api, cache } = await createWorld()
  api.write('a')
  api.write('d')
  await time.settle()
  api.restore(103)
  await time.advance(55_000)
  expect(names(cache)).toEqual(['a@104', 'b@102', 'c@103', 'd@105'])
  await time.advance(60_000)
  expect(names(cache).toSorted()).toEqual(['a@101', 'b@102', 'c@103'])
  expect(cache.state().phase).toBe('live')
})

test('[C7] after the view was taken anew only the differences are told, and unchanged objects stay the same value', async () => {
  const { time, api, cache } = await createWorld()
  const kept = cache.get('default', 'c')
  const told: string[] = []
  cache.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
  told.length = 0
  api.stall()
  api.write('a')
  api.remove('b')
  api.write('d')
  api.compact()
  await time.advance(200_000)
  expect(told).toEqual(['deleted b', 'modified a', 'added d'])
  expect(cache.get('default', 'c')).toBe(kept)
})

test('[C7] an object that was deleted and made again while nobody watched is told as deleted and added', async () => {
  const { time, api, cache } = await createWorld()
  const told: string[] = []
  cache.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name} ${object.metadata.uid}`))
  told.length = 0
  api.stall()
  api.remove('a')
  api.write('a')
  api.compact()
  await time.advance(200_000)
  expect(told).toEqual(['deleted a uid-1', 'added a uid-4'])
})

test('[C3] a list whose continue token expires is fetched in one piece', async () => {
  const time = createSimTime(7)
  const api = createFakeApi(time, 'refused')
  for (let index = 0; index < 1_200; index += 1) api.write(`n${index}`)
  api.expireContinue(1)
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache({ group: '', kind: 'ConfigMap' })
  await time.advance(10)
  expect(cache.size()).toBe(1_200)
  const lists = api.requests.map(({ path }) => path).filter((path) => /configmaps($|\?(?!watch))/.test(path))
  expect(lists).toEqual([
    '/api/v1/configmaps?limit=500',
    '/api/v1/configmaps?limit=500&continue=500.1300',
    '/api/v1/configmaps',
  ])
})

test('[C9] a kind that is not served is looked for again, and the error says so', async () => {
  const time = createSimTime(7)
  const api = createFakeApi(time, 'served')
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache({ group: 'example.com', kind: 'Widget' })
  await time.advance(300_000)
  expect(cache.state()).toMatchObject({ phase: 'starting', error: { failure: { code: 'unknown-kind' } } })
  const rounds = api.requests.filter(({ path }) => path === '/apis').length
  expect(rounds).toBeGreaterThan(5)
  expect(rounds).toBeLessThan(25)
})

test('[C3] what is deleted while the initial events come is not in the first view', async () => {
  const time = createSimTime(7)
  const api = createFakeApi(time, 'served')
  for (const name of ['a', 'b']) api.write(name)
  api.beforeInitialEnd(() => api.remove('a'))
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache({ group: '', kind: 'ConfigMap' })
  await time.advance(10)
  expect(names(cache)).toEqual(['b@102'])
  expect(cache.state().resourceVersion).toBe('103')
})
