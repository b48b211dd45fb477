import { FailureError } from '@kedge/base'
import { isValueMap, newValueMap, type ValueMap } from '../values/paths.ts'
import type {
  ReleaseInfo,
  ReleaseStatus,
  StoredChart,
  StoredFile,
  StoredHook,
  StoredRelease,
} from './stored-release.ts'

/** A release from its JSON value. Missing fields are empty as in Go; a field of the wrong type is a FailureError. */
export function decodeRelease(value: unknown, labels: Readonly<Record<string, string>>): StoredRelease {
  const fields = mapOf(value, 'release') ?? newValueMap()
  return {
    name: textOf(fields['name'], 'name'),
    namespace: textOf(fields['namespace'], 'namespace'),
    version: wholeOf(fields['version'], 'version'),
    info: decodeInfo(mapOf(fields['info'], 'info') ?? newValueMap()),
    chart: decodeChart(fields['chart']),
    config: mapOf(fields['config'], 'config'),
    manifest: textOf(fields['manifest'], 'manifest'),
    hooks: listOf(fields['hooks'], 'hooks').map(decodeHook),
    applyMethod: textOf(fields['apply_method'], 'apply_method'),
    labels,
  }
}

const statuses: ReadonlySet<string> = new Set<ReleaseStatus>([
  'unknown',
  'deployed',
  'uninstalled',
  'superseded',
  'failed',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
])

function decodeInfo(info: Readonly<ValueMap>): ReleaseInfo {
  const status = textOf(info['status'], 'info.status')
  return {
    firstDeployed: timeOf(info['first_deployed'], 'info.first_deployed'),
    lastDeployed: timeOf(info['last_deployed'], 'info.last_deployed'),
    deleted: timeOf(info['deleted'], 'info.deleted'),
    description: textOf(info['description'], 'info.description'),
    status: statuses.has(status) ? (status as ReleaseStatus) : 'unknown',
    rollbackRevision: wholeOf(info['rollback_revision'], 'info.rollback_revision'),
    notes: textOf(info['notes'], 'info.notes'),
  }
}

function decodeChart(value: unknown): StoredChart | undefined {
  const chart = mapOf(value, 'chart')
  if (chart === undefined) return undefined
  return {
    metadata: mapOf(chart['metadata'], 'chart.metadata'),
    lock: mapOf(chart['lock'], 'chart.lock'),
    templates: filesOf(chart['templates'], 'chart.templates'),
    values: mapOf(chart['values'], 'chart.values'),
    schema: textOf(chart['schema'], 'chart.schema'),
    schemaModTime: timeOf(chart['schemamodtime'], 'chart.schemamodtime'),
    files: filesOf(chart['files'], 'chart.files'),
    modTime: timeOf(chart['modtime'], 'chart.modtime'),
  }
}

function filesOf(value: unknown, field: string): readonly StoredFile[] {
  return listOf(value, field).map((one) => {
    const file = mapOf(one, field) ?? newValueMap()
    return {
      name: textOf(file['name'], `${field}.name`),
      data: textOf(file['data'], `${field}.data`),
      modTime: timeOf(file['modtime'], `${field}.modtime`),
    }
  })
}

function decodeHook(value: unknown): StoredHook {
  const hook = mapOf(value, 'hooks') ?? newValueMap()
  const run = mapOf(hook['last_run'], 'hooks.last_run') ?? newValueMap()
  const texts = (field: string): readonly string[] =>
    listOf(hook[field], `hooks.${field}`).map((one) => textOf(one, `hooks.${field}`))
  return {
    name: textOf(hook['name'], 'hooks.name'),
    kind: textOf(hook['kind'], 'hooks.kind'),
    path: textOf(hook['path'], 'hooks.path'),
    manifest: textOf(hook['manifest'], 'hooks.manifest'),
    events: texts('events'),
    weight: wholeOf(hook['weight'], 'hooks.weight'),
    deletePolicies: texts('delete_policies'),
    outputLogPolicies: texts('output_log_policies'),
    lastRun: {
      startedAt: timeOf(run['started_at'], 'hooks.last_run.started_at'),
      completedAt: timeOf(run['completed_at'], 'hooks.last_run.completed_at'),
      phase: textOf(run['phase'], 'hooks.last_run.phase'),
    },
  }
}

/** Year 1 is Go's way to say that there is no time. */
function timeOf(value: unknown, field: string): string {
  const text = textOf(value, field)
  if (text === '' || text.startsWith('0001-01-01T00:00:00')) return ''
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) throw mismatch(field, 'a time')
  return goTime(text)
}

/** Go writes no zeros at the end of a fraction: a record is the same after helm has written it again. */
function goTime(text: string): string {
  return text.replace(/\.(\d*?)0*(?=Z|[+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`))
}

function textOf(value: unknown, field: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw mismatch(field, 'a text')
  return value
}

function wholeOf(value: unknown, field: string): number {
  if (value === undefined || value === null) return 0
  if (!Number.isSafeInteger(value)) throw mismatch(field, 'a whole number')
  return value as number
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw mismatch(field, 'a list')
  return value
}

function mapOf(value: unknown, field: string): Readonly<ValueMap> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isValueMap(value)) throw mismatch(field, 'a map')
  return value
}

function mismatch(field: string, wanted: string): FailureError {
  return new FailureError({ code: 'ReleaseMalformed', message: `the stored release's ${field} is not ${wanted}` })
}
