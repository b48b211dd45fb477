import { int, isMap, newGoMap, nilOf, typed, untyped, type GoMap, type GoObject, type GoValue } from '@kedge/gotemplate'
import { fileText, type Chart, type ChartDependency, type ChartMetadata } from '../chart/chart.ts'
import { fromPlain, fromValues } from '../functions/plain-value.ts'
import { capabilitiesObject, type Capabilities } from './capabilities.ts'
import { filesObject } from './files-object.ts'
import { valuesMap } from './values-methods.ts'

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
  readonly basePath: string
  /** Shared by all templates of one chart, for what one sets there the next ones see. */
  readonly data: Record<string, GoValue>
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
    values: fromValues(request.values),
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
  const subcharts = newGoMap()
  const next = valuesMap(
    newGoMap([
      ['Chart', chartObject(chart.metadata, on.isRoot)],
      ['Files', filesObject(chart.files)],
      ['Release', on.shared.release],
      ['Capabilities', on.shared.capabilities],
      ['Values', valuesMap(isMap(on.values) ? on.values : newGoMap())],
      ['Subcharts', subcharts],
    ]),
  )
  for (const dependency of chart.dependencies) {
    const { name } = dependency.metadata
    const values = (isMap(on.values) ? on.values[name] : undefined) ?? newGoMap()
    subcharts[name] = collect(dependency, { ...on, path: `${on.path}/charts/${name}`, values, isRoot: false })
    // To the parent they are a plain map still.
    if (isMap(on.values) && Object.hasOwn(on.values, name) && isMap(values))
      (on.values as Record<string, GoValue>)[name] = untyped(values)
  }
  const isLibrary = chart.metadata.type.toLowerCase() === 'library'
  for (const file of chart.templates) {
    if (isLibrary && !file.name.slice(file.name.lastIndexOf('/') + 1).startsWith('_')) continue
    on.templates.push({
      name: `${on.path}/${file.name}`,
      basePath: `${on.path}/templates`,
      text: fileText(file),
      data: next,
    })
  }
  return next
}

/** `.Chart`: the metadata by its Go field names, printed as a map. */
function chartObject(metadata: ChartMetadata, isRoot: boolean): GoValue {
  return newGoMap([
    ['Name', metadata.name],
    ['Home', metadata.home],
    ['Sources', [...metadata.sources]],
    ['Version', metadata.version],
    ['Description', metadata.description],
    ['Keywords', [...metadata.keywords]],
    [
      'Maintainers',
      metadata.maintainers.map(({ name, email, url }) =>
        newGoMap([
          ['Name', name],
          ['Email', email],
          ['URL', url],
        ]),
      ),
    ],
    ['Icon', metadata.icon],
    ['APIVersion', metadata.apiVersion],
    ['Condition', metadata.condition],
    ['Tags', metadata.tags],
    ['AppVersion', metadata.appVersion],
    ['Deprecated', metadata.deprecated],
    ['Annotations', annotationsMap(metadata)],
    ['KubeVersion', metadata.kubeVersion],
    ['Dependencies', (metadata.dependencies ?? []).map(dependencyObject)],
    ['Type', metadata.type],
    ['IsRoot', isRoot],
  ])
}

/** A chart that has no annotations has no map of them. */
function annotationsMap({ annotations }: ChartMetadata): GoValue {
  const map = typed(newGoMap(Object.entries(annotations ?? {})), 'map[string]string')
  return annotations === undefined ? nilOf(map) : map
}

function dependencyObject(dependency: ChartDependency): GoValue {
  return newGoMap([
    ['Name', dependency.name],
    ['Version', dependency.version],
    ['Repository', dependency.repository],
    ['Condition', dependency.condition],
    ['Tags', [...dependency.tags]],
    ['Enabled', dependency.enabled],
    ['ImportValues', dependency.importValues.map(fromPlain)],
    ['Alias', dependency.alias],
  ])
}
