import { type Desired, type Report } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { resourceOptions } from './delivery/resource-options.ts'
import { syncRank, syncWaves } from './delivery/sync-waves.ts'
import { applicationMark, instanceName, parseTrackingId, trackingId } from './delivery/tracking.ts'
import { judgeSync } from './reconcile/sync-result.ts'
import { readApplication } from './spec/application.ts'
import { parseOperation } from './spec/operation.ts'
import { applicationHealth, resourceHealth, type HealthWord } from './status/health-word.ts'
import { appendHistory } from './status/history.ts'

function object(kind: string, metadata: KubeObject['metadata'] = {}, rest: object = {}): KubeObject {
  return { apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind, metadata: { name: 'x', ...metadata }, ...rest }
}

test('[TRK2] [TRK3] ids name the instance and the object', () => {
  expect(instanceName({ namespace: 'argocd', name: 'app' })).toBe('app')
  expect(instanceName({ namespace: 'team', name: 'app' })).toBe('team_app')
  expect(trackingId('app', object('Deployment', { namespace: 'ns' }), 'dest')).toBe('app:apps/Deployment:ns/x')
  expect(trackingId('app', object('ConfigMap'), 'dest')).toBe('app:/ConfigMap:dest/x')
  expect(parseTrackingId('app:apps/Deployment:ns/x')).toEqual({
    instance: 'app',
    kind: 'apps/Deployment',
    name: 'ns/x',
  })
  expect(parseTrackingId('nonsense')).toBeUndefined()
})

test('[TRK4] a copied id confirms nothing', () => {
  const mark = applicationMark('app', 'dest')
  const stamped = mark.stamp(object('ConfigMap', { namespace: 'ns' }))
  expect(mark.confirms(stamped)).toBe(true)
  expect(mark.confirms({ ...stamped, metadata: { ...stamped.metadata, name: 'copy' } })).toBe(false)
  expect(applicationMark('other', 'dest').confirms(stamped)).toBe(false)
  expect(mark.ownerOf(stamped)).toBe('Application/app')
})

function waved(name: string, wave: string | undefined, kind = 'ConfigMap', extra: object = {}): Desired {
  const annotations = wave === undefined ? {} : { annotations: { 'argocd.argoproj.io/sync-wave': wave } }
  return { object: object(kind, { name, ...annotations }, extra), origin: { file: 'f' } }
}

function shape(objects: readonly Desired[]): unknown {
  return syncWaves(objects).map((wave) => [
    wave.name,
    wave.awaitHealth,
    wave.objects.map((one) => one.object.metadata.name),
  ])
}

test('[SY9] waves ascend and wait for health, a single one does not', () => {
  expect(shape([waved('b', '2'), waved('a', '-1'), waved('c', undefined)])).toEqual([
    ['-1', true, ['a']],
    ['0', true, ['c']],
    ['2', true, ['b']],
  ])
  expect(shape([waved('a', undefined)])).toEqual([['0', false, ['a']]])
})

test('[SY6] definitions go ahead of the first wave that needs them', () => {
  const definition = waved('crd', '5', 'CustomResourceDefinition', { spec: { group: '', names: { kind: 'Thing' } } })
  expect(shape([definition, waved('t', '1', 'Thing'), waved('a', '0')])).toEqual([
    ['0', true, ['a']],
    ['1 definitions', true, ['crd']],
    ['1', true, ['t']],
  ])
})

test('[SY5] kinds have their order, others come last', () => {
  const kinds = ['Ingress', 'Widget', 'Deployment', 'Namespace', 'Secret', 'ConfigMap']
  const sorted = kinds.toSorted((a, b) => syncRank({ kind: a }).tier - syncRank({ kind: b }).tier)
  expect(sorted).toEqual(['Namespace', 'Secret', 'ConfigMap', 'Deployment', 'Ingress', 'Widget'])
})

test.each([
  [{ 'argocd.argoproj.io/hook': 'PreSync' }, { isHook: true }],
  [{ 'helm.sh/hook': 'pre-install' }, { isHook: true }],
  [{ 'helm.sh/hook': 'crd-install' }, { isHook: false }],
  [{ 'argocd.argoproj.io/sync-options': 'Prune=false, Force=true' }, { neverPruned: true, force: true }],
  [{ 'helm.sh/resource-policy': 'keep' }, { neverPruned: true }],
  [{ 'argocd.argoproj.io/sync-wave': 'x' }, { wave: 0 }],
  [{ 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' }, { ignoresExtraneous: true }],
])('[SO1] annotations %j', (annotations, expected) => {
  expect(resourceOptions(object('ConfigMap', { annotations }))).toMatchObject(expected)
})

test.each<[HealthWord[], HealthWord]>([
  [[], 'Healthy'],
  [['Healthy', 'Healthy'], 'Healthy'],
  [['Healthy', 'Suspended'], 'Suspended'],
  [['Progressing', 'Suspended'], 'Progressing'],
  [['Degraded', 'Progressing'], 'Degraded'],
  [['Unknown', 'Degraded'], 'Unknown'],
  [['Missing', 'Healthy'], 'Healthy'],
  [['Missing', 'Missing'], 'Missing'],
])('[HL1] [HL2] of %j the application is %s', (words, expected) => {
  expect(applicationHealth(words.map((status) => ({ status, message: '' })))).toBe(expected)
})

test('[HL2] objects without a check keep an application from being missing', () => {
  expect(applicationHealth([undefined, { status: 'Missing', message: '' }])).toBe('Healthy')
})

test.each([
  [undefined, 'Missing'],
  [object('Deployment', { deletionTimestamp: 'x' }), 'Progressing'],
  [object('Deployment', {}, { spec: { paused: true } }), 'Suspended'],
  [object('Deployment', {}, { spec: { replicas: 1 }, status: {} }), 'Progressing'],
  [object('ConfigMap'), undefined],
])('[HL3] [HL10] object %# is %s', (live, expected) => {
  expect(resourceHealth(live)?.status).toBe(expected)
})

test('[ST4] the history grows by ids and is cut at its limit', () => {
  const entry = { revision: 'r', source: {}, deployStartedAt: 's', deployedAt: 'd', initiatedBy: {} }
  const history = appendHistory({ history: [{ id: 4 }, { id: 7 }] }, entry, 2)
  expect(history).toMatchObject([{ id: 7 }, { id: 8, revision: 'r' }])
  expect(appendHistory({}, entry, 0)).toEqual([])
})

const good = {
  project: 'default',
  source: { repoURL: 'https://x/y', path: 'p' },
  destination: { server: 'https://kubernetes.default.svc', namespace: 'ns' },
}

test.each([
  [{}, undefined],
  [{ destination: { name: 'in-cluster' } }, undefined],
  [{ destination: { name: 'a', server: 'b' } }, "application destination can't have both name and server defined"],
  [{ destination: {} }, 'destination server missing from app spec'],
  [{ destination: { name: 'prod' } }, 'there are no clusters with this name: prod'],
  [{ source: { repoURL: 'x' } }, 'spec.source.path is required'],
  [{ source: { repoURL: 'x', path: 'p', helm: { values: 'a' } } }, 'spec.source.helm is not supported'],
  [{ source: { repoURL: 'x', path: 'p', helm: {} } }, undefined],
  [{ source: { repoURL: 'x', chart: 'c' } }, 'Helm charts are not supported'],
  [{ sources: [{ repoURL: 'x' }] }, 'spec.sources is not supported'],
])('[AP3] the spec %j is refused with %j', (change, message) => {
  const result = readApplication(object('Application', {}, { spec: { ...good, ...change } }))
  if (message === undefined) expect(result.ok).toBe(true)
  else expect(result).toMatchObject({ ok: false, failure: { message: expect.stringContaining(message) } })
})

test('[OP1] an operation is read from the slot', () => {
  const raw = {
    initiatedBy: { username: 'ada' },
    sync: {
      revision: 'abc',
      prune: true,
      syncStrategy: { apply: { force: true } },
      resources: [{ kind: 'Pod', name: 'p' }],
    },
    retry: { limit: 2, backoff: { duration: '10s', factor: 3, maxDuration: '1m' } },
  }
  expect(parseOperation(raw)).toMatchObject({
    revision: 'abc',
    prune: true,
    force: true,
    automated: false,
    username: 'ada',
    resources: [{ group: '', kind: 'Pod', namespace: '', name: 'p' }],
    retry: { limit: 2, delayMs: 10_000, factor: 3, maxDelayMs: 60_000 },
  })
})

test('[SY13] the message says what a sync came to', () => {
  const base = { failures: [], pruned: [], terminating: [], retryable: true }
  expect(judgeSync({ ...base, result: 'ready' } as unknown as Report).message).toBe(
    'successfully synced (all tasks run)',
  )
  const wait = { objects: [{ kind: 'Deployment', namespace: 'ns', name: 'web' }] }
  expect(judgeSync({ ...base, result: 'waiting', wait } as unknown as Report)).toMatchObject({
    phase: 'Running',
    message: 'waiting for healthy state of Deployment/ns/web',
  })
  const failures = [{ code: 'x', message: 'denied', object: 'Pod/ns/p' }]
  expect(judgeSync({ ...base, result: 'failed', failures } as unknown as Report)).toMatchObject({
    phase: 'Failed',
    message: 'one or more objects failed to apply, reason: Pod/ns/p: denied',
  })
})
