import { FailureError } from '@kedge/base'
import { TemplateError } from '@kedge/gotemplate'
import { messageOf } from '../chart/chart-error.ts'
import { fileText, type Chart, type ChartFile } from '../chart/chart.ts'
import { missingDependencies, processDependencies } from '../chart/dependencies.ts'
import { renderChart, type EngineOptions } from '../render/engine.ts'
import type { Capabilities } from '../render/capabilities.ts'
import { checkSchema } from '../schema/check-schema.ts'
import type { SchemaSource } from '../schema/schema-library.ts'
import { validateValues } from '../schema/validate-values.ts'
import { coalesceValues, fillTable, type Warn } from '../values/coalesce.ts'
import { copyValues, isValueMap, newValueMap, type ValueMap } from '../values/paths.ts'
import { toFloats } from '../values/read-values.ts'
import { mismatch } from '../chart/decode.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { lintCrds, lintDocuments } from './lint-documents.ts'
import type { LintMessage, LintReport } from './lint-message.ts'
import { lintMetadata } from './lint-metadata.ts'

/** A chart to lint, and what it is rendered with. */
export interface LintRequest {
  /** Loads the chart; what it throws is a message too. */
  readonly load: () => Chart
  /** Is called each time that Helm loads the chart, so that what loading it tells of is told as often. */
  readonly onLoad?: () => void
  /** A file of the chart's folder; undefined when it is not there. Without it the files are those of the chart. */
  readonly read?: (name: string) => string | undefined
  /** Whether the chart's folder has a folder. */
  readonly hasFolder?: (name: string) => boolean
  /** The chart's folder, as messages about the whole of it name it. */
  readonly folder: string
  readonly values: Readonly<ValueMap>
  readonly namespace: string
  readonly capabilities: Capabilities
}

/** How a chart is linted. */
export interface LintOptions extends EngineOptions {
  readonly skipSchemaValidation?: boolean
  /** Is told what Helm logs on the way. */
  readonly warn?: Warn
  /** Schema documents of other places, which the chart's schemas refer to. */
  readonly schemas?: SchemaSource
}

/** Says of a chart what `helm lint` says. */
export function lintChart(request: LintRequest, options: LintOptions): readonly LintMessage[] {
  const messages: LintMessage[] = []
  const report: LintReport = (severity, path, text) => {
    if (text !== undefined) messages.push({ severity, path, text })
  }
  let complaint = ''
  const chart = attempt(request.load, (text) => (complaint = text))
  const read = request.read ?? ((name) => rawText(chart, name))
  const hasFolder = request.hasFolder ?? ((name) => chart?.raw.some((file) => file.name.startsWith(name)) === true)
  lintMetadata(read('Chart.yaml') ?? '', report)
  lintValues({ values: read('values.yaml'), schema: read('values.schema.json') }, { request, options, report })
  const { onLoad = () => undefined } = request
  if (hasFolder('templates/')) onLoad()
  if (!hasFolder('templates/')) report('WARNING', 'templates/', 'directory does not exist')
  else if (chart === undefined) report('ERROR', 'templates/', complaint)
  else lintTemplates(chart, { request, options, report })
  onLoad()
  if (chart === undefined) report('ERROR', '', `unable to load chart\n\t${complaint}`)
  else lintDependencies(chart, request.folder, report)
  if (!hasFolder('crds/')) return messages
  onLoad()
  if (chart === undefined) report('ERROR', 'crds/', complaint)
  else crdsOf(chart).every((file) => lintCrds(file.name, fileText(file), report))
  return messages
}

function rawText(chart: Chart | undefined, name: string): string | undefined {
  const file = chart?.raw.find((one) => one.name === name)
  return file === undefined ? undefined : fileText(file)
}

function lintTemplates(
  chart: Chart,
  on: {
    readonly request: LintRequest
    readonly options: LintOptions
    readonly report: LintReport
  },
): void {
  const { request, options, report } = on
  const { warn = () => undefined } = options
  // What fails here ends the rules on templates without a message.
  const ready = attempt(
    () => {
      const own = processDependencies(chart, request.values, warn)
      // Helm does it once more where it makes the data of the templates, and tells of the same again.
      return { own, values: coalesceValues(own, coalesceValues(own, request.values, warn), warn) }
    },
    () => undefined,
  )
  if (ready === undefined) return
  const { own, values } = ready
  const rendered = attempt(
    () => {
      if (options.skipSchemaValidation !== true) validateValues(own, values, options.schemas)
      const release = {
        name: 'test-release',
        namespace: request.namespace,
        revision: 0,
        isInstall: true,
        service: 'Helm',
      }
      return renderChart(
        { chart: own, values, release, capabilities: request.capabilities },
        { ...options, lint: warn },
      )
    },
    (text) => report('ERROR', 'templates/', text),
  )
  if (rendered === undefined) return
  for (const { name } of chart.templates) {
    const extension = /\.[^./]*$/.exec(name)?.[0] ?? ''
    if (!['.yaml', '.yml', '.tpl', '.txt'].includes(extension))
      report('ERROR', name, `file extension '${extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`)
    const text = rendered.get(`${chart.metadata.name}/${name}`) ?? ''
    const isYaml = ['.yaml', '.yml'].includes(extension.toLowerCase())
    const file = { name, text, kubeVersion: request.capabilities.kubeVersion }
    if (isYaml && text.trim() !== '' && !lintDocuments(file, report)) return
  }
}

/** Undefined when it fails as charts and templates do. */
function attempt<T>(run: () => T, complain: (message: string) => void): T | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof FailureError || error instanceof TemplateError)) throw error
    complain(messageOf(error))
    return undefined
  }
}

/** The files of crds/, of subcharts too. */
function crdsOf(chart: Chart): readonly ChartFile[] {
  const own = chart.files.filter(({ name }) => name.startsWith('crds/') && /\.(?:yaml|yml|json)$/i.test(name))
  return [...own, ...chart.dependencies.flatMap(crdsOf)]
}

function lintDependencies(chart: Chart, folder: string, report: LintReport): void {
  const declared = new Set((chart.metadata.dependencies ?? []).map(({ name }) => name))
  const undeclared = chart.dependencies.map(({ metadata }) => metadata.name).filter((name) => !declared.has(name))
  if (undeclared.length > 0)
    report('ERROR', folder, `chart metadata is missing these dependencies: ${undeclared.join(',')}`)
  const names = (chart.metadata.dependencies ?? []).map(({ name, alias }) => (alias === '' ? name : alias))
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  if (twice.length > 0) report('ERROR', folder, `multiple dependencies with name or alias: ${twice.join(',')}`)
  const missing = missingDependencies(chart)
  if (missing.length > 0)
    report('WARNING', folder, `chart directory is missing these dependencies: ${missing.join(',')}`)
}

/** The chart's own values under its own schema; what subcharts get is not looked at. */
function lintValues(
  files: { readonly values: string | undefined; readonly schema: string | undefined },
  on: {
    readonly request: LintRequest
    readonly options: LintOptions
    readonly report: LintReport
  },
): void {
  const { request, options, report } = on
  report('INFO', 'values.yaml', files.values === undefined ? 'file does not exist' : undefined)
  if (files.values === undefined) return
  const own = attempt(
    () => valuesOf(files.values ?? ''),
    (text) => report('ERROR', 'values.yaml', `unable to parse YAML: ${text}`),
  )
  if (own === undefined) return
  const values = fillTable(copyValues(request.values), own, options.warn)
  if (files.schema === undefined || options.skipSchemaValidation === true) return
  const problem = checkSchema(values, files.schema, options.schemas)
  report('ERROR', 'values.yaml', problem === '' ? undefined : problem)
}

function valuesOf(text: string): ValueMap {
  const value = parseDocument(text)
  if (value === null || value === undefined) return newValueMap()
  if (!isValueMap(value)) throw mismatch(value, 'Go value of type common.Values')
  return toFloats(value) as ValueMap
}
