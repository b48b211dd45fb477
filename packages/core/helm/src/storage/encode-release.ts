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
    ['metadata', (chart.metadata ?? null) as GoJson],
    ['lock', (chart.lock ?? null) as GoJson],
    ['templates', chart.templates.map(encodeFile)],
    ['values', (chart.values ?? null) as GoJson],
    ['schema', chart.schema === '' ? null : chart.schema],
    ['schemamodtime', chart.schemaModTime === '' ? zeroTime : chart.schemaModTime],
    ['files', chart.files.map(encodeFile)],
    ...filled('modtime', chart.modTime),
  ])
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
