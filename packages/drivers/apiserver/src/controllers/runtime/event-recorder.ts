import type { Clock, Timers } from '@kedge/base'
import type { Draft } from '../../contracts.ts'
import type { ClusterAccess } from './cluster-access.ts'
import { nameOf, namespaceOf, timestamp, uidOf, type KubeObject } from './kube-object.ts'
import { apiVersionOf, TYPES, type ResourceType } from './resources.ts'

/** What happened to an object, as `kubectl describe` shows it. */
export interface Happening {
  readonly type: ResourceType
  readonly object: KubeObject
  readonly kind?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** The part of the object concerned: `spec.containers{app}`. */
  readonly fieldPath?: string
}

export interface EventRecorder {
  /** Writes an Event, or counts up the one that says the same already. Never waits, never fails. */
  record(component: string, happening: Happening): void
  /** Events not yet written. */
  readonly active: number
  close(): void
}

/** Events that may wait to be written; more are dropped, the oldest first. */
const PENDING_LIMIT = 2000
/** Events that may still be counted up. */
const KNOWN_LIMIT = 4000
/** After this an Event is removed, as a real server's time to live does. */
const LIFETIME_MS = 3_600_000

interface Pending {
  readonly component: string
  readonly happening: Happening
  readonly atMs: number
}

export function createEventRecorder(options: {
  readonly cluster: ClusterAccess
  readonly clock: Clock
  readonly timers: Timers
  readonly onIdle: () => void
}): EventRecorder {
  const { cluster, clock, timers } = options
  const pending: Pending[] = []
  const known = new Map<string, KubeObject>()
  const expiring: { readonly event: KubeObject; readonly dueMs: number }[] = []
  let cancelExpiry: (() => void) | undefined
  let isWriting = false
  let isClosed = false
  let sequence = 0

  async function drain(): Promise<void> {
    isWriting = true
    for (let next = pending.shift(); next !== undefined && !isClosed; next = pending.shift()) {
      try {
        await write(next)
      } catch {
        // An Event is a courtesy: its namespace may be going away, its object gone. Nothing depends on it.
      }
    }
    isWriting = false
    options.onIdle()
  }

  async function write({ component, happening, atMs }: Pending): Promise<void> {
    const sameness = [
      uidOf(happening.object),
      happening.reason,
      happening.message,
      happening.fieldPath ?? '',
      component,
    ].join('\u0000')
    const earlier = known.get(sameness)
    const event = earlier === undefined ? await createEvent(component, happening, atMs) : await countUp(earlier, atMs)
    known.delete(sameness)
    known.set(sameness, event)
    if (known.size > KNOWN_LIMIT) {
      const [oldest] = known.keys()
      if (oldest !== undefined) known.delete(oldest)
    }
    expiring.push({ event, dueMs: atMs + LIFETIME_MS })
    scheduleExpiry()
  }

  function createEvent(component: string, happening: Happening, atMs: number): Promise<KubeObject> {
    sequence += 1
    // Names are the object's and a number that grows, so that events sort in the order in which they happened.
    const suffix = (BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16)
    return cluster.create(TYPES.events, eventObject({ component, happening, atMs }, suffix))
  }

  function countUp(event: KubeObject, atMs: number): Promise<KubeObject> {
    const count = typeof event['count'] === 'number' ? event['count'] : 1
    return cluster.mergePatch(TYPES.events, event, { count: count + 1, lastTimestamp: timestamp(atMs) })
  }

  function scheduleExpiry(): void {
    const [first] = expiring
    if (first === undefined || cancelExpiry !== undefined || isClosed) return
    cancelExpiry = timers.after(Math.max(0, first.dueMs - clock.now()), () => {
      cancelExpiry = undefined
      void expire()
    })
  }

  async function expire(): Promise<void> {
    while (expiring[0] !== undefined && expiring[0].dueMs <= clock.now()) {
      const due = expiring.shift()
      if (due !== undefined && !expiring.some(({ event }) => uidOf(event) === uidOf(due.event))) {
        await cluster.remove(TYPES.events, due.event).catch(() => undefined)
      }
    }
    scheduleExpiry()
  }

  return {
    record: (component, happening) => {
      if (isClosed) return
      if (pending.length >= PENDING_LIMIT) pending.shift()
      pending.push({ component, happening, atMs: clock.now() })
      if (!isWriting) void drain()
    },
    get active() {
      return pending.length + (isWriting ? 1 : 0)
    },
    close: () => {
      isClosed = true
      cancelExpiry?.()
    },
  }
}

function eventObject({ component, happening, atMs }: Pending, suffix: string): Draft {
  const { object, type } = happening
  const namespace = namespaceOf(object)
  return {
    metadata: { name: `${nameOf(object)}.${suffix}`, namespace: namespace === '' ? 'default' : namespace },
    involvedObject: {
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      name: nameOf(object),
      ...(namespace === '' ? {} : { namespace }),
      uid: uidOf(object),
      ...(happening.fieldPath === undefined ? {} : { fieldPath: happening.fieldPath }),
    },
    reason: happening.reason,
    message: happening.message,
    type: happening.kind ?? 'Normal',
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: timestamp(atMs),
    lastTimestamp: timestamp(atMs),
    count: 1,
  }
}
