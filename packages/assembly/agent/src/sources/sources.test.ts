import { FailureError, type Failure } from '@kedge/base'
import { readOciRepository } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpRequest } from '@kedge/registry'
import { createEgressClient, createAddressRules } from '@kedge/source'
import { treeFromFiles } from '@kedge/tree'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { SourceController } from '../kinds/source-controller.ts'
import { createChartServer, packedChart, type ChartServer } from '../testing/chart-server.ts'
import { chartTar, openArchive, openFolder, packChart } from './chart-archive.ts'
import { addDependencies } from './chart-dependencies.ts'
import { createChartIndexes } from './chart-indexes.ts'
import { createChartSources } from './chart-sources.ts'
import { mergeValuesFiles, withValues } from './chart-values.ts'
import { versionWith } from './chart-version.ts'
import { createHeldFiles } from './held-files.ts'
import type { HelmAccess } from './helm-access.ts'
import { joinInside } from './join-inside.ts'
import { ociAccess } from './oci-access.ts'
import { createOciArtifacts } from './oci-artifacts.ts'
import { createPublishedFiles } from './published-files.ts'
import { createRegistries } from './registries.ts'
import { createRemoteCharts, type RemoteCharts } from './remote-charts.ts'
import { withinTime, type SourceHost } from './source-host.ts'

let server: ChartServer
beforeEach(async () => {
  server = await createChartServer()
})
afterEach(async () => server[Symbol.asyncDispose]())

const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
const signal = AbortSignal.timeout(60_000)
let nowMs = 0
const clock = { now: () => nowMs }
const access = (): HelmAccess => ({
  url: `${server.origin}/charts`,
  passCredentials: false,
  credentials: undefined,
  tls: undefined,
})
const failure = { code: 'X', opening: '' }

test('[S13] work is given up at once when all is closing, as an error that no source reports', async () => {
  const closing = new AbortController()
  const timers = { after: () => () => undefined }
  const work = withinTime({ timers, closing: closing.signal }, { timeoutMs: 5, code: 'Late' }, (given) => {
    return new Promise((_resolve, reject) => given.addEventListener('abort', () => reject(new Error('aborted'))))
  })
  closing.abort()
  await expect(work).rejects.toThrow('the sources are closed')
  await expect(work).rejects.not.toHaveProperty('failure')
  const never = withinTime({ timers, closing: closing.signal }, { timeoutMs: 5, code: 'Late' }, () =>
    Promise.resolve(1),
  )
  await expect(never).rejects.toThrow('the sources are closed')
})

test('[S12] files are held within a bound, those used last the longest', () => {
  const files = createHeldFiles(10)
  files.put('a', new Uint8Array(4))
  files.put('b', new Uint8Array(4))
  expect(files.get('a')?.length).toBe(4)
  files.put('c', new Uint8Array(4))
  expect(['a', 'b', 'c'].filter((one) => files.has(one))).toEqual(['a', 'c'])
  files.put('large', new Uint8Array(40))
  expect(['a', 'c', 'large'].filter((one) => files.has(one))).toEqual(['large'])
  files.put('large', new Uint8Array(2))
  files.put('d', new Uint8Array(8))
  expect(['large', 'd'].filter((one) => files.has(one))).toEqual(['large', 'd'])
})

test('[S1] an index is fetched once by many at once, and by its ETag after that', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  const indexes = createChartIndexes({ http, clock })
  const all = await Promise.all([1, 2, 3].map(() => indexes.index(access(), signal)))
  expect(new Set(all.map(({ digest }) => digest)).size).toBe(1)
  expect(server.seen).toEqual(['GET /charts/index.yaml'])
  await indexes.index(access(), signal)
  expect(server.seen.length).toBe(1)
  expect(await indexes.refresh(access(), signal)).toEqual(all[0])
  server.addChart(await packedChart('web', '1.1.0'), 'web', '1.1.0')
  const next = await indexes.refresh(access(), signal)
  expect(next.index.choose('web', '*')?.version).toBe('1.1.0')
  expect(indexes.bytes(next.digest)).toBe(next.bytes)
  expect(indexes.bytes(all[0]?.digest ?? '')).toBeUndefined()
})

test('[S12] an index that was dropped is fetched again', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  const indexes = createChartIndexes({ http, clock }, 1)
  await indexes.index(access(), signal)
  await indexes.index({ ...access(), passCredentials: true }, signal)
  await indexes.index(access(), signal)
  expect(server.seen.length).toBe(3)
})

test('[S13] an index that could not be fetched is not asked for again by every chart', async () => {
  server.auth = 'me:secret'
  const indexes = createChartIndexes({ http, clock })
  for (let chart = 0; chart < 3; chart += 1)
    await expect(indexes.index(access(), signal)).rejects.toMatchObject({ failure: { code: 'Unauthorized' } })
  expect(server.seen.length).toBe(1)
  await expect(indexes.refresh(access(), signal)).rejects.toThrow('401')
  nowMs += 30_000
  server.auth = undefined
  expect((await indexes.index(access(), signal)).index.names).toEqual([])
})

test('[S12] a chart that is not held any more is asked for again', async () => {
  const asked: unknown[] = []
  const object: KubeObject = { apiVersion: 'v1', kind: 'HelmChart', metadata: { name: 'web' } }
  const controller = { get: () => object, refresh: (place: unknown) => asked.push(place) } as never as SourceController
  let bytes: Uint8Array | undefined = new Uint8Array(1)
  let problem: Failure | undefined
  const charts = createChartSources({
    controllers: { HelmChart: controller, OCIRepository: controller, ExternalArtifact: controller },
    archive: () => Promise.resolve(bytes),
    problem: () => problem,
  })
  const ref = { kind: 'HelmChart', namespace: 'ns', name: 'web' } as const
  expect(charts.source(ref)).toBe(object)
  expect(await charts.chart(ref, 'sha256:1')).toEqual({ kind: 'held', digest: 'sha256:1', bytes })
  bytes = undefined
  expect(await charts.chart(ref, 'sha256:1')).toEqual({ kind: 'awaited' })
  expect(asked).toEqual([ref])
  problem = { code: 'TooLarge', message: 'too large' }
  expect(await charts.chart(ref, 'sha256:1')).toEqual({ kind: 'failed', failure: problem })
  expect(asked).toEqual([ref])
})

test('[S12] two artifacts of a source are served, and one name for the latest', () => {
  const served = new Map<string, string>()
  const files = createPublishedFiles(
    {
      publishFile: (path, { digest, size }) => {
        served.set(path, digest)
        return { path, url: `http://x/${path}`, digest, size }
      },
      withdraw: (path) => void served.delete(path),
    },
    { folder: 'helmchart', latest: 'latest.tar.gz' },
  )
  const file = { revision: '1', size: 1, contentType: 'application/gzip', read: () => undefined }
  for (const name of ['a', 'b', 'b', 'c']) files.publish('ns/web', { ...file, name, digest: name })
  expect([...served]).toEqual([
    ['helmchart/ns/web/latest.tar.gz', 'c'],
    ['helmchart/ns/web/b', 'b'],
    ['helmchart/ns/web/c', 'c'],
  ])
  files.forget('ns/web')
  expect([...served]).toEqual([])
})

test.each([
  ['1.2.3', '', '1.2.3'],
  ['v1.2.3', '', 'v1.2.3'],
  ['1.2.3', '7', '1.2.3+7'],
  ['v1.2.3-rc.1+old', 'abc.7', '1.2.3-rc.1+abc.7'],
  ['1.2', '7', '1.2.0+7'],
])('[S4] version %s with metadata %j is %s', (version, metadata, wanted) => {
  expect(versionWith(version, metadata)).toBe(wanted)
})

test('[S4] a version that is none cannot get metadata', () => {
  expect(() => versionWith('latest', '1')).toThrow('failed to parse version from chart metadata as SemVer')
})

test('[S4] values files are merged in order, and take the place of values.yaml', async () => {
  const chart = openArchive(await packedChart('web', '1.0.0', { 'values.yaml': 'a: 1\nb: {c: 1, d: 2}\n' }), failure)
  const texts: Readonly<Record<string, string>> = { one: 'b: {c: 3}\nl: [1, 2]\n', two: 'b: {e: 4}\nl: [3]\n' }
  const request = {
    ignoreMissing: false,
    read: (name: string) => texts[name],
    opening: '',
    shown: (name: string) => name,
  }
  const { values, used } = mergeValuesFiles({ ...request, files: ['one', 'two'] })
  expect([values, used]).toEqual([{ b: { c: 3, e: 4 }, l: [3] }, ['one', 'two']])
  const again = openArchive(await packChart(withValues(chart, values)), failure)
  expect(again.values).toEqual(values)
  expect(withValues(chart, {})).toBe(chart)
  expect(() => mergeValuesFiles({ ...request, files: ['none'] })).toThrow('no values file found at path none')
  expect(() => mergeValuesFiles({ ...request, files: ['x'], read: () => '- a' })).toThrow(
    "unmarshaling values from 'x' failed",
  )
  expect(Buffer.from(await packChart(chart))).toEqual(Buffer.from(await packChart(chart)))
  expect(chartTar(chart, 0).length % 512).toBe(0)
})

test.each([
  ['charts/web', '../near', 'charts/near'],
  ['', './a//b/', 'a/b'],
  ['a', '../../../etc', 'etc'],
])('[S5] from %j the path %j leads to %j', (base, path, wanted) => {
  expect(joinInside(base, path)).toBe(wanted)
})

const chartFile = (name: string, version: string, more = '') =>
  `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`

async function withDependencies(dependencies: string, files: Readonly<Record<string, string>> = {}) {
  const asked: string[] = []
  const remote: RemoteCharts = {
    byUrl: (url, namespace) => ({ spec: { url } as never, namespace }),
    find: async ({ spec }, name, range) => {
      asked.push(`${spec.url} ${name} ${range}`)
      const bytes = await packedChart(name, '1.0.0')
      return { name, version: '1.0.0', fetch: () => Promise.resolve(bytes) }
    },
  }
  const tree = treeFromFiles({
    'charts/web/Chart.yaml': chartFile('web', '1.0.0', dependencies),
    'charts/near/Chart.yaml': chartFile('near', '0.1.0'),
    ...files,
  })
  const chart = openFolder({ tree, folder: 'charts/web' }, failure)
  const whole = await addDependencies(chart, { tree, path: 'charts/web', namespace: 'ns', remote })
  return { names: whole.dependencies.map(({ metadata }) => `${metadata.name} ${metadata.version}`), asked }
}

test('[S5] dependencies are brought once each, from files and repositories; those that are there stay', async () => {
  const { names, asked } = await withDependencies(
    `dependencies:
- {name: near, version: ~0.1, repository: "file://../near"}
- {name: far, version: 1.x, repository: "https://charts.example.com", alias: one}
- {name: far, version: 1.x, repository: "https://charts.example.com", alias: two}
- {name: there, version: 1.x, repository: "https://charts.example.com"}
`,
    { 'charts/web/charts/there/Chart.yaml': chartFile('there', '1.5.0') },
  )
  expect(names).toEqual(['there 1.5.0', 'near 0.1.0', 'far 1.0.0'])
  expect(asked).toEqual(['https://charts.example.com far 1.x'])
})

test('[S5] the lock decides on versions', async () => {
  const { asked } = await withDependencies(
    'dependencies:\n- {name: far, version: 1.x, repository: "oci://host/charts"}\n',
    { 'charts/web/Chart.lock': 'dependencies:\n- {name: far, version: 1.0.0, repository: "oci://host/charts"}\n' },
  )
  expect(asked).toEqual(['oci://host/charts far 1.0.0'])
})

test.each([
  [
    '{name: near, version: 2.x, repository: "file://../near"}',
    "'near': can't get a valid version for constraint '2.x'",
  ],
  ['{name: gone, version: 1.x}', "'gone': no chart found at '/charts/web/charts/gone' (reference '')"],
  ['{name: a, version: 1.x, repository: "@stable"}', "'a': aliased repository dependency is not supported: @stable"],
  ['{name: a, version: 1.x, repository: "ssh://x"}', "'a': invalid dependency repository URL: ssh://x"],
])('[S5] the dependency %s fails', async (dependency, words) => {
  await expect(withDependencies(`dependencies:\n- ${dependency}\n`)).rejects.toMatchObject({
    failure: { code: 'DependencyBuildError', message: expect.stringContaining(words) },
  })
})

test('work that takes too long is given up with the code that was asked for', async () => {
  let run: () => void = () => undefined
  const timers = {
    after: (_delayMs: number, late: () => void) => {
      run = late
      return () => undefined
    },
  }
  const work = withinTime({ timers }, { timeoutMs: 5, code: 'Late' }, (given) => {
    return new Promise((_resolve, reject) => given.addEventListener('abort', () => reject(new Error('aborted'))))
  })
  run()
  await expect(work).rejects.toMatchObject({ failure: { code: 'Late', message: 'it took longer than 5 ms' } })
})

/** A host whose requests are noted, and fail. */
function notedHost(
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
  more: Partial<SourceHost> = {},
) {
  const requests: HttpRequest[] = []
  const host: SourceHost = {
    cluster: {
      get: ({ kind, name }) => {
        if (kind === 'ServiceAccount')
          return Promise.resolve({ apiVersion: 'v1', kind, metadata: { name }, imagePullSecrets: [{ name: 'pull' }] })
        const texts = secrets[name]
        if (texts === undefined) return Promise.resolve(undefined)
        const data = Object.fromEntries(
          Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
        )
        return Promise.resolve({ apiVersion: 'v1', kind, metadata: { name }, data })
      },
    },
    http: {
      request: (request) => {
        requests.push(request)
        return Promise.reject(new Error('no server'))
      },
    },
    clock: { now: () => 0 },
    timers: { after: () => () => undefined },
    artifacts: {
      publish: () => Promise.reject(new Error('nothing is published')),
      publishFile: (path, { digest, size }) => ({ path, url: '', digest, size }),
      withdraw: () => undefined,
    },
    ...more,
  }
  return { host, requests }
}

async function fetchOci(spec: object, host: SourceHost) {
  const object = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'app', namespace: 'ns' },
    spec: { url: 'oci://host.example.com/team/app', interval: '1m', ...spec },
  }
  const read = readOciRepository(object)
  if (!read.ok) throw new Error(read.failure.message)
  const artifacts = createOciArtifacts(host, { registries: createRegistries(host), files: createHeldFiles() })
  return artifacts.fetch(read.value, { namespace: 'ns', name: 'app' })
}

test('[S9] certificates and proxy go into the request, and plain HTTP is spoken only where it is asked for', async () => {
  const { host, requests } = notedHost({
    tls: { 'ca.crt': 'CA', 'tls.crt': 'CERT', 'tls.key': 'KEY' },
    proxy: { address: 'http://proxy:3128', username: 'u', password: 'p' },
  })
  const answer = await fetchOci({ certSecretRef: { name: 'tls' }, proxySecretRef: { name: 'proxy' } }, host)
  expect(requests[0]).toMatchObject({
    tls: { ca: 'CA', cert: 'CERT', key: 'KEY' },
    proxy: { address: 'http://proxy:3128', username: 'u', password: 'p' },
  })
  expect(requests[0]?.url.protocol).toBe('https:')
  expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'OCIArtifactPullFailed' } })
  await fetchOci({ insecure: true }, host)
  expect(requests.at(-1)?.url.protocol).toBe('http:')
})

test('[S3] the pull secrets of a ServiceAccount give credentials too', async () => {
  const auths = { 'host.example.com': { username: 'me', password: 'secret' } }
  const { host } = notedHost({ pull: { '.dockerconfigjson': JSON.stringify({ auths }) } })
  const spec = { url: 'oci://host.example.com/team/app', interval: '1m', serviceAccountName: 'puller' }
  const read = readOciRepository({ apiVersion: 'v1', kind: 'OCIRepository', metadata: {}, spec })
  const place = { host: 'host.example.com', repository: 'team/app' }
  if (!read.ok) throw new Error('the spec is read')
  const access = await ociAccess(host, { spec: read.value, namespace: 'ns' }, place)
  expect(access.credentials).toEqual({ kind: 'basic', username: 'me', password: 'secret' })
})

/** Azure's identities, and whose token was asked for; tokens are named after their owners. */
function notedIdentity() {
  const asked: string[] = []
  const azure: AzureIdentity = {
    registryDomains: () => [],
    registryToken: async ({ federated, proxy }, given) => {
      const owner = federated === undefined ? 'own' : `${federated.name} ${federated.tenantId}/${federated.clientId}`
      const proof = federated === undefined ? '' : ` by ${await federated.assertion(given)}`
      asked.push(`${owner}${proof}${proxy === undefined ? '' : ` through ${proxy.address}`}`)
      return owner
    },
  }
  return { azure, asked }
}

/** A registry of Azure that gives a token of its own for any of Entra, and has nothing. */
function azureRegistry(posted: string[] = []): SourceHost['http'] {
  const reply = (status: number, text: string, header: (name: string) => string | undefined) => {
    const body = (async function* () {
      yield Buffer.from(text)
    })()
    return Promise.resolve({ status, header, body, drop: () => Promise.resolve() })
  }
  return {
    request: ({ url, body, headers }) => {
      if (body !== undefined) posted.push(`${url.pathname} ${Buffer.from(body).toString()}`)
      if (url.pathname === '/oauth2/exchange') return reply(200, '{"refresh_token":"refresh"}', () => undefined)
      if (url.pathname === '/oauth2/token') return reply(200, '{"access_token":"good"}', () => undefined)
      if (headers['authorization'] === 'Bearer good') return reply(404, '', () => undefined)
      const challenge = `Bearer realm="https://${url.host}/oauth2/token",service="${url.host}"`
      return reply(401, '', (name) => (name === 'www-authenticate' ? challenge : undefined))
    },
  }
}

const azureSpec = { provider: 'azure', url: 'oci://team.azurecr.io/app' }

test('[S9] with an identity an Azure registry is asked; another host is never given the token', async () => {
  const { azure, asked } = notedIdentity()
  const { host, requests } = notedHost({}, { azure })
  const refused = await fetchOci({ provider: 'azure' }, host)
  expect(refused).toMatchObject({ kind: 'failed', failure: { code: 'AuthenticationFailed' } })
  await fetchOci(azureSpec, host)
  expect([asked, [...new Set(requests.map(({ url }) => url.host))]]).toEqual([[], ['team.azurecr.io']])
})

test('[S15] an Azure registry that wants to know who we are is told, through the proxy of the source', async () => {
  const { azure, asked } = notedIdentity()
  const posted: string[] = []
  const { host } = notedHost({ proxy: { address: 'http://proxy:3128' } }, { azure, http: azureRegistry(posted) })
  const answer = await fetchOci({ ...azureSpec, proxySecretRef: { name: 'proxy' } }, host)
  expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'OCIArtifactPullFailed' } })
  expect([asked, posted[0]]).toEqual([
    ['own through http://proxy:3128'],
    '/oauth2/exchange grant_type=access_token&service=team.azurecr.io&access_token=own',
  ])
})

const annotated = (annotations: Readonly<Record<string, string>> | undefined): SourceHost['cluster'] => ({
  get: ({ kind, name }) =>
    Promise.resolve(
      annotations === undefined ? undefined : { apiVersion: 'v1', kind, metadata: { name, annotations } },
    ),
})
const trusted = { 'azure.workload.identity/client-id': 'client', 'azure.workload.identity/tenant-id': 'tenant' }

test('[S15] the identity that trusts the ServiceAccount of a source logs in, with a token that is for Azure', async () => {
  const { azure, asked } = notedIdentity()
  const accountToken: SourceHost['accountToken'] = ({ namespace, name }, audience) =>
    Promise.resolve(`${namespace}/${name} for ${audience}`)
  const cluster = annotated(trusted)
  const { host } = notedHost({}, { azure, http: azureRegistry(), cluster, accountToken })
  await fetchOci({ ...azureSpec, serviceAccountName: 'puller' }, host)
  expect(asked).toEqual(['ns/puller tenant/client by ns/puller for api://AzureADTokenExchange'])
})

test('[S15] an identity of a ServiceAccount must be turned on', async () => {
  const { azure, asked } = notedIdentity()
  const { host } = notedHost({}, { azure, http: azureRegistry(), cluster: annotated(trusted) })
  expect(await fetchOci({ ...azureSpec, serviceAccountName: 'puller' }, host)).toMatchObject({
    kind: 'failed',
    failure: { code: 'FeatureGateDisabled', message: expect.stringContaining('ObjectLevelWorkloadIdentity') as string },
  })
  expect(asked).toEqual([])
})

test.each([
  [undefined, 'failed to get service account \'ns/puller\': serviceaccounts "puller" not found'],
  [{}, 'azure tenant ID is not set in the service account annotation azure.workload.identity/tenant-id'],
  [{ 'azure.workload.identity/tenant-id': 't' }, 'azure client ID is not set in the service account annotation'],
  [trusted, "failed to create kubernetes token for service account 'ns/puller': denied"],
])('[S15] a ServiceAccount with %j says what it lacks', async (annotations, words) => {
  const { azure } = notedIdentity()
  const accountToken = () => Promise.reject(new FailureError({ code: 'KubeConfig', message: 'denied' }))
  const cluster = annotated(annotations)
  const { host } = notedHost({}, { azure, http: azureRegistry(), cluster, accountToken })
  expect(await fetchOci({ ...azureSpec, serviceAccountName: 'puller' }, host)).toMatchObject({
    kind: 'failed',
    failure: {
      code: 'AuthenticationFailed',
      message: expect.stringMatching(/^failed to get credential(?: from azure)?: /) as string,
    },
  })
  expect(JSON.stringify(await fetchOci({ ...azureSpec, serviceAccountName: 'puller' }, host))).toContain(
    JSON.stringify(words).slice(1, -1),
  )
})

function helmRepository(name: string, namespace: string, spec: object): KubeObject {
  return { apiVersion: 'v1', kind: 'HelmRepository', metadata: { name, namespace }, spec }
}

function remoteCharts(host: SourceHost, repositories: readonly KubeObject[]): RemoteCharts {
  return createRemoteCharts(host, {
    indexes: createChartIndexes(host),
    registries: createRegistries(host),
    repositories: () => repositories,
  })
}

test('[S5] a dependency is fetched with the Secrets of the HelmRepository with its address, in the same namespace', () => {
  const remote = remoteCharts(notedHost({}).host, [
    helmRepository('other', 'elsewhere', { url: 'https://charts.example.com', secretRef: { name: 'theirs' } }),
    helmRepository('own', 'ns', { url: 'https://charts.example.com/', secretRef: { name: 'ours' } }),
  ])
  expect(remote.byUrl('https://charts.example.com', 'ns').spec.secretName).toBe('ours')
  expect(remote.byUrl('https://charts.example.com/stable', 'ns').spec.secretName).toBeUndefined()
  expect(remote.byUrl('oci://host/charts', 'ns')).toMatchObject({
    namespace: 'ns',
    spec: { type: 'oci', insecure: false },
  })
})

test('[S3] a registry that an index points to is another server, which is not told the credentials', async () => {
  const address = 'oci://registry.example.com/charts/web:1.0.0'
  const index = `apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, urls: ["${address}"]}\n`
  const { host, requests } = notedHost({ login: { username: 'me', password: 'secret' } })
  const serving: SourceHost = {
    ...host,
    http: {
      request: (request) => {
        if (!request.url.pathname.endsWith('/index.yaml')) return host.http.request(request)
        requests.push(request)
        const body = (async function* () {
          yield Buffer.from(index)
        })()
        return Promise.resolve({ status: 200, header: () => undefined, body, drop: () => Promise.resolve() })
      },
    },
  }
  const spec = { url: 'https://charts.example.com', secretRef: { name: 'login' } }
  const repository = helmRepository('own', 'ns', spec)
  const remote = remoteCharts(serving, [repository])
  const offer = await remote.find(remote.byUrl(spec.url, 'ns'), 'web', '1.x')
  await expect(offer.fetch()).rejects.toMatchObject({ failure: { code: 'ChartPullError' } })
  expect(requests.map(({ url, headers }) => [url.host, headers['authorization'] !== undefined])).toEqual([
    ['charts.example.com', true],
    ['registry.example.com', false],
  ])
})
