import { FailureError } from '@kedge/base'
import { readHelmRepository, type ChartBuild } from '@kedge/flux'
import { fileText, type Chart } from '@kedge/helm'

import { openArchive, packChart } from './chart-archive.ts'
import type { IsHeld, Made } from './chart-builds.ts'
import { mergeValuesFiles, withValues } from './chart-values.ts'
import { versionWith } from './chart-version.ts'
import type { RemoteCharts } from './remote-charts.ts'

/** The chart of a HelmRepository, packaged anew when it is to have other values; `held` when it is held already. */
export async function buildFromRepository(
  { spec, source, place, versionMetadata }: ChartBuild,
  { remote, isHeld }: { readonly remote: RemoteCharts; readonly isHeld: IsHeld },
): Promise<Made> {
  const repository = readHelmRepository(source)
  if (!repository.ok) throw new FailureError(repository.failure)
  const from = { spec: repository.value, namespace: place.namespace }
  const offer = await remote.find(from, spec.chart, spec.version)
  const version = versionWith(offer.version, versionMetadata)
  if (isHeld(offer.name, version)) return 'held'
  const bytes = await offer.fetch()
  const isPackaged = versionMetadata !== '' || spec.valuesFiles.length > 0
  const chart = openArchive(
    bytes,
    isPackaged
      ? { code: 'ChartPackageError', opening: 'failed to load downloaded chart' }
      : { code: 'ChartPullError', opening: 'failed to load chart metadata from written chart' },
  )
  if (!isPackaged) return { name: offer.name, version, isPackaged, valuesFiles: [], bytes }
  const { values, used } = mergeValuesFiles({
    files: spec.valuesFiles,
    ignoreMissing: spec.ignoreMissingValuesFiles,
    read: (name) => chartText(chart, name),
    opening: 'failed to merge chart values: ',
    shown: (name) => `'${name}'`,
  })
  const changed = withValues({ ...chart, metadata: { ...chart.metadata, version } }, values)
  return { name: offer.name, version, isPackaged, valuesFiles: used, bytes: await packChart(changed) }
}

/** A file of a chart that is neither a template nor a subchart's. */
function chartText(chart: Chart, name: string): string | undefined {
  const clean = name.replace(/^(?:\.\/)+/, '')
  const found = [...chart.files, ...chart.raw.filter((file) => file.name === 'values.yaml')]
  const file = found.find((one) => one.name === clean)
  return file === undefined ? undefined : fileText(file)
}
