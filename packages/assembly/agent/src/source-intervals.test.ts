import { afterEach, beforeEach, expect, test } from 'vitest'

import { createSimTime, type SimTime } from '../../../drivers/cluster/src/testing/sim-time.ts'
import { createChartServer, packedChart, type ChartServer } from './testing/chart-server.ts'
import { createWorld, home, isReady, readyOf, type RunningAgent, type World } from './testing/world.ts'

let world: World
let server: ChartServer
let time: SimTime
let running: RunningAgent

beforeEach(async () => {
  world = await createWorld()
  server = await createChartServer()
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  time = createSimTime()
  // Without jitter, so that intervals can be told to the second.
  running = await world.startAgent({ clock: time.clock, timers: time.timers, random: { next: () => 0.5 } })
})

afterEach(async () => {
  await running[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const repository = { group: 'source.toolkit.fluxcd.io', kind: 'HelmRepository', namespace: home, name: 'charts' }

async function helmRepository(): Promise<void> {
  await world.cluster.apply(
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmRepository',
      metadata: { name: 'charts', namespace: home },
      spec: { interval: '10m', url: `${server.origin}/charts` },
    },
    { fieldManager: 'test', force: true },
  )
}

/** Lets simulated time pass, and all that comes of it happen. */
async function pass(ms: number): Promise<void> {
  await time.advance(ms)
  await running.agent.idle()
}

const versionNow = async () => (await world.cluster.get(repository))?.metadata.resourceVersion

test('[S1] an index is looked at once in each interval, and one that has not changed writes nothing', async () => {
  await helmRepository()
  await world.until(repository, isReady)
  await running.agent.idle()
  const before = await versionNow()
  await pass(599_000)
  expect(server.seen.length).toBe(1)
  await pass(1_000)
  expect(server.seen.length).toBe(2)
  await pass(600_000)
  expect(server.seen.length).toBe(3)
  expect(await versionNow()).toBe(before)
})

test('[S3] a failed fetch is tried again after 750 ms, then twice as long each time, and what is held stays', async () => {
  await helmRepository()
  await world.until(repository, isReady)
  await running.agent.idle()
  server.auth = 'me:secret'
  await pass(600_000)
  const failed = await world.until(repository, (object) => readyOf(object)?.reason === 'Failed')
  expect(failed?.['status']).toMatchObject({ artifact: { digest: expect.any(String) } })
  await running.agent.idle()
  for (const [waitMs, requests] of [
    [749, 2],
    [1, 3],
    [1_499, 3],
    [1, 4],
    [3_000, 5],
  ] as const) {
    await pass(waitMs)
    expect(server.seen.length).toBe(requests)
  }
  server.auth = undefined
  await pass(6_000)
  await world.until(repository, isReady)
  await pass(599_000)
  expect(server.seen.length).toBe(6)
})
