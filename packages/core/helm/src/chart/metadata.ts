import { quoteGo } from '@kedge/gotemplate'
import { parseVersion } from '@kedge/semver'
import { isValueMap, newValueMap, type ValueMap } from '../values/paths.ts'
import { chartError } from './chart-error.ts'
import type { ChartDependency, ChartMaintainer, ChartMetadata } from './chart.ts'
import { decodeBoolean, decodeList, decodeText, decodeTextMap, mismatch } from './decode.ts'

const emptyDependency = { name: '', version: '', repository: '', condition: '', alias: '' } as const

const nullDependency: ChartDependency = { ...emptyDependency, tags: [], enabled: false, importValues: [] }

/** Stands for an entry of maintainers that is null, which only lint lets pass. */
export const emptyMaintainer: ChartMaintainer = { name: '', email: '', url: '' }

/** Chart.yaml's map as metadata, with every text cleaned of control characters. Throws when a field has the wrong type. */
export function decodeMetadata(raw: Readonly<ValueMap>): ChartMetadata {
  const text = (key: string): string => sanitize(decodeText(raw[key], `Metadata.${key}`))
  const texts = (key: string): readonly string[] =>
    decodeList(raw[key], { field: `Metadata.${key}`, of: 'string' }, (one) =>
      sanitize(decodeText(one, `Metadata.${key}`)),
    )
  const { dependencies } = raw
  // In the order of the names, which is the one that Go decodes in: the first mistake is told.
  return {
    annotations: decodeTextMap(raw['annotations'], 'Metadata.annotations'),
    apiVersion: decodeText(raw['apiVersion'], 'Metadata.apiVersion'),
    appVersion: text('appVersion'),
    condition: text('condition'),
    dependencies:
      dependencies === undefined || dependencies === null
        ? undefined
        : decodeList(dependencies, { field: 'Metadata.dependencies', of: '*v2.Dependency' }, decodeDependency),
    deprecated: decodeBoolean(raw['deprecated'], 'Metadata.deprecated'),
    description: text('description'),
    home: text('home'),
    icon: text('icon'),
    keywords: texts('keywords'),
    kubeVersion: text('kubeVersion'),
    maintainers: decodeList(
      raw['maintainers'],
      { field: 'Metadata.maintainers', of: '*v2.Maintainer' },
      decodeMaintainer,
    ),
    name: text('name'),
    sources: texts('sources'),
    tags: text('tags'),
    type: decodeText(raw['type'], 'Metadata.type'),
    version: decodeText(raw['version'], 'Metadata.version'),
  }
}

function decodeMaintainer(value: unknown): ChartMaintainer {
  if (value === null || value === undefined) return emptyMaintainer
  if (!isValueMap(value)) throw mismatch(value, 'Go struct field Metadata.maintainers of type v2.Maintainer')
  const text = (key: string): string => sanitize(decodeText(value[key], `Maintainer.maintainers.${key}`))
  return { name: text('name'), email: text('email'), url: text('url') }
}

function decodeDependency(value: unknown): ChartDependency {
  if (value === null || value === undefined) return nullDependency
  if (!isValueMap(value)) throw mismatch(value, 'Go struct field Metadata.dependencies of type v2.Dependency')
  const map = Object.assign(newValueMap(), emptyDependency, value)
  const field = (key: string): string => `Metadata.dependencies.${key}`
  const text = (key: string): string => sanitize(decodeText(map[key], field(key)))
  return {
    name: text('name'),
    version: text('version'),
    repository: text('repository'),
    condition: text('condition'),
    tags: decodeList(map['tags'], { field: field('tags'), of: 'string' }, (one) =>
      sanitize(decodeText(one, field('tags'))),
    ),
    enabled: decodeBoolean(map['enabled'], field('enabled')),
    importValues: decodeList(map['import-values'], { field: field('import-values'), of: 'interface {}' }, (one) => one),
    alias: decodeText(map['alias'], field('alias')),
  }
}

/** Blanks of every kind become one blank each; what cannot be printed goes. */
function sanitize(value: string): string {
  return value.replaceAll(/\s/gu, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
}

/** Throws Helm's complaint about metadata that a chart may not have. */
export function validateMetadata(metadata: ChartMetadata): void {
  const problem = problemOf(metadata) ?? dependencyProblem(metadata.dependencies ?? [])
  if (problem !== undefined) throw chartError(`validation: ${problem}`)
}

function problemOf({ apiVersion, name, version, type, maintainers }: ChartMetadata): string | undefined {
  if (apiVersion === '') return 'chart.metadata.apiVersion is required'
  if (name === '') return 'chart.metadata.name is required'
  if (name === '.' || name === '..') return `chart.metadata.name ${quoteGo(name)} is not allowed`
  if (name.includes('/')) return `chart.metadata.name ${quoteGo(name)} is invalid`
  if (version === '') return 'chart.metadata.version is required'
  if (!isVersion(version)) return `chart.metadata.version ${quoteGo(version)} is invalid`
  if (!['', 'application', 'library'].includes(type)) return 'chart.metadata.type must be application or library'
  return maintainers.includes(emptyMaintainer) ? 'maintainers must not contain empty or null nodes' : undefined
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch {
    return false
  }
}

function dependencyProblem(dependencies: readonly ChartDependency[]): string | undefined {
  const seen = new Set<string>()
  for (const dependency of dependencies) {
    if (dependency === nullDependency) return 'dependencies must not contain empty or null nodes'
    const { name, alias } = dependency
    if (alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(alias))
      return `dependency ${quoteGo(name)} has disallowed characters in the alias`
    const key = alias === '' ? name : alias
    if (seen.has(key)) return `more than one dependency with name or alias ${quoteGo(key)}`
    seen.add(key)
  }
  return undefined
}
