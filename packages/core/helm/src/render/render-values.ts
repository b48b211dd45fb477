import { int, newGoMap, typed, type GoMap, type GoObject, type GoValue } from '@kedge/gotemplate'
import type { Chart } from '../chart/chart.ts'
import { fromPlain } from '../functions/plain-value.ts'
import { isValueMap } from '../values/paths.ts'
import { capabilitiesObject, type Capabilities } from './capabilities.ts'
import { filesObject } from './files-object.ts'

/** What templates learn of the release. */
export interface ReleaseFacts {
  readonly name: string
  readonly namespace: string
  readonly revision: number
  readonly isInstall: boolean
  readonly service: string
}

/** A template with the data it runs on. */
export interface ReadyTemplate {
  readonly name: string
  readonly text: string
  readonly data: GoValue
  /** Of a library chart: only its definitions count. */
  readonly isLibrary: boolean
}

/** All templates of a chart and its subcharts, each with its own data. */
export function toRenderValues(request: {
  readonly chart: Chart
  readonly values: Readonly<Record<string, unknown>>
  readonly release: ReleaseFacts
  readonly capabilities: Capabilities
}): readonly ReadyTemplate[] {
  const { release } = request
  const shared = {
    capabilities: capabilitiesObject(request.capabilities),
    release: newGoMap([
      ['Name', release.name],
      ['Namespace', release.namespace],
      ['IsUpgrade', !release.isInstall],
      ['IsInstall', release.isInstall],
      ['Revision', int(release.revision)],
      ['Service', release.service],
    ]),
  }
  const templates: ReadyTemplate[] = []
  collect(request.chart, {
    path: request.chart.metadata.name,
    values: fromPlain(request.values),
    isRoot: true,
    shared,
    templates,
  })
  return templates
}

interface Collecting {
  readonly path: string
  readonly values: GoValue
  readonly isRoot: boolean
  readonly shared: { readonly capabilities: GoObject; readonly release: GoMap }
  readonly templates: ReadyTemplate[]
}

function collect(chart: Chart, on: Collecting): Record<string, GoValue> {
  const next = newGoMap([
    ['Chart', chartObject(chart, on.isRoot)],
    ['Files', filesObject(chart.files)],
    ['Release', on.shared.release],
    ['Capabilities', on.shared.capabilities],
    ['Values', on.values],
  ])
  const subcharts = newGoMap()
  next['Subcharts'] = subcharts
  for (const dependency of chart.dependencies) {
    const { name } = dependency.metadata
    const values = isValueMap(on.values) ? ((on.values as Record<string, GoValue>)[name] ?? newGoMap()) : newGoMap()
    subcharts[name] = collect(dependency, { ...on, path: `${on.path}/charts/${name}`, values, isRoot: false })
  }
  const isLibrary = chart.metadata.type === 'library'
  for (const file of chart.templates) {
    const name = `${on.path}/${file.name}`
    const template = newGoMap([
      ['Name', name],
      ['BasePath', `${on.path}/templates`],
    ])
    const data = newGoMap(Object.entries(next))
    data['Template'] = template
    on.templates.push({ name, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes), data, isLibrary })
  }
  return next
}

/** `.Chart`: the metadata by its Go field names, printed as a map. */
function chartObject(chart: Chart, isRoot: boolean): GoValue {
  const { raw } = chart.metadata
  const text = (key: string): string => (typeof raw[key] === 'string' ? raw[key] : '')
  const fields = newGoMap([
    ['Name', text('name')],
    ['Home', text('home')],
    ['Sources', fromPlain(raw['sources'] ?? [])],
    ['Version', text('version')],
    ['Description', text('description')],
    ['Keywords', fromPlain(raw['keywords'] ?? [])],
    ['Maintainers', maintainers(raw['maintainers'])],
    ['Icon', text('icon')],
    ['APIVersion', text('apiVersion')],
    ['Condition', text('condition')],
    ['Tags', text('tags')],
    ['AppVersion', text('appVersion')],
    ['Deprecated', raw['deprecated'] === true],
    ['Annotations', typed(fromPlain(raw['annotations'] ?? {}) as object, 'map[string]string') as GoValue],
    ['KubeVersion', text('kubeVersion')],
    ['Dependencies', []],
    ['Type', text('type')],
    ['IsRoot', isRoot],
  ])
  return fields
}

function maintainers(value: unknown): GoValue {
  if (!Array.isArray(value)) return []
  return value.map((one: unknown) => {
    const map = isValueMap(one) ? one : {}
    const text = (key: string): string => (typeof map[key] === 'string' ? map[key] : '')
    return newGoMap([
      ['Name', text('name')],
      ['Email', text('email')],
      ['URL', text('url')],
    ])
  })
}
