import { FailureError, type Result } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import type { AzureIdentity, HttpPort } from '@kedge/registry'
import { createAddressRules, createEgressClient } from '@kedge/source'
import { treeFromFiles } from '@kedge/tree'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { inlineHelmRender } from '../render/helm-render.ts'
import { createChartServer, type ChartServer } from '../testing/chart-server.ts'
import { packChart } from '../testing/pack-chart.ts'
import { createWorld, dataOf, home, hostTimers, type World } from '../testing/world.ts'
import {
  buildHelmRelease,
  previewHelmRelease,
  type HelmReleasePreview,
  type HelmReleasePreviewRequest,
} from './preview-helm-release.ts'

let world: World
let server: ChartServer
const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })

beforeEach(async () => {
  world = await createWorld()
  server = await createChartServer()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
  secret: {{ .Values.secret | quote }}
  home: {{ (lookup "v1" "Namespace" "" "${home}").metadata.name }}
  lamps: {{ .Capabilities.APIVersions.Has "example.com/v1/Lamp" | quote }}
`
const extra = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n'
const job = `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: post-upgrade
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: a
          image: b
`

function chart(files: Readonly<Record<string, string | undefined>> = {}, version = '1.0.0'): Record<string, string> {
  const all = {
    'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
    'values.yaml': 'greeting: hello\nsecret: none\n',
    'templates/config.yaml': configMap,
    'templates/extra.yaml': extra,
    'templates/job.yaml': job,
    ...files,
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])))
}

function inFolder(files: Readonly<Record<string, string>>, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
}

const hr = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: home, name: 'web' }
const manager = { fieldManager: 'test', force: true }

function release(spec: object = {}): KubeObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'web', namespace: home },
    spec: {
      interval: '1h',
      targetNamespace: 'target',
      install: { createNamespace: true },
      chartRef: { kind: 'ExternalArtifact', name: 'web' },
      valuesFrom: [{ kind: 'Secret', name: 'values' }],
      commonMetadata: { labels: { team: 'a' } },
      postRenderers: [
        {
          kustomize: {
            patches: [{ patch: '- {op: add, path: /data/patched, value: "yes"}', target: { name: '.*web' } }],
          },
        },
      ],
      driftDetection: {
        mode: 'warn',
        ignore: [{ paths: ['/data/greeting'], target: { kind: 'ConfigMap', name: 'extra' } }],
      },
      ...spec,
    },
  }
}

/** A cluster with the kinds, the values and the source, and the release installed where that is wanted. */
async function prepare(how: { readonly installed: boolean }): Promise<void> {
  await using _running = await world.startAgent()
  const { bytes, digest } = packChart(inFolder(chart(), 'web'))
  server.putFile('/files/web.tgz', bytes)
  const metadata = { name: 'web', namespace: home }
  await world.cluster.create({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'ExternalArtifact',
    metadata,
    spec: {},
  })
  const artifact = {
    url: `${server.origin}/files/web.tgz`,
    digest,
    revision: '1.0.0',
    path: 'web.tgz',
    lastUpdateTime: '2026-01-01T00:00:00Z',
  }
  const place = { group: 'source.toolkit.fluxcd.io', kind: 'ExternalArtifact', ...metadata }
  await world.cluster.patchStatus(place, { type: 'merge', body: { status: { artifact } } }, { fieldManager: 'other' })
  const stringData = { 'values.yaml': 'secret: s3cret\n' }
  await world.cluster.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'values', namespace: home },
    stringData,
  })
  if (!how.installed) return
  await world.cluster.apply(release(), manager)
  await world.until(hr, (object) => conditionOf(object) === 'True')
}

/** Has an agent bring the HelmRelease to where it is wanted, and ends the agent. */
async function reconciled(object: KubeObject, wanted: (object: KubeObject | undefined) => boolean): Promise<void> {
  await using _running = await world.startAgent()
  await world.cluster.apply(object, manager)
  await world.until(hr, wanted)
}

function conditionOf(object: KubeObject | undefined): string | undefined {
  const status = (object?.['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] }
  return status.conditions?.find(({ type }) => type === 'Ready')?.status
}

async function installedRelease(spec: object = {}): Promise<KubeObject> {
  const live = (await world.get('HelmRelease', home, 'web', hr.group))!
  return { ...live, spec: { ...(live['spec'] as object), ...spec } }
}

function request(object: KubeObject, files?: Record<string, string>): HelmReleasePreviewRequest {
  const ports = { clock: { now: () => Date.now() }, timers: hostTimers, random: { next: () => 0 } }
  const local = files === undefined ? {} : { local: { tree: treeFromFiles(files), folder: '' } }
  return { cluster: world.cluster, ports, object, render: inlineHelmRender(), http, ...local }
}

/** The versions of what a release could touch: as long as they stay, nothing was written. */
async function standing(): Promise<readonly unknown[]> {
  const kinds = [
    ['', 'ConfigMap'],
    ['', 'Secret'],
    ['', 'Namespace'],
    [hr.group, 'HelmRelease'],
  ] as const
  const lists = await Promise.all(kinds.map(([group, kind]) => world.cluster.list({ group, kind })))
  return lists.flatMap(({ items }) =>
    items.map(({ metadata }) => [metadata.name, metadata.uid, metadata.resourceVersion]),
  )
}

async function look(asked: HelmReleasePreviewRequest): Promise<HelmReleasePreview> {
  const before = await standing()
  const previewed = await previewHelmRelease(asked)
  expect(await standing()).toEqual(before)
  if (!previewed.ok) throw new Error(previewed.failure.message)
  return previewed.value
}

function linesOf({ plan, failures }: HelmReleasePreview): readonly string[] {
  return [
    ...plan.waves.flatMap(({ changes }) =>
      changes.map(({ kind, target: { ref } }) => `${kind} ${ref.kind}/${ref.name}`),
    ),
    ...plan.prune.map(({ entry, verdict }) => `${verdict.kind} ${entry.kind}/${entry.name}`),
    ...failures.map(({ message }) => message),
  ]
}

function messageOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : `${result.failure.code}: ${result.failure.message}`
}

test('before there is a release, a preview says what an install makes, with values, patches and labels as in a pass', async () => {
  await prepare({ installed: false })
  const preview = await look(request(release()))
  expect(preview.action).toBe('install')
  expect(preview.hooks).toEqual([])
  expect(linesOf(preview)).toEqual(['create Namespace/target', 'create ConfigMap/target-web', 'create ConfigMap/extra'])
  const sent = preview.plan.waves.flatMap(({ changes }) => changes.map(({ target }) => target.object))
  const web = sent.find(({ metadata }) => metadata.name === 'target-web')
  expect(dataOf(web)).toEqual({ greeting: 'hello', secret: 's3cret', home, lamps: 'false', patched: 'yes' })
  expect(web?.metadata).toMatchObject({
    namespace: 'target',
    labels: { team: 'a', 'helm.toolkit.fluxcd.io/name': 'web', 'app.kubernetes.io/managed-by': 'Helm' },
  })
})

test('a release that stands is compared as its drift detection does, and one with other values as an upgrade', async () => {
  await prepare({ installed: true })
  const stands = await look(request(await installedRelease()))
  expect([stands.action, ...linesOf(stands)]).toEqual([undefined, 'none ConfigMap/target-web', 'none ConfigMap/extra'])
  const patch = { type: 'merge', body: { data: { greeting: 'drifted' } } } as const
  for (const name of ['target-web', 'extra'])
    await world.cluster.patch({ group: '', kind: 'ConfigMap', namespace: 'target', name }, patch, { fieldManager: 'x' })
  const drifted = await look(request(await installedRelease()))
  expect([drifted.action, ...linesOf(drifted)]).toEqual([
    undefined,
    'update ConfigMap/target-web',
    'none ConfigMap/extra',
  ])
  const changed = await look(request(await installedRelease({ values: { secret: 'x' }, suspend: true })))
  expect(changed.action).toBe('upgrade')
  expect(linesOf(changed)).toEqual(['update ConfigMap/target-web', 'none ConfigMap/extra'])
  expect(changed.hooks.map(({ hook, before }) => [hook.name, hook.manifest === before])).toEqual([['migrate', true]])
})

test('a chart of files at hand is compared in place of the artifact: what it has no longer goes, what it defines is known', async () => {
  await prepare({ installed: true })
  const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: lamps.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Lamp, plural: lamps}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
  const files = chart({
    'templates/extra.yaml': undefined,
    'crds/lamps.yaml': crd,
    'templates/job.yaml': job.replace('image: b', 'image: c'),
  })
  const spec = { upgrade: { crds: 'Create' } }
  const preview = await look(request(await installedRelease(spec), files))
  expect(linesOf(preview)).toEqual([
    'create CustomResourceDefinition/lamps.example.com',
    'update ConfigMap/target-web',
    'delete ConfigMap/extra',
  ])
  const update = preview.plan.waves.flatMap(({ changes }) => changes).find(({ kind }) => kind === 'update')
  expect(dataOf(update?.target.object)?.['lamps']).toBe('true')
  expect(preview.hooks.map(({ hook, before }) => [hook.name, before === undefined, hook.manifest === before])).toEqual([
    ['migrate', false, false],
  ])
})

test('a release whose pass has stopped is compared as an upgrade, and why it stopped is said', async () => {
  await prepare({ installed: true })
  const broken = release({ commonMetadata: { labels: { team: 'no label!' } } })
  await reconciled(broken, (object) => JSON.stringify(object?.['status']).includes('RetriesExceeded'))
  const same = await look(request(await installedRelease()))
  expect([same.action, ...same.warnings]).toEqual([
    'upgrade',
    'a pass ends before the upgrade: Failed to upgrade after 1 attempt(s)',
  ])
  expect(linesOf(same).at(-1)).toContain('no label!')
  const mended = await installedRelease({ commonMetadata: { labels: { team: 'b' } } })
  const { generation = 0 } = mended.metadata
  const preview = await look(request({ ...mended, metadata: { ...mended.metadata, generation: generation + 1 } }))
  expect([preview.action, ...preview.warnings]).toEqual(['upgrade'])
  expect(linesOf(preview)).toEqual(['update ConfigMap/target-web', 'update ConfigMap/extra'])
})

test('a chart at hand gets its dependencies from the repositories that it names', async () => {
  await prepare({ installed: false })
  server.auth = 'user:secret'
  const sub = {
    'base/Chart.yaml': 'apiVersion: v2\nname: base\nversion: 1.2.3\n',
    'base/templates/b.yaml': extra.replace('extra', 'from-base'),
  }
  server.addChart(packChart(sub).bytes, 'base', '1.2.3')
  const metadata = { name: 'private', namespace: home }
  const stringData = { username: 'user', password: 'secret' }
  await world.cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
  const spec = { url: `${server.origin}/charts`, interval: '1h', secretRef: { name: 'private' } }
  await world.cluster.create({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', metadata, spec })
  const dependencies = `dependencies:\n- name: base\n  version: 1.x\n  repository: ${server.origin}/charts\n`
  const files = chart({ 'Chart.yaml': `apiVersion: v2\nname: web\nversion: 1.0.0\n${dependencies}` })
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  const wanted = release({ chartRef: undefined, chart: { spec: { chart: './web', sourceRef } } })
  const built = await buildHelmRelease(request(wanted, inFolder(files, 'web')))
  if (!built.ok) throw new Error(built.failure.message)
  expect(built.value.manifest).toContain('# Source: web/charts/base/templates/b.yaml\n')
})

test('a build is the manifest as it is stored, with the hooks that would run named apart', async () => {
  await prepare({ installed: true })
  const built = await buildHelmRelease(request(await installedRelease()))
  if (!built.ok) throw new Error(built.failure.message)
  const { action, manifest, hooks } = built.value
  expect(action).toBe('upgrade')
  expect(manifest).toMatch(/^---\n# Source: web\/templates\/config\.yaml\n/)
  expect(manifest).not.toContain('kind: Job')
  expect(hooks.map(({ name, events }) => [name, ...events])).toEqual([['migrate', 'post-upgrade']])
})

test('a version that the cluster does not know yet comes out of its HelmRepository', async () => {
  await prepare({ installed: false })
  for (const version of ['1.0.0', '2.0.0']) {
    const { bytes } = packChart(
      inFolder(chart({ 'values.yaml': `greeting: v${version}\nsecret: x\n` }, version), 'web'),
    )
    server.addChart(bytes, 'web', version)
  }
  const metadata = { name: 'repo', namespace: home }
  const apiVersion = 'source.toolkit.fluxcd.io/v1'
  const spec = { url: `${server.origin}/charts`, interval: '1h' }
  await world.cluster.create({ apiVersion, kind: 'HelmRepository', metadata, spec })
  const sourceRef = { kind: 'HelmRepository', name: 'repo' }
  const wanted = { chartRef: undefined, chart: { spec: { chart: 'web', version: '2.x', sourceRef } } }
  const built = await buildHelmRelease(request(release(wanted)))
  expect(built.ok && built.value.manifest).toContain('greeting: v2.0.0')
})

test('a registry of Azure that wants to know who we are is told by the identity of the command', async () => {
  await prepare({ installed: false })
  const metadata = { name: 'repo', namespace: home }
  const apiVersion = 'source.toolkit.fluxcd.io/v1'
  const spec = { url: 'oci://team.azurecr.io/charts', type: 'oci', interval: '1h', provider: 'azure' }
  await world.cluster.create({ apiVersion, kind: 'HelmRepository', metadata, spec })
  const challenging: HttpPort = {
    request: ({ url }) =>
      Promise.resolve({
        status: 401,
        header: (name) =>
          name === 'www-authenticate' ? `Bearer realm="https://${url.host}/oauth2/token",service="s"` : undefined,
        body: (async function* () {
          yield new Uint8Array()
        })(),
        drop: () => Promise.resolve(),
      }),
  }
  const azure: AzureIdentity = {
    registryDomains: () => [],
    registryToken: () => Promise.reject(new FailureError({ code: 'IdentityMissing', message: 'nobody is here' })),
  }
  const sourceRef = { kind: 'HelmRepository', name: 'repo' }
  const wanted = release({ chartRef: undefined, chart: { spec: { chart: 'web', version: '1.0.0', sourceRef } } })
  expect(messageOf(await buildHelmRelease({ ...request(wanted), http: challenging, azure }))).toContain(
    'failed to get credential from azure: nobody is here',
  )
})

test('what a pass would stop at is the failure: values and charts that are not there, templates that fail', async () => {
  await prepare({ installed: false })
  const missing = release({ valuesFrom: [{ kind: 'Secret', name: 'gone' }] })
  expect(messageOf(await previewHelmRelease(request(missing)))).toContain('gone')
  const nowhere = release({ chartRef: { kind: 'ExternalArtifact', name: 'nowhere' } })
  expect(messageOf(await buildHelmRelease(request(nowhere)))).toMatch(/externalartifacts.* "nowhere" not found/)
  expect(messageOf(await buildHelmRelease(request(release(), { 'x.yaml': '' })))).toBe(
    'ChartNotFound: there is no Chart.yaml in the folder',
  )
  const broken = chart({ 'templates/config.yaml': '{{ required "needed" .Values.absent }}' })
  expect(messageOf(await buildHelmRelease(request(release(), broken)))).toContain('needed')
  const sourceRef = { kind: 'GitRepository', name: 'repo' }
  const unmade = release({ chartRef: undefined, chart: { spec: { chart: './web', sourceRef } } })
  expect(messageOf(await buildHelmRelease(request(unmade)))).toMatch(
    /^ChartNotMade: HelmChart flux-system\/flux-system-web/,
  )
  const inRepository = inFolder(chart(), 'web')
  expect(messageOf(await buildHelmRelease(request(unmade, inRepository)))).toBe('ok')
})
