import { FailureError, type Failure, type Result } from '@kedge/base'
import type { FetchedSchema } from '@kedge/helm'
import { ApiError } from '@kedge/manifest'

import type {
  HelmRender,
  HelmRenderOutcome,
  HelmRenderRequest,
  LookupQuery,
  LookupReader,
  SchemaReader,
} from './helm-request.ts'
import type { LookupAnswer } from './lookup-answers.ts'
import { createChartCaches, renderChart, type ChartJob, type ChartOutcome } from './render-chart.ts'

/** Renders of one release because of lookups; each of them answers one more. */
export const maxLookups = 64
/** Bytes of all that the lookups of one render read. */
export const maxLookupBytes = 10_000_000

/** Renders of one release because of schemas that lead to others. */
const maxSchemaRounds = 8
/** Characters of all schema documents that one render fetches. */
const maxSchemaText = 64 * 1024 * 1024

/** Runs one render apart, or in line. */
export type RunChartJob = (job: ChartJob) => Promise<Result<ChartOutcome>>

/**
 * Renders with lookups: what templates ask for is read between two runs of them. So are schema documents of other places,
 * where there is something that fetches them.
 */
export function helmRender(run: RunChartJob, schemaReader?: SchemaReader): HelmRender {
  return async (request, lookup) => {
    const shared = { ...request, chart: { ...request.chart, bytes: sharedBytes(request.chart.bytes) } }
    const answers: LookupAnswer[] = []
    const schemas = new Map<string, FetchedSchema>()
    let size = 0
    let rounds = 0
    for (;;) {
      const result = await run({ request: shared, answers, schemas })
      if (!result.ok) return failed(result.failure)
      if (result.value.kind === 'schemas') {
        const { addresses, otherwise } = result.value
        rounds += 1
        if (schemaReader === undefined || rounds > maxSchemaRounds) return otherwise
        await fetchAll(addresses, schemas, schemaReader)
        continue
      }
      if (result.value.kind !== 'lookup') return result.value
      const { query } = result.value
      if (answers.length === maxLookups) return failed(tooMany(request, `more than ${maxLookups} lookups`))
      const value = await read(query, lookup)
      if (!value.ok) return failed(value.failure)
      size += JSON.stringify(value.value ?? null).length
      if (size > maxLookupBytes) return failed(tooMany(request, `more than ${maxLookupBytes} bytes of lookups`))
      answers.push({ query, value: value.value })
    }
  }
}

/** The same in this thread, for previews, simulations and tests. */
export function inlineHelmRender(schemaReader?: SchemaReader): HelmRender {
  const caches = createChartCaches()
  return helmRender((job) => Promise.resolve({ ok: true, value: renderChart(job, caches) }), schemaReader)
}

async function fetchAll(
  addresses: readonly string[],
  into: Map<string, FetchedSchema>,
  schemaReader: SchemaReader,
): Promise<void> {
  let size = 0
  for (const schema of into.values()) size += schema.kind === 'text' ? schema.text.length : 0
  for (const address of new Set(addresses)) {
    const schema = await schemaReader(address)
    size += schema.kind === 'text' ? schema.text.length : 0
    const problem = `the schemas of the chart are longer than ${maxSchemaText} characters`
    into.set(address, size > maxSchemaText ? { kind: 'failed', problem } : schema)
  }
}

const shared = new WeakMap<Uint8Array, Uint8Array>()

/** Bytes in memory that all threads see; made once for each archive. */
function sharedBytes(bytes: Uint8Array): Uint8Array {
  const known = shared.get(bytes)
  if (known !== undefined) return known
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  shared.set(bytes, copy)
  return copy
}

async function read(query: LookupQuery, lookup: LookupReader): Promise<Result<unknown>> {
  try {
    return { ok: true, value: await lookup(query) }
  } catch (error) {
    if (error instanceof FailureError) return { ok: false, failure: error.failure }
    if (!(error instanceof ApiError)) throw error
    const { apiVersion, kind, namespace, name } = query
    const what = `${apiVersion} ${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
    return { ok: false, failure: { code: 'LookupFailed', message: `lookup of ${what}: ${error.status.message}` } }
  }
}

function tooMany(request: HelmRenderRequest, what: string): Failure {
  const fix = 'let the templates look up fewer objects'
  return { code: 'TooManyLookups', message: `the templates of release ${request.name} need ${what}`, fix }
}

function failed(failure: Failure): HelmRenderOutcome {
  return { kind: 'failed', failure, crds: [], warnings: [] }
}
