import { FailureError } from '@kedge/base'
import { quoteGo, typeName } from '@kedge/gotemplate'
import { compareVersions, parseVersion, VersionError } from '@kedge/semver'
import { Parser, type YamlNode } from '@kedge/yaml'
import { messageOf } from '../chart/chart-error.ts'
import type { ChartMetadata } from '../chart/chart.ts'
import { decodeMetadata, emptyMaintainer } from '../chart/metadata.ts'
import { parseDocument } from '../chart/parse-document.ts'
import { fromPlain } from '../functions/plain-value.ts'
import { isValueMap } from '../values/paths.ts'
import type { LintReport } from './lint-message.ts'

const strictVersion =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/
const file = 'Chart.yaml'

/** The rules on Chart.yaml. */
export function lintMetadata(text: string, report: LintReport): void {
  const read = readMetadata(text, report)
  if (read === undefined) return
  const { metadata, raw } = read
  const strictly = strictProblem(text, raw)
  report(
    'WARNING',
    file,
    strictly === undefined ? undefined : `failed to strictly parse chart metadata file\n\t${strictly}`,
  )
  report('ERROR', file, nameProblem(metadata.name))
  report('ERROR', file, formProblem(metadata.apiVersion))
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
  report('ERROR', file, typeProblem(metadata))
  report('ERROR', file, dependenciesProblem(metadata))
  const isStrict = strictVersion.test(metadata.version)
  report('WARNING', file, isStrict ? undefined : `version '${metadata.version}' is not a valid SemVerV2`)
}

interface ReadMetadata {
  readonly metadata: ChartMetadata
  readonly raw: Readonly<Record<string, unknown>>
}

function readMetadata(text: string, report: LintReport): ReadMetadata | undefined {
  try {
    const document = parseDocument(text)
    const raw = isValueMap(document) ? document : {}
    return { raw, metadata: decodeMetadata(raw) }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    report('ERROR', file, `unable to parse YAML\n\t${messageOf(error)}`)
    return undefined
  }
}

interface Fields {
  readonly [name: string]: Fields
}

const plain: Fields = {}
const fieldsOf = (names: string): Fields => Object.fromEntries(names.split(' ').map((name) => [name, plain]))
/** The fields of Chart.yaml, by their names in small letters. */
const knownFields: Fields = {
  ...fieldsOf('name home sources version description keywords icon apiversion condition tags appversion deprecated'),
  ...fieldsOf('annotations kubeversion type'),
  maintainers: fieldsOf('name email url'),
  dependencies: fieldsOf('name version repository condition tags enabled import-values alias'),
}

function strictProblem(text: string, raw: Readonly<Record<string, unknown>>): string | undefined {
  const root = new Parser(text, { rules: 'v2' }).next()?.root
  const twice = root === undefined ? [] : keysSetTwice(root)
  if (twice.length > 0) return `error converting YAML to JSON: yaml: unmarshal errors:\n${twice.join('\n')}`
  const unknown = unknownField(raw, knownFields)
  return unknown === undefined
    ? undefined
    : `error unmarshaling JSON: while decoding JSON: json: unknown field ${quoteGo(unknown)}`
}

/** yaml.v2's complaints, at the lines of the values, of what lies in a value before those of the value itself. */
function keysSetTwice(node: YamlNode): readonly string[] {
  if (node.kind === 'seq') return node.items.flatMap(keysSetTwice)
  if (node.kind !== 'map') return []
  const seen = new Set<string>()
  return node.entries.flatMap(({ key, value }) => {
    const below = keysSetTwice(value)
    if (key.kind !== 'scalar') return below
    if (!seen.has(key.value)) {
      seen.add(key.value)
      return below
    }
    return [...below, `  line ${value.line}: key ${quoteGo(key.value)} already set in map`]
  })
}

/** The first field, in the order of their names, that Chart.yaml does not have. */
function unknownField(value: unknown, known: Fields): string | undefined {
  if (Array.isArray(value)) return value.map((item) => unknownField(item, known)).find((name) => name !== undefined)
  if (!isValueMap(value) || Object.keys(known).length === 0) return undefined
  for (const key of Object.keys(value).toSorted()) {
    const below = Object.hasOwn(known, key.toLowerCase()) ? known[key.toLowerCase()] : undefined
    const found = below === undefined ? key : unknownField(value[key], below)
    if (found !== undefined) return found
  }
  return undefined
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'name is required'
  return name.includes('/') ? `chart name ${quoteGo(name)} is invalid` : undefined
}

function formProblem(apiVersion: string): string | undefined {
  if (apiVersion === 'v1' || apiVersion === 'v2') return undefined
  return apiVersion === ''
    ? 'apiVersion is required. The value must be either "v1" or "v2"'
    : `apiVersion '${apiVersion}' is not valid. The value must be either "v1" or "v2"`
}

function textProblem(raw: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = raw[key]
  return value === undefined || typeof value === 'string'
    ? undefined
    : `${key} should be of type string but it's of type ${typeName(fromPlain(value))}`
}

function versionProblem(text: string): string | undefined {
  if (text === '') return 'version is required'
  try {
    return compareVersions(parseVersion(text), parseVersion('0.0.0-0')) > 0
      ? undefined
      : `version ${text} is less than or equal to 0.0.0-0`
  } catch (error) {
    if (error instanceof VersionError) return `version '${text}' is not a valid SemVer`
    throw error
  }
}

function maintainerProblem({ maintainers }: ChartMetadata): string | undefined {
  for (const maintainer of maintainers) {
    if (maintainer === emptyMaintainer) return 'a maintainer entry is empty'
    const { name, email, url } = maintainer
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
function typeProblem({ apiVersion, type }: ChartMetadata): string | undefined {
  if (type === '' || apiVersion === 'v2') return undefined
  return `chart type is not valid in apiVersion '${apiVersion}'. It is valid in apiVersion 'v2'`
}

function dependenciesProblem({ apiVersion, dependencies = [] }: ChartMetadata): string | undefined {
  if (dependencies.length === 0 || apiVersion === 'v2') return undefined
  return `dependencies are not valid in the Chart file with apiVersion '${apiVersion}'. They are valid in apiVersion 'v2'`
}
