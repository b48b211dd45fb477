import { chartError, fileText, type Chart, type ChartDependency, type ChartMetadata } from '@kedge/helm'
import { printYaml } from '@kedge/yaml'
import type { Io } from '../io.ts'
import { commandOf } from './command-line.ts'
import { runCommand, runGroup } from './command.ts'
import { logLine, tellOn } from './helm-io.ts'
import { JsonPathSyntaxError } from './jsonpath/nodes.ts'
import { printJsonPath } from './jsonpath/print-json-path.ts'
import { chartFlags, loadLocatedChart } from './locate-chart.ts'
import type { Flags } from './parse-flags.ts'

type Part = 'chart' | 'values' | 'readme' | 'crds'

const parts: Readonly<Record<string, readonly Part[]>> = {
  all: ['chart', 'values', 'readme', 'crds'],
  chart: ['chart'],
  crds: ['crds'],
  readme: ['readme'],
  values: ['values'],
}

const usage = 'Usage: kedge helm show {all|chart|crds|readme|values} CHART\n\nPrints what a chart says of itself.\n'

/** `helm show PART CHART`: prints a chart's own files. */
export function showCommand(args: readonly string[], io: Io): Promise<number> {
  const { name: part, rest } = commandOf(args)
  const wanted = Object.hasOwn(parts, part) ? parts[part] : undefined
  if (wanted === undefined) return runGroup(usage, { args: rest, io })
  const flags = part === 'values' ? { ...chartFlags, jsonpath: { kind: 'text' } as const } : chartFlags
  const spec = { name: `helm show ${part}`, argument: 'CHART', shownArgument: '[CHART]', flags }
  return runCommand(spec, { args: rest, io }, (given) => show(wanted, given, io))
}

async function show(wanted: readonly Part[], flags: Flags, io: Io): Promise<void> {
  if (flags.boolean('debug')) io.stderr(logLine('DEBUG', 'original chart version', { version: flags.text('version') }))
  const chart = await loadLocatedChart(flags.positionals[0] ?? '', { flags, io, tell: tellOn(io) })
  const template = flags.text('jsonpath')
  io.stdout(
    template === ''
      ? wanted.map((one) => printPart(chart, one, wanted.length > 1)).join('')
      : printValues(chart, template),
  )
}

/** What a template picks from the values, and nothing else: not even an end of line. */
function printValues(chart: Chart, template: string): string {
  if (!chart.raw.some(({ name }) => name === 'values.yaml')) return ''
  try {
    return printJsonPath(template, chart.values)
  } catch (error) {
    if (!(error instanceof JsonPathSyntaxError)) throw error
    throw chartError(`error parsing jsonpath ${template}: ${error.message}`)
  }
}

/** Where all parts are printed, lines of `---` part them. */
function printPart(chart: Chart, part: Part, isOneOfMany: boolean): string {
  switch (part) {
    case 'chart':
      return `${printYaml(metadataMap(chart.metadata))}\n`
    case 'values': {
      const values = chart.raw.find((file) => file.name === 'values.yaml')
      return values === undefined ? '' : `${isOneOfMany ? '---\n' : ''}${fileText(values)}\n`
    }
    case 'readme': {
      const readme = chart.files.find((file) => readmeNames.includes(file.name.toLowerCase()))
      return readme === undefined ? '' : `${isOneOfMany ? '---\n' : ''}${fileText(readme)}\n`
    }
    case 'crds':
      return crdTexts(chart)
        .map((text) => `${text.startsWith('---') ? '' : '---\n'}${text}\n`)
        .join('')
  }
}

const readmeNames: readonly string[] = ['readme.md', 'readme.txt', 'readme']

function crdTexts(chart: Chart): readonly string[] {
  const own = chart.files.filter(({ name }) => name.startsWith('crds/') && /\.(?:yaml|yml|json)$/i.test(name))
  return [...own.map(fileText), ...chart.dependencies.flatMap(crdTexts)]
}

/** Chart.yaml's fields as Helm knows them, without those that are empty. */
function metadataMap(metadata: ChartMetadata): Readonly<Record<string, unknown>> {
  return withoutEmpty({
    ...metadata,
    maintainers: metadata.maintainers.map((one) => withoutEmpty({ ...one })),
    dependencies: metadata.dependencies?.map(dependencyMap) ?? [],
  })
}

function dependencyMap({ importValues, repository, ...rest }: ChartDependency): Readonly<Record<string, unknown>> {
  return { ...withoutEmpty({ ...rest, 'import-values': importValues }), name: rest.name, repository }
}

function withoutEmpty(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isEmpty = (value: unknown): boolean =>
    value === '' ||
    value === false ||
    value === undefined ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(map).filter(([, value]) => !isEmpty(value)))
}
