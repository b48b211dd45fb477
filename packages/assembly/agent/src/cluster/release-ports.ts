import { gunzipSync, gzipSync } from 'node:zlib'

import type { Clock, Timers } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import type { ObjectRef } from '@kedge/engine'
import { recordType, type RecordHost } from '@kedge/helm'
import { formatKey, keyOf, type KubeObject } from '@kedge/manifest'
import type { PausePort, RecordStore, SeenObject } from '@kedge/release'

const secrets = { group: '', version: 'v1', kind: 'Secret' }

/** The Secrets of one cluster that hold releases, read and written as one identity. */
export function recordStore(cluster: Cluster): RecordStore {
  return {
    list: async (namespace, labelSelector, limit) => {
      const fieldSelector = `type=${recordType}`
      const { items } = await cluster.list(secrets, { namespace, labelSelector, fieldSelector })
      // The server sorts by name, v1000 before v2: of more than can be read the newest count.
      return items.length <= limit ? items : items.toSorted((a, b) => revisionOf(b) - revisionOf(a)).slice(0, limit)
    },
    create: async (secret) => (await cluster.create(secret)).object,
    update: async (secret) => (await cluster.update(secret)).object,
    delete: async (namespace, name, uid) => {
      await cluster.delete({ ...secrets, namespace, name }, { uid })
    },
  }
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(/\.v(\d+)$/.exec(metadata.name ?? '')?.[1] ?? 0)
}

/** Packs and unpacks records with Node's own zlib. */
export const recordHost: RecordHost = {
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  gunzip: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  encodeBase64: (bytes) => Buffer.from(bytes).toString('base64'),
  decodeBase64: (text) => Buffer.from(text, 'base64'),
}

/** How often objects are looked at that no watch tells of. */
const lookAgainMs = 2_000

/** Told of changed objects; the returned function ends that. */
export type ListenForChanges = (onChange: (object: KubeObject) => void) => () => void

/** Pauses that end with a watch event, a timer or a signal; none of them holds a thread or a slot of the loop. */
export function createPauses(options: {
  readonly clock: Clock
  readonly timers: Timers
  /** The object as its watch cache has it; `unknown` where it has none in step. */
  readonly live: (ref: ObjectRef) => KubeObject | undefined | 'unknown'
  readonly listen: ListenForChanges
}): PausePort {
  const { clock, timers, live, listen } = options
  function isChanged({ ref, resourceVersion }: SeenObject): boolean {
    const shown = live(ref)
    return shown !== 'unknown' && (shown?.metadata.resourceVersion ?? '') !== resourceVersion
  }
  return {
    pause: (seen, untilMs, signals = []) =>
      new Promise((resolve) => {
        const isBlind = seen.some(({ ref }) => live(ref) === 'unknown')
        const untilNextLook = isBlind ? lookAgainMs : Number.MAX_SAFE_INTEGER
        const cancels: (() => void)[] = []
        const end = (): void => {
          for (const cancel of cancels.splice(0)) cancel()
          resolve()
        }
        const byKey = new Map(seen.map((one) => [formatKey(one.ref), one]))
        const hear = (object: KubeObject): void => {
          const one = byKey.get(formatKey(keyOf(object)))
          if (one !== undefined && isChanged(one)) end()
        }
        cancels.push(listen(hear))
        cancels.push(timers.after(Math.max(0, Math.min(untilMs - clock.now(), untilNextLook)), end))
        for (const signal of signals) {
          signal.addEventListener('abort', end, { once: true })
          cancels.push(() => signal.removeEventListener('abort', end))
          if (signal.aborted) end()
        }
        if (seen.some(isChanged)) end()
      }),
  }
}
