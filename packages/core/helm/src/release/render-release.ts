import { FailureError } from '@kedge/base'
import { TemplateError } from '@kedge/gotemplate'
import { chartError, messageOf } from '../chart/chart-error.ts'
import type { Chart, ChartFile } from '../chart/chart.ts'
import { isInRange, processDependencies } from '../chart/dependencies.ts'
import { normalKubeVersion, type Capabilities } from '../render/capabilities.ts'
import { renderChart, type EngineOptions } from '../render/engine.ts'
import type { SchemaSource } from '../schema/schema-library.ts'
import { validateValues } from '../schema/validate-values.ts'
import { coalesceValues, type Warn } from '../values/coalesce.ts'
import type { ValueMap } from '../values/paths.ts'
import { sortManifests, type Hook, type Manifest, type ManifestSplitting } from './manifests.ts'

/** What is different between versions of Helm that print different bytes. */
export interface HelmProfile {
  readonly splitting: ManifestSplitting
}

/** `4.2` is what Flux ships (up to 4.2.3), `4.3` what Argo CD (4.2.4) and the command follow. */
export const helmProfiles: Readonly<Record<'4.2' | '4.3', HelmProfile>> = {
  '4.2': { splitting: 'blank-lines-dropped' },
  '4.3': { splitting: 'blank-lines-kept' },
}

/** A release to render: Helm's install or upgrade up to where it would talk to the cluster. */
export interface ReleaseRequest {
  readonly chart: Chart
  /** The user's values; not yet merged with the chart's. */
  readonly values: Readonly<ValueMap>
  readonly name: string
  readonly namespace: string
  readonly revision: number
  readonly isUpgrade: boolean
  readonly capabilities: Capabilities
}

/** Changes the rendered files before they are split, keyed by their full names. */
export type PostRender = (files: ReadonlyMap<string, string>) => ReadonlyMap<string, string>

/** How it is rendered. */
export interface ReleaseOptions extends EngineOptions {
  readonly profile?: HelmProfile
  readonly skipSchemaValidation?: boolean
  /** Schema documents of other places, which charts' schemas refer to. */
  readonly schemas?: SchemaSource
  /** Notes of subcharts follow those of the chart. */
  readonly subNotes?: boolean
  readonly postRender?: PostRender
  readonly warn?: Warn
}

/** A file of a chart's crds/ folder; the path is its full name. */
export interface CrdFile {
  readonly path: string
  readonly file: ChartFile
}

/** A rendered release. */
export interface RenderedRelease {
  /** The chart with the subcharts and imported values that the release uses. */
  readonly chart: Chart
  /** In install order. */
  readonly manifests: readonly Manifest[]
  readonly hooks: readonly Hook[]
  readonly crds: readonly CrdFile[]
  readonly notes: string
}

/** Templates failed, or what they gave is no YAML: Helm made a release of it before it failed. */
export class RenderError extends FailureError {
  /** What was rendered before it failed, by path; empty when a template failed. */
  readonly rendered: ReadonlyMap<string, string>

  constructor(message: string, cause: unknown, rendered: ReadonlyMap<string, string> = new Map()) {
    super({ code: 'RenderFailed', message }, { cause })
    this.name = 'RenderError'
    this.rendered = rendered
  }
}

/** Renders a release. Throws FailureError: a RenderError when it is the templates that fail. */
export function renderRelease(request: ReleaseRequest, options: ReleaseOptions): RenderedRelease {
  const { warn } = options
  // Helm loads charts of the form that is to come, and installs none.
  if (request.chart.metadata.apiVersion === 'v3') throw chartError('invalid chart apiVersion')
  const chart = withDependencies(request, warn)
  const values = coalesceValues(chart, request.values, warn)
  if (options.skipSchemaValidation !== true) validateValues(chart, values, options.schemas)
  try {
    return renderParts({ ...request, chart, values }, options)
  } catch (error) {
    if (error instanceof RenderError) throw error
    if (error instanceof TemplateError || error instanceof FailureError) throw new RenderError(messageOf(error), error)
    throw error
  }
}

/** A failure of this step keeps what was rendered. */
function keeping<T>(rendered: ReadonlyMap<string, string>, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof FailureError ? new RenderError(messageOf(error), error, rendered) : error
  }
}

function withDependencies(request: ReleaseRequest, warn: Warn | undefined): Chart {
  try {
    return processDependencies(request.chart, request.values, warn)
  } catch (error) {
    warn?.('chart dependencies processing failed', { level: 'ERROR', attributes: { error: messageOf(error) } })
    throw chartError(`chart dependencies processing failed: ${messageOf(error)}`, error)
  }
}

function renderParts(request: ReleaseRequest, options: ReleaseOptions): RenderedRelease {
  const { chart, values, capabilities } = request
  const { kubeVersion } = chart.metadata
  if (kubeVersion !== '' && !isInRange(kubeVersion, normalKubeVersion(capabilities.kubeVersion)))
    throw chartError(
      `chart requires kubeVersion: ${kubeVersion} which is incompatible with Kubernetes ${capabilities.kubeVersion}`,
    )
  const { name, namespace, revision, isUpgrade } = request
  const release = { name, namespace, revision, isInstall: !isUpgrade, service: 'Helm' }
  const rendered = renderChart({ chart, values, release, capabilities }, options)
  const { files, notes } = takeNotes(rendered, { chart, subNotes: options.subNotes ?? false })
  const final = options.postRender?.(files) ?? files
  const { splitting } = options.profile ?? helmProfiles['4.3']
  const { manifests, hooks } = keeping(final, () => sortManifests(final, splitting, options.warn))
  return { chart, manifests, hooks, crds: crdFiles(chart, chart.metadata.name), notes }
}

const notesName = 'NOTES.txt'

/** Parts the notes from the files that are manifests. */
function takeNotes(
  rendered: ReadonlyMap<string, string>,
  from: { readonly chart: Chart; readonly subNotes: boolean },
): { readonly files: ReadonlyMap<string, string>; readonly notes: string } {
  const own = `${from.chart.metadata.name}/templates/${notesName}`
  const files = new Map<string, string>()
  const notes: string[] = []
  for (const [path, text] of rendered) {
    if (!path.endsWith(notesName)) files.set(path, text)
    else if (path === own) notes.unshift(text)
    else if (from.subNotes) notes.push(text)
  }
  return { files, notes: notes.join('\n') }
}

function crdFiles(chart: Chart, path: string): readonly CrdFile[] {
  const own = chart.files
    .filter(({ name }) => name.startsWith('crds/') && /\.(?:yaml|yml|json)$/i.test(name))
    .map((file) => ({ path: `${path}/${file.name}`, file }))
  return [...own, ...chart.dependencies.flatMap((sub) => crdFiles(sub, `${path}/charts/${sub.metadata.name}`))]
}
