import type { Timers } from '@kedge/base'
import type { Cluster, EventInput } from '@kedge/cluster'
import type { Gauge } from '@kedge/loop'

import type { Log } from '../log.ts'

/** Events that may wait to be written; the oldest are dropped first. */
const maxWaiting = 2_000
/** Events written at once. */
const width = 2
/** Events that wait while there is work; with more of them one at a time is written beside it. */
const maxHeldBack = 200
/** No event is held back for longer. */
const maxDelayMs = 1_000

/** Writes Kubernetes Events behind the work: nothing waits for them, and their loss harms nobody. */
export interface EventWriter {
  add(event: EventInput): void
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
  /** Looks whether there is room now. */
  poke(): void
  /** How many events wait. */
  gauge(): Gauge
  close(): void
}

export function createEventWriter(
  cluster: Cluster,
  options: { readonly log: Log; readonly timers: Timers; readonly isIdle: () => boolean },
): EventWriter {
  const waiting: EventInput[] = []
  let writing = 0
  let closed = false
  let isLate = false
  let cancelTimer: (() => void) | undefined
  let done: (() => void)[] = []
  async function write(event: EventInput): Promise<void> {
    writing += 1
    try {
      await cluster.createEvent(event)
    } catch (error) {
      // A namespace that is going away takes no events, and the object's status says all of it too.
      options.log({ level: 'debug', message: 'event not written', error: String(error) })
    } finally {
      writing -= 1
      pump()
    }
  }
  /** Work comes first: while passes run events wait a little, and then go one at a time. */
  function roomNow(): number {
    if (options.isIdle()) return width
    return isLate || waiting.length > maxHeldBack ? 1 : 0
  }

  function pump(): void {
    const room = roomNow()
    while (writing < room) {
      const event = waiting.shift()
      if (event === undefined) break
      void write(event)
    }
    if (waiting.length === 0) {
      cancelTimer?.()
      cancelTimer = undefined
      isLate = false
    }
    if (writing === 0 && waiting.length === 0) {
      for (const resolve of done) resolve()
      done = []
    }
  }
  return {
    add(event) {
      if (closed) return
      waiting.push(event)
      cancelTimer ??= options.timers.after(maxDelayMs, () => {
        isLate = true
        pump()
      })
      if (waiting.length > maxWaiting) waiting.shift()
      pump()
    },
    poke: pump,
    gauge: () => ({ name: 'events that wait', value: waiting.length, max: maxWaiting }),
    drained: () =>
      writing === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => done.push(resolve)),
    close() {
      closed = true
      waiting.length = 0
      pump()
    },
  }
}
