import { FailureError } from '@kedge/base'
import type { Chart, ChartDependency, ChartFile, ChartMetadata } from '../chart/chart.ts'
import { decodeMetadata } from '../chart/metadata.ts'
import { copyValues, newValueMap, type ValueMap } from '../values/paths.ts'
import type { StoredChart, StoredFile } from './stored-release.ts'

/** A chart as a record holds it; subcharts are left out as Helm leaves them out. */
export function storeChart(chart: Chart, encodeBase64: (bytes: Uint8Array) => string): StoredChart {
  const store = ({ name, bytes }: ChartFile): StoredFile => ({ name, data: encodeBase64(bytes), modTime: '' })
  return {
    metadata: storeMetadata(chart.metadata),
    lock: undefined,
    templates: chart.templates.map(store),
    values: copyValues(chart.values),
    schema: chart.schema === undefined ? '' : encodeBase64(new TextEncoder().encode(chart.schema)),
    schemaModTime: '',
    files: chart.files.map(store),
    modTime: '',
  }
}

/** The chart of a record, without subcharts. Throws FailureError when the record has no chart. */
export function restoreChart(stored: StoredChart | undefined, decodeBase64: (text: string) => Uint8Array): Chart {
  if (stored?.metadata === undefined)
    throw new FailureError({ code: 'ReleaseMalformed', message: 'the stored release has no chart' })
  const restore = ({ name, data }: StoredFile): ChartFile => ({ name, bytes: decodeBase64(data) })
  return {
    metadata: decodeMetadata(Object.assign(newValueMap(), stored.metadata)),
    templates: stored.templates.map(restore),
    files: stored.files.map(restore),
    values: stored.values ?? newValueMap(),
    schema: stored.schema === '' ? undefined : new TextDecoder().decode(decodeBase64(stored.schema)),
    dependencies: [],
    raw: [],
  }
}

function storeMetadata(metadata: ChartMetadata): Readonly<ValueMap> {
  const { dependencies, maintainers, ...rest } = metadata
  return withoutEmpty({
    ...rest,
    maintainers: maintainers.map((one) => withoutEmpty({ ...one })),
    dependencies: (dependencies ?? []).map(storeDependency),
  })
}

function storeDependency(dependency: ChartDependency): Readonly<ValueMap> {
  const { name, repository, importValues, enabled, ...rest } = dependency
  return { ...withoutEmpty({ ...rest, enabled, 'import-values': importValues }), name, repository }
}

/** Go's omitempty. */
function withoutEmpty(fields: Readonly<ValueMap>): Readonly<ValueMap> {
  const kept = Object.entries(fields).filter(([, value]) => {
    if (value === undefined || value === '' || value === false) return false
    if (Array.isArray(value)) return value.length > 0
    return typeof value !== 'object' || value === null || Object.keys(value).length > 0
  })
  return Object.assign(newValueMap(), Object.fromEntries(kept)) as Readonly<ValueMap>
}
