import type { KubeObject, ManagedFieldsEntry } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { isWaitOver } from './observe/observe.ts'
import { takeOverPatch } from './take-over.ts'
import { apiError, createModelCluster } from './testing/model-cluster.ts'
import {
  configMap,
  createBench,
  deliveryOf,
  desiredOf,
  keyFor,
  namespaceNamed,
  reconcileOn,
  restart,
  type Bench,
} from './testing/model-delivery.ts'

function shopBench(): Bench {
  const cluster = createModelCluster()
  cluster.put(namespaceNamed('shop'))
  return createBench(cluster)
}

function withoutDigests(bench: Bench): void {
  bench.stored = bench.stored.map(({ digest: _digest, ...entry }) => entry)
}

test('[A3] without a recorded digest the fields that we own tell that nothing drifted', async () => {
  const bench = shopBench()
  const delivery = deliveryOf([configMap('one')])
  await reconcileOn(bench, delivery)
  withoutDigests(bench)
  restart(bench)
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
})

test('[A3] a field that is new in the source is seen after a restart', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('one')]))
  restart(bench)
  const report = await reconcileOn(bench, deliveryOf([configMap('one', { a: '1', b: '2' })]))
  expect(report.outcomes[0]?.kind).toBe('configured')
})

test('[A2] a status that changes an object with a normalised value costs no request', async () => {
  const bench = shopBench()
  bench.cluster.mutate = (object) => (object.kind === 'ConfigMap' ? { ...object, data: { a: '01' } } : object)
  const delivery = deliveryOf([configMap('one')])
  await reconcileOn(bench, delivery)
  withoutDigests(bench)
  bench.cluster.setStatus(keyFor('ConfigMap', 'one'), { seen: true })
  bench.cluster.calls.length = 0
  await reconcileOn(bench, delivery)
  expect(bench.cluster.calls).toEqual([])
})

test('[D4] what is only created is not applied over an object that the cache has not seen', async () => {
  const bench = shopBench()
  bench.cluster.freezeCache()
  bench.cluster.put(configMap('one', { theirs: 'yes' }))
  const objects = [{ ...desiredOf(configMap('one')), mode: 'create-only' as const }]
  const report = await reconcileOn(bench, deliveryOf([], { desired: { kind: 'complete', objects } }))
  expect(report.outcomes[0]?.kind).toBe('skipped')
  expect(bench.cluster.writes()).toEqual([])
})

test('[A9] a replaced object that lingers is awaited and made anew by a later pass', async () => {
  const bench = shopBench()
  const fixed = (value: string): KubeObject => ({
    ...configMap('one', { a: value }),
    immutable: true,
    metadata: { name: 'one', namespace: 'shop', finalizers: ['example.com/hold'] },
  })
  await reconcileOn(bench, deliveryOf([fixed('1')]))
  const first = await reconcileOn(bench, deliveryOf([fixed('2')], { force: true }))
  expect([first.result, first.outcomes[0]?.kind]).toEqual(['waiting', 'terminating'])
  bench.cluster.release(keyFor('ConfigMap', 'one'))
  const second = await reconcileOn(bench, deliveryOf([fixed('2')], { force: true }))
  expect(second.result).toBe('ready')
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.['data']).toEqual({ a: '2' })
})

test('[A9] only the refusal of a change is taken for one, not a conflict that mentions it', async () => {
  const bench = shopBench()
  await reconcileOn(bench, deliveryOf([configMap('one')]))
  bench.cluster.beforeCall = (call) => {
    if (call.verb === 'apply') throw apiError(409, 'Conflict', { message: 'the field is immutable for a while' })
  }
  const report = await reconcileOn(bench, deliveryOf([configMap('one', { a: '2' })], { force: true }))
  expect(report.result).toBe('failed')
  expect(bench.cluster.writes().filter((call) => call.verb === 'delete')).toEqual([])
})

test('[A11] in merge mode the fields of named owners cause no request at all', async () => {
  const bench = shopBench()
  const takeOver = [{ name: 'kubectl', exact: false }]
  const desired = { kind: 'complete' as const, objects: [{ ...desiredOf(configMap('one')), mode: 'merge' as const }] }
  await reconcileOn(bench, deliveryOf([], { takeOver, desired }))
  bench.cluster.edit(keyFor('ConfigMap', 'one'), 'kubectl-edit', (live) => ({ ...live, data: { a: '1', extra: 'x' } }))
  bench.cluster.calls.length = 0
  await reconcileOn(bench, deliveryOf([], { takeOver, desired }))
  expect(bench.cluster.calls).toEqual([])
})

test('[A11] in merge mode a write takes nothing over', async () => {
  const bench = shopBench()
  const takeOver = [{ name: 'kubectl', exact: false }]
  const desiredWith = (value: string) => ({
    kind: 'complete' as const,
    objects: [{ ...desiredOf(configMap('one', { a: value })), mode: 'merge' as const }],
  })
  await reconcileOn(bench, deliveryOf([], { takeOver, desired: desiredWith('1') }))
  bench.cluster.edit(keyFor('ConfigMap', 'one'), 'kubectl-edit', (live) => ({ ...live, data: { a: '1', extra: 'x' } }))
  await reconcileOn(bench, deliveryOf([], { takeOver, desired: desiredWith('2') }))
  expect(bench.cluster.find(keyFor('ConfigMap', 'one'))?.['data']).toEqual({ a: '2', extra: 'x' })
})

test('[A14] a namespace on an object without namespaces is dropped from its identity', async () => {
  const bench = shopBench()
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'r', namespace: 'shop' },
    rules: [],
  }
  const report = await reconcileOn(bench, deliveryOf([role]))
  expect(report.inventory.map((entry) => `${entry.namespace}/${entry.name}`)).toEqual(['/r'])
  expect((await reconcileOn(bench, deliveryOf([role]))).writes).toBe(0)
})

const claim = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'shop' },
  spec: { size: 1 },
})

test('the health of what was there before our write does not count', async () => {
  const bench = shopBench()
  const healthCheck = { objects: 'applied' as const, timeoutMs: 5000 }
  await reconcileOn(bench, deliveryOf([claim('data')], { healthCheck }))
  bench.cluster.setStatus(keyFor('PersistentVolumeClaim', 'data'), { phase: 'Bound' })
  bench.cluster.freezeCache()
  const changed = { ...claim('data'), spec: { size: 2 } }
  const lagging = await reconcileOn(bench, deliveryOf([changed], { healthCheck }))
  expect(lagging.health[0]?.health.message).toBe('the change has not been seen yet')
  expect(lagging.result).toBe('waiting')
  bench.cluster.thawCache()
  expect((await reconcileOn(bench, deliveryOf([changed], { healthCheck }))).result).toBe('ready')
})

const job: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'job', namespace: 'shop' },
  spec: { a: 1 },
}
const failedJob = { conditions: [{ type: 'Failed', status: 'True' }] }

test.each([
  [true, 'failed'],
  [false, 'waiting'],
])('with failFast %s a failed object beside one in progress makes the pass %s', async (failFast, expected) => {
  const bench = shopBench()
  const healthCheck = { objects: 'applied' as const, timeoutMs: 5000 }
  const delivery = deliveryOf([claim('data'), job], { healthCheck, failFast })
  const first = await reconcileOn(bench, delivery)
  bench.cluster.setStatus(keyFor('Job', 'job', { group: 'batch' }), failedJob)
  if (first.wait === undefined) throw new Error('no wait')
  const view = {
    nowMs: bench.nowMs,
    live: (ref: { kind: string; name: string; group: string; namespace: string }) => bench.cluster.find(ref),
    applied: bench.memory.applied,
    expressions: [],
  }
  expect(isWaitOver(first.wait, view)).toBe(failFast)
  expect((await reconcileOn(bench, delivery)).result).toBe(expected)
  bench.cluster.setStatus(keyFor('PersistentVolumeClaim', 'data'), { phase: 'Bound' })
  expect(isWaitOver(first.wait, view)).toBe(true)
  expect((await reconcileOn(bench, delivery)).result).toBe('failed')
  expect(isWaitOver(first.wait, { ...view, nowMs: first.wait.deadlineMs, live: () => undefined })).toBe(true)
})

function entry(manager: string, operation: 'Apply' | 'Update', field: string, subresource = ''): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { [`f:${field}`]: {} } },
    subresource,
  }
}

test('[A11] the patch joins the fields of named owners to ours and keeps all other entries', () => {
  const status = entry('kubectl-edit', 'Update', 's', 'status')
  const other = entry('operator', 'Update', 'o')
  const managedFields = [
    entry('us', 'Apply', 'a'),
    entry('us', 'Update', 'b'),
    entry('kubectl-edit', 'Update', 'c'),
    status,
    other,
  ]
  const live = {
    ...configMap('one'),
    metadata: { name: 'one', namespace: 'shop', resourceVersion: '7', managedFields },
  }
  const patterns = [
    { name: 'kubectl', exact: false },
    { name: 'us', exact: true },
  ]
  const patch = takeOverPatch(live, { fieldManager: 'us', patterns, apiVersion: 'v1' })
  const own = {
    manager: 'us',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {}, 'f:c': {} } },
  }
  expect(patch).toEqual([
    { op: 'replace', path: '/metadata/managedFields', value: [own, status, other] },
    { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
  ])
  const settled = { ...live, metadata: { ...live.metadata, managedFields: [entry('us', 'Apply', 'a'), status, other] } }
  expect(takeOverPatch(settled, { fieldManager: 'us', patterns, apiVersion: 'v1' })).toBeUndefined()
})

test('[A11] an exact pattern does not match longer names, and an operation narrows it', () => {
  const managedFields = [entry('kubectl-edit', 'Update', 'c')]
  const live = { ...configMap('one'), metadata: { name: 'one', namespace: 'shop', managedFields } }
  const tryWith = (pattern: { name: string; exact: boolean; operation?: 'Apply' | 'Update' }) =>
    takeOverPatch(live, { fieldManager: 'us', patterns: [pattern], apiVersion: 'v1' }) !== undefined
  expect([
    tryWith({ name: 'kubectl', exact: true }),
    tryWith({ name: 'kubectl', exact: false }),
    tryWith({ name: 'kubectl', exact: false, operation: 'Apply' }),
    tryWith({ name: 'kubectl', exact: false, operation: 'Update' }),
  ]).toEqual([false, true, false, true])
})
