import type { KubeObject } from '@kedge/manifest'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { chartLayer, createChartServer, packedChart, type ChartServer } from './testing/chart-server.ts'
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

const hr = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: home, name: 'web' }

async function apply(apiVersion: string, kind: string, name: string, spec: object): Promise<void> {
  const object = { apiVersion, kind, metadata: { name, namespace: home }, spec: { interval: '1h', ...spec } }
  await world.cluster.apply(object, { fieldManager: 'test', force: true })
}

const source = (kind: string, name: string, spec: object) => apply('source.toolkit.fluxcd.io/v1', kind, name, spec)
const helmRelease = (spec: object) => apply('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'web', spec)

async function request(kind: string, name: string, token: string): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': token }
  const ref = { group: 'source.toolkit.fluxcd.io', kind, namespace: home, name }
  await world.cluster.patch(ref, { type: 'merge', body: { metadata: { annotations } } })
}

interface Seen {
  readonly history?: readonly { readonly version: number; readonly chartVersion: string; readonly ociDigest?: string }[]
  readonly lastAttemptedRevision?: string
  readonly lastAttemptedRevisionDigest?: string
}

function seen(object: KubeObject | undefined): Seen {
  return object?.['status'] ?? {}
}

const isAt = (version: number) => (object: KubeObject | undefined) =>
  isReady(object) && readyOf(object) !== undefined && seen(object).history?.[0]?.version === version

test('a chart of a Helm repository is installed, and the next version of its range upgrades it', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using running = await world.startAgent()
  await source('HelmRepository', 'charts', { url: `${server.origin}/charts` })
  const sourceRef = { kind: 'HelmRepository', name: 'charts' }
  await helmRelease({ chart: { spec: { chart: 'web', version: '1.x', sourceRef } } })
  await world.until(hr, isAt(1))
  server.addChart(await packedChart('web', '1.1.0'), 'web', '1.1.0')
  await request('HelmRepository', 'charts', 'now')
  const upgraded = await world.until(hr, isAt(2))
  expect(seen(upgraded)).toMatchObject({ lastAttemptedRevision: '1.1.0', history: [{ chartVersion: '1.1.0' }, {}] })
  await running.agent.idle()
})

test('a chart of a registry has its digest in its version, and a tag that is moved upgrades it', async () => {
  const first = server.push('team/web', '1.0.0', [{ mediaType: chartLayer, bytes: await packedChart('web', '1.0.0') }])
  await using running = await world.startAgent()
  const ref = { tag: '1.0.0' }
  const layerSelector = { mediaType: chartLayer, operation: 'copy' }
  await source('OCIRepository', 'web', { url: `oci://${server.host}/team/web`, insecure: true, ref, layerSelector })
  await helmRelease({ chartRef: { kind: 'OCIRepository', name: 'web' } })
  const installed = await world.until(hr, isAt(1))
  const version = `1.0.0+${first.slice('sha256:'.length, 'sha256:'.length + 12)}`
  expect(seen(installed)).toMatchObject({
    lastAttemptedRevision: version,
    lastAttemptedRevisionDigest: first,
    history: [{ chartVersion: version, ociDigest: first }],
  })
  await running.agent.idle()
  const again = await world.get('HelmRelease', home, 'web', hr.group)
  expect(seen(again).history?.map((one) => one.version)).toEqual([1])
  const files = { 'templates/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n' }
  const second = server.push('team/web', '1.0.0', [
    { mediaType: chartLayer, bytes: await packedChart('web', '1.0.0', files) },
  ])
  await request('OCIRepository', 'web', 'now')
  const moved = await world.until(hr, isAt(2))
  expect(seen(moved).history?.[0]?.ociDigest).toBe(second)
  expect(await world.get('ConfigMap', home, 'more')).toBeDefined()
})

test('a HelmChart that is there already is used, and waited for while it is not ready', async () => {
  await using _running = await world.startAgent()
  await helmRelease({ chartRef: { kind: 'HelmChart', name: 'shared' } })
  await world.until(hr, (object) => readyOfAny(object)?.reason === 'ArtifactFailed')
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await source('HelmRepository', 'charts', { url: `${server.origin}/charts` })
  await source('HelmChart', 'shared', { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } })
  await world.until(hr, isAt(1))
})

const charts = { kind: 'HelmRepository', name: 'charts' }

async function sharedChart(spec: object = {}): Promise<void> {
  await source('HelmChart', 'shared', { chart: 'web', sourceRef: charts, ...spec })
}

test('a chart that is suspended goes on being used', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using running = await world.startAgent()
  await source('HelmRepository', 'charts', { url: `${server.origin}/charts` })
  await sharedChart()
  const chartRef = { kind: 'HelmChart', name: 'shared' }
  await helmRelease({ chartRef })
  await world.until(hr, isAt(1))
  await sharedChart({ suspend: true })
  const place = { group: 'source.toolkit.fluxcd.io', kind: 'HelmChart', namespace: home, name: 'shared' }
  await world.until(place, (object) => readyOf(object) !== undefined)
  await running.agent.idle()
  await helmRelease({ chartRef, values: { any: 1 } })
  await world.until(hr, isAt(2))
})

test('a source that is ready again with the artifact of before wakes its users', async () => {
  server.addChart(await packedChart('web', '1.0.0'), 'web', '1.0.0')
  await using _running = await world.startAgent()
  await source('HelmRepository', 'charts', { url: `${server.origin}/charts` })
  await sharedChart()
  await helmRelease({ chartRef: { kind: 'HelmChart', name: 'shared' } })
  await world.until(hr, isAt(1))
  await sharedChart({ version: '9.x' })
  const place = { group: 'source.toolkit.fluxcd.io', kind: 'HelmChart', namespace: home, name: 'shared' }
  await world.until(place, (object) => readyOf(object)?.status === 'False')
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
  await world.cluster.patch({ ...hr, version: 'v2' }, { type: 'merge', body: { metadata: { annotations } } })
  await world.until(hr, (object) => readyOfAny(object)?.reason === 'SourceNotReady')
  await sharedChart({ version: '*' })
  // Without being woken it would look again in 30 s.
  await world.until(hr, isAt(1))
})

test('a label that the chart template had before is taken off its HelmChart', async () => {
  await using _running = await world.startAgent()
  const spec = { chart: 'web', sourceRef: charts }
  const place = { group: 'source.toolkit.fluxcd.io', kind: 'HelmChart', namespace: home, name: `${home}-web` }
  await helmRelease({ chart: { metadata: { labels: { team: 'blue' } }, spec } })
  const made = await world.until(place, (object) => object?.metadata.labels?.['team'] === 'blue')
  await world.cluster.patch(
    { ...place, version: 'v1' },
    { type: 'merge', body: { metadata: { labels: { own: 'kept' } } } },
  )
  await helmRelease({ chart: { spec } })
  const cleaned = await world.until(
    place,
    (object) => object !== undefined && !('team' in (object.metadata.labels ?? {})),
  )
  expect(cleaned?.metadata.uid).toBe(made?.metadata.uid)
  expect(cleaned?.metadata.labels).toMatchObject({ own: 'kept', 'helm.toolkit.fluxcd.io/name': 'web' })
})

test('what the API refuses of a HelmChart is said by the HelmRelease', async () => {
  await using _running = await world.startAgent()
  await helmRelease({
    chart: { metadata: { labels: { team: 'not a label' } }, spec: { chart: 'web', sourceRef: charts } },
  })
  await world.until(hr, (object) => readyOfAny(object)?.reason === 'HelmChartSyncErr')
})

test('of two releases of one source that depend on each other both follow it', async () => {
  const layer = async (version: string) => [{ mediaType: chartLayer, bytes: await packedChart('web', version) }]
  server.push('team/web', 'stable', await layer('1.0.0'))
  await using running = await world.startAgent()
  const layerSelector = { mediaType: chartLayer, operation: 'copy' }
  const ref = { tag: 'stable' }
  await source('OCIRepository', 'web', { url: `oci://${server.host}/team/web`, insecure: true, ref, layerSelector })
  const chartRef = { kind: 'OCIRepository', name: 'web' }
  await helmRelease({ chartRef })
  const dependent = { chartRef, dependsOn: [{ name: 'web' }], targetNamespace: 'default' }
  await apply('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'after', dependent)
  await world.until({ ...hr, name: 'after' }, isAt(1))
  await running.agent.idle()
  server.push('team/web', 'stable', await layer('1.1.0'))
  await request('OCIRepository', 'web', 'now')
  await world.until(hr, isAt(2))
  await world.until({ ...hr, name: 'after' }, isAt(2))
})

/** The Ready condition, whatever generation the status speaks of. */
function readyOfAny(object: KubeObject | undefined): { readonly reason: string } | undefined {
  const status = object?.['status'] as { readonly conditions?: readonly { type: string; reason: string }[] } | undefined
  return status?.conditions?.find((one) => one.type === 'Ready')
}
