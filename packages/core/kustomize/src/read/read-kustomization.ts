import type { Origin } from '@kedge/base'
import { locateMessage } from './locate-message.ts'
import { MAX_TEXT, Parser, YamlError, toValue, yamlFailure, type YamlNode } from '@kedge/yaml'
import { buildFailure, wrapFailure } from '../build-failure.ts'
import type { GeneratorArgs, HelmChart, HelmChartArgs, Kustomization } from '../model/kustomization.ts'
import { fieldOf } from '../nodes/node-access.ts'
import { list, record, string, strings } from './shape.ts'
import {
  configMapArgs,
  generatorOptions,
  helmChart,
  helmChartArgs,
  helmGlobals,
  image,
  label,
  metadata,
  patch,
  replacement,
  replica,
  secretArgs,
  sortOptions,
  varSpec,
} from './spec-shapes.ts'

const texts = list(string, '')

const shape = record<Kustomization>({
  kind: string,
  apiVersion: string,
  metadata,
  openapi: strings,
  namePrefix: string,
  nameSuffix: string,
  namespace: string,
  commonLabels: strings,
  labels: list(label, {}),
  commonAnnotations: strings,
  patchesStrategicMerge: texts,
  patchesJson6902: list(patch, {}),
  patches: list(patch, {}),
  images: list(image, {}),
  imageTags: list(image, {}),
  replacements: list(replacement, {}),
  replicas: list(replica, {}),
  vars: list(varSpec, {}),
  sortOptions,
  resources: texts,
  components: texts,
  crds: texts,
  bases: texts,
  configMapGenerator: list(configMapArgs, {}),
  secretGenerator: list(secretArgs, {}),
  helmGlobals,
  helmCharts: list(helmChart, {}),
  helmChartInflationGenerator: list(helmChartArgs, {}),
  generatorOptions,
  configurations: texts,
  generators: texts,
  transformers: texts,
  validators: texts,
  buildMetadata: texts,
})

/** A kustomization file as read: its fields in their present form, and where they were written. */
export interface KustomizationFile {
  readonly file: string
  readonly fields: Kustomization
  /** Texts for people about fields that are out of date. */
  readonly warnings: readonly string[]
  /** The line of a field, or of one of its items. */
  readonly originOf: (field: string, index?: number) => Origin
  /** The line where the text begins that is the value of a key of an item; undefined when no text stands there. */
  readonly textOrigin: (field: string, index: number, key: string) => Origin | undefined
}

/** Reads a kustomization file: strict about names and types of fields, with legacy fields moved to their successors. */
export function readKustomization(text: string, file: string): KustomizationFile {
  const root = parseRoot(text, file)
  const originOf = (field: string, index?: number): Origin => locate(root, { file, field, index })
  const written = decode(root, file)
  const fields = migrate(written)
  checkEmpty(fields, file)
  checkType(fields, originOf)
  const textOrigin = (field: string, index: number, key: string): Origin | undefined => {
    const items = fieldOf(root, field)
    const item = items?.kind === 'seq' ? items.items[index] : undefined
    return textStart(key === '' ? item : fieldOf(item, key), file)
  }
  return { file, fields, warnings: deprecations(written), originOf, textOrigin }
}

function parseRoot(text: string, file: string): YamlNode | undefined {
  if (text.length > MAX_TEXT) {
    throw buildFailure('kustomize-limit', `the file is larger than ${MAX_TEXT} characters`, { origin: { file } })
  }
  try {
    return new Parser(text).next()?.root
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw wrapFailure(yamlFailure(error, file), 'invalid Kustomization')
  }
}

function decode(root: YamlNode | undefined, file: string): Kustomization {
  try {
    const value = root === undefined ? undefined : toValue(root, 'v2', 'last-wins')
    return shape(value, '') ?? {}
  } catch (error) {
    if (error instanceof YamlError) throw wrapFailure(yamlFailure(error, file), 'invalid Kustomization')
    throw wrapFailure(error, 'invalid Kustomization', locateMessage(error, root, file))
  }
}

function locate(root: YamlNode | undefined, place: { file: string; field: string; index: number | undefined }): Origin {
  const entry = root?.kind === 'map' ? root.entries.find(({ key }) => textOfKey(key) === place.field) : undefined
  if (entry === undefined) return { file: place.file }
  const value = fieldOf(root, place.field)
  const item = place.index !== undefined && value?.kind === 'seq' ? value.items[place.index] : undefined
  return { file: place.file, line: item?.line ?? entry.key.line }
}

/** The text of a block begins on the line after its mark. */
function textStart(node: YamlNode | undefined, file: string): Origin | undefined {
  if (node?.kind !== 'scalar' || node.line <= 0) return undefined
  const isBlock = node.style === 'literal' || node.style === 'folded'
  return { file, line: isBlock ? node.line + 1 : node.line }
}

function textOfKey(key: YamlNode): string {
  return key.kind === 'scalar' ? key.value : ''
}

const fixNote = "Run 'kustomize edit fix' to update your Kustomization automatically."

const successors = [
  ['bases', 'resources', ''],
  ['commonLabels', 'labels', ''],
  ['imageTags', 'images', ''],
  ['patchesJson6902', 'patches', ''],
  ['patchesStrategicMerge', 'patches', ''],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
] as const

function deprecations(fields: Kustomization): readonly string[] {
  return successors
    .filter(([old]) => fields[old] !== undefined)
    .map(([old, now, note]) => `# Warning: '${old}' is deprecated. Please use '${now}' instead. ${note}${fixNote}`)
}

/** Moves legacy fields to the ones that replaced them. */
function migrate(written: Kustomization): Kustomization {
  const { bases, imageTags, helmChartInflationGenerator, ...rest } = written
  const kind = rest.kind === undefined || rest.kind === '' ? 'Kustomization' : rest.kind
  const version = kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION
  return {
    ...rest,
    kind,
    apiVersion: rest.apiVersion === undefined || rest.apiVersion === '' ? version : rest.apiVersion,
    ...joined('resources', rest.resources, bases),
    ...joined('images', rest.images, imageTags),
    ...generators('configMapGenerator', rest.configMapGenerator),
    ...generators('secretGenerator', rest.secretGenerator),
    ...migrateHelm(rest, helmChartInflationGenerator),
  }
}

const KUSTOMIZATION_VERSION = 'kustomize.config.k8s.io/v1beta1'
const COMPONENT_VERSION = 'kustomize.config.k8s.io/v1alpha1'

function joined<T>(name: string, first: readonly T[] | undefined, second: readonly T[] | undefined): object {
  return second === undefined ? {} : { [name]: [...(first ?? []), ...second] }
}

function generators(name: string, args: readonly GeneratorArgs[] | undefined): object {
  return args === undefined ? {} : { [name]: args.map(migrateEnv) }
}

function migrateEnv({ env, ...rest }: GeneratorArgs): GeneratorArgs {
  return env === undefined || env === '' ? rest : { ...rest, envs: [...(rest.envs ?? []), env] }
}

function migrateHelm(fields: Kustomization, legacy: readonly HelmChartArgs[] | undefined): Partial<Kustomization> {
  if (legacy === undefined || legacy.length === 0) return {}
  const chartHome = legacy.findLast((chart) => chart.chartHome !== undefined)?.chartHome
  const configHome = legacy.findLast((chart) => chart.helmHome !== undefined)?.helmHome
  const globals = {
    ...(chartHome === undefined ? {} : { chartHome }),
    ...(configHome === undefined ? {} : { configHome }),
  }
  return {
    helmCharts: [...(fields.helmCharts ?? []), ...legacy.map(modernChart)],
    ...(fields.helmGlobals === undefined && Object.keys(globals).length > 0 ? { helmGlobals: globals } : {}),
  }
}

function modernChart(old: HelmChartArgs): HelmChart {
  const chart = {
    name: old.chartName,
    version: old.chartVersion,
    repo: old.chartRepoUrl,
    valuesFile: old.values,
    valuesInline: old.valuesLocal,
    valuesMerge: old.valuesMerge,
    releaseName: old.releaseName,
  }
  return Object.fromEntries(Object.entries(chart).filter(([, value]) => value !== undefined)) as HelmChart
}

function checkEmpty(fields: Kustomization, file: string): void {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = fields
  // Texts that are empty count as none; empty lists and maps do not.
  if (Object.values(rest).some((value) => value !== undefined && value !== '')) return
  throw buildFailure('kustomize-invalid', 'kustomization.yaml is empty', {
    origin: { file, line: 1 },
    fix: 'list resources, generators or components in it',
  })
}

function checkType(fields: Kustomization, originOf: (field: string) => Origin): void {
  const { kind, apiVersion } = fields
  if (kind !== 'Kustomization' && kind !== 'Component') {
    throw buildFailure('kustomize-invalid', 'kind should be Kustomization or Component', { origin: originOf('kind') })
  }
  const version = kind === 'Component' ? COMPONENT_VERSION : KUSTOMIZATION_VERSION
  if (apiVersion !== version) {
    throw buildFailure('kustomize-invalid', `apiVersion for ${kind} should be ${version}`, {
      origin: originOf('apiVersion'),
    })
  }
}
