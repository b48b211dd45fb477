import { readHelmChart, reconcileHelmChart, type ChartHolder } from '@kedge/flux'

import type { ChartBuilds } from '../sources/chart-builds.ts'
import type { AgentParts } from './agent-parts.ts'
import { createSourceController, type SourceController } from './source-controller.ts'

export interface HelmChartsOptions {
  readonly builds: ChartBuilds
  /** The controllers of the sources that charts are taken from. */
  readonly sources: Readonly<Partial<Record<ChartHolder, Pick<SourceController, 'get' | 'onArtifact'>>>>
}

/** Keeps HelmCharts, and looks at them again when their sources have changed. */
export function createHelmCharts(parts: AgentParts, { builds, sources }: HelmChartsOptions): SourceController {
  const charts = createSourceController(parts, {
    kind: 'HelmChart',
    program: reconcileHelmChart,
    effects: (changed) => ({
      read: ({ ref }) => Promise.resolve(sources[ref.kind as ChartHolder]?.get(ref.namespace, ref.name)),
      'build-chart': async ({ request }) => {
        const answer = await builds.build(request)
        if (answer.kind === 'fetched' && answer.changed) changed()
        return answer
      },
    }),
    forget: (place) => builds.forget(place),
  })
  for (const [kind, source] of Object.entries(sources)) {
    source.onArtifact((namespace, name) => {
      for (const object of charts.objects()) {
        const spec = readHelmChart(object)
        const isUser = spec.ok && spec.value.source.kind === kind && spec.value.source.name === name
        if (isUser && object.metadata.namespace === namespace)
          parts.wake('HelmChart', { namespace, name: object.metadata.name ?? '' })
      }
    })
  }
  return charts
}
