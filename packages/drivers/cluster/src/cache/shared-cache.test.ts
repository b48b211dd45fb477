import { expect, test } from 'vitest'

import { createCluster } from '../client/create-cluster.ts'
import { identityOf } from '../client/identity.ts'
import { createFakeApi } from '../testing/fake-api.ts'
import { createSimTime } from '../testing/sim-time.ts'
import { localTransport, type LocalApi } from '../transport/local-transport.ts'
import { createObjectStore } from './object-store.ts'

const kind = { group: '', kind: 'ConfigMap' }

test('[C8] openers of one selection share a watch, which ends with the last', async () => {
  const time = createSimTime()
  const api = createFakeApi(time, 'served')
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const one = cluster.cache(kind)
  const two = cluster.cache(kind, { namespace: '' })
  const narrow = cluster.cache(kind, { labelSelector: 'a=b' })
  const other = cluster.as(identityOf({ user: 'jane' })).cache(kind)
  await time.advance(10)
  expect(api.streams()).toBe(3)
  narrow.close()
  other.close()
  one.close()
  one.close()
  expect(one.state().phase).toBe('closed')
  expect([api.streams(), two.state().phase]).toEqual([1, 'live'])
  two.close()
  expect(api.streams()).toBe(0)
  const again = cluster.cache(kind)
  await time.advance(2_000)
  expect(again.state().phase).toBe('live')
  expect(api.streams()).toBe(1)
})

test('[C8] a cache that is closed before it is complete says so to who waits', async () => {
  const time = createSimTime()
  const api = createFakeApi(time, 'served')
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache(kind)
  cache.close()
  await expect(cache.synced).rejects.toMatchObject({ failure: { code: 'cache-closed' } })
})

test('a listener hears of what there is and of each change until it ends, and its mistakes are not the cache’s', async () => {
  const time = createSimTime()
  const api = createFakeApi(time, 'served')
  const cluster = createCluster({ name: 'fake', namespace: 'default' }, time, { transport: api })
  const cache = cluster.cache(kind)
  api.write('a')
  await time.advance(10)
  const told: string[] = []
  const end = cache.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
  cache.onState(({ phase }) => told.push(phase))
  cache.onEvent((event) => {
    if (event.type === 'modified') throw new Error('a mistake')
  })
  api.write('a')
  api.drop('break')
  await expect(time.advance(1)).rejects.toThrow('a mistake')
  await time.advance(5_000)
  end()
  api.write('b')
  expect(told).toEqual(['added a', 'modified a', 'interrupted', 'live'])
  expect(cache.get('default', 'b')).toBeDefined()
})

test('[C8] managedFields are kept only where asked for, and metadata alone is what is kept of the rest', async () => {
  const time = createSimTime()
  const whole = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'web', uid: 'u', resourceVersion: '5', managedFields: [{ manager: 'k' }] },
    data: { x: 'y' },
  }
  const events = [
    { type: 'ADDED', object: whole },
    {
      type: 'BOOKMARK',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    },
  ]
  const pages: Record<string, unknown> = {
    '/api': { versions: ['v1'] },
    '/apis': { groups: [] },
    '/api/v1': { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] },
  }
  const api: LocalApi = {
    request: ({ path }) => Promise.resolve({ status: 200, body: pages[path] }),
    watch: (_, onEvent) => {
      for (const event of events) onEvent(event)
      return { close: () => {} }
    },
  }
  const cluster = createCluster({ name: 'local', namespace: 'default' }, time, { transport: localTransport(api) })
  const lean = cluster.cache(kind)
  const full = cluster.cache(kind, { keepManagedFields: true })
  const bare = cluster.cache(kind, { metadataOnly: true })
  await time.advance(10)
  const { managedFields: _, ...metadata } = whole.metadata
  expect(lean.list()).toEqual([{ ...whole, metadata }])
  expect(full.list()).toEqual([whole])
  expect(bare.list()).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata }])
  // A stream in the same process cannot go silent: nothing is asked again however long nothing happens.
  await time.advance(3_600_000)
  expect(lean.state().phase).toBe('live')
  expect(cluster.metrics.counts().filter(({ verb }) => verb === 'watch')).toMatchObject([{ count: 3 }])
})

test('[D4] a definition that changes while it is watched makes discovery ask again', async () => {
  const time = createSimTime()
  const asked: string[] = []
  let tell: (type: string, object: unknown) => void = () => {}
  const definitions = { name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false }
  const pages: Record<string, unknown> = {
    '/api': { versions: [] },
    '/apis': { groups: [{ name: 'apiextensions.k8s.io', versions: [{ version: 'v1' }] }] },
    '/apis/apiextensions.k8s.io/v1': { resources: [definitions] },
  }
  const api: LocalApi = {
    request({ path }) {
      asked.push(path)
      return Promise.resolve({ status: 200, body: pages[path] })
    },
    watch(_, onEvent) {
      tell = (type, object) => onEvent({ type, object })
      const metadata = { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } }
      tell('BOOKMARK', { apiVersion: 'v1', kind: 'x', metadata })
      return { close: () => {} }
    },
  }
  const cluster = createCluster({ name: 'local', namespace: 'default' }, time, { transport: localTransport(api) })
  const crd = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }
  cluster.cache(crd)
  await time.advance(10)
  const rounds = async (): Promise<number> => {
    await cluster.resourceFor(crd)
    return asked.filter((path) => path === '/apis').length
  }
  const definition = (version: number, established: string, seen: number): unknown => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets', uid: 'u', generation: 1, resourceVersion: String(version) },
    status: { conditions: [{ type: 'Established', status: established, seen }] },
  })
  expect(await rounds()).toBe(1)
  tell('ADDED', definition(6, 'False', 1))
  expect(await rounds()).toBe(2)
  tell('MODIFIED', definition(7, 'False', 2))
  expect(await rounds()).toBe(2)
  tell('MODIFIED', definition(8, 'True', 2))
  expect(await rounds()).toBe(3)
  tell('DELETED', definition(9, 'True', 2))
  expect(await rounds()).toBe(4)
})

test('[D4] a cache that waits for its kind comes alive with the definition, not with its next try', async () => {
  const time = createSimTime()
  const tells = new Map<string, (type: string, object: unknown) => void>()
  const pages: Record<string, unknown> = {
    '/api': { versions: [] },
    '/apis': {
      groups: ['apiextensions.k8s.io', 'example.com'].map((name) => ({ name, versions: [{ version: 'v1' }] })),
    },
    '/apis/apiextensions.k8s.io/v1': {
      resources: [{ name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false }],
    },
    '/apis/example.com/v1': { resources: [] },
  }
  const api: LocalApi = {
    request: ({ path }) => Promise.resolve({ status: 200, body: pages[path] }),
    watch(path, onEvent) {
      tells.set(path.split('?')[0] ?? '', (type, object) => onEvent({ type, object }))
      const metadata = { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } }
      onEvent({ type: 'BOOKMARK', object: { apiVersion: 'v1', kind: 'x', metadata } })
      return { close: () => {} }
    },
  }
  const cluster = createCluster({ name: 'local', namespace: 'default' }, time, { transport: localTransport(api) })
  cluster.cache({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' })
  const widgets = cluster.cache({ group: 'example.com', kind: 'Widget' })
  await time.advance(3_600_000)
  expect(widgets.state().phase).toBe('starting')
  pages['/apis/example.com/v1'] = { resources: [{ name: 'widgets', kind: 'Widget', namespaced: true }] }
  tells.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')?.('ADDED', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com', uid: 'u', resourceVersion: '6' },
    spec: { group: 'example.com', names: { kind: 'Widget' } },
  })
  await time.advance(1_000)
  expect(widgets.state().phase).toBe('live')
})

test('indexes follow the objects', () => {
  const store = createObjectStore()
  const object = (name: string, namespace: string, owners: readonly string[]): Parameters<typeof store.put>[0] => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `${namespace}/${name}`,
      ownerReferences: owners.map((uid) => ({ uid, kind: 'ReplicaSet', name: 'r', apiVersion: 'apps/v1' })),
    },
  })
  const names = (objects: readonly { metadata: { name?: string } }[]): unknown =>
    objects.map(({ metadata }) => metadata.name)
  store.put(object('a', 'web', ['r1']))
  store.put(object('b', 'web', ['r1', 'r2']))
  store.put(object('c', 'db', []))
  expect([
    names(store.byOwner('r1')),
    names(store.byOwner('r2')),
    names(store.list('web')),
    names(store.list()),
  ]).toEqual([['a', 'b'], ['b'], ['a', 'b'], ['a', 'b', 'c']])
  store.put(object('a', 'web', ['r2']))
  store.remove('web', 'b')
  expect([names(store.byOwner('r1')), names(store.byOwner('r2')), names(store.list('web'))]).toEqual([[], ['a'], ['a']])
  store.replace(new Map([['db/d', object('d', 'db', ['r1'])]]))
  expect([names(store.byOwner('r1')), names(store.byOwner('r2')), names(store.list('web')), store.size()]).toEqual([
    ['d'],
    [],
    [],
    1,
  ])
})
