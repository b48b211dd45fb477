import { FailureError } from '@kedge/base'
import type { GoValue } from '@kedge/gotemplate'
import { fileText, type Chart } from '../chart/chart.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { toPlain } from '../functions/plain-value.ts'
import { toFloats } from '../values/read-values.ts'
import { isValueMap, type ValueMap } from '../values/paths.ts'
import { lineOfPath } from './line-of-path.ts'

/** One of the files and flags that give values; later ones win. */
export interface ValueLayer {
  readonly kind: 'file' | 'flag'
  /** `prod.yaml`, or `--set image.tag=1`. */
  readonly label: string
  /** What it gives, by itself. */
  readonly values: Readonly<ValueMap>
  /** The text of a file, for the lines. */
  readonly text?: string
}

/** A place that gives a value. */
export interface ValueOrigin {
  readonly kind: 'flag' | 'file' | 'default' | 'imported'
  /** `prod.yaml:3`, `--set a=1`, `web/charts/db/values.yaml:7`. */
  readonly where: string
  /** As it is given there. */
  readonly value: unknown
}

/** What gives values: the layers of a command line, and the chart with its subcharts. */
export interface ValueSources {
  readonly layers: readonly ValueLayer[]
  readonly chart: Chart
}

/** The places that give a value, the one that won first. Of a map all of them may have given a part. */
export function originsOf(path: readonly string[], value: GoValue, sources: ValueSources): readonly ValueOrigin[] {
  const all = namesOf(path).flatMap((name) => [
    ...layerOrigins(name, sources.layers),
    ...defaultOrigins(sources.chart, { path: name, at: sources.chart.metadata.name }),
  ])
  const wanted = canonical(toPlain(value))
  const winner = all.findIndex((origin) => canonical(origin.value) === wanted)
  if (winner <= 0) return all
  return [...all.slice(winner, winner + 1), ...all.slice(0, winner), ...all.slice(winner + 1)]
}

/** A global is given by the charts above too, and those win. */
function namesOf(path: readonly string[]): readonly (readonly string[])[] {
  const at = path.indexOf('global')
  return at <= 0 ? [path] : Array.from({ length: at + 1 }, (_, start) => [...path.slice(0, start), ...path.slice(at)])
}

function layerOrigins(path: readonly string[], layers: readonly ValueLayer[]): readonly ValueOrigin[] {
  return layers.toReversed().flatMap((layer): readonly ValueOrigin[] => {
    const found = lookUp(layer.values, path)
    if (found === undefined || (layer.kind === 'flag' && found.value === null && path.length > found.depth)) return []
    const line = layer.text === undefined ? undefined : lineOfPath(layer.text, path.slice(0, found.depth))
    return [
      { kind: layer.kind, where: line === undefined ? layer.label : `${layer.label}:${line}`, value: found.value },
    ]
  })
}

/** The value at a path; a path through what is no map ends there. */
function lookUp(
  values: unknown,
  path: readonly string[],
): { readonly value: unknown; readonly depth: number } | undefined {
  let at = values
  for (const [depth, key] of path.entries()) {
    if (Array.isArray(at)) {
      const item: unknown = at[Number(key)]
      if (item === undefined) return undefined
      at = item
    } else if (isValueMap(at)) {
      if (!Object.hasOwn(at, key)) return undefined
      at = at[key]
    } else return { value: at, depth }
  }
  return { value: at, depth: path.length }
}

interface Below {
  readonly path: readonly string[]
  /** `web/charts/db`. */
  readonly at: string
}

/** What values.yaml of a chart, its imports, and those of the subchart that the path leads into, give. */
function defaultOrigins(chart: Chart, { path, at }: Below): readonly ValueOrigin[] {
  const [first = '', ...rest] = path
  const below = chart.dependencies.find(({ metadata }) => metadata.name === first)
  return [
    ...ownDefault(chart, { path, at }),
    ...imported(chart, { path, at }),
    ...(below === undefined ? [] : defaultOrigins(below, { path: rest, at: `${at}/charts/${first}` })),
  ]
}

function ownDefault(chart: Chart, { path, at }: Below): readonly ValueOrigin[] {
  const { text, values } = defaultsOf(chart)
  const found = lookUp(values, path)
  if (found === undefined) return []
  const line = lineOfPath(text, path.slice(0, found.depth))
  return [{ kind: 'default', where: `${at}/values.yaml${line === undefined ? '' : `:${line}`}`, value: found.value }]
}

interface Defaults {
  readonly text: string
  readonly values: unknown
}

const defaults = new WeakMap<Chart, Defaults>()

function defaultsOf(chart: Chart): Defaults {
  const known = defaults.get(chart)
  if (known !== undefined) return known
  const file = chart.raw.find(({ name }) => name === 'values.yaml')
  const text = file === undefined ? '' : fileText(file)
  const read = { text, values: readDefaults(text) }
  defaults.set(chart, read)
  return read
}

function readDefaults(text: string): unknown {
  try {
    return toFloats(parseDocument(text))
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

/** Values that `import-values` takes from a subchart. */
function imported(chart: Chart, { path, at }: Below): readonly ValueOrigin[] {
  return (chart.metadata.dependencies ?? []).flatMap((dependency) => {
    const below = chart.dependencies.find(({ metadata }) => metadata.name === dependency.name)
    if (below === undefined) return []
    return dependency.importValues.flatMap((request) => {
      const inner = importedPath(request, path)
      if (inner === undefined) return []
      const origins = defaultOrigins(below, { path: inner, at: `${at}/charts/${dependency.name}` })
      return origins.map((origin) => ({ ...origin, kind: 'imported' as const }))
    })
  })
}

/** Where in the subchart a path of the parent comes from. */
function importedPath(request: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof request === 'string') return ['exports', ...request.split('.'), ...path]
  if (!isValueMap(request)) return undefined
  const { child, parent } = request
  if (typeof child !== 'string' || typeof parent !== 'string') return undefined
  const above = parent === '.' ? [] : parent.split('.')
  return above.every((key, index) => path[index] === key)
    ? [...child.split('.'), ...path.slice(above.length)]
    : undefined
}

/** A text that two values have in common just when they are equal. */
function canonical(value: unknown): string {
  return JSON.stringify(toFloats(value), (_, item: unknown) =>
    isValueMap(item) ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))) : item,
  )
}
