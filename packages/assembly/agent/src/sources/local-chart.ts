import { FailureError } from '@kedge/base'
import { readArtifact, type ChartBuild, type Place } from '@kedge/flux'
import type { Chart } from '@kedge/helm'
import type { FileTree } from '@kedge/tree'

import { openArchive, openFolder, packChart } from './chart-archive.ts'
import type { IsHeld, Made } from './chart-builds.ts'
import { addDependencies } from './chart-dependencies.ts'
import { mergeValuesFiles, withValues } from './chart-values.ts'
import { versionWith } from './chart-version.ts'
import { joinInside } from './join-inside.ts'
import type { RemoteCharts } from './remote-charts.ts'

interface From {
  readonly remote: RemoteCharts
  readonly isHeld: IsHeld
  readonly tree: (place: Place, revision: string) => FileTree | undefined
}

/** The chart at a path of a source's files, with its dependencies; `held` when it is held already. */
export async function buildFromFiles(request: ChartBuild, from: From): Promise<Made> {
  const { spec, source, place, versionMetadata } = request
  const tree = from.tree({ namespace: place.namespace, name: spec.source.name }, readArtifact(source)?.revision ?? '')
  if (tree === undefined) return 'awaited'
  const path = joinInside('', spec.chart)
  const isFolder = tree.kindOf(path) === 'directory'
  const opened = open(tree, path, spec.chart)
  const { name } = opened.metadata
  const version = versionWith(opened.metadata.version, versionMetadata)
  if (from.isHeld(name, version)) return 'held'
  const isPackaged = isFolder || versionMetadata !== '' || spec.valuesFiles.length > 0
  const file = tree.file(path)
  if (!isPackaged && file !== undefined) return { name, version, isPackaged, valuesFiles: [], bytes: file.bytes }
  const { values, used } = mergeValuesFiles({
    files: spec.valuesFiles,
    ignoreMissing: spec.ignoreMissingValuesFiles,
    read: (one) => textOf(tree, joinInside('', one)),
    opening: '',
    shown: (one) => `'/${joinInside('', one)}' (reference '${one}')`,
  })
  const changed = withValues({ ...opened, metadata: { ...opened.metadata, version } }, values)
  const whole = isFolder
    ? await addDependencies(changed, { tree, path, namespace: place.namespace, remote: from.remote })
    : changed
  return { name, version, isPackaged, valuesFiles: used, bytes: await packChart(whole) }
}

function open(tree: FileTree, path: string, shown: string): Chart {
  const failure = { code: 'InvalidChartReference', opening: '' }
  if (tree.kindOf(path) === 'directory') return openFolder({ tree, folder: path }, failure)
  const file = tree.file(path)
  if (file !== undefined) return openArchive(file.bytes, failure)
  throw new FailureError({
    code: 'InvalidChartReference',
    message: `no chart found at '${shown}' of the source`,
    fix: 'correct spec.chart',
  })
}

function textOf(tree: FileTree, path: string): string | undefined {
  const file = tree.file(path)
  return file === undefined ? undefined : new TextDecoder().decode(file.bytes)
}
