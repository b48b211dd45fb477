import { createHash } from 'node:crypto'

import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { chartLayer, createChartServer, filesLayer, packedChart, type ChartServer } from './testing/chart-server.ts'
import { createGitRepo } from './testing/git-repo.ts'
import { createWorld, home, isReady, readyOf, type World } from './testing/world.ts'

let world: World
let server: ChartServer

beforeEach(async () => {
  world = await createWorld()
  server = await createChartServer()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const group = 'source.toolkit.fluxcd.io'
const at = (kind: string, name: string) => ({ group, kind, namespace: home, name })
const ks = (name: string) => ({ group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace: home, name })

async function apply(kind: string, name: string, spec: object): Promise<void> {
  const object = {
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name, namespace: home },
    spec: { interval: '1h', ...spec },
  }
  await world.cluster.apply(object, { fieldManager: 'test', force: true })
}

const helmRepository = (spec: object = {}) =>
  apply('HelmRepository', 'charts', { url: `${server.origin}/charts`, ...spec })
const helmChart = (name: string, spec: object = {}) =>
  apply('HelmChart', name, { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' }, ...spec })

async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: home }, stringData: data }
  await world.cluster.apply(object, { fieldManager: 'test', force: true })
}

async function request(kind: string, name: string, token: string): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': token }
  await world.cluster.patch(at(kind, name), { type: 'merge', body: { metadata: { annotations } } })
}

interface Artifact {
  readonly revision: string
  readonly digest: string
  readonly path: string
}

const artifactOf = (object: KubeObject | undefined): Artifact | undefined =>
  (object?.['status'] as { artifact?: Artifact } | undefined)?.artifact
const hasRevision = (revision: string) => (object: KubeObject | undefined) =>
  isReady(object) && artifactOf(object)?.revision === revision
const saysReason = (reason: string) => (object: KubeObject | undefined) => readyOf(object)?.reason === reason

test('[S1] charts come from an index that is fetched once, and follow it', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using running = await world.startAgent()
  await helmRepository()
  await Promise.all([helmChart('one'), helmChart('two', { version: '1.x' }), helmChart('three', { version: '1.0.0' })])
  const repository = await world.until(at('HelmRepository', 'charts'), isReady)
  expect(artifactOf(repository)?.path).toBe(
    `helmrepository/${home}/charts/index-${artifactOf(repository)?.digest.slice(7) ?? ''}.yaml`,
  )
  expect(artifactOf(repository)?.revision).toBe(artifactOf(repository)?.digest)
  for (const name of ['one', 'two', 'three']) {
    const chart = await world.until(at('HelmChart', name), hasRevision('1.0.0'))
    expect(readyOf(chart)).toMatchObject({
      reason: 'ChartPullSucceeded',
      message: "pulled 'web' chart with version '1.0.0'",
    })
    expect(artifactOf(chart)?.path).toBe(`helmchart/${home}/${name}/web-1.0.0.tgz`)
  }
  await running.agent.idle()
  expect(server.seen.filter((one) => one.endsWith('/index.yaml'))).toEqual(['GET /charts/index.yaml'])
  server.addChart(await packedChart('web', '1.1.0'), 'web', '1.1.0')
  await request('HelmRepository', 'charts', 'now')
  await world.until(at('HelmChart', 'one'), hasRevision('1.1.0'))
  await world.until(at('HelmChart', 'two'), hasRevision('1.1.0'))
  await running.agent.idle()
  expect(artifactOf(await world.until(at('HelmChart', 'three'), isReady))?.revision).toBe('1.0.0')
  const { requests } = running.agent.metrics()
  requests.reset()
  const before = server.seen.length
  await request('HelmChart', 'three', 'again')
  await world.until(at('HelmChart', 'three'), (one) => readyOf(one) !== undefined && handled(one) === 'again')
  await running.agent.idle()
  // The index is known and the chart is held: only the answer is written.
  expect(requests.counts().filter(({ resource }) => resource !== 'events')).toMatchObject([{ verb: 'patch', count: 1 }])
  expect(server.seen.slice(before)).toEqual([])
})

const handled = (object: KubeObject | undefined): unknown =>
  (object?.['status'] as { lastHandledReconcileAt?: string } | undefined)?.lastHandledReconcileAt

test('[S2] a chart that is not in the index stalls until the index has it', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using _running = await world.startAgent()
  await helmRepository()
  await helmChart('web', { version: '2.x' })
  const stalled = await world.until(at('HelmChart', 'web'), saysReason('InvalidChartReference'))
  expect(readyOf(stalled)?.message).toContain(
    "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '2.x' found",
  )
  server.addChart(await packedChart('web', '2.0.0'), 'web', '2.0.0')
  await request('HelmRepository', 'charts', 'now')
  await world.until(at('HelmChart', 'web'), hasRevision('2.0.0'))
})

test('[S3] credentials come from the Secret; what is refused says so, and keeps the old artifact', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  server.auth = 'me:secret'
  await using running = await world.startAgent()
  await helmRepository({ secretRef: { name: 'login' } })
  const missing = await world.until(at('HelmRepository', 'charts'), saysReason('AuthenticationFailed'))
  expect(readyOf(missing)?.message).toContain(
    `failed to get authentication secret '${home}/login': secrets "login" not found`,
  )
  await secret('login', { username: 'me', password: 'secret' })
  await request('HelmRepository', 'charts', '1')
  const ready = await world.until(at('HelmRepository', 'charts'), isReady)
  server.auth = 'me:other'
  await request('HelmRepository', 'charts', '2')
  const failed = await world.until(at('HelmRepository', 'charts'), saysReason('Failed'))
  expect(readyOf(failed)?.message).toMatch(/^failed to fetch Helm repository index: .* answers 401/)
  expect(JSON.stringify([failed, world.log])).not.toContain('me:secret')
  expect(artifactOf(failed)).toEqual(artifactOf(ready))
  await running.agent.idle()
})

test('[S4] values files make a chart of their own', async () => {
  const files = { 'values.yaml': 'a: 1\nb: {c: 1}\n', 'prod.yaml': 'b: {d: 2}\n' }
  server.addChart(await packedChart('web', '1.0.0', files), 'web', '1.0.0')
  await using _running = await world.startAgent()
  await helmRepository()
  await helmChart('web', { valuesFiles: ['values.yaml', 'prod.yaml', 'none.yaml'], ignoreMissingValuesFiles: true })
  const packaged = await world.until(at('HelmChart', 'web'), hasRevision('1.0.0+1'))
  expect(readyOf(packaged)).toMatchObject({
    reason: 'ChartPackageSucceeded',
    message: "packaged 'web' chart with version '1.0.0+1' and merged values files [values.yaml prod.yaml]",
  })
  expect(packaged?.['status']).toMatchObject({ observedValuesFiles: ['values.yaml', 'prod.yaml'] })
  await helmChart('web', { valuesFiles: ['none.yaml'], ignoreMissingValuesFiles: false })
  const failed = await world.until(at('HelmChart', 'web'), saysReason('ValuesFilesError'))
  expect(readyOf(failed)?.message).toContain(
    "values files merge error: failed to merge chart values: no values file found at path 'none.yaml'",
  )
})

test('[S5] a chart in Git is packaged with its dependencies, and follows commits as its strategy says', async () => {
  server.addChart(await packedChart('far', '3.0.0'), 'far', '3.0.0')
  using repo = createGitRepo()
  const chart = (version: string) =>
    `apiVersion: v2\nname: web\nversion: ${version}\ndependencies:\n- {name: near, version: 0.1.0, repository: "file://../near"}\n- {name: far, version: 3.x, repository: "${server.origin}/charts"}\n`
  const commit = repo.commit({
    'charts/web/Chart.yaml': chart('1.0.0'),
    'charts/web/values.yaml': 'a: 1\n',
    'charts/near/Chart.yaml': 'apiVersion: v2\nname: near\nversion: 0.1.0\n',
  })
  await using running = await world.startAgent()
  await world.gitRepository('repo', repo.url)
  const fromGit = { chart: './charts/web', sourceRef: { kind: 'GitRepository', name: 'repo' } }
  await helmChart('plain', fromGit)
  await helmChart('each', { ...fromGit, reconcileStrategy: 'Revision' })
  const packaged = await world.until(at('HelmChart', 'plain'), hasRevision('1.0.0'))
  expect(readyOf(packaged)?.message).toBe("packaged 'web' chart with version '1.0.0'")
  await world.until(at('HelmChart', 'each'), hasRevision(`1.0.0+${commit.slice(0, 12)}`))
  const next = repo.commit({ 'charts/web/values.yaml': 'a: 2\n' })
  running.agent.notifySource(home, 'repo')
  await world.until(at('HelmChart', 'each'), hasRevision(`1.0.0+${next.slice(0, 12)}`))
  await running.agent.idle()
  const same = await world.until(at('HelmChart', 'plain'), isReady)
  expect(artifactOf(same)?.digest).toBe(artifactOf(packaged)?.digest)
  expect(same?.['status']).toMatchObject({ observedSourceArtifactRevision: expect.stringContaining(next) })
  // Another chart of the same name and version is another chart, also when it could not be built at first.
  repo.commit({
    'other/Chart.yaml': chart('1.0.0').replace('../near', '../charts/gone'),
    'other/values.yaml': 'a: other\n',
  })
  running.agent.notifySource(home, 'repo')
  await helmChart('plain', { ...fromGit, chart: './other' })
  await world.until(at('HelmChart', 'plain'), saysReason('DependencyBuildError'))
  await request('HelmChart', 'plain', 'again')
  await world.until(at('HelmChart', 'plain'), (one) => handled(one) === 'again')
  expect(readyOf(await world.cluster.get(at('HelmChart', 'plain')))?.reason).toBe('DependencyBuildError')
  await helmChart('plain', fromGit)
  await world.until(at('HelmChart', 'plain'), isReady)
  repo.commit({ 'charts/web/Chart.yaml': chart('1.1.0').replace('../near', '../gone') })
  running.agent.notifySource(home, 'repo')
  const failed = await world.until(at('HelmChart', 'plain'), saysReason('DependencyBuildError'))
  expect(readyOf(failed)?.message).toContain(
    "dependency build error: failed to add local dependency 'near': no chart found at '/charts/gone' (reference 'file://../gone')",
  )
})

test('[S6] a registry as a HelmRepository has no conditions, and gives charts', async () => {
  server.push('charts/web', '1.2.0', [{ mediaType: chartLayer, bytes: await packedChart('web', '1.2.0') }])
  server.push('charts/web', '1.3.0-rc.1', [{ mediaType: chartLayer, bytes: await packedChart('web', '1.3.0-rc.1') }])
  server.auth = 'me:secret'
  await secret('login', { username: 'me', password: 'secret' })
  await using running = await world.startAgent()
  await helmChart('web')
  await world.until(at('HelmChart', 'web'), saysReason('SourceUnavailable'))
  await helmRepository({
    type: 'oci',
    url: `oci://${server.host}/charts`,
    insecure: true,
    secretRef: { name: 'login' },
  })
  await world.until(at('HelmChart', 'web'), hasRevision('1.2.0'))
  const repository = await world.get('HelmRepository', home, 'charts', group)
  expect(repository?.['status']).toEqual({ observedGeneration: -1 })
  const standing = running.agent.summary().find(({ kind }) => kind === 'HelmRepository')
  expect(standing).toMatchObject({ state: 'ready', reason: '' })
  server.auth = 'me:other'
  await helmChart('web', { version: '>=1.0.0-0' })
  const failed = await world.until(at('HelmChart', 'web'), saysReason('AuthenticationFailed'))
  expect(readyOf(failed)?.message).toContain('failed to authenticate with the Helm repository')
})

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {a: ${JSON.stringify(value)}}\n`
const ociRepository = (spec: object = {}) =>
  apply('OCIRepository', 'app', { url: `oci://${server.host}/team/app`, insecure: true, ...spec })
const fromOci = { kind: 'OCIRepository', name: 'app' }

test('[S7] an artifact of a registry is delivered by a Kustomization, which follows its tag', async () => {
  const first = server.push(
    'team/app',
    'latest',
    [await filesLayer({ 'apps/a.yaml': configMap('a', '1'), 'x.md': '' })],
    {
      'org.opencontainers.image.source': 'https://git.example.com/app',
      'org.opencontainers.image.revision': 'main@sha1:1',
    },
  )
  await using running = await world.startAgent()
  await ociRepository()
  await world.kustomization('apps', { sourceRef: fromOci })
  const applied = await world.until(ks('apps'), isReady)
  expect(readyOf(applied)?.message).toBe(`Applied revision: latest@${first}`)
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: '1' } })
  const source = await world.until(at('OCIRepository', 'app'), isReady)
  expect(readyOf(source)?.message).toBe(`stored artifact for digest 'latest@${first}'`)
  expect(artifactOf(source)).toMatchObject({
    path: `ocirepository/${home}/app/${first}.tar.gz`,
    metadata: { 'org.opencontainers.image.revision': 'main@sha1:1' },
  })
  await running.agent.idle()
  const before = server.seen.length
  await request('OCIRepository', 'app', '1')
  await world.until(at('OCIRepository', 'app'), (one) => handled(one) === '1')
  expect(server.seen.slice(before)).toEqual(['HEAD /v2/team/app/manifests/latest'])
  const second = server.push('team/app', 'latest', [await filesLayer({ 'apps/b.yaml': configMap('b', '2') })])
  await request('OCIRepository', 'app', '2')
  await world.until(ks('apps'), (one) => readyOf(one)?.message === `Applied revision: latest@${second}`)
  expect(await world.get('ConfigMap', 'default', 'b')).toMatchObject({ data: { a: '2' } })
  expect(await world.get('ConfigMap', 'default', 'a')).toBeUndefined()
})

test.each([
  [{ ref: { semver: '1.x' } }, '1.1.0'],
  [{ ref: { semver: '1.x', semverFilter: '^1\\.0' } }, '1.0.0'],
  [{ ref: { tag: '1.0.0' } }, '1.0.0'],
])('[S8] the reference %j is the tag %s', async (spec, tag) => {
  for (const one of ['1.0.0', '1.1.0', '1', 'latest']) server.push('team/app', one, [await filesLayer({ a: one })])
  await using _running = await world.startAgent()
  await ociRepository(spec)
  const source = await world.until(at('OCIRepository', 'app'), isReady)
  expect(artifactOf(source)?.revision).toMatch(new RegExp(`^${tag.replaceAll('.', '\\.')}@sha256:`))
})

test.each([
  [
    { ref: { semver: '9.x' } },
    'ReadOperationFailed',
    /^failed to determine the artifact tag for .*no match found for semver: 9\.x/,
  ],
  [{ ref: { tag: 'none' } }, 'OCIArtifactPullFailed', /^failed to determine artifact digest: /],
  [
    { layerSelector: { mediaType: 'application/x' } },
    'OCIArtifactLayerOperationFailed',
    /^failed to find layer with media type 'application\/x' in artifact/,
  ],
  [
    { layerSelector: { mediaType: 'text/plain' } },
    'OCIArtifactLayerOperationFailed',
    /^failed to extract layer contents from artifact: /,
  ],
  [{ provider: 'aws' }, 'InvalidProviderConfiguration', /spec\.provider aws/],
  [{ provider: 'azure' }, 'InvalidProviderConfiguration', /spec\.provider azure/],
  [
    { secretRef: { name: 'none' } },
    'AuthenticationFailed',
    /^failed to get credential: failed to get secret 'flux-system\/none': secrets "none" not found/,
  ],
  // Without it nobody knows who should pull: nothing is pulled as anybody.
  [
    { serviceAccountName: 'none' },
    'AuthenticationFailed',
    /^failed to get credential: failed to get service account 'flux-system\/none': serviceaccounts "none" not found/,
  ],
])('[S9] %j fails with %s', async (spec, reason, words) => {
  server.push('team/app', 'latest', [
    await filesLayer({ a: '1' }),
    { mediaType: 'text/plain', bytes: Buffer.from('x') },
  ])
  await using _running = await world.startAgent()
  await ociRepository(spec)
  const failed = await world.until(at('OCIRepository', 'app'), saysReason(reason))
  expect(readyOf(failed)?.message).toMatch(words)
})

test('[S8] a layer is kept as it is when it is to be copied, and its digest is the artifact', async () => {
  const bytes = await packedChart('web', '1.0.0')
  server.push('team/app', '1.0.0', [await filesLayer({ a: '1' }), { mediaType: chartLayer, bytes }])
  await secret('pull', {
    '.dockerconfigjson': JSON.stringify({ auths: { [server.host]: { username: 'me', password: 'secret' } } }),
  })
  server.auth = 'me:secret'
  await using _running = await world.startAgent()
  const layerSelector = { mediaType: chartLayer, operation: 'copy' }
  await ociRepository({ ref: { tag: '1.0.0' }, layerSelector, secretRef: { name: 'pull' } })
  const source = await world.until(at('OCIRepository', 'app'), isReady)
  expect(source?.['status']).toMatchObject({
    observedLayerSelector: layerSelector,
    artifact: { digest: `sha256:${sha256(bytes)}`, size: bytes.length },
  })
})

test('[S10] what somebody else has made is downloaded, checked and delivered', async () => {
  const { bytes } = await filesLayer({ 'apps/a.yaml': configMap('a', 'external') })
  server.putFile('/files/a.tar.gz', bytes)
  await using _running = await world.startAgent()
  const object = {
    apiVersion: `${group}/v1`,
    kind: 'ExternalArtifact',
    metadata: { name: 'made', namespace: home },
    spec: {},
  }
  await world.cluster.create(object)
  await world.kustomization('apps', { sourceRef: { kind: 'ExternalArtifact', name: 'made' } })
  const artifact = {
    digest: `sha256:${sha256(bytes)}`,
    lastUpdateTime: '2026-01-01T00:00:00Z',
    path: 'a.tar.gz',
    revision: 'latest@sha256:1',
    url: `${server.origin}/files/a.tar.gz`,
  }
  const body = { status: { artifact } }
  await world.cluster.patchStatus(at('ExternalArtifact', 'made'), { type: 'merge', body }, { fieldManager: 'other' })
  const applied = await world.until(ks('apps'), isReady)
  expect(readyOf(applied)?.message).toBe('Applied revision: latest@sha256:1')
  expect(await world.get('ConfigMap', 'default', 'a')).toMatchObject({ data: { a: 'external' } })
})

test('[S10] what cannot be downloaded, or is no archive, is said where it is used', async () => {
  server.putFile('/files/text', Buffer.from('no archive'))
  server.push('team/app', 'latest', [{ mediaType: 'text/plain', bytes: Buffer.from('no archive') }])
  await using _running = await world.startAgent()
  const metadata = { name: 'made', namespace: home }
  await world.cluster.create({ apiVersion: `${group}/v1`, kind: 'ExternalArtifact', metadata, spec: {} })
  await world.kustomization('apps', { sourceRef: { kind: 'ExternalArtifact', name: 'made' } })
  const publish = async (path: string, digest: string): Promise<void> => {
    const artifact = {
      digest,
      lastUpdateTime: '2026-01-01T00:00:00Z',
      path,
      revision: path,
      url: `${server.origin}/files/${path}`,
    }
    const body = { status: { artifact } }
    await world.cluster.patchStatus(at('ExternalArtifact', 'made'), { type: 'merge', body }, { fieldManager: 'other' })
  }
  const fails = (words: string) => (object: KubeObject | undefined) =>
    readyOf(object)?.reason === 'ArtifactFailed' && readyOf(object)?.message.includes(words) === true
  await publish('none', 'sha256:1')
  await world.until(ks('apps'), fails('failed to download artifact: '))
  await publish('text', 'sha256:1')
  await world.until(ks('apps'), fails('and not sha256:1'))
  await publish('text', `sha256:${sha256(Buffer.from('no archive'))}`)
  await world.until(ks('apps'), fails("the artifact of ExternalArtifact 'flux-system/made' is no archive of files"))
  await ociRepository({ layerSelector: { operation: 'copy' } })
  await world.kustomization('copied', { sourceRef: fromOci })
  await world.until(ks('copied'), fails("the artifact of OCIRepository 'flux-system/app' is no archive of files"))
})

test('[S13] sources whose server is silent hold up neither others nor the end of the agent', async () => {
  server.push('team/app', 'latest', [await filesLayer({ 'apps/a.yaml': configMap('a', '1') })])
  await using running = await world.startAgent()
  const silent = Array.from({ length: 12 }, (_, index) => `silent-${index}`)
  for (const name of silent) await apply('HelmRepository', name, { url: `${server.origin}/silent/${name}` })
  const places = silent.map((name) => ({ kind: 'HelmRepository', namespace: home, name }))
  await ociRepository()
  await world.kustomization('apps', { sourceRef: fromOci })
  await world.until(ks('apps'), isReady)
  const standings = running.agent.summary().filter(({ kind }) => kind === 'HelmRepository')
  expect(standings.map(({ state }) => state)).toEqual(places.map(() => 'progressing'))
})

test('[S11] after a restart sources are fetched again without a word, and users wait for them', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  server.push('team/app', 'latest', [await filesLayer({ 'apps/a.yaml': configMap('a', '1') })])
  {
    await using running = await world.startAgent()
    await helmRepository()
    await helmChart('web')
    await ociRepository()
    await world.kustomization('apps', { sourceRef: fromOci })
    await world.until(at('HelmChart', 'web'), isReady)
    await world.until(ks('apps'), isReady)
    await running.agent.idle()
  }
  const versions = async () =>
    Promise.all(
      [at('HelmRepository', 'charts'), at('HelmChart', 'web'), at('OCIRepository', 'app'), ks('apps')].map(
        async (ref) => (await world.cluster.get(ref))?.metadata.resourceVersion,
      ),
    )
  const before = await versions()
  await using again = await world.startAgent()
  await again.agent.idle()
  expect(await versions()).toEqual(before)
  await world.cluster.delete({ group: '', kind: 'ConfigMap', namespace: 'default', name: 'a' })
  await world.until({ kind: 'ConfigMap', namespace: 'default', name: 'a' }, (one) => one !== undefined)
})

test('a suspended source rests, and a deleted one goes whatever finalizer Flux left on it', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using running = await world.startAgent()
  await helmRepository({ suspend: true })
  const place = { kind: 'HelmRepository', namespace: home, name: 'charts' }
  expect(await running.agent.settled([place])).toMatchObject([{ ...place, state: 'suspended' }])
  expect(server.seen).toEqual([])
  await helmRepository({ suspend: false })
  await world.until(at('HelmRepository', 'charts'), isReady)
  const body = { metadata: { finalizers: ['finalizers.fluxcd.io'] } }
  await world.cluster.patch(at('HelmRepository', 'charts'), { type: 'merge', body })
  await world.cluster.delete(at('HelmRepository', 'charts'))
  await world.until(at('HelmRepository', 'charts'), (object) => object === undefined)
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
