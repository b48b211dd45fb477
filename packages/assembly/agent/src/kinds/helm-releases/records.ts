import type { Cluster, ObjectCache } from '@kedge/cluster'
import type { StorageFacts } from '@kedge/flux'

/** Whose records are meant. */
export interface RecordsOf {
  readonly namespace: string
  readonly release: string
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
  remember(key: string, stamp: string | undefined, facts: StorageFacts): void
  /** After a write of our own, which the watch may not show yet. */
  forget(key: string): void
  close(): void
}

interface Known {
  readonly stamp: string
  readonly facts: StorageFacts
}

export function createKnownRecords(cluster: Cluster): KnownRecords {
  const cache: ObjectCache = cluster.cache(
    { group: '', version: 'v1', kind: 'Secret' },
    { labelSelector: 'owner=helm', metadataOnly: true },
  )
  const secrets = new Map<string, Map<string, string>>()
  const known = new Map<string, Known>()
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
  })
  function stamp(records: RecordsOf): string | undefined {
    if (cache.state().phase !== 'live') return undefined
    const group = secrets.get(`${records.namespace}/${records.release}`)
    return group === undefined ? '' : [...group.values()].toSorted().join('\n')
  }
  return {
    stamp,
    recall(key, records) {
      const held = known.get(key)
      return held !== undefined && held.stamp === stamp(records) ? held.facts : undefined
    },
    remember(key, before, facts) {
      if (before === undefined) known.delete(key)
      else known.set(key, { stamp: before, facts })
    },
    forget: (key) => void known.delete(key),
    close: () => cache.close(),
  }
}
