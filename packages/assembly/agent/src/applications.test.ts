import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { createGitRepo, type GitRepo } from './testing/git-repo.ts'
import { createWorld, dataOf, type World } from './testing/world.ts'

let world: World
let repo: GitRepo

beforeEach(async () => {
  world = await createWorld('fast')
  repo = createGitRepo()
  await world.cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } })
})

afterEach(async () => {
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

const app = { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'guestbook' }

async function application(spec: object = {}, metadata: object = {}): Promise<void> {
  await world.cluster.apply(
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'guestbook', namespace: 'argocd', ...metadata },
      spec: {
        project: 'default',
        source: { repoURL: repo.url, path: 'guestbook', targetRevision: 'main' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
        ...spec,
      },
    },
    { fieldManager: 'test', force: true },
  )
}

function configMap(name: string, value = '1', annotations = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${annotations}data:\n  a: "${value}"\n`
}

interface SeenStatus {
  readonly sync?: { readonly status: string; readonly revision: string }
  readonly health?: { readonly status: string }
  readonly operationState?: {
    readonly phase: string
    readonly message: string
    readonly syncResult: { readonly revision: string }
  }
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
  readonly history?: readonly { readonly id: number; readonly revision: string; readonly source: object }[]
  readonly resources?: readonly object[]
}

function statusOf(object: KubeObject | undefined): SeenStatus {
  return object?.['status'] ?? {}
}

const isSync = (wanted: string) => (object: KubeObject | undefined) => statusOf(object).sync?.status === wanted

async function operate(operation: object): Promise<void> {
  await world.cluster.patch(app, { type: 'merge', body: { operation } })
}

async function phase(wanted: string, revision?: string): Promise<KubeObject | undefined> {
  return world.until(app, (object) => {
    const state = statusOf(object).operationState
    const isThere = state?.phase === wanted && object?.['operation'] === undefined
    return isThere && (revision === undefined || state.syncResult.revision === revision)
  })
}

test('[CMP8] what is only in Git is out of sync and missing, and nothing is touched', async () => {
  const commit = repo.commit({ 'guestbook/a.yaml': configMap('a'), 'guestbook/sub/not-taken.yaml': configMap('deep') })
  await using _ = await world.startAgent()
  await application()
  const object = await world.until(app, isSync('OutOfSync'))
  expect(statusOf(object)).toMatchObject({
    sync: { revision: commit },
    health: { status: 'Missing' },
    sourceType: 'Directory',
    resources: [{ version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a', status: 'OutOfSync' }],
  })
  expect(await world.get('ConfigMap', 'default', 'a')).toBeUndefined()
})

test('[OP7] a manual sync applies, marks, records history, and frees the slot', async () => {
  const commit = repo.commit({ 'guestbook/a.yaml': configMap('a') })
  await using running = await world.startAgent()
  await application()
  await world.until(app, isSync('OutOfSync'))
  await operate({ sync: { revision: '' }, initiatedBy: { username: 'admin' } })
  const done = await phase('Succeeded')
  expect(statusOf(done)).toMatchObject({
    sync: { status: 'Synced', revision: commit },
    health: { status: 'Healthy' },
    operationState: {
      message: 'successfully synced (all tasks run)',
      syncResult: { revision: commit, resources: [{ kind: 'ConfigMap', name: 'a', status: 'Synced' }] },
    },
    history: [{ id: 0, revision: commit, initiatedBy: { username: 'admin' } }],
  })
  const live = await world.get('ConfigMap', 'default', 'a')
  expect(live?.metadata.annotations).toEqual({
    'argocd.argoproj.io/tracking-id': 'guestbook:/ConfigMap:default/a',
  })
  expect(live?.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['argocd-controller'])
  await running.agent.idle()
  const { requests } = running.agent.metrics()
  requests.reset()
  await world.cluster.patch(app, {
    type: 'merge',
    body: { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } },
  })
  await world.until(app, (one) => one?.metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined)
  await running.agent.idle()
  expect(requests.writes()).toBe(1)
})

test('[AS1] an automated application follows Git, prunes, and heals itself', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a'), 'guestbook/b.yaml': configMap('b') })
  await using _ = await world.startAgent()
  await application({ syncPolicy: { automated: { prune: true, selfHeal: true } } })
  await world.until(app, isSync('Synced'))
  const commit = repo.commit({ 'guestbook/a.yaml': configMap('a', '2'), 'guestbook/b.yaml': undefined })
  const annotations = { 'argocd.argoproj.io/refresh': 'normal' }
  await world.cluster.patch(app, { type: 'merge', body: { metadata: { annotations } } })
  await world.until(app, (one) => isSync('Synced')(one) && statusOf(one).sync?.revision === commit)
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: '2' } })
  expect(await world.get('ConfigMap', 'default', 'b')).toBeUndefined()
  const cm = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'a' }
  await world.cluster.patch(cm, { type: 'merge', body: { data: { a: 'edited' } } })
  await world.until(cm, (one) => dataOf(one)['a'] === '2')
  await world.cluster.delete(cm)
  await world.until(cm, (one) => one !== undefined)
  await world.until(app, isSync('Synced'))
})

test('[AS4] without self-heal drift is only shown', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a') })
  await using running = await world.startAgent()
  await application({ syncPolicy: { automated: {} } })
  await world.until(app, isSync('Synced'))
  await running.agent.idle()
  const cm = { group: '', kind: 'ConfigMap', namespace: 'default', name: 'a' }
  await world.cluster.patch(cm, { type: 'merge', body: { data: { a: 'edited' } } })
  await world.until(app, isSync('OutOfSync'))
  await running.agent.idle()
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: 'edited' } })
})

test('[CMP6] without prune what left Git stays, out of sync, until a sync prunes it', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a'), 'guestbook/b.yaml': configMap('b') })
  await using _ = await world.startAgent()
  await application({ syncPolicy: { automated: {} } })
  await world.until(app, isSync('Synced'))
  const commit = repo.commit({ 'guestbook/b.yaml': undefined, 'guestbook/a.yaml': configMap('a', '2') })
  const annotations = { 'argocd.argoproj.io/refresh': 'normal' }
  await world.cluster.patch(app, { type: 'merge', body: { metadata: { annotations } } })
  const left = await phase('Succeeded', commit)
  expect(statusOf(left).sync?.status).toBe('OutOfSync')
  expect(statusOf(left).resources).toMatchObject([
    { name: 'a', status: 'Synced' },
    { name: 'b', requiresPruning: true },
  ])
  expect(await world.get('ConfigMap', 'default', 'b')).toBeDefined()
  await operate({ sync: { prune: true } })
  await world.until(app, isSync('Synced'))
  expect(await world.get('ConfigMap', 'default', 'b')).toBeUndefined()
})

test('[AS5] an automated sync does not wipe everything out', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a') })
  await using _ = await world.startAgent()
  await application({ syncPolicy: { automated: { prune: true } } })
  await world.until(app, isSync('Synced'))
  repo.commit({ 'guestbook/a.yaml': undefined, 'guestbook/README.md': 'empty' })
  const annotations = { 'argocd.argoproj.io/refresh': 'normal' }
  await world.cluster.patch(app, { type: 'merge', body: { metadata: { annotations } } })
  const refused = await world.until(app, (one) => statusOf(one).conditions?.[0]?.type === 'SyncError')
  expect(statusOf(refused).conditions?.[0]?.message).toContain('auto-sync will wipe out all resources')
  expect(await world.get('ConfigMap', 'default', 'a')).toBeDefined()
})

test('[RB1] a rollback deploys an earlier revision again; the history keeps ten', async () => {
  await using _ = await world.startAgent()
  const commits: string[] = []
  for (let round = 0; round < 11; round += 1) {
    commits.push(repo.commit({ 'guestbook/a.yaml': configMap('a', String(round)) }))
    if (round === 0) await application()
    await operate({ sync: {} })
    await phase('Succeeded', commits.at(-1))
  }
  const before = statusOf(await world.cluster.get(app))
  expect(before.history?.map((entry) => entry.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const target = before.history?.[3]
  await operate({ sync: { revision: target?.revision, source: target?.source, syncStrategy: { apply: {} } } })
  const rolledBack = await phase('Succeeded', target?.revision)
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: '4' } })
  expect(statusOf(rolledBack).sync?.status).toBe('OutOfSync')
  expect(statusOf(rolledBack).history?.at(-1)).toMatchObject({ id: 11, revision: target?.revision })
})

test('[SY9] waves wait for health before the next begins', async () => {
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  paused: false
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: nginx}]}
`
  const second = configMap('later', '1', '  annotations: {argocd.argoproj.io/sync-wave: "1"}\n')
  repo.commit({ 'guestbook/web.yaml': deployment, 'guestbook/later.yaml': second })
  await using _ = await world.startAgent()
  await application({ syncPolicy: { automated: {} } })
  await phase('Running')
  const waiting = await world.until(app, (one) =>
    /waiting for healthy state of Deployment/.test(statusOf(one).operationState?.message ?? ''),
  )
  expect(statusOf(waiting).health?.status).toBe('Progressing')
  expect(await world.get('ConfigMap', 'default', 'later')).toBeUndefined()
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'web' }
  const conditions = [
    { type: 'Available', status: 'True' },
    { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
  ]
  const status = {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions,
  }
  await world.cluster.patchStatus(ref, { type: 'merge', body: { status } })
  await phase('Succeeded')
  expect(await world.get('ConfigMap', 'default', 'later')).toBeDefined()
  await world.until(app, (one) => isSync('Synced')(one) && statusOf(one).health?.status === 'Healthy')
})

test('[ST5] a bad spec and a bad source each have their condition', async () => {
  repo.commit({ 'guestbook/a.yaml': 'kind: [' })
  await using _ = await world.startAgent()
  await application()
  const bad = await world.until(app, (one) => statusOf(one).conditions?.[0]?.type === 'ComparisonError')
  expect(statusOf(bad).sync?.status).toBe('Unknown')
  expect(statusOf(bad).conditions?.[0]?.message).toMatch(/guestbook\/a\.yaml:\d/)
  await application({ destination: { server: 'https://elsewhere', namespace: 'default' } })
  await world.until(app, (one) => statusOf(one).conditions?.[0]?.type === 'InvalidSpecError')
})

test('[SO3] an overlay goes to a namespace that the sync makes, hooks are left out and counted', async () => {
  const hook = configMap('hook', '1', '  annotations: {argocd.argoproj.io/hook: PreSync}\n')
  repo.commit({
    'guestbook/kustomization.yaml': 'resources: [a.yaml, hook.yaml]\nnamePrefix: k-\n',
    'guestbook/a.yaml': configMap('a'),
    'guestbook/hook.yaml': hook,
  })
  await using running = await world.startAgent()
  await application({
    destination: { name: 'in-cluster', namespace: 'made' },
    syncPolicy: { automated: {}, syncOptions: ['CreateNamespace=true'] },
  })
  const synced = await world.until(app, isSync('Synced'))
  expect(statusOf(synced)).toMatchObject({
    sourceType: 'Kustomize',
    conditions: [{ type: 'ExcludedResourceWarning', message: '1 hook is not run by this version of Kedge' }],
  })
  expect(await world.get('ConfigMap', 'made', 'k-a')).toBeDefined()
  expect(await world.get('ConfigMap', 'made', 'k-hook')).toBeUndefined()
  const namespace = await world.get('Namespace', '', 'made')
  expect(namespace?.metadata.annotations).toBeUndefined()
  await running.agent.idle()
})

test('[OP1] a dry run changes nothing, and a selective sync only what it names', async () => {
  const commit = repo.commit({ 'guestbook/a.yaml': configMap('a'), 'guestbook/b.yaml': configMap('b') })
  await using _ = await world.startAgent()
  await application()
  await world.until(app, isSync('OutOfSync'))
  await operate({ sync: { dryRun: true } })
  const dry = await phase('Succeeded', commit)
  expect(statusOf(dry).operationState?.message).toBe('successfully synced (dry run)')
  expect(await world.get('ConfigMap', 'default', 'a')).toBeUndefined()
  await operate({ sync: { resources: [{ kind: 'ConfigMap', name: 'b', namespace: 'default' }] } })
  await world.until({ group: '', kind: 'ConfigMap', namespace: 'default', name: 'b' }, (one) => one !== undefined)
  const selected = await world.until(app, (one) => {
    return one?.['operation'] === undefined && statusOf(one).operationState?.message !== 'successfully synced (dry run)'
  })
  expect(await world.get('ConfigMap', 'default', 'a')).toBeUndefined()
  expect(statusOf(selected).sync?.status).toBe('OutOfSync')
  expect(statusOf(selected).history).toBeUndefined()
})

test('[FIN1] deletion cascades only with the finalizer', async () => {
  repo.commit({ 'guestbook/a.yaml': configMap('a') })
  await using running = await world.startAgent()
  await application({ syncPolicy: { automated: {} } }, { finalizers: ['resources-finalizer.argocd.argoproj.io'] })
  await world.until(app, isSync('Synced'))
  await world.cluster.delete(app)
  await world.until(app, (one) => one === undefined)
  expect(await world.get('ConfigMap', 'default', 'a')).toBeUndefined()
  await application({ syncPolicy: { automated: {} } })
  await world.until(app, isSync('Synced'))
  await world.cluster.delete(app)
  await world.until(app, (one) => one === undefined)
  await running.agent.idle()
  expect(await world.get('ConfigMap', 'default', 'a')).toBeDefined()
})
