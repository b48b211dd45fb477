import { emptyMemory, type Delivery, type Report } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { type FluxEffect } from './effects.ts'
import { reconcileKustomization } from './kustomization.ts'
import { type PassEnd } from './pass-end.ts'
import { defaultSettings, type FluxSettings, type PassContext } from './settings.ts'

const revision = 'main@sha1:1'

function kustomization(spec: object = {}, extra: object = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'ns', generation: 1, finalizers: ['finalizers.fluxcd.io'] },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' }, ...spec },
    ...extra,
  }
}

const source: KubeObject = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'repo', namespace: 'ns' },
  status: { artifact: { revision, digest: 'sha256:a' } },
}

function context(settings: Partial<FluxSettings> = {}): PassContext {
  return {
    nowMs: 1_000_000,
    now: '2026-01-01T00:00:00Z',
    random: 0.5,
    elapsedMs: () => 20,
    deletionMs: () => 1_000_000,
    settings: { ...defaultSettings, ...settings },
    expressions: { check: () => undefined, ready: () => ({ ok: true, value: true }) },
  }
}

function report(over: Partial<Report> = {}): Report {
  return {
    deliveryId: 'x',
    revision,
    result: 'ready',
    applied: true,
    outcomes: [],
    pruned: [],
    failures: [],
    retryable: true,
    inventory: [],
    planDigest: 'sha256:0123456789abcdef',
    health: [],
    terminating: [],
    writes: 1,
    memory: emptyMemory,
    ...over,
  }
}

type Answer = (effect: FluxEffect) => unknown

/** Runs a pass with scripted answers, and notes what it asked. */
function pass(
  object: KubeObject,
  answer: Answer = () => undefined,
  settings: Partial<FluxSettings> = {},
  moment: Partial<PassContext> = {},
): { end: PassEnd; effects: FluxEffect[] } {
  const usual: Answer = (effect) => {
    switch (effect.kind) {
      case 'read':
        return effect.ref.kind === 'GitRepository' ? source : undefined
      case 'render':
        return { kind: 'rendered', objects: [], digest: 'sha256:built' }
      case 'deliver':
        return { kind: 'report', report: report() }
      default:
        return null
    }
  }
  const effects: FluxEffect[] = []
  const program = reconcileKustomization(
    { object, memory: emptyMemory, dependenciesOf: () => [] },
    { ...context(settings), ...moment },
  )
  let step = program.next()
  while (!step.done) {
    effects.push(step.value)
    const given = answer(step.value) ?? usual(step.value)
    step = program.next((given === 'absent' ? undefined : given) as never)
  }
  return { end: step.value, effects }
}

function ready(end: PassEnd): unknown {
  const conditions = end.status?.['conditions'] as { type: string; status: string; reason: string; message: string }[]
  const found = conditions.find((one) => one.type === 'Ready')
  return found === undefined ? undefined : [found.status, found.reason, found.message]
}

test('[K1] the finalizer comes before everything else', () => {
  const object = kustomization({}, { metadata: { name: 'apps', namespace: 'ns', generation: 1 } })
  expect(pass(object).effects.map((effect) => effect.kind)).toEqual(['set-finalizers', 'read', 'render', 'deliver'])
})

test('[K9] a finished pass says what it applied and comes back after the interval', () => {
  const { end } = pass(kustomization())
  expect(ready(end)).toEqual(['True', 'ReconciliationSucceeded', `Applied revision: ${revision}`])
  expect(end.status).toMatchObject({
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    observedGeneration: 1,
  })
  expect(end.next).toEqual({ kind: 'done', intervalMs: 600_000 })
  expect(end.notes.map((note) => note.message)).toEqual(['Reconciliation finished in 20ms, next run in 10m0s'])
  expect(end.notes[0]?.metadata).toEqual({
    'kustomize.toolkit.fluxcd.io/revision': revision,
    'kustomize.toolkit.fluxcd.io/commit_status': 'update',
  })
})

test('[K12] a pass that changes nothing tells nothing and leaves the status as it is', () => {
  const status = pass(kustomization()).end.status
  const again = pass(kustomization({}, { status }), (effect) =>
    effect.kind === 'deliver' ? { kind: 'report', report: report({ writes: 0 }) } : undefined,
  )
  expect(again.end.notes).toEqual([])
  expect(again.end.status).toEqual(status)
})

test('[K2] [T3] a suspended one only answers the request', () => {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
  const metadata = { name: 'apps', namespace: 'ns', generation: 1, finalizers: ['finalizers.fluxcd.io'], annotations }
  const { end, effects } = pass(kustomization({ suspend: true }, { metadata }))
  expect(effects).toEqual([])
  expect(end.status).toMatchObject({ lastHandledReconcileAt: 'now' })
})

test('[K2] one that was ready stays so for those that depend on it while it is suspended', () => {
  const conditions = [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: '' }]
  const metadata = { name: 'apps', namespace: 'ns', generation: 2, finalizers: ['finalizers.fluxcd.io'] }
  const ready = pass(kustomization({ suspend: true }, { metadata, status: { observedGeneration: 1, conditions } }))
  expect(ready.end.status).toMatchObject({ observedGeneration: 2 })
  const failed = [{ ...conditions[0], status: 'False' }]
  const not = pass(
    kustomization({ suspend: true }, { metadata, status: { observedGeneration: 1, conditions: failed } }),
  )
  expect(not.end.status).toMatchObject({ observedGeneration: 1 })
})

test.each([
  [
    'a source that is not there',
    (effect: FluxEffect) => (effect.kind === 'read' ? 'absent' : undefined),
    'ArtifactFailed',
    /Source 'GitRepository\/ns\/repo' not found/,
    600_000,
  ],
  [
    'a path that is not there',
    (effect: FluxEffect) =>
      effect.kind === 'render'
        ? { kind: 'no-path', failure: { code: 'x', message: 'kustomization path not found: a' } }
        : undefined,
    'ArtifactFailed',
    /path not found/,
    600_000,
  ],
  [
    'a build that fails',
    (effect: FluxEffect) =>
      effect.kind === 'render'
        ? { kind: 'failed', failure: { code: 'x', message: 'bad', origin: { file: 'a.yaml', line: 3 } } }
        : undefined,
    'BuildFailed',
    /bad \(a\.yaml:3\)/,
    600_000,
  ],
  [
    'an account that is not there',
    (effect: FluxEffect) =>
      effect.kind === 'deliver'
        ? { kind: 'no-target', gone: true, failure: { code: 'x', message: 'no account' } }
        : undefined,
    'ReconciliationFailed',
    /failed to build kube client: no account/,
    600_000,
  ],
])('[C4] %s is a failure with its reason', (_, answer, reason, message, delayMs) => {
  const { end } = pass(kustomization(), (effect) => {
    const given = answer(effect)
    return given
  })
  const [status, why, text] = ready(end) as string[]
  expect([status, why]).toEqual(['False', reason])
  expect(text).toMatch(message)
  expect(end.next).toEqual({ kind: 'after', delayMs })
  expect(end.notes.map((note) => note.severity)).toEqual(['error'])
})

test('[K5] a source in another namespace is denied where the operator says so', () => {
  const object = kustomization({ sourceRef: { kind: 'GitRepository', name: 'repo', namespace: 'other' } })
  expect(ready(pass(object).end)).toEqual(['True', 'ReconciliationSucceeded', expect.anything()])
  const { end } = pass(object, undefined, { noCrossNamespaceRefs: true })
  expect(ready(end)).toEqual([
    'False',
    'AccessDenied',
    expect.stringContaining('cross-namespace references have been blocked'),
  ])
  expect(end.next.kind).toBe('stalled')
})

test('[K5] a Bucket is refused in so many words', () => {
  const { end, effects } = pass(kustomization({ sourceRef: { kind: 'Bucket', name: 'b' } }))
  expect(ready(end)).toEqual(['False', 'ArtifactFailed', expect.stringContaining('Buckets are not supported')])
  expect([end.next.kind, effects.filter(({ kind }) => kind === 'read')]).toEqual(['stalled', []])
})

test('[K8] what an artifact says it was made from is noted and told', () => {
  const artifact = {
    revision: 'latest@sha256:1',
    digest: 'sha256:2',
    metadata: { 'org.opencontainers.image.revision': 'main@sha1:9' },
  }
  const made = { ...source, kind: 'OCIRepository', status: { artifact } }
  const object = kustomization({ sourceRef: { kind: 'OCIRepository', name: 'repo' } })
  const { end } = pass(object, (effect) => (effect.kind === 'read' ? made : undefined))
  expect(end.status).toMatchObject({
    lastAppliedOriginRevision: 'main@sha1:9',
    history: [{ metadata: { revision: 'latest@sha256:1', originRevision: 'main@sha1:9' } }],
  })
  expect(end.notes[0]?.metadata).toMatchObject({ 'kustomize.toolkit.fluxcd.io/originRevision': 'main@sha1:9' })
})

test('[M1] writes act as the account of the spec, else the default one', () => {
  const accountOf = (effects: readonly FluxEffect[]): unknown =>
    effects.flatMap((effect) => (effect.kind === 'deliver' ? [effect.target.serviceAccount] : []))[0]
  expect(accountOf(pass(kustomization()).effects)).toBeUndefined()
  expect(accountOf(pass(kustomization(), undefined, { defaultServiceAccount: 'tenant' }).effects)).toEqual({
    namespace: 'ns',
    name: 'tenant',
  })
  expect(
    accountOf(
      pass(kustomization({ serviceAccountName: 'own' }), undefined, { defaultServiceAccount: 'tenant' }).effects,
    ),
  ).toEqual({ namespace: 'ns', name: 'own' })
})

const entry = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a', uid: 'u' }

test('[G1] a held deletion says why, what and how to let it happen', () => {
  const verdict = { kind: 'hold' as const, reason: 'EmptyResult' as const, message: 'the result is empty' }
  const held = report({ result: 'held', pruned: [{ entry, verdict }] })
  const { end } = pass(kustomization(), (effect) =>
    effect.kind === 'deliver' ? { kind: 'report', report: held } : undefined,
  )
  expect(ready(end)).toEqual([
    'False',
    'PruneHeld',
    'the result is empty: ConfigMap/ns/a would be deleted; to let it happen: kubectl annotate kustomization -n ns apps --overwrite kedge.dev/confirm-delete=0123456789ab',
  ])
})

test('[G1] a held definition says what would go with it', () => {
  const verdict = { kind: 'hold' as const, reason: 'HoldsOthers' as const, message: 'it holds others' }
  const definition = { ...entry, group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '' }
  const held = report({
    result: 'held',
    pruned: [{ entry: definition, verdict, takesAlong: '3 objects of kind Widget' }],
  })
  const { end } = pass(kustomization(), (effect) =>
    effect.kind === 'deliver' ? { kind: 'report', report: held } : undefined,
  )
  const words = 'CustomResourceDefinition/a (with 3 objects of kind Widget) would be deleted'
  expect(ready(end)).toContainEqual(expect.stringContaining(words))
})

test.each([
  ['prune', 'PruneFailed'],
  ['health', 'HealthCheckFailed'],
  ['apply', 'ReconciliationFailed'],
] as const)('[K11] a failed %s has the reason %s and is retried', (failedStep, reason) => {
  const failed = report({
    result: 'failed',
    failedStep,
    failures: [{ code: 'x', message: 'no', object: 'ConfigMap/ns/a' }],
  })
  const { end } = pass(kustomization(), (effect) =>
    effect.kind === 'deliver' ? { kind: 'report', report: failed } : undefined,
  )
  expect(ready(end)).toEqual(['False', reason, 'ConfigMap/ns/a: no'])
  expect(end.next.kind).toBe('retry')
  expect((end.status as { history: { lastReconciledStatus: string }[] }).history[0]?.lastReconciledStatus).toBe(reason)
})

const leaving = {
  name: 'apps',
  namespace: 'ns',
  generation: 1,
  finalizers: ['finalizers.fluxcd.io'],
  deletionTimestamp: 'x',
}
const inventory = { entries: [{ id: 'ns_a__ConfigMap', v: 'v1' }] }

test.each([
  [{}, true],
  [{ prune: false }, false],
  [{ prune: false, deletionPolicy: 'Delete' }, true],
  [{ deletionPolicy: 'Orphan' }, false],
  [{ suspend: true }, false],
])('[F1] deleted with %j it takes its objects along: %s', (spec, takes) => {
  const { effects } = pass(kustomization(spec, { metadata: leaving, status: { inventory } }))
  expect(effects.map((effect) => effect.kind)).toEqual(takes ? ['deliver', 'set-finalizers'] : ['set-finalizers'])
})

test('[F3] waiting for termination keeps the finalizer until the objects are gone', () => {
  const object = kustomization({ deletionPolicy: 'WaitForTermination' }, { metadata: leaving, status: { inventory } })
  const open = report({ result: 'waiting', terminating: [entry] })
  const { end, effects } = pass(object, (effect) =>
    effect.kind === 'deliver' ? { kind: 'report', report: open } : undefined,
  )
  expect(effects.map((effect) => effect.kind)).toEqual(['deliver'])
  expect(end.next).toEqual({ kind: 'after', delayMs: 2000 })
})

test('[F3] what has to wait for other deletions is not forgotten, until the time is over', () => {
  const object = kustomization({ timeout: '1m' }, { metadata: leaving, status: { inventory } })
  const open = report({ result: 'waiting', pruned: [{ entry, verdict: { kind: 'delete', uid: 'u' } }] })
  const answer: Answer = (effect) => (effect.kind === 'deliver' ? { kind: 'report', report: open } : undefined)
  expect(pass(object, answer).effects.map((effect) => effect.kind)).toEqual(['deliver'])
  const late = pass(object, answer, {}, { deletionMs: () => 1_000_000 - 60_000 })
  expect(late.effects.map((effect) => effect.kind)).toEqual(['deliver', 'set-finalizers'])
  expect(late.end.notes[0]?.message).toBe('failed to wait for resources termination: ConfigMap/ns/a')
})

test('[F4] without the account the objects stay, and an event names them', () => {
  const object = kustomization({}, { metadata: leaving, status: { inventory } })
  const gone = { kind: 'no-target', gone: true, failure: { code: 'x', message: 'no account' } }
  const { end, effects } = pass(object, (effect) => (effect.kind === 'deliver' ? gone : undefined))
  expect(effects.at(-1)).toEqual({ kind: 'set-finalizers', finalizers: [] })
  expect(end.notes[0]?.message).toBe('unable to prune objects: \nConfigMap/ns/a')
})

test('[P1] [P4] rendered objects carry common metadata and their own policy', () => {
  const commonMetadata = { labels: { team: 'a' }, annotations: { note: 'b' } }
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', labels: { team: 'z' }, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } },
  }
  const ignore = [{ paths: ['/data/x'], target: { kind: 'ConfigMap' } }]
  const rendered = { kind: 'rendered', digest: 'd', objects: [{ object, origin: { file: 'a' } }] }
  const { effects } = pass(kustomization({ commonMetadata, ignore }), (effect) =>
    effect.kind === 'render' ? rendered : undefined,
  )
  const delivery = effects.flatMap((effect): Delivery[] => (effect.kind === 'deliver' ? [effect.delivery] : []))[0]
  expect(delivery?.desired.objects[0]).toMatchObject({
    mode: 'merge',
    ignore: ['/data/x'],
    object: { metadata: { labels: { team: 'a' }, annotations: { note: 'b' } } },
  })
})

test('an encrypted Secret is refused by name', () => {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' }, sops: {} }
  const rendered = { kind: 'rendered', digest: 'd', objects: [{ object, origin: { file: 'a' } }] }
  const { end } = pass(kustomization(), (effect) => (effect.kind === 'render' ? rendered : undefined))
  expect(ready(end)).toMatchObject(['False', 'BuildFailed', expect.stringContaining('Secret/ns/s is SOPS encrypted')])
})
