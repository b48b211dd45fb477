import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { createSimTime } from '../testing/sim-time.ts'
import { localTransport, type LocalApi, type LocalApiCall, type LocalUser } from '../transport/local-transport.ts'
import type { Transport } from '../transport/transport.ts'
import type { Cluster } from './cluster.ts'
import { createCluster } from './create-cluster.ts'
import { identityOf } from './identity.ts'

const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'web' },
  data: {},
}
const ref = { group: '', kind: 'ConfigMap', namespace: 'web', name: 'a' }

interface World {
  readonly cluster: Cluster
  /** All calls but those of discovery. */
  readonly calls: LocalApiCall[]
}

type Reply = (call: LocalApiCall) => { status: number; body: unknown }

function createWorld(reply: Reply, options: { as?: (user: LocalUser) => LocalApi } = {}): World {
  const calls: LocalApiCall[] = []
  const resource = (name: string, kind: string, namespaced: boolean): unknown => ({ name, kind, namespaced, verbs: [] })
  const discovery: Record<string, unknown> = {
    '/api': { versions: ['v1'] },
    '/apis': { groups: [] },
    '/api/v1': {
      resources: [
        resource('configmaps', 'ConfigMap', true),
        resource('namespaces', 'Namespace', false),
        resource('events', 'Event', true),
      ],
    },
  }
  const api: LocalApi = {
    async request(call) {
      const known = discovery[call.path]
      if (known !== undefined) return { status: 200, body: known }
      calls.push(call)
      return reply(call)
    },
    watch: () => ({ close: () => {} }),
  }
  const time = createSimTime()
  const transport = localTransport(api, options)
  return { calls, cluster: createCluster({ name: 'local', namespace: 'default' }, time, { transport, retries: 0 }) }
}

const ok = (): { status: number; body: unknown } => ({ status: 200, body: configMap })
const notFound = (name: string | undefined): { status: number; body: unknown } => ({
  status: 404,
  body: { kind: 'Status', reason: 'NotFound', message: 'not found', details: name === undefined ? {} : { name } },
})

test('each verb sends what Kubernetes expects', async () => {
  const { cluster, calls } = createWorld(ok)
  await cluster.get(ref)
  await cluster.create(configMap, { fieldManager: 'k', dryRun: true, fieldValidation: 'Strict' })
  await cluster.apply(configMap, { fieldManager: 'k', force: true })
  await cluster.applyStatus(configMap, { fieldManager: 'k' })
  await cluster.patch(ref, { type: 'json', body: [{ op: 'remove', path: '/data' }] })
  await cluster.patchStatus(ref, { type: 'merge', body: { status: {} } }, { fieldManager: 'k' })
  await cluster.update(configMap)
  await cluster.updateStatus(configMap)
  await cluster.delete(ref, { uid: 'u', resourceVersion: '7', propagation: 'Foreground', dryRun: true })
  await cluster.delete({ group: '', kind: 'Namespace', namespace: 'ignored', name: 'web' })
  const base = '/api/v1/namespaces/web/configmaps'
  expect(calls).toEqual([
    { method: 'GET', path: `${base}/a` },
    { method: 'POST', path: `${base}?dryRun=All&fieldManager=k&fieldValidation=Strict`, body: configMap },
    {
      method: 'PATCH',
      path: `${base}/a?fieldManager=k&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: configMap,
    },
    {
      method: 'PATCH',
      path: `${base}/a/status?fieldManager=k&force=false`,
      contentType: 'application/apply-patch+yaml',
      body: configMap,
    },
    {
      method: 'PATCH',
      path: `${base}/a`,
      contentType: 'application/json-patch+json',
      body: [{ op: 'remove', path: '/data' }],
    },
    {
      method: 'PATCH',
      path: `${base}/a/status?fieldManager=k`,
      contentType: 'application/merge-patch+json',
      body: { status: {} },
    },
    { method: 'PUT', path: `${base}/a`, body: configMap },
    { method: 'PUT', path: `${base}/a/status`, body: configMap },
    {
      method: 'DELETE',
      path: `${base}/a`,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u', resourceVersion: '7' },
        propagationPolicy: 'Foreground',
        dryRun: ['All'],
      },
    },
    { method: 'DELETE', path: '/api/v1/namespaces/web', body: { apiVersion: 'v1', kind: 'DeleteOptions' } },
  ])
  expect(cluster.metrics.writes()).toBe(7)
})

test('[R8] only an object that the server names is absent', async () => {
  const absent = createWorld(() => notFound('a')).cluster
  expect(await absent.get(ref)).toBeUndefined()
  expect(await absent.delete(ref)).toEqual({ outcome: 'absent' })
  const unserved = createWorld(() => notFound(undefined)).cluster
  await expect(unserved.get(ref)).rejects.toMatchObject({ status: { code: 404, reason: 'NotServed' } })
  await expect(unserved.delete(ref)).rejects.toMatchObject({ status: { reason: 'NotServed' } })
})

test('what a delete left is told', async () => {
  const answer = async (body: unknown): Promise<string> =>
    (await createWorld(() => ({ status: 200, body })).cluster.delete(ref)).outcome
  expect(await answer({ kind: 'Status', apiVersion: 'v1', status: 'Success' })).toBe('deleted')
  expect(await answer({ ...configMap, metadata: { ...configMap.metadata, deletionTimestamp: 'now' } })).toBe('deleting')
})

test('[R4] a success without its object is of unknown outcome', async () => {
  const { cluster } = createWorld(() => ({ status: 200, body: 'fine' }))
  await expect(cluster.apply(configMap, { fieldManager: 'k' })).rejects.toMatchObject({ outcomeKnown: false })
})

test('a created object and warnings are told', async () => {
  const transport: Transport = {
    async request({ path }) {
      if (path === '/api') return { status: 200, headers: {}, body: { versions: ['v1'] } }
      if (path === '/apis') return { status: 200, headers: {}, body: { groups: [] } }
      if (path === '/api/v1') {
        return {
          status: 200,
          headers: {},
          body: { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] },
        }
      }
      const warning = '299 - "old \\"v1\\"", 299 - "unknown field"'
      return { status: 201, headers: { warning }, body: configMap }
    },
    stream: () => ({ close: () => {} }),
    close: () => Promise.resolve(),
  }
  const cluster = createCluster({ name: 'x', namespace: 'default' }, createSimTime(), { transport })
  expect(await cluster.apply(configMap, { fieldManager: 'k' })).toEqual({
    object: configMap,
    created: true,
    warnings: ['old "v1"', 'unknown field'],
  })
})

test('a namespaced object without a namespace and a kind that is not served are refused before anything is sent', async () => {
  const { cluster, calls } = createWorld(ok)
  await expect(cluster.get({ ...ref, namespace: '' })).rejects.toMatchObject({ failure: { code: 'missing-namespace' } })
  await expect(cluster.get({ group: 'x', kind: 'Y', name: 'z' })).rejects.toMatchObject({
    failure: { code: 'unknown-kind' },
  })
  await expect(cluster.get({ ...ref, name: '../a' })).rejects.toMatchObject({ failure: { code: 'bad-path-segment' } })
  expect(calls).toEqual([])
})

test('lists follow their pages and give every item its type', async () => {
  const { cluster, calls } = createWorld(({ path }) => ({
    status: 200,
    body: path.includes('continue=')
      ? { metadata: { resourceVersion: '9' }, items: [{ metadata: { name: 'b' } }] }
      : {
          metadata: { resourceVersion: '9', continue: 'more' },
          items: [{ metadata: { name: 'a' }, data: { x: 'y' } }],
        },
  }))
  const list = await cluster.list(
    { group: '', kind: 'ConfigMap' },
    { namespace: 'web', labelSelector: 'a=b', pageSize: 1 },
  )
  expect(list).toEqual({
    resourceVersion: '9',
    items: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: 'y' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } },
    ],
  })
  expect(calls.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/web/configmaps?labelSelector=a%3Db&limit=1',
    '/api/v1/namespaces/web/configmaps?labelSelector=a%3Db&limit=1&continue=more',
  ])
})

test('a list ends at the bound that it is given', async () => {
  const item = (name: string): unknown => ({ metadata: { name } })
  const body = { metadata: { resourceVersion: '9', continue: 'more' }, items: [item('a'), item('b'), item('c')] }
  const { cluster, calls } = createWorld(() => ({ status: 200, body }))
  const { items } = await cluster.list({ group: '', kind: 'ConfigMap' }, { max: 5 })
  expect([items.length, calls.length]).toEqual([5, 2])
})

test('[R2] a call as somebody else reaches the API as that one, and fails where it cannot', async () => {
  const jane = identityOf({ user: 'jane', groups: ['dev'] })
  const alone = createWorld(ok)
  await expect(alone.cluster.as(jane).get(ref)).rejects.toMatchObject({ status: { code: 0 } })
  expect(alone.calls).toEqual([])
  const users: LocalUser[] = []
  const as = (user: LocalUser): LocalApi => {
    users.push(user)
    return { request: () => Promise.resolve(ok()), watch: () => ({ close: () => {} }) }
  }
  const world = createWorld(ok, { as })
  expect(await world.cluster.as(jane).get(ref)).toEqual(configMap)
  expect(users).toEqual([{ user: 'jane', groups: ['dev'] }])
  expect(world.calls).toEqual([])
})

test('events are made as the API wants them', async () => {
  const { cluster, calls } = createWorld(({ body }) => ({ status: 201, body }))
  const about = { ...configMap, metadata: { ...configMap.metadata, uid: 'u', resourceVersion: '5' } }
  const event = await cluster.createEvent({
    about,
    type: 'Warning',
    reason: 'Bad',
    message: 'é'.repeat(600),
    reporter: 'kedge',
  })
  expect(calls[0]?.path).toBe('/api/v1/namespaces/web/events?fieldManager=kedge')
  expect(event).toMatchObject({
    metadata: { namespace: 'web', name: expect.stringMatching(/^a\.[0-9a-f]+$/) },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'web',
      name: 'a',
      uid: 'u',
      resourceVersion: '5',
    },
    source: { component: 'kedge' },
    count: 1,
    firstTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  })
  expect(Buffer.byteLength(String(event['message']))).toBeLessThanOrEqual(1024)
  expect(String(event['message'])).toMatch(/^é+…$/)
})

test('[D1] an API in the same process is asked for the aggregated form too', async () => {
  const asked: string[] = []
  const list = { kind: 'APIGroupDiscoveryList', items: [] }
  const api: LocalApi = {
    async request(call) {
      asked.push(call.path)
      return call.accept?.includes('APIGroupDiscoveryList') === true ? { status: 200, body: list } : notFound('a')
    },
    watch: () => ({ close: () => {} }),
  }
  const config = { name: 'local', namespace: 'default' }
  const cluster = createCluster(config, createSimTime(), { transport: localTransport(api), retries: 0 })
  await expect(cluster.get(ref)).rejects.toMatchObject({ failure: { code: 'unknown-kind' } })
  expect(asked).toEqual(['/api', '/apis'])
})
