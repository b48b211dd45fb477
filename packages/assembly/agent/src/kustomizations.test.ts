import { afterEach, beforeEach, expect, test } from 'vitest'

import { inlineRender, type Render } from './render/renderer.ts'
import { createGitRepo, type GitRepo } from './testing/git-repo.ts'
import { createWorld, dataOf, home, hostTimers, isReady, readyOf, statusOf, type World } from './testing/world.ts'

let world: World
let repo: GitRepo

beforeEach(async () => {
  world = await createWorld()
  repo = createGitRepo()
})

afterEach(async () => {
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

function configMap(name: string, data: Record<string, string> = { a: '1' }, extra = ''): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\n${extra}data:\n${lines.join('\n')}\n`
}

function deployment(name: string, image = 'nginx:1'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: default
spec:
  replicas: 1
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
        - name: main
          image: ${image}
          resources:
            requests: {cpu: 1000m}
`
}

const ks = (name: string) => ({ group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name })
const gitRepository = { group: 'source.toolkit.fluxcd.io', kind: 'GitRepository', namespace: home, name: 'repo' }
const cm = (name: string) => ({ group: '', kind: 'ConfigMap', namespace: 'default', name })

test('a directory is applied, marked, recorded and reported as Flux does', async () => {
  const commit = repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/deep/two.yaml': deployment('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  const object = await world.until(ks('apps'), isReady)
  const revision = `main@sha1:${commit}`
  expect(readyOf(object)).toMatchObject({ reason: 'ReconciliationSucceeded', message: `Applied revision: ${revision}` })
  expect(statusOf(object)).toMatchObject({
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    observedGeneration: 1,
    history: [{ lastReconciledStatus: 'ReconciliationSucceeded', totalReconciliations: 1, metadata: { revision } }],
  })
  expect(statusOf(object).inventory?.entries.map((entry) => [entry.id, entry.v])).toEqual([
    ['default_one__ConfigMap', 'v1'],
    ['default_two_apps_Deployment', 'v1'],
  ])
  expect(statusOf(object).conditions?.map((one) => one.type)).toEqual(['Ready'])
  expect(object?.metadata.finalizers).toEqual(['finalizers.fluxcd.io'])
  const live = await world.get('ConfigMap', 'default', 'one')
  expect(live?.metadata.labels).toEqual({
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': home,
  })
  expect(live?.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([
    ['kustomize-controller', 'Apply'],
  ])
  const source = await world.until(gitRepository, isReady)
  expect(statusOf(source)).toMatchObject({ artifact: { revision } })
  await running.agent.idle()
  const events = await world.cluster.list({ group: '', kind: 'Event' }, { namespace: home })
  const told = events.items.map((event) => [event['reason'], event['message'], event['type']])
  expect(told).toContainEqual([
    'Progressing',
    'ConfigMap/default/one created\nDeployment/default/two created',
    'Normal',
  ])
  expect(told).toContainEqual(['NewArtifact', "stored artifact for commit 'change'", 'Normal'])
})

test('[I8] when everything stands, nothing is read or written, and a request is answered with one write', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': deployment('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  await running.agent.idle()
  const { requests } = running.agent.metrics()
  requests.reset()
  running.agent.notifySource(home, 'repo')
  await running.agent.idle()
  expect(requests.counts()).toEqual([])
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
  await world.cluster.patch(ks('apps'), { type: 'merge', body: { metadata: { annotations } } })
  await world.until(ks('apps'), (object) => statusOf(object).lastHandledReconcileAt === 'now')
  await running.agent.idle()
  expect(requests.counts().filter(({ resource }) => resource !== 'events')).toMatchObject([{ verb: 'patch', count: 1 }])
})

test('a push changes, adds, renames and deletes', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': configMap('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  const commit = repo.commit({
    'apps/one.yaml': configMap('one', { a: '2' }),
    'apps/two.yaml': undefined,
    'apps/new.yaml': configMap('renamed'),
  })
  running.agent.notifySource(home, 'repo')
  const applied = await world.until(ks('apps'), (one) => statusOf(one).lastAppliedRevision === `main@sha1:${commit}`)
  expect(statusOf(applied).inventory?.entries.map((entry) => entry.id)).toEqual([
    'default_one__ConfigMap',
    'default_renamed__ConfigMap',
  ])
  expect(await world.get('ConfigMap', 'default', 'one')).toMatchObject({ data: { a: '2' } })
  expect(await world.get('ConfigMap', 'default', 'two')).toBeUndefined()
  expect(await world.get('ConfigMap', 'default', 'renamed')).toBeDefined()
})

test('[E7] a commit costs those that it does not touch one status write', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'other/two.yaml': configMap('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.kustomization('other', {})
  await world.until(ks('apps'), isReady)
  await world.until(ks('other'), isReady)
  await running.agent.idle()
  const { requests } = running.agent.metrics()
  requests.reset()
  const commit = repo.commit({ 'apps/one.yaml': configMap('one', { a: '2' }) })
  running.agent.notifySource(home, 'repo')
  await world.until(ks('other'), (one) => statusOf(one).lastAppliedRevision === `main@sha1:${commit}`)
  await world.until(ks('apps'), (one) => statusOf(one).lastAppliedRevision === `main@sha1:${commit}`)
  await running.agent.idle()
  const counts = requests.counts().filter(({ resource }) => resource !== 'events')
  expect(counts.map(({ verb, resource, count }) => `${verb} ${resource.split('.')[0]} ${count}`).toSorted()).toEqual([
    'apply configmaps 1',
    'patch gitrepositories 1',
    'patch kustomizations 2',
  ])
  // What stood untouched through two revisions is watched as before.
  await world.cluster.patch(cm('two'), { type: 'merge', body: { data: { a: 'edited' } } })
  await world.until(cm('two'), (one) => dataOf(one)['a'] === '1')
})

test('[K7] what the spec says is merged into the overlay, and common metadata goes over all', async () => {
  repo.commit({
    'base/kustomization.yaml': 'resources: [web.yaml]\nconfigMapGenerator: [{name: env, literals: [a=1]}]\n',
    'base/web.yaml': deployment('web').replace('  namespace: default\n', ''),
    'extra/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n',
    'apps/kustomization.yaml': 'resources: [../base]\nimages: [{name: nginx, newTag: "2"}]\n',
  })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {
    targetNamespace: 'default',
    nameSuffix: '-y',
    components: ['../extra'],
    images: [{ name: 'nginx', newName: 'registry/nginx' }],
    patches: [{ patch: '- op: replace\n  path: /spec/replicas\n  value: 2\n', target: { kind: 'Deployment' } }],
    commonMetadata: { labels: { team: 'a' } },
  })
  await world.until(ks('apps'), isReady)
  expect(await world.get('Deployment', 'default', 'x-web-y', 'apps')).toMatchObject({
    metadata: { labels: { team: 'a' } },
    spec: { replicas: 2, template: { spec: { containers: [{ image: 'registry/nginx:2' }] } } },
  })
  const ids = statusOf(await world.cluster.get(ks('apps'))).inventory?.entries.map((entry) => entry.id) ?? []
  expect(ids).toHaveLength(2)
  expect(ids[0]).toMatch(/^default_x-env-y-[a-z0-9]{10}__ConfigMap$/)
  await running.agent.idle()
})

test('a broken manifest is reported with its file and line, deletes nothing, and its fix is taken', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  repo.commit({ 'apps/one.yaml': undefined, 'apps/bad.yaml': 'apiVersion: v1\nkind: [\n' })
  running.agent.notifySource(home, 'repo')
  const failed = await world.until(ks('apps'), (one) => readyOf(one)?.status === 'False')
  expect(readyOf(failed)).toMatchObject({ reason: 'BuildFailed' })
  expect(readyOf(failed)?.message).toMatch(/apps\/bad\.yaml:\d/)
  expect(statusOf(failed).conditions?.[0]).toMatchObject({ type: 'Reconciling', reason: 'ProgressingWithRetry' })
  expect(await world.get('ConfigMap', 'default', 'one')).toBeDefined()
  const commit = repo.commit({ 'apps/bad.yaml': configMap('good') })
  running.agent.notifySource(home, 'repo')
  await world.until(ks('apps'), (one) => statusOf(one).lastAppliedRevision === `main@sha1:${commit}`)
  expect(await world.get('ConfigMap', 'default', 'good')).toBeDefined()
  expect(await world.get('ConfigMap', 'default', 'one')).toBeUndefined()
})

test('what somebody edits or deletes by hand comes back, without a new render or a status change', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': deployment('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  const before = await world.until(ks('apps'), isReady)
  await running.agent.idle()
  await world.cluster.patch(cm('one'), { type: 'merge', body: { data: { a: 'edited' } } })
  await world.until(cm('one'), (one) => dataOf(one)['a'] === '1')
  const old = await world.get('Deployment', 'default', 'two', 'apps')
  await world.cluster.delete({ group: 'apps', kind: 'Deployment', namespace: 'default', name: 'two' })
  await world.until(
    { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'two' },
    (two) => two !== undefined && two.metadata.uid !== old?.metadata.uid,
  )
  await running.agent.idle()
  const after = await world.get('Kustomization', home, 'apps', 'kustomize.toolkit.fluxcd.io')
  expect(after?.metadata.generation).toBe(before?.metadata.generation)
  expect(readyOf(after)).toEqual(readyOf(before))
})

test('fields of others are left alone', async () => {
  repo.commit({ 'apps/two.yaml': deployment('two').replace('  replicas: 1\n', '') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  await running.agent.idle()
  running.agent.metrics().requests.reset()
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'two' }
  await world.cluster.patch(ref, { type: 'merge', body: { spec: { replicas: 3 } } }, { fieldManager: 'autoscaler' })
  await running.agent.idle()
  expect(running.agent.metrics().requests.writes()).toBe(0)
  expect(await world.get('Deployment', 'default', 'two', 'apps')).toMatchObject({ spec: { replicas: 3 } })
})

test('a suspended Kustomization lets drift be, and catches up when it is resumed', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  await world.cluster.patch(ks('apps'), { type: 'merge', body: { spec: { suspend: true } } })
  await running.agent.idle()
  await world.cluster.patch(cm('one'), { type: 'merge', body: { data: { a: 'edited' } } })
  await running.agent.idle()
  expect(await world.get('ConfigMap', 'default', 'one')).toMatchObject({ data: { a: 'edited' } })
  expect(running.agent.summary().find(({ name }) => name === 'apps')?.state).toBe('suspended')
  await world.cluster.patch(ks('apps'), { type: 'merge', body: { spec: { suspend: false } } })
  await world.until(cm('one'), (one) => dataOf(one)['a'] === '1')
})

test('[D1] dependencies are waited for, at the same revision, and their dependents follow at once', async () => {
  repo.commit({ 'infra/i.yaml': configMap('infra'), 'apps/a.yaml': configMap('app') })
  await using running = await world.startAgent()
  await world.kustomization('apps', { dependsOn: [{ name: 'infra' }] })
  await world.gitRepository('repo', repo.url)
  const waiting = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'DependencyNotReady')
  expect(readyOf(waiting)?.message).toBe("dependency 'flux-system/infra' not found")
  await world.kustomization('infra', {})
  await world.until(ks('apps'), isReady)
  const commit = repo.commit({
    'infra/i.yaml': configMap('infra', { a: '2' }),
    'apps/a.yaml': configMap('app', { a: '2' }),
  })
  running.agent.notifySource(home, 'repo')
  await world.until(ks('apps'), (one) => statusOf(one).lastAppliedRevision === `main@sha1:${commit}`)
  expect(running.agent.summary().every(({ state }) => state === 'ready')).toBe(true)
})

test('[D7] a cycle of dependencies is named', async () => {
  repo.commit({ 'a/a.yaml': configMap('a'), 'b/b.yaml': configMap('b') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('a', { dependsOn: [{ name: 'b' }] })
  await world.kustomization('b', { dependsOn: [{ name: 'a' }] })
  const a = await world.until(ks('a'), (one) => readyOf(one)?.message.includes('cycle') ?? false)
  expect(readyOf(a)?.message).toContain('flux-system/a -> flux-system/b -> flux-system/a')
  expect(statusOf(a).conditions?.[0]).toMatchObject({ type: 'Stalled', reason: 'DependencyCycle' })
  await world.cluster.patch(ks('b'), { type: 'merge', body: { spec: { dependsOn: null } } })
  await world.until(ks('a'), isReady)
  await running.agent.idle()
})

test('[D5] readyExpr decides instead of the Ready condition', async () => {
  repo.commit({ 'infra/i.yaml': configMap('infra'), 'apps/a.yaml': configMap('app') })
  await using _ = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('infra', { suspend: true }, { labels: { go: 'no' } })
  await world.kustomization('apps', { dependsOn: [{ name: 'infra', readyExpr: "dep.metadata.labels.go == 'yes'" }] })
  const waiting = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'DependencyNotReady')
  expect(readyOf(waiting)?.message).toBe("dependency 'flux-system/infra' is not ready according to readyExpr eval")
  await world.cluster.patch(ks('infra'), {
    type: 'merge',
    body: { metadata: { labels: { go: 'yes' } }, spec: { suspend: null } },
  })
  await world.until(ks('apps'), isReady)
  await world.kustomization('apps', { dependsOn: [{ name: 'infra', readyExpr: 'dep.(' }] })
  const broken = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'InvalidCELExpression')
  expect(statusOf(broken).conditions?.[0]).toMatchObject({ type: 'Stalled' })
})

test('[F1] a deleted Kustomization takes its objects with it, unless it is suspended or says otherwise', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'keep/k.yaml': configMap('kept'), 'sus/s.yaml': configMap('sus') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.kustomization('keep', { deletionPolicy: 'Orphan' })
  await world.kustomization('sus', {})
  for (const name of ['apps', 'keep', 'sus']) await world.until(ks(name), isReady)
  await world.cluster.patch(ks('sus'), { type: 'merge', body: { spec: { suspend: true } } })
  for (const name of ['apps', 'keep', 'sus']) await world.cluster.delete(ks(name))
  for (const name of ['apps', 'keep', 'sus']) await world.until(ks(name), (one) => one === undefined)
  await running.agent.idle()
  expect(await world.get('ConfigMap', 'default', 'one')).toBeUndefined()
  expect(await world.get('ConfigMap', 'default', 'kept')).toBeDefined()
  expect(await world.get('ConfigMap', 'default', 'sus')).toBeDefined()
})

test('[G1] an empty result is held until it is confirmed', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': configMap('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  repo.commit({ 'apps/one.yaml': undefined, 'apps/two.yaml': undefined, 'apps/README.md': 'gone' })
  running.agent.notifySource(home, 'repo')
  const held = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'PruneHeld')
  expect(await world.get('ConfigMap', 'default', 'one')).toBeDefined()
  const digest = /kedge\.dev\/confirm-delete=([0-9a-f]+)/.exec(readyOf(held)?.message ?? '')?.[1]
  expect(digest).toMatch(/^[0-9a-f]{12}$/)
  const annotations = { 'kedge.dev/confirm-delete': digest }
  await world.cluster.patch(ks('apps'), { type: 'merge', body: { metadata: { annotations } } })
  await world.until(ks('apps'), isReady)
  expect(await world.get('ConfigMap', 'default', 'one')).toBeUndefined()
})

test('[W1] health is waited for without a worker, and failing ends with its reason', async () => {
  repo.commit({ 'apps/two.yaml': deployment('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', { wait: true, timeout: '5m' })
  const waiting = await world.until(ks('apps'), (one) => {
    return statusOf(one).conditions?.some((condition) => condition.type === 'Healthy') ?? false
  })
  expect(readyOf(waiting)?.status).toBe('Unknown')
  await running.agent.idle()
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'two' }
  const live = await world.cluster.get(ref)
  const status = {
    observedGeneration: live?.metadata.generation,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions: [
      { type: 'Available', status: 'True' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ],
  }
  await world.cluster.patchStatus(ref, { type: 'merge', body: { status } })
  const ready = await world.until(ks('apps'), isReady)
  expect(statusOf(ready).conditions?.map((one) => [one.type, one.status])).toEqual([
    ['Ready', 'True'],
    ['Healthy', 'True'],
  ])
})

test('[W2] an object that fails ends the wait with its reason, and a fix in Git is applied at once', async () => {
  repo.commit({ 'apps/two.yaml': deployment('two') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const healthChecks = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'two', namespace: 'default' }]
  await world.kustomization('apps', { healthChecks })
  await world.until(ks('apps'), (one) => readyOf(one)?.status === 'Unknown')
  await running.agent.idle()
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'default', name: 'two' }
  const live = await world.cluster.get(ref)
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
  const status = { observedGeneration: live?.metadata.generation, replicas: 1, unavailableReplicas: 1, conditions }
  await world.cluster.patchStatus(ref, { type: 'merge', body: { status } })
  const failed = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'HealthCheckFailed')
  expect(readyOf(failed)?.message).toContain('Deployment/default/two')
  expect(statusOf(failed).history?.[0]?.lastReconciledStatus).toBe('HealthCheckFailed')
  repo.commit({ 'apps/two.yaml': configMap('two') })
  running.agent.notifySource(home, 'repo')
  await world.kustomization('apps', { healthChecks: [] })
  await world.until(ks('apps'), isReady)
})

test('[V1] variables are filled in from ConfigMaps, Secrets and inline, and a missing one fails the build', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one', { a: '${x}-${y}-${z:=dflt}' }) })
  await using running = await world.startAgent()
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'vars', namespace: home, labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
    data: { x: 'from-map', y: 'lost' },
  })
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vars', namespace: home },
    stringData: { y: 'from-secret' },
  })
  await world.gitRepository('repo', repo.url)
  const substituteFrom = [
    { kind: 'ConfigMap', name: 'vars' },
    { kind: 'Secret', name: 'vars' },
    { kind: 'Secret', name: 'none', optional: true },
  ]
  await world.kustomization('apps', { postBuild: { substituteFrom } })
  await world.until(ks('apps'), isReady)
  expect(await world.get('ConfigMap', 'default', 'one')).toMatchObject({ data: { a: 'from-map-from-secret-dflt' } })
  await world.cluster.patch(
    { kind: 'ConfigMap', group: '', namespace: home, name: 'vars' },
    { type: 'merge', body: { data: { x: 'changed' } } },
  )
  await world.until(cm('one'), (one) => dataOf(one)['a'] === 'changed-from-secret-dflt')
  await world.cluster.patch(
    { kind: 'ConfigMap', group: '', namespace: home, name: 'vars' },
    { type: 'merge', body: { data: { x: null } } },
  )
  const failed = await world.until(ks('apps'), (one) => readyOf(one)?.reason === 'BuildFailed')
  expect(readyOf(failed)?.message).toContain('variable not set (strict mode): "x"')
  await running.agent.idle()
})

test('[E1] an agent that is stopped and started again deletes nothing, writes nothing, and takes up its work', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': deployment('two') })
  const first = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  await first.agent.idle()
  await first[Symbol.asyncDispose]()
  await world.cluster.patch(cm('one'), { type: 'merge', body: { data: { a: 'edited while nobody looked' } } })
  await using second = await world.startAgent()
  await world.until(cm('one'), (one) => dataOf(one)['a'] === '1')
  await second.agent.idle()
  const writes = second.agent
    .metrics()
    .requests.counts()
    .filter(
      ({ verb, resource, dryRun }) =>
        ['apply', 'delete'].includes(verb) && !dryRun && resource !== 'customresourcedefinitions.apiextensions.k8s.io',
    )
  expect(writes).toMatchObject([{ verb: 'apply', resource: 'configmaps', count: 1 }])
})

test('[E13] while others work, the status of what is ready waits unless somebody depends on it', async () => {
  repo.commit({
    'quick/a.yaml': configMap('quick'),
    'base/b.yaml': configMap('base'),
    'slow/c.yaml': configMap('slow'),
    'top/d.yaml': configMap('top'),
  })
  const gate = Promise.withResolvers<void>()
  const build = inlineRender()
  const render: Render = async (tree, request) => {
    if (request.path === './slow' || request.path === 'slow') await gate.promise
    return build(tree, request)
  }
  // Only a quiet moment ends the silence here, never the clock.
  const timers = { after: (ms: number, run: () => void) => (ms === 10_000 ? () => {} : hostTimers.after(ms, run)) }
  await using _running = await world.startAgent({ render, timers })
  await world.kustomization('slow', {})
  await world.kustomization('quick', {})
  await world.kustomization('base', {})
  await world.kustomization('top', { dependsOn: [{ name: 'base' }] })
  await world.gitRepository('repo', repo.url)
  const first = await world.until(cm('quick'), (object) => object !== undefined)
  await world.until(ks('base'), isReady)
  expect(isReady(await world.get('Kustomization', home, 'quick', 'kustomize.toolkit.fluxcd.io'))).toBe(false)
  // What happens to it meanwhile is seen to at once.
  await world.cluster.delete(cm('quick'))
  await world.until(cm('quick'), (object) => object !== undefined && object.metadata.uid !== first?.metadata.uid)
  gate.resolve()
  for (const name of ['slow', 'quick', 'top']) await world.until(ks(name), isReady)
})

test('[E13] the status of a Kustomization with an object that stays as somebody else has it does not wait', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one') })
  const timers = { after: (ms: number, run: () => void) => (ms === 10_000 ? () => {} : hostTimers.after(ms, run)) }
  await using running = await world.startAgent({ timers })
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }
  await world.cluster.patch(cm('one'), { type: 'merge', body: { metadata: { annotations }, data: { a: 'mine' } } })
  const commit = repo.commit({ 'apps/one.yaml': configMap('one'), 'apps/two.yaml': configMap('two') })
  running.agent.notifySource(home, 'repo')
  await world.until(ks('apps'), (object) => readyOf(object)?.message.includes(commit) === true)
  await running.agent.idle()
  expect(dataOf(await world.get('ConfigMap', 'default', 'one'))).toMatchObject({ a: 'mine' })
})

test('[I17] all that can pile up says how full it is, and nothing is left when all is done', async () => {
  repo.commit({ 'apps/one.yaml': configMap('one') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await world.kustomization('apps', {})
  await world.until(ks('apps'), isReady)
  await running.agent.idle()
  const { gauges } = running.agent.metrics()
  expect(gauges.map(({ name, value }) => [name, value])).toEqual([
    ['keys', 1],
    ['passes', 0],
    ['passes that linger', 0],
    ['sources: keys', 1],
    ['sources: passes', 0],
    ['sources: passes that linger', 0],
    ['requests', 0],
    ['requests that wait', 0],
    ['events that wait', 0],
  ])
  expect(gauges.filter(({ max }) => !(max > 0 && Number.isFinite(max)))).toEqual([])
})
