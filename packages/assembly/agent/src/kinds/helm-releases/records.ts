import type { CacheEvent, Cluster, ObjectCache } from '@kedge/cluster'
import type { StorageFacts } from '@kedge/flux'

/** Whose records are meant. */
export interface RecordsOf {
  readonly namespace: string
  readonly release: string
}

/** Records as they were read. */
export interface ReadRecords {
  readonly records: RecordsOf
  /** What `stamp` gave before they were read. */
  readonly stamp: string | undefined
  /** Resource versions of the Secrets that were read, by name. */
  readonly versions: ReadonlyMap<string, string>
  readonly facts: StorageFacts
}

/**
 * What is known of records in the agent's own cluster without reading them: the metadata of their Secrets, watched. A
 * release whose Secrets are those that were read is as it was read.
 */
export interface KnownRecords {
  /** What was read, when nothing has changed since. */
  recall(key: string, records: RecordsOf): StorageFacts | undefined
  /** Names the present state of the records; undefined when the watch is not in step. To be taken before they are read. */
  stamp(records: RecordsOf): string | undefined
  remember(key: string, read: ReadRecords): void
  /** Before a write of our own, and after it, when the watch may not show it yet. */
  forget(key: string): void
  close(): void
}

/** Statuses of a record whose writer has not come to its end. */
const unsettled: ReadonlySet<string> = new Set([
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
  'uninstalling',
])

/**
 * `onForeign` is told of whose records somebody else has changed since they were read, as `helm rollback` does: once
 * they are settled, since who is at work is not to be interrupted.
 */
export function createKnownRecords(cluster: Cluster, onForeign: (key: string) => void): KnownRecords {
  const cache: ObjectCache = cluster.cache(
    { group: '', version: 'v1', kind: 'Secret' },
    { labelSelector: 'owner=helm', metadataOnly: true },
  )
  const secrets = new Map<string, Map<string, string>>()
  const known = new Map<string, ReadRecords>()
  /** Who remembers the records of a release. */
  const readers = new Map<string, Set<string>>()
  // Who may not watch Secrets reads them instead.
  cache.synced.catch(() => undefined)
  cache.onEvent((event) => {
    const { namespace = '', name = '', labels = {}, uid = '', resourceVersion = '' } = event.object.metadata
    const place = `${namespace}/${labels['name'] ?? ''}`
    const group = secrets.get(place) ?? new Map<string, string>()
    if (event.type === 'deleted') group.delete(name)
    else group.set(name, `${name} ${uid} ${resourceVersion}`)
    if (group.size === 0) secrets.delete(place)
    else secrets.set(place, group)
    tell(place, event)
  })
  function tell(place: string, event: CacheEvent): void {
    const status = event.object.metadata.labels?.['status'] ?? ''
    if (event.type !== 'deleted' && unsettled.has(status)) return
    for (const key of readers.get(place) ?? []) {
      const read = known.get(key)
      if (read !== undefined && isNews(event, read.versions)) onForeign(key)
    }
  }
  function stamp(records: RecordsOf): string | undefined {
    if (cache.state().phase !== 'live') return undefined
    const group = secrets.get(placeOf(records))
    return group === undefined ? '' : [...group.values()].toSorted().join('\n')
  }
  function forget(key: string): void {
    const old = known.get(key)
    if (old === undefined) return
    known.delete(key)
    const place = placeOf(old.records)
    readers.get(place)?.delete(key)
    if (readers.get(place)?.size === 0) readers.delete(place)
  }
  return {
    stamp,
    recall(key, records) {
      const held = known.get(key)
      if (held?.stamp === undefined || placeOf(held.records) !== placeOf(records)) return undefined
      return held.stamp === stamp(records) ? held.facts : undefined
    },
    remember(key, read) {
      forget(key)
      known.set(key, read)
      const place = placeOf(read.records)
      readers.set(place, (readers.get(place) ?? new Set()).add(key))
    },
    forget,
    close: () => cache.close(),
  }
}

function placeOf({ namespace, release }: RecordsOf): string {
  return `${namespace}/${release}`
}

/** Whether an event tells more than what was read; the watch may lag behind that. */
function isNews(event: CacheEvent, versions: ReadonlyMap<string, string>): boolean {
  const { name = '', resourceVersion = '' } = event.object.metadata
  const read = versions.get(name)
  if (event.type === 'deleted') return read !== undefined
  if (read !== undefined) return read !== resourceVersion && !isOlder(resourceVersion, read)
  // A record that is older than those that were read, and was not among them, is gone by now.
  return ![...versions.values()].some((one) => isOlder(resourceVersion, one))
}

function isOlder(one: string, other: string): boolean {
  return /^\d+$/.test(one) && /^\d+$/.test(other) && BigInt(one) < BigInt(other)
}
