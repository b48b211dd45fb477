import type { Cluster, EventInput } from '@kedge/cluster'

import type { Log } from '../log.ts'

/** Events that may wait to be written; the oldest are dropped first. */
const maxWaiting = 2_000
/** Events written at once. */
const width = 2

/** Writes Kubernetes Events behind the work: nothing waits for them, and their loss harms nobody. */
export interface EventWriter {
  add(event: EventInput): void
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
  close(): void
}

export function createEventWriter(
  cluster: Cluster,
  options: { readonly log: Log; readonly isIdle: () => boolean },
): EventWriter {
  const waiting: EventInput[] = []
  let writing = 0
  let closed = false
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
  function pump(): void {
    // Work comes first: while passes run, one event at a time keeps the queue moving.
    const room = options.isIdle() ? width : 1
    while (writing < room) {
      const event = waiting.shift()
      if (event === undefined) break
      void write(event)
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
      if (waiting.length > maxWaiting) waiting.shift()
      pump()
    },
    drained: () =>
      writing === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => done.push(resolve)),
    close() {
      closed = true
      waiting.length = 0
      pump()
    },
  }
}
