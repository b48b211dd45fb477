import { printPlain, type GoValue } from '@kedge/gotemplate'
import { matchesConstraint, parseVersion } from '@kedge/semver'
import { coalesceValues, mergeTables, mergeValues, type Warn } from '../values/coalesce.ts'
import { copyValues, isValueMap, newValueMap, valueAt, type ValueMap } from '../values/paths.ts'
import type { Chart, ChartDependency } from './chart.ts'

/** A chart with only the subcharts that the values ask for, under their aliases, and with the values it imports. */
export function processDependencies(chart: Chart, given: Readonly<ValueMap>, warn: Warn = () => undefined): Chart {
  return importValues(enableDependencies(chart, { given, path: '', warn }), warn)
}

/** Names of dependencies that Chart.yaml asks for and charts/ does not have. */
export function missingDependencies(chart: Chart): readonly string[] {
  return (chart.metadata.dependencies ?? [])
    .filter(({ name }) => !chart.dependencies.some((subchart) => subchart.metadata.name === name))
    .map(({ name }) => name)
}

/** Whether a version is in a range; anything malformed is not. */
export function isInRange(range: string, version: string): boolean {
  try {
    return matchesConstraint(range, parseVersion(version))
  } catch {
    return false
  }
}

interface Asking {
  readonly given: Readonly<ValueMap>
  /** `sub.chart.`, in front of conditions. */
  readonly path: string
  readonly warn: Warn
}

function enableDependencies(chart: Chart, asking: Asking): Chart {
  const wanted = chart.metadata.dependencies
  if (wanted === undefined) return chart
  const undeclared = chart.dependencies.filter(
    ({ metadata }) =>
      !wanted.some(({ name, version }) => name === metadata.name && isInRange(version, metadata.version)),
  )
  const declared = wanted.flatMap((dependency) => findDependency(chart.dependencies, dependency))
  const renamed = wanted.map((dependency) =>
    dependency.alias === '' ? dependency : { ...dependency, name: dependency.alias },
  )
  const all: Chart = { ...chart, dependencies: [...undeclared, ...declared] }
  const values = coalesceValues(all, asking.given, asking.warn)
  const judged = renamed.map((dependency) => ({ ...dependency, enabled: isEnabled(dependency, values, asking) }))
  const disabled = new Set(judged.filter(({ enabled }) => !enabled).map(({ name }) => name))
  const subcharts = all.dependencies
    .filter(({ metadata }) => !disabled.has(metadata.name))
    .map((subchart) =>
      enableDependencies(subchart, { ...asking, given: values, path: `${asking.path}${subchart.metadata.name}.` }),
    )
  const kept = judged.filter(({ name }) => !disabled.has(name))
  return {
    ...chart,
    metadata: { ...chart.metadata, dependencies: kept.length === 0 ? undefined : kept },
    dependencies: subcharts,
  }
}

/** The subchart that a dependency names, under its alias; none when no version fits. */
function findDependency(charts: readonly Chart[], dependency: ChartDependency): readonly Chart[] {
  const found = charts.find(
    ({ metadata }) => metadata.name === dependency.name && isInRange(dependency.version, metadata.version),
  )
  if (found === undefined) return []
  return dependency.alias === '' ? [found] : [{ ...found, metadata: { ...found.metadata, name: dependency.alias } }]
}

/** The first condition that has a value decides; without one, tags do. */
function isEnabled(dependency: ChartDependency, values: Readonly<ValueMap>, asking: Asking): boolean {
  for (const condition of dependency.condition.trim().split(',')) {
    if (condition === '') continue
    const value = valueAt(values, asking.path + condition)
    if (typeof value === 'boolean') return value
    if (value !== undefined && !isValueMap(value))
      asking.warn('returned non-bool value', { attributes: { path: condition, chart: dependency.name } })
  }
  return tagsEnable(dependency, values, asking.warn)
}

function tagsEnable(dependency: ChartDependency, values: Readonly<ValueMap>, warn: Warn): boolean {
  const { tags } = values
  if (!isValueMap(tags)) return true
  const said: boolean[] = []
  for (const tag of dependency.tags) {
    const value = tags[tag]
    if (typeof value === 'boolean') said.push(value)
    else if (Object.hasOwn(tags, tag)) warn('returned non-bool value', { attributes: { tag, chart: dependency.name } })
  }
  return said.length === 0 || said.includes(true)
}

function importValues(chart: Chart, warn: Warn): Chart {
  const own: Chart = { ...chart, dependencies: chart.dependencies.map((subchart) => importValues(subchart, warn)) }
  const { dependencies } = own.metadata
  if (dependencies === undefined) return own
  const values = mergeValues(own, newValueMap(), warn)
  let imported = newValueMap()
  for (const dependency of dependencies) {
    for (const request of dependency.importValues) {
      const table = importedTable(dependency, { request, values, warn })
      if (table !== undefined) imported = mergeTables(imported, table, warn)
    }
  }
  const metadata = { ...own.metadata, dependencies: dependencies.map(withParsedImports) }
  return { ...own, metadata, values: mergeTables(copyValues(values), imported, warn) }
}

/** Helm leaves what it read of import-values for templates to see: children and parents. */
function withParsedImports(dependency: ChartDependency): ChartDependency {
  if (dependency.importValues.length === 0) return dependency
  const importValues = dependency.importValues.flatMap((request) => parsedImport(request) ?? [])
  return { ...dependency, importValues }
}

function parsedImport(request: unknown): { readonly child: string; readonly parent: string } | undefined {
  if (typeof request === 'string') return { child: `exports.${request}`, parent: '.' }
  if (!isValueMap(request)) return undefined
  return { child: printPlain(request['child'] as GoValue), parent: printPlain(request['parent'] as GoValue) }
}

/** What one entry of import-values brings, below where the parent wants it. */
function importedTable(
  dependency: ChartDependency,
  from: { readonly request: unknown; readonly values: ValueMap; readonly warn: Warn },
): ValueMap | undefined {
  const { request } = from
  const parsed = parsedImport(request)
  if (parsed === undefined) return undefined
  const { child, parent } = parsed
  const path = `${dependency.name}.${child}`
  const table = valueAt(from.values, path)
  if (!isValueMap(table)) {
    const error = `${JSON.stringify(notTable(from.values, path))} is not a table`
    if (typeof request === 'string') from.warn('ImportValues missing table', { attributes: { error } })
    else from.warn('ImportValues missing table from chart', { attributes: { chart: dependency.name, error } })
    return undefined
  }
  const copy = copyValues(table)
  return parent === '.' ? copy : parent.split('.').reduceRight<ValueMap>((below, key) => wrap(key, below), copy)
}

/** The first part of a path that leads to no map. */
function notTable(values: unknown, path: string): string {
  let at = values
  for (const key of path.split('.')) {
    const next = isValueMap(at) && Object.hasOwn(at, key) ? at[key] : undefined
    if (!isValueMap(next)) return key
    at = next
  }
  return path
}

function wrap(key: string, value: unknown): ValueMap {
  const map = newValueMap()
  map[key] = value
  return map
}
