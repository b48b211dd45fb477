import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { VersionError, parseConstraint } from '@kedge/semver'
import { isInRange, loadChartArchive, loadChartTree, type Chart, type ChartDependency } from '@kedge/helm'
import { DiskTree } from '../disk-tree.ts'
import { gunzip } from './load-chart.ts'
import { paddedTable } from './padded-table.ts'

/** What `helm dependency list` prints of a chart; `shown` is its path as it was given. */
export function dependencyList(
  chart: Chart,
  folder: string,
  { shown, maxWidth }: { readonly shown: string; readonly maxWidth: number },
): string {
  const { dependencies } = chart.metadata
  if (dependencies === undefined) return `WARNING: no dependencies at ${path.join(shown, 'charts')}\n`
  const rows = dependencies.map((one) => [one.name, one.version, one.repository, statusOf(one, chart, folder)])
  const table = [['NAME', 'VERSION', 'REPOSITORY', 'STATUS'], ...rows].map((row) =>
    row.map((cell) => shortened(cell, maxWidth)),
  )
  return `${paddedTable(table)}\n${warnings(dependencies, folder, shown)}`
}

function shortened(text: string, maxWidth: number): string {
  return maxWidth > 0 && text.length > maxWidth ? `${text.slice(0, Math.max(1, maxWidth - 3))}...` : text
}

function statusOf(dependency: ChartDependency, parent: Chart, folder: string): string {
  const archives = archivesOf(dependency.name, folder)
  const strict = archives.filter((file) => isStrictVersion(file.slice(dependency.name.length + 1, -'.tgz'.length)))
  const candidates = archives.length > 1 ? strict : archives
  if (candidates.length > 1) return 'too many matches'
  const [archive] = candidates
  if (archive !== undefined) return archiveStatus(path.join(folder, 'charts', archive), dependency)
  const unpacked = parent.dependencies.find(({ metadata }) => metadata.name === dependency.name)
  if (unpacked === undefined) return 'missing'
  return versionProblem(unpacked.metadata.version, dependency.version) ?? 'unpacked'
}

function archivesOf(name: string, folder: string): readonly string[] {
  const charts = path.join(folder, 'charts')
  const names = existsSync(charts) ? readdirSync(charts) : []
  return names.filter((file) => file.startsWith(`${name}-`) && file.endsWith('.tgz'))
}

function isStrictVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(text)
}

function archiveStatus(file: string, dependency: ChartDependency): string {
  const chart = loaded(file)
  if (chart === undefined) return 'corrupt'
  if (chart.metadata.name !== dependency.name) return 'misnamed'
  return versionProblem(chart.metadata.version, dependency.version) ?? 'ok'
}

function versionProblem(found: string, wanted: string): string | undefined {
  if (found === wanted) return undefined
  try {
    parseConstraint(wanted)
  } catch (error) {
    if (error instanceof VersionError) return 'invalid version'
    throw error
  }
  return isInRange(wanted, found) ? undefined : 'wrong version'
}

function loaded(file: string): Chart | undefined {
  try {
    return file.endsWith('.tgz')
      ? loadChartArchive(readFileSync(file), { gunzip })
      : loadChartTree(new DiskTree(file), '', { gunzip })
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

function warnings(dependencies: readonly ChartDependency[], folder: string, shown: string): string {
  const charts = path.join(folder, 'charts')
  if (!existsSync(charts)) return ''
  return readdirSync(charts, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.tgz'))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const chart = loaded(path.join(charts, entry.name))
      const at = JSON.stringify(path.join(shown, 'charts', entry.name))
      if (chart === undefined) return [`WARNING: ${at} is not a chart.\n`]
      const isKnown = dependencies.some(({ name }) => name === chart.metadata.name)
      return isKnown ? [] : [`WARNING: ${at} is not in Chart.yaml.\n`]
    })
    .join('')
}
