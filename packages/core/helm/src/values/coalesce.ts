import type { Chart } from '../chart/chart.ts'
import { copyValues, isValueMap, newValueMap, type ValueMap } from './paths.ts'

/** Tells of values that were passed over, in Helm's words. */
export type Warn = (message: string) => void

/** A chart's defaults under the values given: maps merge, null removes a default, globals go down to subcharts. */
export function coalesceValues(chart: Chart, given: Readonly<ValueMap>, warn: Warn = () => undefined): ValueMap {
  return coalesceChart(chart, copyValues(given), { prefix: '', merge: false, warn })
}

/** As coalesceValues, but null values are kept, for a later coalescing to act on. */
export function mergeValues(chart: Chart, given: Readonly<ValueMap>, warn: Warn = () => undefined): ValueMap {
  return coalesceChart(chart, copyValues(given), { prefix: '', merge: true, warn })
}

interface How {
  readonly prefix: string
  readonly merge: boolean
  readonly warn: Warn
}

function coalesceChart(chart: Chart, values: ValueMap, how: How): ValueMap {
  coalesceOwn(chart, values, how)
  return coalesceDependencies(chart, values, how)
}

function coalesceDependencies(chart: Chart, values: ValueMap, how: How): ValueMap {
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata
    const present = values[name]
    if (!Object.hasOwn(values, name) || present === null) values[name] = newValueMap()
    else if (!isValueMap(present)) {
      how.warn(`type mismatch on ${name}: ${typeof present}`)
      continue
    }
    const own = values[name] as ValueMap
    coalesceGlobals(own, values, how)
    values[name] = coalesceChart(subchart, own, { ...how, prefix: concatPrefix(how.prefix, chart.metadata.name) })
  }
  return values
}

/** The parent's globals under the subchart's own. */
function coalesceGlobals(target: ValueMap, source: ValueMap, how: How): void {
  const own = Object.hasOwn(target, 'global') ? target['global'] : newValueMap()
  const parent = Object.hasOwn(source, 'global') ? source['global'] : newValueMap()
  if (!isValueMap(own) || !isValueMap(parent)) return
  for (const [key, value] of Object.entries(parent)) {
    if (isValueMap(value)) {
      const copy = copyValues(value)
      const present = own[key]
      if (!Object.hasOwn(own, key)) own[key] = copy
      else if (isValueMap(present)) coalesceTables(copy, present, how)
      if (Object.hasOwn(own, key) && isValueMap(present)) own[key] = copy
    } else own[key] = value
  }
  target['global'] = own
}

function coalesceOwn(chart: Chart, values: ValueMap, how: How): void {
  for (const [key, fallback] of Object.entries(chart.values)) {
    if (!Object.hasOwn(values, key)) {
      // A null default says that there is none.
      if (fallback !== null || how.merge || isSubchart(chart, key)) values[key] = copyValues(fallback)
      continue
    }
    const value = values[key]
    if (value === null && !how.merge) delete values[key]
    else if (isValueMap(value)) {
      if (isValueMap(fallback))
        coalesceTables(value, copyValues(fallback), { ...how, merge: how.merge || isSubchart(chart, key) })
      else if (fallback !== null)
        how.warn(`skipped value for ${concatPrefix(how.prefix, chart.metadata.name)}.${key}: Not a table.`)
    }
  }
}

function isSubchart(chart: Chart, key: string): boolean {
  return chart.dependencies.some((dependency) => dependency.metadata.name === key)
}

/** `target` wins; null in it removes the key, unless merging. */
function coalesceTables(target: ValueMap, source: ValueMap, how: How): void {
  for (const key of Object.keys(target)) {
    if (target[key] === null && !how.merge && Object.hasOwn(source, key)) {
      delete target[key]
      delete source[key]
    }
  }
  for (const [key, fallback] of Object.entries(source)) {
    if (!Object.hasOwn(target, key)) {
      if (fallback !== null || how.merge) target[key] = fallback
      continue
    }
    const value = target[key]
    if (isValueMap(fallback)) {
      if (isValueMap(value)) coalesceTables(value, fallback, how)
      else if (value !== null)
        how.warn(
          `cannot overwrite table with non table for ${concatPrefix(how.prefix, key)} (${JSON.stringify(fallback)})`,
        )
    } else if (isValueMap(value) && fallback !== null)
      how.warn(
        `destination for ${concatPrefix(how.prefix, key)} is a table. Ignoring non-table value (${JSON.stringify(fallback)})`,
      )
  }
}

function concatPrefix(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`
}
