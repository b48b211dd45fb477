import { expect, test } from 'vitest'

import { createLimiter } from '../client/limiter.ts'
import { createRequestRecorder } from '../client/metrics.ts'
import { createRequester } from '../client/requester.ts'
import { createSimTime, type SimTime } from '../testing/sim-time.ts'
import type { Answer, Transport } from '../transport/transport.ts'
import { createDiscovery, type Discovery } from './discovery.ts'
import { parseAggregated } from './parse-discovery.ts'

interface World {
  readonly time: SimTime
  readonly discovery: Discovery
  readonly asked: string[]
  serve(pages: Record<string, unknown>): void
}

function createWorld(first: Record<string, unknown>): World {
  const time = createSimTime()
  const asked: string[] = []
  let pages = first
  const transport: Transport = {
    async request({ path }): Promise<Answer> {
      asked.push(path)
      const body = pages[path]
      return { status: body === undefined ? 503 : 200, headers: {}, body }
    },
    stream: () => ({ close: () => {} }),
    close: () => Promise.resolve(),
  }
  const parts = { transport, ports: time, recorder: createRequestRecorder(), limiter: createLimiter(9, 99) }
  const requester = createRequester({ ...parts, retries: 0, timeoutMs: 30_000 })
  const discovery = createDiscovery(requester, time)
  return { time, discovery, asked, serve: (next) => (pages = next) }
}

function aggregated(
  group: string,
  versions: Record<string, readonly string[]>,
  stale: readonly string[] = [],
): unknown {
  return {
    metadata: { name: group },
    versions: Object.entries(versions).map(([version, kinds]) => ({
      version,
      freshness: stale.includes(version) ? 'Stale' : 'Current',
      resources: kinds.map((kind) => ({
        resource: `${kind.toLowerCase()}s`,
        responseKind: { group, version, kind },
        scope: 'Namespaced',
        singularResource: kind.toLowerCase(),
        verbs: ['get'],
        shortNames: ['s'],
        subresources: [{ subresource: 'status' }],
      })),
    })),
  }
}

function pagesOf(...groups: readonly unknown[]): Record<string, unknown> {
  const list = (items: readonly unknown[]): unknown => ({ kind: 'APIGroupDiscoveryList', items })
  return { '/api': list([aggregated('', { v1: ['Pod'] })]), '/apis': list(groups) }
}

test('[D1] two requests tell everything where the aggregated form is served', async () => {
  const { discovery, asked } = createWorld(
    pagesOf(aggregated('apps', { v1: ['Deployment'], v1beta1: ['Deployment', 'Old'] })),
  )
  expect(await discovery.resourceFor({ group: 'apps', kind: 'Deployment' })).toEqual({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    resource: 'deployments',
    singular: 'deployment',
    namespaced: true,
    verbs: ['get'],
    shortNames: ['s'],
    categories: [],
    subresources: ['status'],
  })
  expect((await discovery.resourceFor({ group: 'apps', version: 'v1beta1', kind: 'Deployment' })).version).toBe(
    'v1beta1',
  )
  expect((await discovery.resourceFor({ group: 'apps', kind: 'Old' })).version).toBe('v1beta1')
  expect((await discovery.resourceFor({ group: '', version: 'v1', kind: 'Pod' })).resource).toBe('pods')
  expect(asked).toEqual(['/api', '/apis'])
})

const legacy: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      { name: 'apps', versions: [{ version: 'v1beta1' }, { version: 'v1' }], preferredVersion: { version: 'v1' } },
      { name: 'metrics.k8s.io', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
    ],
  },
  '/api/v1': { resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get'], singularName: 'pod' }] },
  '/apis/apps/v1': {
    resources: [
      { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] },
      { name: 'deployments/status', kind: 'Deployment', namespaced: true, verbs: ['get'] },
    ],
  },
  '/apis/apps/v1beta1': { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] }] },
}

test('[D1] [D2] the legacy form tells the same, and a group that does not answer is incomplete', async () => {
  const { discovery } = createWorld(legacy)
  const found = await discovery.resourceFor({ group: 'apps', kind: 'Deployment' })
  expect([found.version, found.subresources]).toEqual(['v1', ['status']])
  expect((await discovery.surface()).incomplete).toEqual(['metrics.k8s.io/v1'])
  await expect(
    discovery.resourceFor({ group: 'metrics.k8s.io', version: 'v1', kind: 'PodMetrics' }),
  ).rejects.toMatchObject({
    failure: { code: 'discovery-incomplete' },
  })
  await expect(discovery.resourceFor({ group: 'apps', kind: 'Nothing' })).rejects.toMatchObject({
    failure: { code: 'unknown-kind' },
  })
})

test('[D2] what was known of a group survives while its server is down', async () => {
  const world = createWorld(pagesOf(aggregated('metrics.k8s.io', { v1: ['PodMetric'] })))
  await world.discovery.resourceFor({ group: 'metrics.k8s.io', kind: 'PodMetric' })
  world.serve(pagesOf(aggregated('metrics.k8s.io', { v1: [] }, ['v1'])))
  world.discovery.invalidate()
  expect((await world.discovery.resourceFor({ group: 'metrics.k8s.io', kind: 'PodMetric' })).resource).toBe(
    'podmetrics',
  )
  world.serve(pagesOf())
  world.discovery.invalidate()
  await expect(world.discovery.resourceFor({ group: 'metrics.k8s.io', kind: 'PodMetric' })).rejects.toMatchObject({
    failure: { code: 'unknown-kind' },
  })
})

test('[D3] an unknown kind is looked for again, at most once a second, and all who wait share the round', async () => {
  const world = createWorld(pagesOf())
  const ask = (): Promise<string> =>
    world.discovery.resourceFor({ group: 'example.com', kind: 'Widget' }).then(
      ({ resource }) => resource,
      (error: unknown) => (error as { failure: { code: string } }).failure.code,
    )
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['unknown-kind', 'unknown-kind', 'unknown-kind'])
  expect(world.asked).toHaveLength(2)
  world.serve(pagesOf(aggregated('example.com', { v1: ['Widget'] })))
  expect(await ask()).toBe('unknown-kind')
  await world.time.advance(1_000)
  expect(await ask()).toBe('widgets')
  expect(world.asked).toHaveLength(4)
})

test('[D3] a round that fails is made again by the next who asks', async () => {
  const world = createWorld({})
  await expect(world.discovery.surface()).rejects.toMatchObject({ status: { code: 503 } })
  world.serve(pagesOf())
  expect((await world.discovery.surface()).resources.map(({ kind }) => kind)).toEqual(['Pod'])
})

test('[D3] who asks for a kind while a round is under way waits for it instead of believing the last one', async () => {
  const world = createWorld(pagesOf())
  await world.discovery.surface()
  world.serve(pagesOf(aggregated('example.com', { v1: ['Widget'] })))
  world.discovery.invalidate()
  const both = [1, 2].map(() => world.discovery.resourceFor({ group: 'example.com', kind: 'Widget' }))
  expect((await Promise.all(both)).map((found) => found.resource)).toEqual(['widgets', 'widgets'])
  expect(world.asked).toEqual(['/api', '/apis', '/api', '/apis'])
})

test('[D3] a round that began before what is known was called outdated is not enough', async () => {
  const world = createWorld(pagesOf())
  const early = world.discovery.surface()
  world.serve(pagesOf(aggregated('example.com', { v1: ['Widget'] })))
  world.discovery.invalidate()
  expect((await world.discovery.resourceFor({ group: 'example.com', kind: 'Widget' })).resource).toBe('widgets')
  await early
})

test('[D1] a resource that names no singular has that of its kind, and one without a kind is left out', () => {
  const resources = [
    { resource: 'widgets', responseKind: { kind: 'Widget' }, scope: 'Cluster', categories: ['all'], verbs: ['get'] },
    { resource: 'empty', responseKind: { kind: '' }, scope: 'Cluster', verbs: ['get'] },
  ]
  const items = [{ metadata: { name: 'example.com' }, versions: [{ version: 'v1', resources }] }]
  expect(parseAggregated({ kind: 'APIGroupDiscoveryList', items })?.resources).toEqual([
    {
      group: 'example.com',
      version: 'v1',
      kind: 'Widget',
      resource: 'widgets',
      singular: 'widget',
      namespaced: false,
      verbs: ['get'],
      shortNames: [],
      categories: ['all'],
      subresources: [],
    },
  ])
})
