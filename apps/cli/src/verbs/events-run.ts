import type { KubeObject } from '@kedge/manifest'
import { connect } from '../connect.ts'
import { interrupted } from '../interrupted.ts'
import type { Io } from '../io.ts'
import { findResource } from '../kube/discovery.ts'
import type { Kube } from '../kube/kube.ts'
import { namespaceFor, selectOneObject } from '../kube/selection.ts'
import type { ExitCode } from '../main.ts'
import { formatAge } from '../output/format.ts'
import { formatTable } from '../output/table.ts'
import type { EventFlags } from './events.ts'

/** Prints events, oldest first; with --watch it goes on until interrupted. */
export async function runEvents(flags: EventFlags, io: Io): Promise<ExitCode> {
  await using kube = await connect(flags, io)
  const resource = findResource('events.v1', await kube.served())
  const query = await eventQuery(kube, flags)
  const wanted = flags.types?.toLowerCase().split(',')
  const fits = (event: KubeObject) => wanted === undefined || wanted.includes(text(event['type']).toLowerCase())
  const list = await kube.list(resource, query)
  const now = Date.now()
  const rows = list.items
    .filter(fits)
    .toSorted((a, b) => lastSeen(a) - lastSeen(b))
    .map((event) => eventRow(event, now))
  if (rows.length > 0) io.stdout(formatTable(header, rows))
  else if (flags.watch !== true) io.stderr('No events found.\n')
  if (flags.watch !== true) return 0
  const watch = kube.watch(resource, { ...query, resourceVersion: list.resourceVersion }, ({ type, object }) => {
    if ((type === 'ADDED' || type === 'MODIFIED') && fits(object))
      io.stdout(`${eventRow(object, Date.now()).join('   ')}\n`)
  })
  await interrupted()
  watch.close()
  return 0
}

const header = ['NAMESPACE', 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'] as const

async function eventQuery(kube: Kube, flags: EventFlags): Promise<{ namespace: string; fieldSelector?: string }> {
  const everywhere = { namespace: flags.namespace ?? '' }
  if (flags.for === undefined) return everywhere
  const { resource, name } = await selectOneObject([flags.for], kube)
  return {
    namespace: namespaceFor(resource, flags, kube),
    fieldSelector: `involvedObject.kind=${resource.kind},involvedObject.name=${name}`,
  }
}

function eventRow(event: KubeObject, nowMs: number): readonly string[] {
  const about = (event['involvedObject'] ?? {}) as { readonly kind?: string; readonly name?: string }
  const count = typeof event['count'] === 'number' && event['count'] > 1 ? ` (x${event['count']})` : ''
  return [
    event.metadata.namespace ?? '',
    `${formatAge(nowMs - lastSeen(event))}${count}`,
    text(event['type']),
    text(event['reason']),
    `${(about.kind ?? '').toLowerCase()}/${about.name ?? ''}`,
    text(event['message']).trim().replaceAll(/\n\s*/g, '; '),
  ]
}

function lastSeen(event: KubeObject): number {
  const at = event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp
  return Date.parse(text(at))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
