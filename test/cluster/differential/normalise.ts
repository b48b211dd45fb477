import type { Answer } from '@kedge/cluster'

/** Revisions of StatefulSets are named by a hash that is each server's own. */
const volatile: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'selfLink',
  'time',
  'currentRevision',
  'updateRevision',
])
const times: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
])
const revision = 'deployment.kubernetes.io/revision'

/** An answer without what differs by nature: times, uids, versions, chosen names and addresses, what controllers wrote. */
export function normalise(answer: Answer): unknown {
  const warning = answer.headers['warning']
  return {
    status: answer.status,
    body: normaliseValue(answer.body),
    ...(warning === undefined ? {} : { warning: normaliseText(warning) }),
  }
}

function normaliseValue(value: unknown): unknown {
  if (typeof value === 'string') return normaliseText(value)
  if (Array.isArray(value)) return value.map(normaliseValue)
  if (!isObject(value)) return value
  if (isCustomKindsRefusal(value)) return normaliseValue({ ...value, ...unordered(value) })
  const isWorkload = value['kind'] === 'Deployment' && value['spec'] !== undefined
  const entries = Object.entries(value)
    .filter(([key]) => !volatile.has(key) && !(isWorkload && key === 'status'))
    .map(([key, field]): [string, unknown] => [key, normaliseField(key, field)])
    .filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** The real server finds the mistakes of a custom object in the order of a Go map, which is none. */
function isCustomKindsRefusal(status: Readonly<Record<string, unknown>>): boolean {
  const details = status['details']
  return (
    status['message'] !== '<as its causes>' && isObject(details) && String(details['group']).endsWith('.example.com')
  )
}

function unordered(status: Readonly<Record<string, unknown>>): object {
  const details = isObject(status['details']) ? status['details'] : {}
  const causes = Array.isArray(details['causes']) ? details['causes'] : []
  if (causes.length < 2) return { message: '<as its causes>', text: status['message'] }
  const sorted = causes.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  return { message: '<as its causes>', details: { ...details, causes: sorted } }
}

function normaliseField(key: string, field: unknown): unknown {
  if (times.has(key) && typeof field === 'string') return '<time>'
  if (key === 'nodePort') return '<port>'
  if (key === 'continue' && field !== '') return '<token>'
  if (key === 'managedFields' && Array.isArray(field)) return normaliseManagers(field)
  if (key === 'cells' && Array.isArray(field)) return field.map(normaliseCell)
  if (key === 'annotations' && isObject(field)) return withoutRevision(field)
  return normaliseValue(field)
}

/** Ages are as long as the test took to get there. */
function normaliseCell(cell: unknown): unknown {
  return typeof cell === 'string' && /^\d+s$/.test(cell) ? '<age>' : normaliseValue(cell)
}

/** Entries of one moment have no order of their own, and those of controllers come whenever they come. */
function normaliseManagers(entries: readonly unknown[]): unknown {
  return entries
    .filter((entry) => !isObject(entry) || entry['manager'] !== 'kube-controller-manager')
    .map(normaliseValue)
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

function withoutRevision(annotations: Readonly<Record<string, unknown>>): unknown {
  const { [revision]: _, ...others } = annotations
  return Object.keys(others).length === 0 ? undefined : normaliseValue(others)
}

function normaliseText(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replace(/\b10\.96\.\d+\.\d+\b/g, '<ip>')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<random>')
    .replace(/in record \(\d+\)/g, 'in record (<version>)')
    .replace(/(resourceVersion\\?":\\?")\d+/g, '$1<version>')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
