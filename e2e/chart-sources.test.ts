/** HelmReleases out of every source that charts come from, on the embedded or the real cluster. */
import { createHash } from 'node:crypto'

import type { KubeObject } from '@kedge/manifest'
import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  chartLayer,
  createChartServer,
  packedChart,
  type ChartServer,
} from '../packages/assembly/agent/src/testing/chart-server.ts'
import { testCluster, type TestCluster } from '../test/cluster/target.ts'
import { startEngine, type Engine } from './flow/engine.ts'
import { untilObject } from './flow/until-object.ts'

const home = `charts-${Date.now().toString(36)}`
const manager = { fieldManager: 'kedge-e2e', force: true }
const slow = 120_000
const sources = 'source.toolkit.fluxcd.io'
const releases = { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease', namespace: home }

let target: TestCluster
let server: ChartServer
let engine: Engine

const template = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  version: {{ .Chart.Version | quote }}
  color: {{ .Values.color }}
`

/** A version of the chart, in the repository and in the registry. */
async function publish(version: string): Promise<void> {
  const files = {
    'values.yaml': 'color: red\n',
    'blue.yaml': 'color: blue\n',
    'templates/settings.yaml': template,
  }
  const bytes = await packedChart('web', version, files)
  server.addChart(bytes, 'web', version)
  server.push('charts/web', version, [{ mediaType: chartLayer, bytes }])
}

beforeAll(async () => {
  target = await testCluster()
  server = await createChartServer()
  await publish('1.0.0')
  engine = await startEngine(target)
  target.cluster.discovery.invalidate()
  await target.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }, manager)
  await apply('HelmRepository', 'http', { url: `${server.origin}/charts` })
  await apply('HelmRepository', 'oci', { type: 'oci', url: `oci://${server.host}/charts`, insecure: true })
  await apply('OCIRepository', 'web', {
    url: `oci://${server.host}/charts/web`,
    insecure: true,
    ref: { semver: '1.x' },
    layerSelector: { mediaType: chartLayer, operation: 'copy' },
  })
  const sourceRef = { kind: 'HelmRepository', name: 'http' }
  await apply('HelmChart', 'blue', { chart: 'web', valuesFiles: ['values.yaml', 'blue.yaml'], sourceRef })
}, slow)

afterAll(async () => {
  for (const name of Object.keys(cases)) await target.cluster.delete({ ...releases, name })
  for (const name of Object.keys(cases)) await until(releases, name, (object) => object === undefined)
  await engine[Symbol.asyncDispose]()
  await target.cluster.delete({ group: '', kind: 'Namespace', name: home })
  await server[Symbol.asyncDispose]()
  await target.close()
}, slow)

async function apply(kind: string, name: string, spec: object, apiVersion = `${sources}/v1`): Promise<void> {
  const object = { apiVersion, kind, metadata: { name, namespace: home }, spec: { interval: '10m', ...spec } }
  await target.cluster.apply(object, manager)
}

async function request(kind: string, name: string, token: string): Promise<void> {
  const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } }
  await target.cluster.patch({ group: sources, kind, namespace: home, name }, { type: 'merge', body })
}

const until = (
  kind: { readonly group: string; readonly version: string; readonly kind: string },
  name: string,
  isWanted: (object: KubeObject | undefined) => boolean,
): Promise<KubeObject | undefined> => untilObject(target.cluster, { ...kind, namespace: home, name }, isWanted)

function isReadyAt(chartVersion: RegExp): (object: KubeObject | undefined) => boolean {
  return (object) => {
    const status = (object?.['status'] ?? {}) as {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[]
      readonly history?: readonly { readonly chartVersion: string }[]
    }
    const isReady = status.conditions?.some(({ type, status: said }) => type === 'Ready' && said === 'True') ?? false
    return isReady && chartVersion.test(status.history?.[0]?.chartVersion ?? '')
  }
}

const chartOf = (name: string) => ({
  chart: { spec: { chart: 'web', version: '1.x', sourceRef: { kind: 'HelmRepository', name } } },
})

/** How each release names its chart, which source brings a new version, and what the chart says. */
const cases: Readonly<
  Record<string, { readonly spec: object; readonly source: [string, string]; readonly color: string }>
> = {
  'from-http': { spec: chartOf('http'), source: ['HelmRepository', 'http'], color: 'red' },
  'from-registry': { spec: chartOf('oci'), source: ['HelmChart', `${home}-from-registry`], color: 'red' },
  'from-oci': {
    spec: { chartRef: { kind: 'OCIRepository', name: 'web' } },
    source: ['OCIRepository', 'web'],
    color: 'red',
  },
  'from-chart': {
    spec: { chartRef: { kind: 'HelmChart', name: 'blue' } },
    source: ['HelmRepository', 'http'],
    color: 'blue',
  },
}

test(
  'a release follows its chart, whatever source that comes from',
  async () => {
    for (const [name, { spec }] of Object.entries(cases))
      await apply('HelmRelease', name, spec, 'helm.toolkit.fluxcd.io/v2')
    await Promise.all(Object.keys(cases).map((name) => until(releases, name, isReadyAt(/^1\.0\.0/))))
    await publish('1.1.0')
    for (const { source } of Object.values(cases)) await request(...source, 'next')
    await Promise.all(Object.keys(cases).map((name) => until(releases, name, isReadyAt(/^1\.1\.0/))))
    for (const [name, { color }] of Object.entries(cases)) {
      const live = await target.cluster.get({ group: '', kind: 'ConfigMap', namespace: home, name })
      expect(live?.['data']).toMatchObject({ color, version: expect.stringMatching(/^1\.1\.0/) })
    }
  },
  slow,
)

interface Served {
  readonly artifact: { readonly url: string; readonly digest: string; readonly size: number }
  readonly url: string
}

test.each([
  ['HelmRepository', 'http', /\/index-[0-9a-f]{64}\.yaml$/],
  ['HelmChart', 'blue', /\/web-1\.1\.0\+\d+\.tgz$/],
  ['OCIRepository', 'web', /\/sha256:[0-9a-f]{64}\.tar\.gz$/],
])(
  'others can have the artifact of a %s over HTTP, with the digest that its status names',
  async (kind, name, path) => {
    const object = await target.cluster.get({ group: sources, kind, namespace: home, name })
    const { artifact, url } = (object?.['status'] ?? {}) as Served
    expect(artifact.url).toMatch(path)
    for (const address of [artifact.url, url]) {
      const bytes = Buffer.from(await (await fetch(address)).arrayBuffer())
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(artifact.digest)
      expect(bytes.length).toBe(artifact.size)
    }
  },
  slow,
)
