import { sprintf, type GoValue } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'
import type { Chart } from '../chart/chart.ts'
import { copyValues, isValueMap, newValueMap, type ValueMap } from './paths.ts'

/** How Helm logs a message: its level, WARN without one, and what it is about. */
export interface WarnDetails {
  readonly level?: 'INFO' | 'ERROR'
  readonly attributes?: Readonly<Record<string, string>>
}

/** Tells of values that were passed over, in Helm's words. */
export type Warn = (message: string, details?: WarnDetails) => void

/** A chart's defaults under the values given: maps merge, null removes a default, globals go down to subcharts. */
export function coalesceValues(chart: Chart, given: Readonly<ValueMap>, warn: Warn = () => undefined): ValueMap {
  return coalesceChart(chart, copyValues(given), { prefix: '', merge: false, warn: printed(warn) })
}

/** As coalesceValues, but null values are kept, for a later coalescing to act on. */
export function mergeValues(chart: Chart, given: Readonly<ValueMap>, warn: Warn = () => undefined): ValueMap {
  return coalesceChart(chart, copyValues(given), { prefix: '', merge: true, warn: printed(warn) })
}

/** The second table under the first, in which null removes; the first is changed. */
export function fillTable(target: ValueMap, source: ValueMap, warn: Warn = () => undefined): ValueMap {
  return coalesceTables(target, source, { prefix: '', merge: false, warn: printed(warn) })
}

/** The second table under the first, nulls kept; the first is changed. */
export function mergeTables(target: ValueMap, source: ValueMap, warn: Warn = () => undefined): ValueMap {
  return coalesceTables(target, source, { prefix: '', merge: true, warn: printed(warn) })
}

/** Helm prints these by the plain logger, whose level is INFO. */
function printed(warn: Warn): (message: string) => void {
  return (message) => warn(message, { level: 'INFO' })
}

interface How {
  readonly prefix: string
  readonly merge: boolean
  readonly warn: (message: string) => void
}

function coalesceChart(chart: Chart, values: ValueMap, how: How): ValueMap {
  coalesceOwn(chart, values, how)
  const below = { ...how, prefix: concatPrefix(how.prefix, chart.metadata.name) }
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata
    const present = Object.hasOwn(values, name) ? values[name] : newValueMap()
    if (!isValueMap(present)) throw chartError(sprintf('type mismatch on %s: %t', [name, present as GoValue]))
    values[name] = present
    coalesceGlobals(present, values, below)
    values[name] = coalesceChart(subchart, present, below)
  }
  return values
}

/** The parent's globals over the subchart's own. */
function coalesceGlobals(target: ValueMap, source: ValueMap, how: How): void {
  const own = Object.hasOwn(target, 'global') ? target['global'] : newValueMap()
  const parent = Object.hasOwn(source, 'global') ? source['global'] : newValueMap()
  if (!isValueMap(own) || !isValueMap(parent)) {
    how.warn(`warning: skipping globals because ${isValueMap(own) ? 'source' : 'destination'} global is not a table.`)
    return
  }
  for (const [key, value] of Object.entries(parent)) {
    const present = own[key]
    if (!isValueMap(value)) {
      if (isValueMap(present)) how.warn(`key ${key} is table. Skipping`)
      else own[key] = value
      continue
    }
    const copy = Object.assign(newValueMap(), value)
    if (!Object.hasOwn(own, key)) own[key] = copy
    else if (isValueMap(present))
      own[key] = coalesceTables(copy, present, { ...how, prefix: concatPrefix(how.prefix, key), merge: true })
    else how.warn(`Conflict: cannot merge map onto non-map for ${JSON.stringify(key)}. Skipping.`)
  }
  target['global'] = own
}

function coalesceOwn(chart: Chart, values: ValueMap, how: How): void {
  const prefix = concatPrefix(how.prefix, chart.metadata.name)
  for (const [key, fallback] of Object.entries(copyValues(chart.values))) {
    if (!Object.hasOwn(values, key)) {
      if (!how.merge && fallback === null) continue
      if (!how.merge && isValueMap(fallback)) dropNulls(fallback)
      values[key] = fallback
    } else coalesceKey(chart, { values, key, fallback }, { ...how, prefix })
  }
}

function coalesceKey(
  chart: Chart,
  at: { readonly values: ValueMap; readonly key: string; readonly fallback: unknown },
  how: How,
): void {
  const { values, key, fallback } = at
  const value = values[key]
  if (value === null && !how.merge) delete values[key]
  else if (!isValueMap(value)) return
  else if (isValueMap(fallback)) {
    const merge = how.merge || chart.dependencies.some((dependency) => dependency.metadata.name === key)
    if (!merge) dropNulls(fallback)
    coalesceTables(value, fallback, { ...how, prefix: concatPrefix(how.prefix, key), merge })
  } else if (fallback !== null) how.warn(`warning: skipped value for ${how.prefix}.${key}: Not a table.`)
}

function dropNulls(map: ValueMap): void {
  for (const [key, value] of Object.entries(map)) {
    if (value === null) delete map[key]
    else if (isValueMap(value)) dropNulls(value)
  }
}

/** `target` wins and is changed; a null in it removes what `source` has under that key, unless merging. */
function coalesceTables(target: ValueMap, source: ValueMap, how: How): ValueMap {
  for (const [key, fallback] of Object.entries(source)) {
    const hasKey = Object.hasOwn(target, key)
    const value = target[key]
    if (hasKey && value === null) {
      if (!how.merge && fallback !== null) delete target[key]
    } else if (!hasKey) target[key] = fallback
    else if (isValueMap(fallback)) {
      if (isValueMap(value)) coalesceTables(value, fallback, { ...how, prefix: concatPrefix(how.prefix, key) })
      else
        how.warn(
          `warning: cannot overwrite table with non table for ${concatPrefix(how.prefix, key)} (${shown(fallback)})`,
        )
    } else if (isValueMap(value) && fallback !== null)
      how.warn(
        `warning: destination for ${concatPrefix(how.prefix, key)} is a table. Ignoring non-table value (${shown(fallback)})`,
      )
  }
  return target
}

function shown(value: unknown): string {
  return sprintf('%v', [value as GoValue])
}

function concatPrefix(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`
}
