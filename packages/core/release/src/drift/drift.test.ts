import type { StoredRelease } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { installRelease } from '../actions/install-release.ts'
import {
  configMap,
  contentOf,
  createReleaseBench,
  deployment,
  liveObject,
  optionsOf,
  targetOf,
  type ReleaseBench,
} from '../testing/release-bench.ts'
import { correctDrift, findDrift, type DriftOptions } from './find-drift.ts'
import { fieldChanges } from './field-changes.ts'

const strict: DriftOptions = { ignore: () => [], leaves: () => false }

async function installed(objects: readonly KubeObject[]): Promise<ReleaseBench> {
  const bench = createReleaseBench()
  expect(await bench.run(installRelease(targetOf(), contentOf(objects), optionsOf()))).toMatchObject({ ok: true })
  return bench
}

function storedIn(bench: ReleaseBench): StoredRelease {
  const [release] = bench.records()
  if (release === undefined) throw new Error('nothing is stored')
  return release
}

function drifted(bench: ReleaseBench): void {
  const key = (kind: string, name: string) => ({ group: '', kind, namespace: 'shop', name })
  bench.cluster.edit(key('ConfigMap', 'a'), 'someone', (live) => ({ ...live, data: { a: '2' } }))
  bench.cluster.edit(key('Secret', 's'), 'someone', (live) => ({ ...live, data: { p: 'Y2hhbmdlZA==' } }))
  bench.cluster.erase(key('ConfigMap', 'gone'))
}

const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { p: 'eA==' } }
const objects = [configMap('a'), configMap('gone'), secret, configMap('quiet')]

async function findAll(bench: ReleaseBench, options: Partial<DriftOptions> = {}): Promise<unknown> {
  const release = storedIn(bench)
  const end = await bench.run(findDrift(targetOf(), release, { ...strict, ...options }))
  return end.ok
    ? end.drift.map(({ ref, kind, steps }) => [`${ref.kind}/${ref.name}`, kind, ...steps])
    : end.failure.message
}

test('[D1] drift is what an apply would change, and what is missing; values of Secrets are masked', async () => {
  const bench = await installed(objects)
  expect(await findAll(bench)).toEqual([])
  drifted(bench)
  const writes = bench.cluster.writes().length
  expect(await findAll(bench)).toEqual([
    ['ConfigMap/a', 'changed', { op: 'replace', path: '/data/a', value: '1' }],
    ['ConfigMap/gone', 'missing'],
    ['Secret/s', 'changed', { op: 'replace', path: '/data/p', value: '***' }],
  ])
  expect(bench.cluster.writes().length).toBe(writes)
})

test('[D2] ignored fields and objects, and objects that say so themselves, are no drift', async () => {
  const bench = await installed(objects)
  drifted(bench)
  const byPointer = (object: KubeObject) => (object.metadata.name === 'a' ? ['/data/a'] : [])
  expect(await findAll(bench, { ignore: byPointer })).toMatchObject([
    ['ConfigMap/gone', 'missing'],
    ['Secret/s', 'changed', {}],
  ])
  expect(await findAll(bench, { ignore: () => [''] })).toEqual([])
  expect(await findAll(bench, { leaves: (object) => object.kind === 'ConfigMap' })).toMatchObject([
    ['Secret/s', 'changed', {}],
  ])
})

test('[D3] a correction applies what has drifted and nothing else, and leaves the records alone', async () => {
  const bench = await installed(objects)
  drifted(bench)
  const before = [bench.history(), bench.cluster.writes().length]
  const release = storedIn(bench)
  const ignore = (object: KubeObject) => (object.kind === 'Secret' ? [''] : [])
  const inventory = [
    { group: 'x', version: 'v1', kind: 'CustomResourceDefinition', namespace: '', name: 'lamps', uid: 'u' },
  ]
  const end = await bench.run(correctDrift(targetOf({ inventory }), release, { ...strict, ignore }))
  expect(end).toMatchObject({ ok: true, release: { version: 1 } })
  expect(bench.cluster.writes().length).toBe(Number(before[1]) + 2)
  expect(bench.history()).toEqual(before[0])
  expect(liveObject(bench, 'ConfigMap', 'a')?.['data']).toEqual({ a: '1' })
  expect(liveObject(bench, 'Secret', 's')?.['data']).toEqual({ p: 'Y2hhbmdlZA==' })
  expect(end.inventory.map(({ name }) => name)).toContain('lamps')
  expect(end.inventory.filter(({ name }) => name === 'gone')).toHaveLength(1)
})

test('[D4] another owner that keeps changing an object back is named after three corrections', async () => {
  const bench = await installed([deployment('web')])
  const release = storedIn(bench)
  const key = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }
  let { memory } = await bench.run(correctDrift(targetOf(), release, strict))
  const results: boolean[] = []
  for (let round = 0; round < 4; round += 1) {
    bench.cluster.edit(key, 'rival', (live) => ({ ...live, spec: { ...(live['spec'] as object), replicas: 9 } }))
    const end = await bench.run(correctDrift(targetOf(), release, { ...strict, memory }))
    results.push(end.ok)
    memory = end.memory
    if (!end.ok) expect(end.failure).toMatchObject({ code: 'Contested', message: expect.stringContaining('rival') })
  }
  expect(results).toEqual([true, true, true, false])
})

test('changes are listed as a patch: lists of one length item by item, others whole', () => {
  const live = (data: object): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, ...data })
  const before = live({ a: [1, { b: 2 }], c: [1], 'd/e~f': 1, gone: true, status: 1 })
  const after = live({ a: [1, { b: 3 }], c: [1, 2], 'd/e~f': 2, fresh: {}, status: 2 })
  expect(fieldChanges(before, after)).toEqual([
    { op: 'replace', path: '/a/1/b', value: 3 },
    { op: 'replace', path: '/c', value: [1, 2] },
    { op: 'replace', path: '/d~1e~0f', value: 2 },
    { op: 'remove', path: '/gone' },
    { op: 'add', path: '/fresh', value: {} },
  ])
})
