import { chartError } from '../chart/chart-error.ts'
import type { Chart } from '../chart/chart.ts'
import { fromPlain } from '../functions/plain-value.ts'
import { typeName } from '@kedge/gotemplate'
import { isValueMap, type ValueMap } from '../values/paths.ts'
import { checkSchema } from './check-schema.ts'
import type { SchemaSource } from './schema-library.ts'

/** Throws Helm's complaint when values break the schema of a chart or of one of its subcharts. */
export function validateValues(chart: Chart, values: Readonly<ValueMap>, schemas?: SchemaSource): void {
  const complaint = complaintOf(chart, values, schemas)
  if (complaint !== '')
    throw chartError(`values don't meet the specifications of the schema(s) in the following chart(s):\n${complaint}`)
}

function complaintOf(chart: Chart, values: Readonly<ValueMap>, schemas: SchemaSource | undefined): string {
  const problem = chart.schema === undefined ? '' : checkSchema(values, chart.schema, schemas)
  const own = problem === '' ? '' : `${chart.metadata.name}:\n${problem}`
  return own + chart.dependencies.map((subchart) => subchartComplaint(subchart, values, schemas)).join('')
}

function subchartComplaint(subchart: Chart, values: Readonly<ValueMap>, schemas: SchemaSource | undefined): string {
  const { name } = subchart.metadata
  const own = values[name]
  if (own === undefined || own === null) return ''
  if (isValueMap(own)) return complaintOf(subchart, own, schemas)
  return `${name}:\ninvalid type for values: expected object (map), got ${typeName(fromPlain(own))}\n`
}
