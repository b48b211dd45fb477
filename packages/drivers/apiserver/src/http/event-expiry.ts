import { metadataOf, textOf } from './draft.ts'
import type { Parts } from './parts.ts'

/** How long an event is kept after it was last seen, and how often old ones are looked for. */
const keptMs = 60 * 60_000
const sweepMs = 5 * 60_000

/** Removes events an hour after they were last seen, as the real server does. Returns how to stop. */
export function expireEvents(parts: Pick<Parts, 'storage' | 'clock' | 'timers'>): () => void {
  let stop = (): void => undefined
  const arm = (): void => {
    stop = parts.timers.after(sweepMs, () => {
      sweep(parts)
      arm()
    })
  }
  arm()
  return () => stop()
}

function sweep(parts: Pick<Parts, 'storage' | 'clock'>): void {
  const oldest = parts.clock.now() - keptMs
  for (const { key, object } of parts.storage.list('events')) {
    const times = [object['lastTimestamp'], object['eventTime'], textOf(metadataOf(object), 'creationTimestamp')]
    const seen = times.find((time) => typeof time === 'string' && time !== '')
    if (typeof seen === 'string' && Date.parse(seen) < oldest) {
      parts.storage.write({ kind: 'remove', resource: 'events', key })
    }
  }
}
