import { gunzipSync } from 'node:zlib'

import { FailureError } from '@kedge/base'
import { templateHost } from '@kedge/cryptography'
import {
  ParsedTemplates,
  fileText,
  helmProfiles,
  loadChartArchive,
  releaseManifest,
  renderRelease,
  splitManifests,
  storeChart,
  type Chart,
  type FetchedSchema,
  type Hook,
  type RenderedRelease,
  type SchemaSource,
  type StoredHook,
} from '@kedge/helm'
import type { DefinitionFile, ReleaseContent } from '@kedge/release'
import { parseYaml, printYaml } from '@kedge/yaml'

import type { HelmRenderOutcome, HelmRenderRequest, LookupQuery } from './helm-request.ts'
import { answeredLookup, type LookupAnswer } from './lookup-answers.ts'
import { postRenderOf, withMetadata } from './post-render.ts'

/** A render of a chart as a worker is sent it. */
export interface ChartJob {
  readonly request: HelmRenderRequest
  readonly answers: readonly LookupAnswer[]
  /** Schema documents of other places by their addresses. */
  readonly schemas: ReadonlyMap<string, FetchedSchema>
}

/** A render's outcome, or what has to be read before it can go on. */
export type ChartOutcome =
  | HelmRenderOutcome
  | { readonly kind: 'lookup'; readonly query: LookupQuery }
  | {
      readonly kind: 'schemas'
      readonly addresses: readonly string[]
      /** What comes of it where nobody fetches them. */
      readonly otherwise: HelmRenderOutcome
    }

/** What one thread keeps of charts between renders. */
export interface ChartCaches {
  readonly parsed: ParsedTemplates
  /** Unpacked charts by digest, the one that was used last at the end. */
  readonly charts: Map<string, Chart>
}

/** Charts that a thread keeps unpacked, and their templates compiled. */
const maxCharts = 8

/** Empty caches. */
export function createChartCaches(): ChartCaches {
  return { parsed: new ParsedTemplates(maxCharts), charts: new Map() }
}

const encodeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** What ships with the controllers whose releases these are. */
const profile = helmProfiles['4.2']

/** Renders a release. Synchronous; runs in a worker or in line. */
export function renderChart(job: ChartJob, caches: ChartCaches): ChartOutcome {
  const { request } = job
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  let crds: readonly DefinitionFile[] = []
  const answers = answeredLookup(job.answers)
  const addresses: string[] = []
  const schemas: SchemaSource = (address) => {
    const found = job.schemas.get(address)
    if (found === undefined) addresses.push(address)
    return found
  }
  try {
    const chart = adapted(chartOf(request, caches, warn), request)
    crds = definitionsOf(chart, request.originLabels)
    const { values, name, namespace, revision, isUpgrade, capabilities } = request
    const postRender = postRenderOf(request, profile.splitting)
    const rendered = renderRelease(
      { chart, values, name, namespace, revision, isUpgrade, capabilities },
      {
        host: templateHost(),
        parsed: caches.parsed,
        lookup: answers.lookup,
        profile,
        skipSchemaValidation: request.skipSchemaValidation,
        schemas,
        warn,
        ...(postRender === undefined ? {} : { postRender }),
      },
    )
    return { kind: 'rendered', content: contentOf(rendered, request), warnings }
  } catch (error) {
    // Whatever the template made of the interruption: the question has to be answered first.
    const query = answers.asked()
    if (query !== undefined) return { kind: 'lookup', query }
    if (!(error instanceof FailureError)) throw error
    const otherwise: HelmRenderOutcome = { kind: 'failed', failure: error.failure, crds, warnings }
    return addresses.length === 0 ? otherwise : { kind: 'schemas', addresses, otherwise }
  }
}

function chartOf(request: HelmRenderRequest, caches: ChartCaches, warn: (message: string) => void): Chart {
  const { digest, bytes } = request.chart
  const { charts } = caches
  const chart =
    charts.get(digest) ??
    loadChartArchive(new Uint8Array(bytes), {
      gunzip: (packed, limit) => gunzipSync(packed, { maxOutputLength: limit }),
      warn,
    })
  charts.delete(digest)
  charts.set(digest, chart)
  for (const oldest of charts.keys()) {
    if (charts.size <= maxCharts) break
    charts.delete(oldest)
  }
  return chart
}

function adapted(chart: Chart, { chartVersion, chartValues }: HelmRenderRequest): Chart {
  const metadata = chartVersion === undefined ? chart.metadata : { ...chart.metadata, version: chartVersion }
  return { ...chart, metadata, values: chartValues ?? chart.values }
}

/** The crds/ folders of a chart and of all that lie in it, told apart by path. */
function definitionsOf(
  chart: Chart,
  labels: Readonly<Record<string, string>>,
  path: string = chart.metadata.name,
): readonly DefinitionFile[] {
  const own = chart.files
    .filter(({ name }) => name.startsWith('crds/') && /\.(?:yaml|yml|json)$/i.test(name))
    .map((file) => ({ path: `${path}/${file.name}`, text: labelled(fileText(file), labels) }))
  return [
    ...own,
    ...chart.dependencies.flatMap((sub) => definitionsOf(sub, labels, `${path}/charts/${sub.metadata.name}`)),
  ]
}

function labelled(text: string, labels: Readonly<Record<string, string>>): string {
  if (Object.keys(labels).length === 0) return text
  return splitManifests(text, profile.splitting)
    .flatMap((document) => {
      const object = parseYaml(document)
      if (typeof object !== 'object' || object === null || Array.isArray(object)) return []
      return [printYaml(withMetadata(object as Readonly<Record<string, unknown>>, { labels, annotations: {} }))]
    })
    .join('---\n')
}

function contentOf(rendered: RenderedRelease, request: HelmRenderRequest): ReleaseContent {
  const { values, labels } = request
  return {
    chart: storeChart(rendered.chart, encodeBase64),
    config: Object.keys(values).length === 0 ? undefined : { ...values },
    manifest: releaseManifest(rendered),
    hooks: rendered.hooks.map(storedHook),
    notes: rendered.notes,
    crds: definitionsOf(rendered.chart, request.originLabels),
    labels,
  }
}

function storedHook(hook: Hook): StoredHook {
  const { path, content, events, weight, deletePolicies, outputLogPolicies } = hook
  const { name, kind } = hook.head
  const lastRun = { startedAt: '', completedAt: '', phase: '' }
  return { name, kind, path, manifest: content, events, weight, deletePolicies, outputLogPolicies, lastRun }
}
