import { formatKey } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { preview, reconcile } from './reconcile.ts'
import { run } from './run.ts'
import { apiError, createModelCluster } from './testing/model-cluster.ts'
import {
  configMap,
  createBench,
  definition,
  deliveryOf,
  desiredOf,
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

function kindsOf(report: { outcomes: readonly { kind: string; ref: { name: string } }[] }): Record<string, string> {
  return Object.fromEntries(report.outcomes.map((one) => [one.ref.name, one.kind]))
}

test('[A1] a first pass records ahead, applies everything and reports it', async () => {
  const bench = shopBench()
  const report = await reconcileOn(bench, deliveryOf([configMap('one'), configMap('two')]))
  expect(report.result).toBe('ready')
  expect(report.applied).toBe(true)
  expect(kindsOf(report)).toEqual({ one: 'created', two: 'created' })
  expect(bench.cluster.calls.map((call) => call.verb)).toEqual(['apply', 'apply'])
  expect(bench.saves).toBe(1)
  expect(report.inventory.map((entry) => [formatKey(entry), entry.uid])).toEqual([
    ['/ConfigMap/shop/one', 'uid-2'],
    ['/ConfigMap/shop/two', 'uid-3'],
  ])
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.metadata.labels).toEqual({ 'example.com/owner': 'shop' })
})

test('[A2] a pass on a converged state sends no request and stores nothing', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one'), configMap('two')])
  await reconcileOn(bench, delivery)
  bench.cluster.calls.length = 0
  const report = await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
  expect(bench.saves).toBe(1)
  expect(report.result).toBe('ready')
  expect(report.writes).toBe(0)
  expect(kindsOf(report)).toEqual({ one: 'unchanged', two: 'unchanged' })
})

test('[A3] after a restart the cache alone tells that nothing drifted', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one'), configMap('two')])
  await reconcileOn(bench, delivery)
  restart(bench)
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
})

test('[A3] where the server normalises a value, the recorded digest tells the same without a dry run', async () => {
  const bench = shopBench()
  bench.cluster.mutate = (object) =>
    object.kind === 'ConfigMap' ? { ...object, data: { ...(object['data'] as object), a: '01' } } : object
  const delivery = deliveryOf([configMap('one', { a: '1' })])
  await reconcileOn(bench, delivery)
  restart(bench)
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
  bench.stored = bench.stored.map(({ digest: _digest, ...entry }) => entry)
  restart(bench)
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls.map((call) => call.verb)).toEqual(['dry-run'])
})

test('[A4] a changed source writes only the objects that changed', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('one'), configMap('two')]))
  bench.cluster.calls.length = 0
  const report = await reconcileOn(bench, deliveryOf([configMap('one', { b: '2' }), configMap('two')]))
  expect(kindsOf(report)).toEqual({ one: 'configured', two: 'unchanged' })
  expect(bench.cluster.calls.map((call) => `${call.verb} ${call.key.name}`)).toEqual(['apply one'])
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.['data']).toEqual({ b: '2' })
})

test('[A5] a preview yields only reads and dry runs, and the reconcile begins with the same plan', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one'), configMap('two', { b: '2' })])
  await reconcileOn(bench, deliveryOf([configMap('two'), configMap('old')]))
  bench.cluster.calls.length = 0
  const owner = { deliveryId: 'shop', revision: delivery.revision }
  const { plan } = await run(preview(passOf(bench, delivery)), bench.ports, { owner })
  expect(bench.cluster.writes()).toEqual([])
  expect(bench.saves).toBe(1)
  const changes = plan.waves.flatMap((wave) => wave.changes.map((one) => `${one.kind} ${one.target.ref.name}`))
  expect(changes).toEqual(['create one', 'update two'])
  expect(plan.prune.map((item) => `${item.verdict.kind} ${item.entry.name}`)).toEqual(['delete old'])
  const report = await reconcileOn(bench, delivery)
  expect(report.planDigest).toBe(plan.digest)
  expect(kindsOf(report)).toEqual({ one: 'created', two: 'configured', old: 'deleted' })
})

test('[A6] a bad object stops neither the others nor their record, and nothing is pruned', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('old')]))
  bench.cluster.beforeCall = (call) => {
    if (call.key.name === 'bad' && call.verb === 'apply')
      throw apiError(422, 'Invalid', { message: 'data: Invalid value' })
  }
  const report = await reconcileOn(bench, deliveryOf([configMap('bad'), configMap('good')]))
  expect(kindsOf(report)).toEqual({ bad: 'failed', good: 'created' })
  expect(report.result).toBe('failed')
  expect(report.failedStep).toBe('apply')
  expect(report.retryable).toBe(false)
  expect(report.failures[0]).toEqual({
    code: 'Invalid',
    message: 'apply failed (Invalid): data: Invalid value',
    object: 'ConfigMap/shop/bad',
    origin: { file: 'configmap-bad.yaml', line: 1 },
  })
  expect(report.pruned[0]?.verdict).toMatchObject({ kind: 'keep', reason: 'EarlierFailure' })
  expect(report.inventory.map((entry) => entry.name)).toEqual(['bad', 'good', 'old'])
  expect(bench.cluster.find(keyFor('ConfigMap', 'old'))).toBeDefined()
})

test('[A7] when the record cannot be stored, nothing is written', async () => {
  const bench = shopBench()
  const ports = {
    ...bench.ports,
    record: {
      saveInventory: async () => {
        throw apiError(503, 'ServiceUnavailable')
      },
    },
  }
  const delivery = deliveryOf([configMap('one')])
  const owner = { deliveryId: 'shop', revision: delivery.revision }
  const report = await run(reconcile(passOf(bench, delivery)), ports, { owner })
  expect(report.failedStep).toBe('record')
  expect(report.inventory).toEqual([])
  expect(bench.cluster.calls).toEqual([])
})

test('[A8] objects of a later wave wait until the earlier one is healthy, and no worker with them', async () => {
  const bench = shopBench()
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop' },
    spec: { a: 1 },
  }
  const delivery = deliveryOf([widget, definition('Widget')])
  const first = await reconcileOn(bench, delivery)
  expect(first.result).toBe('waiting')
  expect(kindsOf(first)).toEqual({ 'widgets.example.com': 'created', w: 'pending' })
  expect(first.wait).toMatchObject({ wave: 'definitions', startedAtMs: 1_000_000, deadlineMs: 1_060_000 })
  expect(bench.stored.map((entry) => entry.name)).toEqual(['widgets.example.com', 'w'])
  bench.cluster.setStatus(
    { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name: 'widgets.example.com' },
    established,
  )
  bench.nowMs += 500
  const second = await reconcileOn(bench, delivery)
  expect(second.result).toBe('ready')
  expect(kindsOf(second)).toEqual({ 'widgets.example.com': 'unchanged', w: 'created' })
})

test('[A8] a wave that does not get healthy in time fails, and the next pass waits anew', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([definition('Widget'), configMap('one')])
  await reconcileOn(bench, delivery)
  bench.nowMs += 60_000
  const late = await reconcileOn(bench, delivery)
  expect(late.result).toBe('failed')
  expect(late.failedStep).toBe('health')
  expect(late.failures[0]?.message).toBe('it is InProgress after 60 s: Install in progress')
  const again = await reconcileOn(bench, delivery)
  expect(again.result).toBe('waiting')
  expect(again.wait?.startedAtMs).toBe(1_060_000)
})

test('[A9] an immutable change fails with its remedy, and is replaced by UID with force', async () => {
  const bench = shopBench()
  const fixed = { ...configMap('one'), immutable: true }
  const changed = { ...configMap('one', { a: '2' }), immutable: true }
  await reconcileOn(bench, deliveryOf([fixed]))
  const refused = await reconcileOn(bench, deliveryOf([changed]))
  expect(refused.failures[0]?.fix).toBe('allow replacing it, or delete it by hand, so that it is made anew')
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.metadata.uid).toBe('uid-2')
  const forced = await reconcileOn(bench, deliveryOf([changed], { force: true }))
  expect(kindsOf(forced)).toEqual({ one: 'replaced' })
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.metadata.uid).toBe('uid-3')
})

test.each(['PersistentVolumeClaim', 'Namespace'])(
  '[A9] force never replaces a %s unless the object says so',
  async (kind) => {
    const bench = shopBench()
    const object = {
      apiVersion: 'v1',
      kind,
      metadata: { name: 'x', ...(kind === 'Namespace' ? {} : { namespace: 'shop' }) },
      data: { a: 1 },
      immutable: true,
    }
    await reconcileOn(bench, deliveryOf([object]))
    const changed = { ...object, data: { a: 2 } }
    const refused = await reconcileOn(bench, deliveryOf([changed], { force: true }))
    expect(refused.result).toBe('failed')
    expect(bench.cluster.writes().filter((call) => call.verb === 'delete')).toEqual([])
    const desired = { kind: 'complete' as const, objects: [{ ...desiredOf(changed), replace: true }] }
    const allowed = await reconcileOn(bench, deliveryOf([], { desired, force: false }))
    expect(kindsOf(allowed)).toEqual({ x: 'replaced' })
  },
)

test('[A10] what is only created is never changed, and what is left alone is neither applied nor pruned', async () => {
  const bench = shopBench()
  bench.cluster.put(configMap('one', { theirs: 'yes' }))
  const objects = [
    { ...desiredOf(configMap('one')), mode: 'create-only' as const },
    { ...desiredOf(configMap('two')), mode: 'skip' as const },
  ]
  const report = await reconcileOn(bench, deliveryOf([], { desired: { kind: 'complete', objects } }))
  expect(kindsOf(report)).toEqual({ one: 'skipped', two: 'skipped' })
  expect(bench.cluster.writes()).toEqual([])
  expect(report.inventory.map((entry) => entry.name)).toEqual(['one', 'two'])
})

test('[A11] fields of named owners are taken over and reverted, those of others are left alone', async () => {
  const bench = shopBench()
  const takeOver = [{ name: 'kubectl', exact: false }]
  await reconcileOn(bench, deliveryOf([configMap('one')], { takeOver }))
  const key = keyFor('ConfigMap', 'one')
  bench.cluster.edit(key, 'kubectl-edit', (live) => ({ ...live, data: { a: '1', extra: 'x' } }))
  bench.cluster.edit(key, 'operator', (live) => ({ ...live, data: { ...(live['data'] as object), theirs: 'y' } }))
  await reconcileOn(bench, deliveryOf([configMap('one')], { takeOver }))
  expect(bench.cluster.find(key)?.['data']).toEqual({ a: '1', theirs: 'y' })
  bench.cluster.calls.length = 0
  await reconcileOn(bench, deliveryOf([configMap('one')], { takeOver }))
  expect(bench.cluster.calls).toEqual([])
})

test('[A11] in merge mode the fields of every other owner stay', async () => {
  const bench = shopBench()
  const takeOver = [{ name: 'kubectl', exact: false }]
  const desired = { kind: 'complete' as const, objects: [{ ...desiredOf(configMap('one')), mode: 'merge' as const }] }
  await reconcileOn(bench, deliveryOf([], { takeOver, desired }))
  bench.cluster.edit(keyFor('ConfigMap', 'one'), 'kubectl-edit', (live) => ({ ...live, data: { a: '1', extra: 'x' } }))
  await reconcileOn(bench, deliveryOf([], { takeOver, desired }))
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.['data']).toEqual({ a: '1', extra: 'x' })
})

test('[A12] an ignored field is set when creating, then keeps its live value and is no drift', async () => {
  const bench = shopBench()
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 2, paused: false },
  }
  const key = keyFor('Deployment', 'web', { group: 'apps' })
  const desired = { kind: 'complete' as const, objects: [{ ...desiredOf(deployment), ignore: ['/spec/replicas'] }] }
  await reconcileOn(bench, deliveryOf([], { desired }))
  expect(bench.cluster.find(key)?.['spec']).toEqual({ replicas: 2, paused: false })
  bench.cluster.edit(key, 'autoscaler', (live) => ({ ...live, spec: { replicas: 7, paused: false } }))
  const quiet = await reconcileOn(bench, deliveryOf([], { desired }))
  expect(quiet.outcomes[0]?.kind).not.toBe('failed')
  expect(bench.cluster.find(key)?.['spec']).toEqual({ replicas: 7, paused: false })
  bench.cluster.edit(key, 'person', (live) => ({ ...live, spec: { replicas: 7, paused: true } }))
  await reconcileOn(bench, deliveryOf([], { desired }))
  expect(bench.cluster.find(key)?.['spec']).toEqual({ replicas: 7, paused: false })
})

test('[D1] drift is corrected, also when the object was deleted', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one'), configMap('two')])
  await reconcileOn(bench, delivery)
  bench.cluster.edit(keyFor('ConfigMap', 'one'), 'person', (live) => ({ ...live, data: { a: 'changed' } }))
  bench.cluster.erase(keyFor('ConfigMap', 'two'))
  const only = [keyFor('ConfigMap', 'one'), keyFor('ConfigMap', 'two')]
  const owner = { deliveryId: 'shop', revision: delivery.revision }
  const report = await run(reconcile({ ...passOf(bench, delivery), only }), bench.ports, { owner })
  expect(kindsOf(report)).toEqual({ one: 'corrected', two: 'corrected' })
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.['data']).toEqual({ a: '1' })
  expect(bench.cluster.find(keyFor('ConfigMap', 'two'))?.['data']).toEqual({ a: '1' })
})

test('[D2] a fight ends after three corrections with the name of the other manager, and resumes after the pause', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one')])
  const key = keyFor('ConfigMap', 'one')
  await reconcileOn(bench, delivery)
  const kinds: string[] = []
  for (let round = 0; round < 6; round += 1) {
    bench.cluster.edit(key, 'rival', (live) => ({ ...live, data: { a: `rival-${round}` } }))
    bench.nowMs += 1000
    const report = await reconcileOn(bench, delivery)
    kinds.push(report.outcomes[0]?.kind ?? '')
  }
  expect(kinds).toEqual(['corrected', 'corrected', 'corrected', 'contested', 'contested', 'contested'])
  const report = await reconcileOn(bench, delivery)
  expect(report.failures[0]?.message).toBe(
    'field manager "rival" undid 3 corrections within 10 minutes; correcting it is paused',
  )
  expect(report.revisitAtMs).toBe(1_004_000 + 600_000)
  bench.nowMs = report.revisitAtMs ?? 0
  expect((await reconcileOn(bench, delivery)).outcomes[0]?.kind).toBe('corrected')
})

test('[D3] a webhook that mutates every write is no drift', async () => {
  const bench = shopBench()
  bench.cluster.mutate = (object) => (object.kind === 'ConfigMap' ? { ...object, data: { a: 'mutated' } } : object)
  const delivery = deliveryOf([configMap('one')])
  await reconcileOn(bench, delivery)
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
  restart(bench)
  bench.stored = bench.stored.map(({ digest: _digest, ...entry }) => entry)
  await reconcileOn(bench, delivery)
  expect(bench.cluster.writes()).toEqual([])
})

test('[D4] a cache that lags behind our own writes leads to a read, not to a write', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('one')]))
  bench.cluster.freezeCache()
  const delivery = deliveryOf([configMap('one', { b: '2' }), configMap('new')])
  await reconcileOn(bench, delivery)
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls.map((call) => `${call.verb} ${call.key.name}`)).toEqual(['get one', 'get new'])
})

test('[A13] an object of another live delivery is refused, or taken over where that is allowed', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('one')], { id: 'other' }))
  bench.stored = []
  restart(bench)
  bench.claims.set('ConfigMap/one', 'other')
  const refused = await reconcileOn(bench, deliveryOf([configMap('one', { a: '2' })]))
  expect(refused.failures[0]).toMatchObject({
    code: 'OwnedElsewhere',
    message: 'the object belongs to other, which still delivers it',
  })
  expect(refused.inventory.map((entry) => entry.name)).toEqual(['one'])
  const taken = await reconcileOn(bench, deliveryOf([configMap('one', { a: '2' })], { sharing: 'take' }))
  expect(taken.result).toBe('ready')
})

test('[A14] objects without a name, with an unknown kind, without a namespace or twice are refused with their place', async () => {
  const bench = shopBench()
  const nameless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop' } }
  const unknown = { apiVersion: 'nowhere.io/v1', kind: 'Thing', metadata: { name: 't' } }
  const homeless = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'h' } }
  const twice = configMap('twice')
  const report = await reconcileOn(
    bench,
    deliveryOf([nameless, unknown, homeless, twice, { ...twice }, configMap('good')]),
  )
  expect(report.failures.map((one) => one.code).toSorted()).toEqual([
    'DuplicateObject',
    'NameMissing',
    'NamespaceMissing',
    'UnknownKind',
  ])
  expect(report.failedStep).toBe('prepare')
  expect(kindsOf(report)['good']).toBe('created')
  expect(report.applied).toBe(false)
})

test('[A15] an object that is being deleted is awaited, then made anew', async () => {
  const bench = shopBench()
  const held = { ...configMap('one'), metadata: { ...configMap('one').metadata, finalizers: ['example.com/hold'] } }
  await reconcileOn(bench, deliveryOf([held]))
  bench.cluster.erase(keyFor('ConfigMap', 'one'))
  const waiting = await reconcileOn(bench, deliveryOf([held]))
  expect(waiting.result).toBe('waiting')
  expect(waiting.terminating.map((ref) => ref.name)).toEqual(['one'])
  expect(waiting.writes).toBe(0)
  bench.cluster.release(keyFor('ConfigMap', 'one'))
  expect((await reconcileOn(bench, deliveryOf([held]))).result).toBe('ready')
})

test('[H1] the final health check is awaited as a value and ends with the objects', async () => {
  const bench = shopBench()
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop' },
    spec: { size: 1 },
  }
  const delivery = deliveryOf([claim], { healthCheck: { objects: 'applied', timeoutMs: 5000 } })
  const first = await reconcileOn(bench, delivery)
  expect([first.result, first.applied, first.wait?.wave]).toEqual(['waiting', true, ''])
  bench.cluster.setStatus(keyFor('PersistentVolumeClaim', 'data'), { phase: 'Bound' })
  bench.cluster.calls.length = 0
  expect((await reconcileOn(bench, delivery)).result).toBe('ready')
  expect(bench.cluster.calls).toEqual([])
})

test('[H2] a new revision begins a new wait', async () => {
  const bench = shopBench()
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop' },
    spec: { size: 1 },
  }
  const healthCheck = { objects: 'applied' as const, timeoutMs: 5000 }
  await reconcileOn(bench, deliveryOf([claim], { healthCheck }))
  bench.nowMs += 4000
  const next = await reconcileOn(bench, deliveryOf([claim], { healthCheck, revision: 'main@sha1:2222' }))
  expect(next.wait).toMatchObject({ startedAtMs: 1_004_000, revision: 'main@sha1:2222' })
})

test('reports are frozen and survive serialisation unchanged', async () => {
  const bench = shopBench()
  const report = await reconcileOn(bench, deliveryOf([configMap('one')]))
  expect(
    Object.isFrozen(report) && Object.isFrozen(report.inventory[0]) && Object.isFrozen(report.memory.applied),
  ).toBe(true)
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
})
