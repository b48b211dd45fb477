/** The cluster client against a server with sockets: the embedded one, and the real one under `npm run test:cluster`. */
import { serviceAccountIdentity, type CacheEvent, type ObjectCache } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { testCluster, type TestCluster } from '../test/cluster/target.ts'

const namespace = `client-${Date.now().toString(36)}`
const manager = { fieldManager: 'kedge-e2e' }
const configMaps = { group: '', kind: 'ConfigMap' }
let target: TestCluster

beforeAll(async () => {
  target = await testCluster()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, manager)
})

afterAll(async () => {
  await target.cluster.delete({ group: '', kind: 'Namespace', name: namespace })
  await target.close()
})

function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  labels?: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    data,
  }
}

/** Resolves when the cache satisfies the condition; the test's own time limit ends the wait. */
function when(cache: ObjectCache, isTrue: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!isTrue()) return
      end()
      resolve()
    }
    const end = cache.onEvent(() => queueMicrotask(check))
    check()
  })
}

test('apply creates, repeats without a change, meets conflicts and takes over', async () => {
  const { cluster } = target
  const first = await cluster.apply(configMap('apply', { a: '1' }), manager)
  const again = await cluster.apply(configMap('apply', { a: '1' }), manager)
  expect([first.created, again.created]).toEqual([true, false])
  expect(again.object.metadata.resourceVersion).toBe(first.object.metadata.resourceVersion)
  const other = { fieldManager: 'somebody-else' }
  await expect(cluster.apply(configMap('apply', { a: '2' }), other)).rejects.toMatchObject({
    outcomeKnown: true,
    status: {
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kedge-e2e": .data.a',
      causes: [{ reason: 'FieldManagerConflict', field: '.data.a' }],
    },
  })
  const taken = await cluster.apply(configMap('apply', { a: '2' }), { ...other, force: true })
  expect(taken.object['data']).toEqual({ a: '2' })
  const dry = await cluster.apply(configMap('apply', { a: '3' }), { ...manager, force: true, dryRun: true })
  expect(dry.object['data']).toEqual({ a: '3' })
  expect((await cluster.get({ ...configMaps, namespace, name: 'apply' }))?.['data']).toEqual({ a: '2' })
})

test('a delete hits only the object that it names by uid', async () => {
  const { cluster } = target
  const ref = { ...configMaps, namespace, name: 'delete' }
  const { object } = await cluster.create(configMap('delete', {}))
  await expect(cluster.delete(ref, { uid: 'another' })).rejects.toMatchObject({
    status: { code: 409, reason: 'Conflict' },
  })
  const held = await cluster.patch(ref, { type: 'merge', body: { metadata: { finalizers: ['kedge.dev/e2e'] } } })
  const uid = held.object.metadata.uid ?? ''
  expect(uid).toBe(object.metadata.uid)
  expect((await cluster.delete(ref, { uid, propagation: 'Background' })).outcome).toBe('deleting')
  await cluster.patch(ref, { type: 'json', body: [{ op: 'remove', path: '/metadata/finalizers' }] })
  expect(await cluster.get(ref)).toBeUndefined()
  expect(await cluster.delete(ref, { uid })).toEqual({ outcome: 'absent' })
})

test('updates from an old state are refused', async () => {
  const { cluster } = target
  const { object } = await cluster.create(configMap('update', { a: '1' }))
  await cluster.update({ ...object, data: { a: '2' } })
  await expect(cluster.update({ ...object, data: { a: '3' } })).rejects.toMatchObject({ status: { code: 409 } })
})

test('lists are complete over pages and narrowed by selectors', async () => {
  const { cluster } = target
  const names = Array.from({ length: 25 }, (_, index) => `page-${String(index).padStart(2, '0')}`)
  await Promise.all(
    names.map((name, index) => cluster.create(configMap(name, {}, { page: index % 2 === 0 ? 'even' : 'odd' }))),
  )
  const all = await cluster.list(configMaps, { namespace, labelSelector: 'page', pageSize: 7 })
  expect(all.items.map(({ metadata }) => metadata.name)).toEqual(names)
  expect(all.items.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true)
  const odd = await cluster.list(configMaps, { namespace, labelSelector: 'page=odd', metadataOnly: true })
  expect(odd.items).toHaveLength(12)
  expect(odd.items[0]).not.toHaveProperty('data')
  const one = await cluster.list(configMaps, { namespace, fieldSelector: 'metadata.name=page-03' })
  expect(one.items.map(({ metadata }) => metadata.name)).toEqual(['page-03'])
})

test('a cache follows hundreds of changes and ends equal to a list', async () => {
  const { cluster } = target
  const cache = cluster.cache(configMaps, { namespace, labelSelector: 'churn' })
  const lean = cluster.cache(configMaps, {
    namespace,
    labelSelector: 'churn',
    metadataOnly: true,
    keepManagedFields: true,
  })
  await Promise.all([cache.synced, lean.synced])
  const told = new Map<string, string>()
  cache.onEvent((event: CacheEvent) => {
    const name = event.object.metadata.name ?? ''
    if (event.type === 'deleted') told.delete(name)
    else told.set(name, event.object.metadata.resourceVersion ?? '')
  })
  const churn = async (index: number): Promise<void> => {
    const name = `churn-${index}`
    for (const value of ['1', '2', '3']) await cluster.apply(configMap(name, { value }, { churn: 'yes' }), manager)
    if (index % 3 === 0) await cluster.delete({ ...configMaps, namespace, name })
  }
  await Promise.all(Array.from({ length: 60 }, (_, index) => churn(index)))
  const list = await cluster.list(configMaps, { namespace, labelSelector: 'churn' })
  const expected = new Map(list.items.map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion ?? '']))
  const shown = (view: ObjectCache): Map<string, string> =>
    new Map(view.list().map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion ?? '']))
  const equals = (view: ObjectCache): boolean => {
    const state = shown(view)
    return state.size === expected.size && [...expected].every(([name, version]) => state.get(name) === version)
  }
  await Promise.all([when(cache, () => equals(cache)), when(lean, () => equals(lean))])
  expect(told).toEqual(expected)
  expect(cache.list().every(({ metadata }) => metadata.managedFields === undefined)).toBe(true)
  expect(lean.list()[0]).not.toHaveProperty('data')
  expect(lean.list()[0]?.metadata.managedFields).toHaveLength(1)
  cache.close()
  lean.close()
})

test('a new kind is found while its definition is being established, and gone when it is gone', async () => {
  const { cluster } = target
  const group = `${namespace}.example.com`
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: { status: {} },
        },
      ],
    },
  }
  const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w', namespace }, spec: { size: 1 } }
  await expect(cluster.apply(widget, manager)).rejects.toMatchObject({ failure: { code: 'unknown-kind' } })
  const definitions = cluster.cache({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' })
  // It is opened before its kind exists, and comes alive when it does.
  const widgets = cluster.cache({ group, kind: 'Widget' })
  await definitions.synced
  await cluster.apply(definition, manager)
  const isEstablished = (): boolean => {
    const status = definitions.get('', definition.metadata.name)?.['status'] as
      | { conditions?: { type: string; status: string }[] }
      | undefined
    return status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') ?? false
  }
  await when(definitions, isEstablished)
  await widgets.synced
  await cluster.apply(widget, manager)
  await cluster.applyStatus({ ...widget, spec: undefined, status: { ready: true } }, manager)
  await when(widgets, () => widgets.get(namespace, 'w')?.['status'] !== undefined)
  expect(widgets.get(namespace, 'w')).toMatchObject({ spec: { size: 1 }, status: { ready: true } })
  await cluster.delete({
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    name: definition.metadata.name,
  })
  await when(widgets, () => widgets.size() === 0)
  widgets.close()
  await when(definitions, () => definitions.get('', definition.metadata.name) === undefined)
  definitions.close()
  await expect(cluster.resourceFor({ group, kind: 'Widget' })).rejects.toMatchObject({
    failure: { code: 'unknown-kind' },
  })
})

test('a ServiceAccount may do what its roles allow, and nothing else', async () => {
  const { cluster } = target
  const rbac = 'rbac.authorization.k8s.io'
  await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } }, manager)
  await cluster.apply(
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'deployer', namespace },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
    },
    manager,
  )
  const deployer = cluster.as(serviceAccountIdentity(namespace, 'deployer'))
  const allowed = async (): Promise<boolean> =>
    (await deployer.mayI({ verb: 'patch', resource: 'configmaps', namespace })).allowed
  // The real server's authorizer learns of the binding by a watch of its own.
  for (let attempt = 0; attempt < 100 && !(await allowed()); attempt += 1) await cluster.list(configMaps, { namespace })
  await deployer.apply(configMap('by-deployer', { a: '1' }), manager)
  const elsewhere = { ...configMap('x', {}), metadata: { name: 'x', namespace: 'default' } }
  await expect(deployer.apply(elsewhere, manager)).rejects.toMatchObject({ status: { code: 403, reason: 'Forbidden' } })
  expect((await deployer.mayI({ verb: 'create', group: rbac, resource: 'clusterroles' })).allowed).toBe(false)
})

test('an event is recorded on its object', async () => {
  const { cluster } = target
  const about = (await cluster.apply(configMap('eventful', {}), manager)).object
  const event = await cluster.createEvent({
    about,
    type: 'Normal',
    reason: 'Tested',
    message: 'it works',
    reporter: 'kedge-e2e',
  })
  expect(event).toMatchObject({ reason: 'Tested', involvedObject: { uid: about.metadata.uid } })
})

test('nothing is written by reading', async () => {
  const { cluster } = target
  const before = cluster.metrics.writes()
  await cluster.list(configMaps, { namespace })
  await cluster.apply(configMap('dry', {}), { ...manager, dryRun: true })
  expect(cluster.metrics.writes()).toBe(before)
})
