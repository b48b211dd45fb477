import { formatKey, type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { Desired } from './model/desired.ts'
import { dismantle, reconcile } from './reconcile.ts'
import { run } from './run.ts'
import { apiError, createModelCluster } from './testing/model-cluster.ts'
import {
  configMap,
  createBench,
  definition,
  deliveryOf,
  established,
  keyFor,
  namespaceNamed,
  passOf,
  reconcileOn,
  restart,
  type Bench,
} from './testing/model-delivery.ts'

function shopBench(): Bench {
  const cluster = createModelCluster()
  cluster.put(namespaceNamed('shop'))
  return createBench(cluster)
}

const stays = configMap('stays')

async function benchWith(objects: readonly KubeObject[]): Promise<Bench> {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([stays, ...objects]))
  bench.cluster.calls.length = 0
  return bench
}

function held(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, finalizers: ['example.com/hold'] } }
}

function names(bench: Bench): readonly string[] {
  return bench.stored.map((entry) => entry.name)
}

test('[P1] what left the source is read anew, deleted by its UID, and leaves the inventory', async () => {
  const bench = await benchWith([configMap('old')])
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect(bench.cluster.calls.map((call) => `${call.verb} ${call.key.name}`)).toEqual(['get old', 'delete old'])
  expect(report.result).toBe('ready')
  expect(names(bench)).toEqual(['stays'])
})

test('[P4] what is gone already leaves the inventory without a delete', async () => {
  const bench = await benchWith([configMap('old')])
  bench.cluster.erase(keyFor('ConfigMap', 'old'))
  await reconcileOn(bench, deliveryOf([stays]))
  expect(bench.cluster.writes()).toEqual([])
  expect(names(bench)).toEqual(['stays'])
})

test('[P4] when the definition is gone, so are its objects', async () => {
  const cluster = createModelCluster()
  cluster.put(namespaceNamed('shop'))
  const bench = createBench(cluster)
  const crd = cluster.put({ ...definition('Widget'), status: established })
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'shop' }, spec: {} }
  await reconcileOn(bench, deliveryOf([stays, widget]))
  cluster.erase({
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    namespace: '',
    name: crd.metadata.name ?? '',
  })
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect(report.result).toBe('ready')
  expect(names(bench)).toEqual(['stays'])
})

test.each(['discovery', 'the object'])(
  '[P5] while %s cannot be read, nothing is deleted, forgotten or called done',
  async (what) => {
    const bench = await benchWith([configMap('old')])
    if (what === 'discovery') {
      bench.cluster.resourceFor = async (gvk) => {
        if (gvk.version === '') throw apiError(503, 'ServiceUnavailable')
        return { ...gvk, resource: 'configmaps', namespaced: true }
      }
    } else {
      bench.cluster.beforeCall = (call) => {
        if (call.verb === 'get') throw apiError(403, 'Forbidden')
      }
    }
    const report = await reconcileOn(bench, deliveryOf([stays]))
    expect([report.result, report.failedStep, report.failures[0]?.code]).toEqual(['failed', 'prune', 'Unreadable'])
    expect(bench.cluster.writes()).toEqual([])
    expect(names(bench)).toEqual(['old', 'stays'])
  },
)

test('[P6] an object that is not ours any more stays and leaves the inventory', async () => {
  const bench = await benchWith([configMap('old')])
  bench.cluster.edit(keyFor('ConfigMap', 'old'), 'person', (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: {} },
  }))
  await reconcileOn(bench, deliveryOf([stays]))
  expect(bench.cluster.find(keyFor('ConfigMap', 'old'))).toBeDefined()
  expect(names(bench)).toEqual(['stays'])
})

test('[P9] an object that moves to another delivery is awaited, then leaves without a delete', async () => {
  const bench = await benchWith([configMap('old')])
  bench.claims.set('ConfigMap/old', 'blog')
  const waiting = await reconcileOn(bench, deliveryOf([stays]))
  expect(waiting.revisitAtMs).toBe(1_030_000)
  expect(names(bench)).toEqual(['old', 'stays'])
  bench.cluster.edit(keyFor('ConfigMap', 'old'), 'blog', (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { 'example.com/owner': 'blog' } },
  }))
  const done = await reconcileOn(bench, deliveryOf([stays]))
  expect(done.revisitAtMs).toBeUndefined()
  expect(names(bench)).toEqual(['stays'])
  expect(bench.cluster.writes()).toEqual([])
})

test('nothing is pruned while a wave waits for health', async () => {
  const bench = await benchWith([configMap('old')])
  const report = await reconcileOn(bench, deliveryOf([stays, definition('Widget')]))
  expect(report.result).toBe('waiting')
  expect(report.pruned[0]?.verdict).toMatchObject({ kind: 'keep', reason: 'EarlierFailure' })
  expect(bench.cluster.find(keyFor('ConfigMap', 'old'))).toBeDefined()
  expect(names(bench)).toContain('old')
})

test('[A6] a failed wave keeps the later ones from being applied', async () => {
  const bench = shopBench()
  bench.cluster.beforeCall = (call) => {
    if (call.key.kind === 'ClusterRole') throw apiError(403, 'Forbidden')
  }
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' }, rules: [] }
  const report = await reconcileOn(bench, deliveryOf([stays, role]))
  expect(report.outcomes.map((one) => `${one.ref.name} ${one.kind}`)).toEqual(['r failed', 'stays pending'])
  expect(bench.cluster.find(keyFor('ConfigMap', 'stays'))).toBeUndefined()
})

test('[A6] a failed wave keeps the later ones from being applied, also when it is not awaited', async () => {
  const bench = shopBench()
  bench.cluster.beforeCall = (call) => {
    if (call.key.name === 'first') throw apiError(403, 'Forbidden')
  }
  const waves = (objects: readonly Desired[]) =>
    objects.map((one) => ({ name: one.object.metadata.name ?? '', objects: [one], awaitHealth: false, timeoutMs: 0 }))
  const report = await reconcileOn(bench, deliveryOf([configMap('first'), stays], { waves }))
  expect(report.outcomes.map((one) => `${one.ref.name} ${one.kind}`)).toEqual(['first failed', 'stays pending'])
})

test('the record ahead still holds what earlier passes brought', async () => {
  const bench = await benchWith([configMap('old')])
  bench.cluster.beforeCall = (call) => {
    if (call.verb === 'apply') throw new Error('the process dies')
  }
  const owner = { deliveryId: 'shop', revision: 'x' }
  const dying = run(reconcile(passOf(bench, deliveryOf([stays, configMap('new')]))), bench.ports, { owner })
  await expect(dying).rejects.toThrow('the process dies')
  expect(names(bench)).toEqual(['new', 'old', 'stays'])
})

test('[P13] definitions, identities and namespaces go only when what needs them is gone, under one plan digest', async () => {
  const cluster = createModelCluster()
  cluster.put(namespaceNamed('shop'))
  const bench = createBench(cluster)
  const crdKey = {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    namespace: '',
    name: 'widgets.example.com',
  }
  const widget = held({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop' },
    spec: {},
  })
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app', namespace: 'shop' } }
  const all = [stays, definition('Widget'), widget, account, namespaceNamed('extra'), configMap('old')]
  await reconcileOn(bench, deliveryOf(all))
  cluster.setStatus(crdKey, established)
  await reconcileOn(bench, deliveryOf(all))
  cluster.calls.length = 0

  const first = await reconcileOn(bench, deliveryOf([stays]))
  expect(first.result).toBe('waiting')
  expect(first.pruned.filter((item) => item.verdict.kind === 'hold').map((item) => item.entry.name)).toEqual([
    'extra',
    'widgets.example.com',
  ])
  expect(cluster.writes().map((call) => call.key.name)).toEqual(['w', 'old'])
  const guards = { allowEmpty: false, limit: 'default' as const, confirmed: first.planDigest }

  cluster.calls.length = 0
  const second = await reconcileOn(bench, deliveryOf([stays], { guards }))
  expect(second.result).toBe('waiting')
  expect(second.terminating.map((ref) => ref.name)).toEqual(['w'])
  expect(second.planDigest).toBe(first.planDigest)
  expect(cluster.writes()).toEqual([])
  expect(names(bench).toSorted()).toEqual(['app', 'extra', 'old', 'stays', 'w', 'widgets.example.com'])

  cluster.release(keyFor('Widget', 'w', { group: 'example.com' }))
  const third = await reconcileOn(bench, deliveryOf([stays], { guards }))
  expect(third.result).toBe('ready')
  expect(cluster.writes().map((call) => call.key.name)).toEqual(['app', 'widgets.example.com', 'extra'])
  expect(names(bench)).toEqual(['stays'])
})

test.each([
  [0, '0 objects of kind Widget'],
  [1, '1 object of kind Widget'],
  [1_500, 'more than 1000 objects of kind Widget'],
])('[G5] with %i instances in the cluster a held definition says how many would go with it', async (count, text) => {
  const bench = shopBench()
  const { cluster } = bench
  const crdKey = keyFor('CustomResourceDefinition', 'widgets.example.com', {
    group: 'apiextensions.k8s.io',
    namespace: '',
  })
  await reconcileOn(bench, deliveryOf([stays, definition('Widget')]))
  cluster.setStatus(crdKey, established)
  for (let index = 0; index < count; index += 1) {
    cluster.put({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: `w-${index}`, namespace: 'shop' } })
  }
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect(report.result).toBe('held')
  expect(report.pruned.map((item) => item.takesAlong)).toEqual([text])
  cluster.calls.length = 0
  const guards = { allowEmpty: false, limit: 'default' as const, confirmed: report.planDigest }
  await reconcileOn(bench, deliveryOf([stays], { guards }))
  expect(cluster.calls.filter((call) => call.verb === 'list')).toEqual([])
})

test.each([
  ['ServiceAccount', '', 'v1'],
  ['CustomResourceDefinition', 'apiextensions.k8s.io', 'apiextensions.k8s.io/v1'],
  ['Namespace', '', 'v1'],
])('[P13] a %s waits for an ordinary object that lingers', async (kind, group, apiVersion) => {
  const namespaced = kind === 'ServiceAccount' ? { namespace: 'shop' } : {}
  const object =
    kind === 'CustomResourceDefinition'
      ? definition('Widget')
      : { apiVersion, kind, metadata: { name: 'last', ...namespaced } }
  const bench = shopBench()
  const guards = { allowEmpty: false, limit: 'off' as const }
  await reconcileOn(bench, deliveryOf([stays, held(configMap('old')), object], { guards }))
  bench.cluster.setStatus(
    { group, kind, namespace: namespaced.namespace ?? '', name: object.metadata.name ?? '' },
    established,
  )
  await reconcileOn(bench, deliveryOf([stays, held(configMap('old')), object], { guards }))
  bench.cluster.calls.length = 0
  const waiting = await reconcileOn(bench, deliveryOf([stays], { guards }))
  expect(waiting.result).toBe('waiting')
  expect(bench.cluster.writes().map((call) => call.key.name)).toEqual(['old'])
  bench.cluster.release(keyFor('ConfigMap', 'old'))
  expect((await reconcileOn(bench, deliveryOf([stays], { guards }))).result).toBe('ready')
})

test('[P13] a namespace goes after a definition, even when both are ready to go', async () => {
  const bench = shopBench()
  const guards = { allowEmpty: false, limit: 'off' as const }
  const crdKey = {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    namespace: '',
    name: 'widgets.example.com',
  }
  await reconcileOn(bench, deliveryOf([definition('Widget'), namespaceNamed('extra')], { guards }))
  bench.cluster.setStatus(crdKey, established)
  bench.cluster.edit(crdKey, 'cleanup', (live) => held(live))
  await reconcileOn(bench, deliveryOf([definition('Widget'), namespaceNamed('extra'), stays], { guards }))
  bench.cluster.calls.length = 0
  await reconcileOn(bench, deliveryOf([stays], { guards }))
  expect(bench.cluster.writes().map((call) => call.key.kind)).toEqual(['CustomResourceDefinition'])
})

test('a deletion that goes on is not asked for again and is not called done', async () => {
  const bench = await benchWith([held(configMap('old'))])
  const first = await reconcileOn(bench, deliveryOf([stays]))
  const second = await reconcileOn(bench, deliveryOf([stays]))
  expect([first.result, second.result]).toEqual(['waiting', 'waiting'])
  expect(bench.cluster.writes()).toHaveLength(1)
  expect(second.pruned[0]?.verdict).toEqual({ kind: 'terminating', blockedBy: ['example.com/hold'] })
})

test('an object that was made anew between the read and the delete survives, and the next pass judges it', async () => {
  const bench = await benchWith([configMap('old')])
  const key = keyFor('ConfigMap', 'old')
  bench.cluster.beforeCall = (call) => {
    if (call.verb !== 'delete') return
    bench.cluster.release(key)
    bench.cluster.put(configMap('old', { theirs: 'yes' }))
  }
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect([report.result, report.failures[0]?.code, report.retryable]).toEqual(['failed', 'Changed', true])
  bench.cluster.beforeCall = () => {}
  await reconcileOn(bench, deliveryOf([stays]))
  expect(bench.cluster.find(key)?.['data']).toEqual({ theirs: 'yes' })
  expect(names(bench)).toEqual(['stays'])
})

test.each([
  ['get', 404, 'NotServed', 'failed'],
  ['get', 404, 'NotFound', 'ready'],
  ['delete', 404, 'NotServed', 'failed'],
  ['delete', 404, 'NotFound', 'ready'],
  ['delete', 500, 'NotFound', 'failed'],
] as const)('a %s answered with %i %s ends the pass %s', async (verb, code, reason, expected) => {
  const bench = await benchWith([configMap('old')])
  bench.cluster.beforeCall = (call) => {
    if (call.verb === verb) throw apiError(code, reason)
  }
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect(report.result).toBe(expected)
  expect(names(bench).includes('old')).toBe(expected === 'failed')
})

test('a delete whose outcome nobody knows stays in the inventory', async () => {
  const bench = await benchWith([configMap('old')])
  bench.cluster.afterCall = (call) => {
    if (call.verb === 'delete') throw apiError(0, 'Timeout', { known: false })
  }
  const report = await reconcileOn(bench, deliveryOf([stays]))
  expect(report.failures[0]?.message).toContain('it may have been carried out all the same')
  expect(names(bench)).toEqual(['old', 'stays'])
  bench.cluster.afterCall = () => {}
  expect((await reconcileOn(bench, deliveryOf([stays]))).result).toBe('ready')
  expect(names(bench)).toEqual(['stays'])
})

test('[G1] an empty result deletes nothing, with or without a restart, and says how to confirm', async () => {
  const bench = await benchWith([])
  for (let turn = 0; turn < 2; turn += 1) {
    const report = await reconcileOn(bench, deliveryOf([]))
    expect(report.result).toBe('held')
    expect(report.pruned.map((item) => item.verdict)).toEqual([
      { kind: 'hold', reason: 'EmptyResult', message: 'the source has no objects any more' },
    ])
    expect(report.planDigest).toMatch(/^sha256:[0-9a-f]{64}$/)
    restart(bench)
  }
  expect(bench.cluster.writes()).toEqual([])
})

test('dismantling deletes everything and leaves an empty inventory, whatever the guard on empty results says', async () => {
  const bench = await benchWith([configMap('old')])
  const delivery = deliveryOf([stays], { healthCheck: { objects: 'applied', timeoutMs: 1 } })
  const owner = { deliveryId: 'shop', revision: 'x' }
  const report = await run(dismantle(passOf(bench, delivery)), bench.ports, { owner })
  expect(report.result).toBe('ready')
  expect(report.inventory).toEqual([])
  expect([...bench.cluster.objects.keys()]).toEqual(['/Namespace//shop'])
})

test('[P4] what was refused for its missing namespace cannot be there, and holds up no deletion', async () => {
  const bench = shopBench()
  const homeless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'homeless' }, data: {} }
  const first = await reconcileOn(bench, deliveryOf([homeless]))
  expect(first.failures.map((one) => one.code)).toEqual(['NamespaceMissing'])
  bench.cluster.calls.length = 0
  const delivery = deliveryOf([])
  const pass = { ...passOf(bench, delivery), delivery: { ...delivery, inventory: first.inventory } }
  const report = await run(dismantle(pass), bench.ports, { owner: { deliveryId: 'shop', revision: 'x' } })
  expect({ result: report.result, inventory: report.inventory, calls: bench.cluster.calls }).toEqual({
    result: 'ready',
    inventory: [],
    calls: [],
  })
})

test('a pass for single objects prunes nothing and leaves the inventory alone', async () => {
  const bench = await benchWith([configMap('old')])
  const owner = { deliveryId: 'shop', revision: 'x' }
  const only = [keyFor('ConfigMap', 'stays')]
  const report = await run(reconcile({ ...passOf(bench, deliveryOf([stays])), only }), bench.ports, { owner })
  expect(report.inventory).toEqual(bench.stored)
  expect(bench.cluster.writes()).toEqual([])
  expect(report.memory.applied[formatKey(keyFor('ConfigMap', 'old'))]).toBeDefined()
})
