import { toValue, type MapNode } from '@kedge/yaml'
import type { FileTree } from '@kedge/tree'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { Loader } from '../load/loader.ts'
import { isBelow, joinPath } from '../load/loader.ts'
import type { RemoteChart } from '../load/remotes.ts'
import { mergeNodes } from '../merge/merge-nodes.ts'
import type { Schemas } from '../merge/schema.ts'
import type { HelmChart, HelmGlobals } from '../model/kustomization.ts'
import type { Resource } from '../model/resource.ts'
import type { Scopes } from '../model/scopes.ts'
import { nodeFromValue } from '../nodes/node-from-value.ts'
import { parseScalarText } from '../nodes/scalar-text.ts'
import { readObjects, resourcesOf } from '../read/read-resources.ts'
import { decodeUtf8 } from './pairs.ts'
import { jsonValue } from '../nodes/json-value.ts'

/** A chart to render, with its values merged and its place known. */
export interface ChartRequest {
  readonly chart: HelmChart
  /** The tree and the folder in it where the chart lies, or would have to lie. */
  readonly tree: FileTree
  readonly path: string
  /** The values beyond those of the chart; later ones win. */
  readonly values: readonly unknown[]
}

/** Renders a Helm chart to manifests, as `helm template` prints them. */
export interface ChartRenderer {
  render(request: ChartRequest): string
}

export interface HelmContext {
  readonly loader: Loader
  readonly scopes: Scopes
  readonly schemas: Schemas
  readonly charts: ChartRenderer | undefined
}

/** Makes the objects of one entry of `helmCharts`. */
export function generateChart(chart: HelmChart, globals: HelmGlobals, context: HelmContext): readonly Resource[] {
  const { loader, charts, scopes } = context
  if (charts === undefined) {
    throw buildFailure('kustomize-helm', 'must specify --enable-helm', {
      fix: 'allow Helm charts for this build, or render the chart beforehand',
    })
  }
  const { name = '' } = chart
  if (name === '') throw buildFailure('kustomize-helm', 'chart name cannot be empty')
  const merge = chart.valuesMerge ?? 'override'
  if (!['merge', 'override', 'replace'].includes(merge)) {
    throw buildFailure('kustomize-helm', 'valuesMerge must be one of [merge override replace]')
  }
  const place = placeOf(chart, globals, loader)
  const values = [valuesOf(chart, merge, { place, context }), ...additionalValues(chart, loader)]
  const text = charts.render({ chart, tree: place.tree, path: place.path, values })
  const resources = resourcesOf(readObjects(text, undefined), scopes, undefined)
  for (const resource of resources) resource.trail = { ...resource.trail, fromHelm: true }
  return resources
}

/** Where the files of a chart are. */
interface ChartPlace {
  readonly tree: FileTree
  readonly path: string
  /** The folder where kustomize would have put it. */
  readonly home: string
}

/** The chart in the folder `charts` if it is there, else that of its repository. */
function placeOf(chart: HelmChart, globals: HelmGlobals, loader: Loader): ChartPlace {
  const home = chartPath(chart, globals, loader)
  const missing = missingChart(chart, globals, loader)
  if (missing === undefined) return { tree: loader.tree, path: home, home }
  return { tree: loader.chart(missing), path: '', home }
}

/** The chart to fetch for an entry of `helmCharts`; undefined when it is in the tree or comes from nowhere. */
export function missingChart(chart: HelmChart, globals: HelmGlobals, loader: Loader): RemoteChart | undefined {
  const { name = '', repo = '', version = '', devel = false } = chart
  if (repo === '' || name === '') return undefined
  if (loader.tree.kindOf(chartPath(chart, globals, loader)) === 'directory') return undefined
  return { repo, name, version, devel }
}

function chartPath(chart: HelmChart, globals: HelmGlobals, loader: Loader): string {
  const { name = '', version = '', repo = '' } = chart
  const home = joinPath(loader.root, globals.chartHome ?? 'charts')
  return joinPath(version !== '' && repo !== '' ? joinPath(home, `${name}-${version}`) : home, name)
}

function additionalValues(chart: HelmChart, loader: Loader): readonly unknown[] {
  return (chart.additionalValuesFiles ?? []).map((file) => {
    try {
      const { bytes } = loader.load(file)
      return valueOf(decodeUtf8(bytes) ?? '')
    } catch (error) {
      throw wrapFailure(error, 'could not load additionalValuesFile')
    }
  })
}

function valueOf(text: string): unknown {
  const node = parseScalarText(text)
  return node === undefined ? {} : toValue(node, 'v2', 'last-wins')
}

interface ValuesContext {
  readonly place: ChartPlace
  readonly context: HelmContext
}

/** The values file with the inline values merged into it, or the other way round. */
function valuesOf(chart: HelmChart, merge: string, { place, context }: ValuesContext): unknown {
  const inline = chart.valuesInline
  const isInline = inline !== undefined && Object.keys(inline).length > 0
  if (isInline && merge === 'replace') return inline
  const text = readValues(chart, place, context.loader)
  if (!isInline) return valueOf(text)
  const file = (parseScalarText(text) ?? nodeFromValue({})) as MapNode
  const own = nodeFromValue(inline)
  const options = { schemas: context.schemas, prepend: false }
  const merged = merge === 'merge' ? mergeNodes(own, file, options) : mergeNodes(file, own, options)
  return merged === undefined ? {} : jsonValue(merged)
}

function readValues(chart: HelmChart, { tree, path, home }: ChartPlace, loader: Loader): string {
  const { valuesFile = '' } = chart
  const full = joinPath(loader.root, valuesFile)
  const isOfChart = valuesFile === '' || (tree !== loader.tree && isBelow(full, home))
  if (!isOfChart) return decodeUtf8(loader.load(valuesFile).bytes) ?? ''
  const inner = valuesFile === '' ? 'values.yaml' : full.slice(home.length + 1)
  const own = tree.file(joinPath(path, inner))
  return own === undefined ? '' : (decodeUtf8(own.bytes) ?? '')
}
