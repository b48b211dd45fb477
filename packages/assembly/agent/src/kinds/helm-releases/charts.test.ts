import type { Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import type { ChartSources } from '../../sources/chart-sources.ts'
import { createReleaseCharts } from './charts.ts'

const ref = { kind: 'HelmChart', namespace: 'apps', name: 'apps-web' } as const

function helmChart(resourceVersion: string): KubeObject {
  const metadata = { namespace: 'apps', name: 'apps-web', uid: 'u', resourceVersion }
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmChart', metadata }
}

/** Charts whose watch shows what the test says, and whose server answers with one object. */
function world(answer: KubeObject) {
  const shown: { chart: KubeObject | undefined } = { chart: undefined }
  const cluster = { apply: () => Promise.resolve({ object: answer, created: true }) }
  const sources = { source: () => shown.chart }
  const charts = createReleaseCharts(cluster as unknown as Cluster, sources as unknown as ChartSources, 'test')
  return { charts, shown }
}

test('a HelmChart that was made is there before the watch tells, and the older one is not looked at', async () => {
  const { charts, shown } = world(helmChart('7'))
  expect(await charts.apply(helmChart(''))).toEqual({ outcome: 'created' })
  expect(charts.source(ref)).toEqual(helmChart('7'))
  shown.chart = helmChart('6')
  expect(charts.source(ref)).toEqual(helmChart('7'))
  shown.chart = helmChart('8')
  expect(charts.source(ref)).toEqual(helmChart('8'))
})

test('one that was deleted before it was ever seen is made again', async () => {
  const { charts } = world(helmChart('7'))
  await charts.apply(helmChart(''))
  expect([charts.source(ref), charts.source(ref)]).toEqual([helmChart('7'), undefined])
})
