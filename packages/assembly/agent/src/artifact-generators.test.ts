import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { createChartServer, packedChart, type ChartServer } from './testing/chart-server.ts'
import { createGitRepo, type GitRepo } from './testing/git-repo.ts'
import { createWorld, dataOf, home, isReady, readyOf, type World } from './testing/world.ts'

let world: World
let repo: GitRepo
let server: ChartServer

beforeEach(async () => {
  world = await createWorld()
  repo = createGitRepo()
  server = await createChartServer()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  repo[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
})

const ag = (name: string) => ({
  group: 'source.extensions.fluxcd.io',
  kind: 'ArtifactGenerator',
  namespace: home,
  name,
})
const ea = (name: string) => ({ group: 'source.toolkit.fluxcd.io', kind: 'ExternalArtifact', namespace: home, name })
const ks = (name: string) => ({ group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name })
const hr = (name: string) => ({ group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: home, name })
const cm = (name: string) => ({ group: '', kind: 'ConfigMap', namespace: 'default', name })

const git = { alias: 'git', kind: 'GitRepository', name: 'repo' }

async function generator(name: string, spec: object, annotations: Record<string, string> = {}): Promise<void> {
  const object = {
    apiVersion: 'source.extensions.fluxcd.io/v1beta1',
    kind: 'ArtifactGenerator',
    metadata: { name, namespace: home, annotations },
    spec: { sources: [git], ...spec },
  }
  await world.cluster.apply(object, { fieldManager: 'test', force: true })
}

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {value: ${JSON.stringify(value)}}\n`
}

const slice = (name: string) => ({ name, copy: [{ from: `@git/apps/${name}/**`, to: '@artifact/' }] })
const fromArtifact = (name: string) => ({ sourceRef: { kind: 'ExternalArtifact', name }, path: './' })

interface Status {
  readonly artifact?: { readonly revision: string; readonly digest: string; readonly metadata?: object }
  readonly inventory?: readonly { readonly name: string; readonly digest: string }[]
  readonly observedSourcesDigest?: string
  readonly lastHandledReconcileAt?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
}
const statusOf = (object: KubeObject | undefined): Status => object?.['status'] ?? {}

/** The kind notes its generation in its conditions alone. */
const isDone = (object: KubeObject | undefined) => generatorReady(object)?.status === 'True'
const hasReason = (reason: string) => (object: KubeObject | undefined) => generatorReady(object)?.reason === reason
function generatorReady(object: KubeObject | undefined) {
  const found = statusOf(object).conditions?.find((one) => one.type === 'Ready') as
    | { status: string; reason: string; message: string; observedGeneration?: number }
    | undefined
  return found?.observedGeneration === object?.metadata.generation ? found : undefined
}

test('[GA9] a repository is cut into slices, and a commit rolls only the slice that it changes', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1'), 'apps/two/cm.yaml': configMap('two', '1') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await generator('apps', {
    artifacts: [slice('one'), slice('two')],
    commonMetadata: { labels: { team: 'a' }, annotations: { note: 'b' } },
  })
  await world.kustomization('one', fromArtifact('one'))
  await world.kustomization('two', fromArtifact('two'))
  await world.until(ks('one'), isReady)
  await world.until(ks('two'), isReady)
  const made = await world.until(ag('apps'), isDone)
  expect(generatorReady(made)?.message).toBe('reconciliation succeeded, generated 2 artifact(s)')
  expect(made?.metadata.finalizers).toEqual(['source.extensions.fluxcd.io/finalizer'])
  const external = await world.cluster.get(ea('one'))
  expect(external?.metadata).toMatchObject({
    labels: {
      team: 'a',
      'app.kubernetes.io/managed-by': 'source-watcher',
      'source.extensions.fluxcd.io/generator': made?.metadata.uid,
    },
    annotations: { note: 'b' },
  })
  expect(external?.['spec']).toEqual({
    sourceRef: {
      apiVersion: 'source.extensions.fluxcd.io/v1beta1',
      kind: 'ArtifactGenerator',
      name: 'apps',
      namespace: home,
    },
  })
  const { artifact } = statusOf(external)
  expect(artifact?.revision).toBe(`latest@${artifact?.digest ?? ''}`)
  expect(statusOf(made).inventory?.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(statusOf(made).inventory?.[0]?.digest).toBe(artifact?.digest)

  const second = await world.cluster.get(ea('two'))
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '2') })
  running.agent.notifySource(home, 'repo')
  await world.until(cm('one'), (object) => dataOf(object)['value'] === '2')
  await world.until(
    ag('apps'),
    (object) => statusOf(object).observedSourcesDigest !== statusOf(made).observedSourcesDigest,
  )
  await running.agent.idle()
  expect((await world.cluster.get(ea('two')))?.metadata.resourceVersion).toBe(second?.metadata.resourceVersion)
  // Nothing was asked of the address that the artifact is served at.
  expect(
    world.log.filter(({ level, controllerKind }) => level === 'error' && controllerKind === 'ExternalArtifact'),
  ).toEqual([])
})

test('[GA10] what is made no longer goes, what is deleted by hand comes back, and all goes with the generator', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1'), 'apps/two/cm.yaml': configMap('two', '1') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await generator('apps', { artifacts: [slice('one'), slice('two')] })
  await world.until(ag('apps'), isDone)
  const before = await world.cluster.get(ea('one'))
  await world.cluster.delete(ea('one'))
  await world.until(
    ea('one'),
    (object) => object !== undefined && object.metadata.uid !== before?.metadata.uid && isDoneArtifact(object),
  )
  const body = { metadata: { labels: { 'app.kubernetes.io/managed-by': 'nobody' } } }
  await world.cluster.patch(ea('one'), { type: 'merge', body })
  await world.until(
    ea('one'),
    (object) => object?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'source-watcher',
  )
  await generator('apps', { artifacts: [slice('one')] })
  await world.until(ea('two'), (object) => object === undefined)
  await world.cluster.delete(ag('apps'))
  await world.until(ag('apps'), (object) => object === undefined)
  await world.until(ea('one'), (object) => object === undefined)
  await running.agent.idle()
})

const isDoneArtifact = (object: KubeObject) => statusOf(object).artifact !== undefined

test('[GA10] an ExternalArtifact that is not of the generator is left alone, and said', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1') })
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const foreign = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'ExternalArtifact',
    metadata: { name: 'one', namespace: home },
    spec: {},
  }
  await world.cluster.create(foreign)
  await generator('apps', { artifacts: [slice('one')] })
  const failed = await world.until(ag('apps'), hasReason('ReconciliationFailed'))
  expect(generatorReady(failed)?.message).toBe(
    'one reconcile failed: an ExternalArtifact of this name is there and is not of this generator; delete it, or choose another name',
  )
  await world.cluster.delete(ag('apps'))
  await world.until(ag('apps'), (object) => object === undefined)
  expect(await world.cluster.get(ea('one'))).toBeDefined()
})

test('[GA11] after a restart the files are made again without a write, and users have them', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1') })
  {
    await using running = await world.startAgent()
    await world.gitRepository('repo', repo.url)
    await generator('apps', { artifacts: [{ ...slice('one'), revision: '@git', originRevision: '@git' }] })
    await world.kustomization('one', fromArtifact('one'))
    await world.until(ks('one'), isReady)
    await world.until(ag('apps'), isDone)
    await running.agent.idle()
  }
  const versions = async () =>
    Promise.all(
      [ag('apps'), ea('one'), ks('one')].map(async (ref) => (await world.cluster.get(ref))?.metadata.resourceVersion),
    )
  const before = await versions()
  const { artifact } = statusOf(await world.cluster.get(ea('one')))
  expect(artifact?.revision).toBe(`main@sha1:${repo.git('rev-parse', 'HEAD')}`)
  expect(artifact?.metadata).toEqual({ 'org.opencontainers.image.revision': artifact?.revision })
  await using again = await world.startAgent()
  await again.agent.idle()
  expect(await versions()).toEqual(before)
  await world.cluster.delete(cm('one'))
  await world.until(cm('one'), (object) => object !== undefined)
  expect(
    world.log.filter(({ level, controllerKind }) => level === 'error' && controllerKind === 'ExternalArtifact'),
  ).toEqual([])
})

test('[GA4] a chart from a registry and values from Git become one artifact, which a HelmRelease installs', async () => {
  server.addChart(await packedChart('web', '1.0.0', { 'values.yaml': 'a: 1\nb: {c: 2}\n' }), 'web', '1.0.0')
  repo.commit({ 'values.yaml': 'b: {d: 3}\n' })
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const apply = (kind: string, name: string, spec: object) =>
    world.cluster.apply(
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind,
        metadata: { name, namespace: home },
        spec: { interval: '1h', ...spec },
      },
      { fieldManager: 'test', force: true },
    )
  await apply('HelmRepository', 'charts', { url: `${server.origin}/charts` })
  await apply('HelmChart', 'web', { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } })
  await generator('web', {
    sources: [git, { alias: 'chart', kind: 'HelmChart', name: 'web' }],
    artifacts: [
      {
        name: 'web',
        copy: [
          { from: '@chart/', to: '@artifact/' },
          { from: '@git/values.yaml', to: '@artifact/web/values.yaml', strategy: 'Merge' },
        ],
      },
    ],
  })
  await world.until(ag('web'), isDone)
  await world.cluster.apply(
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: home },
      spec: { interval: '1h', chartRef: { kind: 'ExternalArtifact', name: 'web' } },
    },
    { fieldManager: 'test', force: true },
  )
  await world.until(hr('web'), isReady)
})

test('[GA2] a source without files is waited for, and one that is missing is told', async () => {
  await using _running = await world.startAgent()
  await generator('apps', { artifacts: [slice('one')] })
  const missing = await world.until(ag('apps'), hasReason('SourceFetchFailed'))
  expect(generatorReady(missing)?.message).toBe(
    `get sources failed: source 'GitRepository/${home}/repo' not found; create it, or correct spec.sources`,
  )
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1') })
  await world.gitRepository('repo', repo.url)
  await world.until(ag('apps'), isDone)
})

test('[GA7] directories that match a pattern become artifacts, and follow the directories', async () => {
  repo.commit({ 'apps/One/envs/prod/cm.yaml': configMap('one', '1'), 'apps/two/other.yaml': configMap('two', '1') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await generator('apps', {
    pathPattern: '@git/apps/{app}/envs/{env}',
    artifacts: [{ name: '{app}-{env}', copy: [{ from: '@git/apps/{app}/envs/{env}/**', to: '@artifact/' }] }],
  })
  await world.kustomization('one', fromArtifact('one-prod'))
  await world.until(ks('one'), isReady)
  expect((await world.cluster.get(ea('one-prod')))?.metadata.labels).toMatchObject({ app: 'one', env: 'prod' })
  repo.commit({ 'apps/two/envs/dev/cm.yaml': configMap('two', '1'), 'apps/One/envs/prod/cm.yaml': undefined })
  running.agent.notifySource(home, 'repo')
  await world.until(ea('two-dev'), (object) => object !== undefined)
  await world.until(ea('one-prod'), (object) => object === undefined)
})

test('[GA1] what only a change of the object can mend stalls, and is looked at again when the object changes', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1') })
  await using _running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await generator('apps', { sources: [git, { ...git, kind: 'OCIRepository' }], artifacts: [slice('one')] })
  const stalled = await world.until(ag('apps'), hasReason('ValidationFailed'))
  expect(statusOf(stalled).conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'Stalled=True',
    'Ready=False',
  ])
  await generator('apps', { sources: [{ ...git, kind: 'Bucket' }], artifacts: [slice('one')] })
  await world.until(ag('apps'), hasReason('UnsupportedSourceKind'))
  await generator('apps', { artifacts: [{ name: 'one', copy: [{ from: '@git/none/*', to: '@artifact/' }] }] })
  const broken = await world.until(ag('apps'), hasReason('BuildFailed'))
  expect(generatorReady(broken)?.message).toBe(
    "one build failed: failed to apply copy operation from '@git/none/*' to '@artifact/': no files match pattern 'none/*' in source 'git'",
  )
  await generator('apps', { artifacts: [slice('one')] })
  await world.until(ag('apps'), isDone)
})

test('[GA12] a generator that is disabled rests, and a request is answered', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const off = { 'source.extensions.fluxcd.io/reconcile': 'disabled' }
  await generator('apps', { artifacts: [slice('one')] }, off)
  const place = { kind: 'ArtifactGenerator', namespace: home, name: 'apps' }
  const standings = await running.agent.settled([place])
  expect(standings.find(({ kind }) => kind === 'ArtifactGenerator')).toMatchObject({ ...place, state: 'suspended' })
  await world.until(ag('apps'), hasReason('ReconciliationDisabled'))
  expect(await world.cluster.get(ea('one'))).toBeUndefined()
  await generator('apps', { artifacts: [slice('one')] }, { 'reconcile.fluxcd.io/requestedAt': 'now' })
  const done = await world.until(ag('apps'), hasReason('Succeeded'))
  expect(statusOf(done).lastHandledReconcileAt).toBe('now')
})

test('[GA1] references to sources of other namespaces may be forbidden', async () => {
  await using _running = await world.startAgent({ settings: { noCrossNamespaceRefs: true } })
  await generator('apps', { sources: [{ ...git, namespace: 'default' }], artifacts: [slice('one')] })
  const denied = await world.until(ag('apps'), hasReason('AccessDenied'))
  expect(generatorReady(denied)?.message).toBe(
    'cross-namespace reference to source GitRepository/default/repo is not allowed',
  )
})

test('[GA9] an artifact may be made of another one that is made', async () => {
  repo.commit({ 'apps/one/cm.yaml': configMap('one', '1'), 'apps/one/deep/more.yaml': configMap('more', '1') })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  await generator('first', { artifacts: [slice('one')] })
  await generator('second', {
    sources: [{ alias: 'git', kind: 'ExternalArtifact', name: 'one' }],
    artifacts: [{ name: 'more', copy: [{ from: '@git/deep', to: '@artifact/' }] }],
  })
  await world.kustomization('more', fromArtifact('more'))
  await world.until(ks('more'), isReady)
  repo.commit({ 'apps/one/deep/more.yaml': configMap('more', '2') })
  running.agent.notifySource(home, 'repo')
  await world.until(cm('more'), (object) => dataOf(object)['value'] === '2')
  expect(readyOf(await world.cluster.get(ks('more')))?.status).toBe('True')
})
