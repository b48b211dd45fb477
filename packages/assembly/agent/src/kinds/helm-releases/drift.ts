import { judgeEvent, recordOf, type AppliedRecord, type InventoryEntry, type Memory } from '@kedge/engine'
import { formatKey, keyOf, type KubeObject } from '@kedge/manifest'

import type { KindCaches, OwnedEvent } from '../../cluster/engine-cluster.ts'
import type { ObjectEvents } from './events.ts'

/** The manager of the fields that HelmReleases apply, as Flux names it. */
export const helmFieldManager = 'helm-controller'

/** The objects of releases whose drift matters, as they were when they were last found to be as they should be. */
export interface WatchedReleases {
  /** Holds to what the objects are now. Those that the caches do not know make it forget the release. */
  attend(key: string, release: AttendedRelease): void
  /** Whether every object is as it was attended to; false when that cannot be told. */
  isUntouched(key: string): boolean
  /** What the engine remembered when the release was last written to, in this process. */
  memory(key: string): Memory | undefined
  remember(key: string, memory: Memory): void
  /** From now on changes of the release's objects are nobody's business. */
  forget(key: string): void
  close(): void
}

export interface AttendedRelease {
  readonly clusterId: string
  readonly caches: KindCaches
  readonly objects: readonly InventoryEntry[]
}

interface Attended {
  readonly clusterId: string
  readonly caches: KindCaches
  readonly records: ReadonlyMap<string, { readonly entry: InventoryEntry; readonly record: AppliedRecord }>
}

const eventTypes = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const

/** `onDrift` is told which release has an object that somebody else changed. */
export function createWatchedReleases(events: ObjectEvents, onDrift: (key: string) => void): WatchedReleases {
  const attended = new Map<string, Attended>()
  const owners = new Map<string, string>()
  const memories = new Map<string, Memory>()
  const ends = new Map<string, () => void>()

  function hear(clusterId: string, event: OwnedEvent): void {
    const name = formatKey(keyOf(event.object))
    const key = owners.get(`${clusterId} ${name}`)
    const known = key === undefined ? undefined : attended.get(key)?.records.get(name)
    if (key === undefined || known === undefined) return
    const verdict = judgeEvent(known.record, { type: eventTypes[event.type], object: event.object }, helmFieldManager)
    if (verdict === 'drift' || verdict === 'gone' || verdict === 'replaced') onDrift(key)
  }

  function drop(key: string): void {
    const old = attended.get(key)
    attended.delete(key)
    for (const name of old?.records.keys() ?? []) {
      const place = `${old?.clusterId ?? ''} ${name}`
      if (owners.get(place) === key) owners.delete(place)
    }
  }

  return {
    attend(key, { clusterId, caches, objects }) {
      drop(key)
      const records = new Map<string, { entry: InventoryEntry; record: AppliedRecord }>()
      for (const entry of objects) {
        const live = caches.live(entry)
        if (live === undefined || live === 'unknown') return
        records.set(formatKey(entry), { entry, record: recordOf(live, '', helmFieldManager) })
      }
      attended.set(key, { clusterId, caches, records })
      for (const name of records.keys()) owners.set(`${clusterId} ${name}`, key)
      if (!ends.has(clusterId))
        ends.set(
          clusterId,
          events.listen(clusterId, (event) => hear(clusterId, event)),
        )
    },
    isUntouched(key) {
      const known = attended.get(key)
      if (known === undefined) return false
      return [...known.records.values()].every(({ entry, record }) => isSame(known.caches.live(entry), record))
    },
    memory: (key) => memories.get(key),
    remember: (key, memory) => void memories.set(key, memory),
    forget(key) {
      drop(key)
      memories.delete(key)
    },
    close() {
      for (const end of ends.values()) end()
    },
  }
}

function isSame(live: KubeObject | undefined | 'unknown', record: AppliedRecord): boolean {
  if (live === undefined || live === 'unknown') return false
  return judgeEvent(record, { type: 'MODIFIED', object: live }, helmFieldManager) === 'same'
}
