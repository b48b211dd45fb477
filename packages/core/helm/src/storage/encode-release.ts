import { isValueMap, type ValueMap } from '../values/paths.ts'
import type { GoJson } from './go-json.ts'
import type { ReleaseInfo, StoredChart, StoredFile, StoredHook, StoredRelease } from './stored-release.ts'

type Field = readonly [name: string, value: GoJson]

/** A release as the JSON value that Helm stores, fields in Helm's order. */
export function encodeRelease(release: StoredRelease): GoJson {
  const { name, info, chart, config, manifest, hooks, version, namespace, applyMethod } = release
  return struct([
    ...filled('name', name),
    ['info', encodeInfo(info)],
    ...(chart === undefined ? [] : [['chart', encodeChart(chart)] as const]),
    ...(config === undefined || Object.keys(config).length === 0 ? [] : [['config', config as GoJson] as const]),
    ...filled('manifest', manifest),
    ...filled('hooks', hooks.map(encodeHook)),
    ...filled('version', version),
    ...filled('namespace', namespace),
    ...filled('apply_method', applyMethod),
  ])
}

function encodeInfo(info: ReleaseInfo): GoJson {
  return struct([
    ...filled('first_deployed', info.firstDeployed),
    ...filled('last_deployed', info.lastDeployed),
    ...filled('deleted', info.deleted),
    ...filled('description', info.description),
    ...filled('status', info.status),
    ...filled('rollback_revision', info.rollbackRevision),
    ...filled('notes', info.notes),
  ])
}

/** The zero time, which Helm writes where a schema has no time of its own. */
const zeroTime = '0001-01-01T00:00:00Z'

function encodeChart(chart: StoredChart): GoJson {
  return struct([
    ['metadata', encodeMetadata(chart.metadata)],
    ['lock', ordered(chart.lock, lockFields)],
    ['templates', encodeFiles(chart.templates)],
    ['values', (chart.values ?? null) as GoJson],
    ['schema', chart.schema === '' ? null : chart.schema],
    ['schemamodtime', chart.schemaModTime === '' ? zeroTime : chart.schemaModTime],
    ['files', encodeFiles(chart.files)],
    ...filled('modtime', chart.modTime),
  ])
}

const metadataFields = words(
  'name home sources version description keywords maintainers icon apiVersion condition tags appVersion deprecated annotations kubeVersion dependencies type',
)
const maintainerFields = words('name email url')
const lockFields = words('generated digest dependencies')

/** The fields of a dependency in Chart.yaml, in Helm's order. */
export const dependencyFields: readonly string[] = words(
  'name version repository condition tags enabled import-values alias',
)

function words(text: string): readonly string[] {
  return text.split(' ')
}

function encodeMetadata(metadata: Readonly<ValueMap> | undefined): GoJson {
  if (metadata === undefined) return null
  const { maintainers, dependencies } = metadata
  return ordered(
    {
      ...metadata,
      ...(Array.isArray(maintainers) ? { maintainers: eachOrdered(maintainers, maintainerFields) } : {}),
      ...(Array.isArray(dependencies) ? { dependencies: eachOrdered(dependencies, dependencyFields) } : {}),
    },
    metadataFields,
  )
}

function eachOrdered(list: readonly unknown[], fields: readonly string[]): GoJson {
  return list.map((one) => (isValueMap(one) ? ordered(one, fields) : (one as GoJson)))
}

/** The fields in the order of Go's struct; unknown ones, which a newer Helm may know, come last. */
function ordered(map: Readonly<ValueMap> | undefined, fields: readonly string[]): GoJson {
  if (map === undefined) return null
  const unknown = Object.keys(map).filter((key) => !fields.includes(key))
  const known = fields.filter((field) => Object.hasOwn(map, field))
  return struct([...known, ...unknown].map((field) => [field, map[field] as GoJson]))
}

/** Go has no empty list here, only none. */
function encodeFiles(files: readonly StoredFile[]): GoJson {
  return files.length === 0 ? null : files.map(encodeFile)
}

function encodeFile({ name, data, modTime }: StoredFile): GoJson {
  return struct([['name', name], ['data', data], ...filled('modtime', modTime)])
}

function encodeHook(hook: StoredHook): GoJson {
  return struct([
    ...filled('name', hook.name),
    ...filled('kind', hook.kind),
    ...filled('path', hook.path),
    ...filled('manifest', hook.manifest),
    ...filled('events', hook.events),
    [
      'last_run',
      struct([
        ...filled('started_at', hook.lastRun.startedAt),
        ...filled('completed_at', hook.lastRun.completedAt),
        ['phase', hook.lastRun.phase],
      ]),
    ],
    ...filled('weight', hook.weight),
    ...filled('delete_policies', hook.deletePolicies),
    ...filled('output_log_policies', hook.outputLogPolicies),
  ])
}

function struct(fields: readonly Field[]): GoJson {
  return new Map(fields)
}

/** The field, unless it is empty: Go's omitempty. */
function filled(name: string, value: string | number | readonly GoJson[]): readonly Field[] {
  const isEmpty = value === '' || value === 0 || (typeof value === 'object' && value.length === 0)
  return isEmpty ? [] : [[name, value]]
}
