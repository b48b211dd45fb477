import { compareVersions, parseVersion, quoteGo, typeName } from '@kedge/gotemplate'
import { fileText, type Chart, type ChartMetadata } from '../chart/chart.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { fromPlain } from '../functions/plain-value.ts'
import { isValueMap } from '../values/paths.ts'
import type { LintReport } from './lint-message.ts'

const strictVersion =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/
const file = 'Chart.yaml'

/** The rules on Chart.yaml. */
export function lintMetadata(chart: Chart, report: LintReport): void {
  const { metadata } = chart
  const raw = rawMetadata(chart)
  const { apiVersion, name } = metadata
  report('ERROR', file, name.includes('/') ? `chart name ${quoteGo(name)} is invalid` : undefined)
  const isKnown = apiVersion === 'v1' || apiVersion === 'v2'
  report(
    'ERROR',
    file,
    isKnown ? undefined : `apiVersion '${apiVersion}' is not valid. The value must be either "v1" or "v2"`,
  )
  report('ERROR', file, textProblem(raw, 'version'))
  report('ERROR', file, versionProblem(metadata.version))
  report('ERROR', file, textProblem(raw, 'appVersion'))
  report('ERROR', file, maintainerProblem(metadata))
  report(
    'ERROR',
    file,
    metadata.sources.filter((source) => !isUrl(source)).map((source) => `invalid source URL '${source}'`)[0],
  )
  report('INFO', file, metadata.icon === '' ? 'icon is recommended' : undefined)
  report(
    'ERROR',
    file,
    metadata.icon === '' || isUrl(metadata.icon) ? undefined : `invalid icon URL '${metadata.icon}'`,
  )
  report('ERROR', file, oldFormProblem(chart, raw))
  const isStrict = strictVersion.test(metadata.version)
  report('WARNING', file, isStrict ? undefined : `version '${metadata.version}' is not a valid SemVerV2`)
}

function rawMetadata(chart: Chart): Readonly<Record<string, unknown>> {
  const found = chart.raw.find(({ name }) => name === file)
  const document = found === undefined ? undefined : parseDocument(fileText(found))
  return isValueMap(document) ? document : {}
}

function textProblem(raw: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = raw[key]
  return value === undefined || typeof value === 'string'
    ? undefined
    : `${key} should be of type string but it's of type ${typeName(fromPlain(value))}`
}

function versionProblem(text: string): string | undefined {
  const version = parseVersion(text)
  return compareVersions(version, parseVersion('0.0.0-0')) > 0
    ? undefined
    : `version ${text} is less than or equal to 0.0.0-0`
}

function maintainerProblem({ maintainers }: ChartMetadata): string | undefined {
  for (const { name, email, url } of maintainers) {
    if (name === '') return 'each maintainer requires a name'
    if (email !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
      return `invalid email '${email}' for maintainer '${name}'`
    if (url !== '' && !/^(?:[a-z][a-z0-9+.-]*:\/\/)?[^\s/]+\.[^\s]+$/i.test(url))
      return `invalid url '${url}' for maintainer '${name}'`
  }
  return undefined
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i.test(text)
}

/** Fields that charts of apiVersion v1 do not have. */
function oldFormProblem({ metadata }: Chart, raw: Readonly<Record<string, unknown>>): string | undefined {
  const { apiVersion, type } = metadata
  if (apiVersion === 'v2') return undefined
  if (type !== '') return `chart type is not valid in apiVersion '${apiVersion}'. It is valid in apiVersion 'v2'`
  return Array.isArray(raw['dependencies']) && raw['dependencies'].length > 0
    ? `dependencies are not valid in the Chart file with apiVersion '${apiVersion}'. They are valid in apiVersion 'v2'`
    : undefined
}
