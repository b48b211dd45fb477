import type { Clock } from '@kedge/base'
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

interface RecorderOptions {
  readonly cluster: ClusterAccess
  readonly clock: Clock
  readonly onIdle: () => void
}

/** Events that may wait to be written; more are dropped, the oldest first. */
const PENDING_LIMIT = 2000
/** Events that may still be counted up. */
const KNOWN_LIMIT = 4000

interface Pending {
  readonly component: string
  readonly happening: Happening
  readonly atMs: number
}

/** Makes the recorder of a set of controllers. */
export function createEventRecorder(options: RecorderOptions): EventRecorder {
  return new ClusterRecorder(options)
}

class ClusterRecorder implements EventRecorder {
  readonly #options: RecorderOptions
  readonly #pending: Pending[] = []
  readonly #known = new Map<string, KubeObject>()
  #isWriting = false
  #isClosed = false
  #sequence = 0

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  get active(): number {
    return this.#pending.length + (this.#isWriting ? 1 : 0)
  }

  record(component: string, happening: Happening): void {
    if (this.#isClosed) return
    if (this.#pending.length >= PENDING_LIMIT) this.#pending.shift()
    this.#pending.push({ component, happening, atMs: this.#options.clock.now() })
    if (!this.#isWriting) void this.#drain()
  }

  close(): void {
    this.#isClosed = true
    this.#pending.length = 0
  }

  async #drain(): Promise<void> {
    this.#isWriting = true
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      // Events are for people: whatever else there is to do goes first.
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
      try {
        await this.#write(next)
      } catch {
        // An Event is a courtesy: its namespace may be going away, its object gone. Nothing depends on it.
      }
    }
    this.#isWriting = false
    this.#options.onIdle()
  }

  async #write(pending: Pending): Promise<void> {
    const { component, happening } = pending
    const parts = [uidOf(happening.object), happening.reason, happening.message, happening.fieldPath ?? '', component]
    const sameness = parts.join('\u0000')
    const earlier = this.#known.get(sameness)
    const event = earlier === undefined ? await this.#create(pending) : await this.#countUp(earlier, pending.atMs)
    this.#known.delete(sameness)
    this.#known.set(sameness, event)
    if (this.#known.size > KNOWN_LIMIT) {
      const [oldest] = this.#known.keys()
      if (oldest !== undefined) this.#known.delete(oldest)
    }
  }

  #create(pending: Pending): Promise<KubeObject> {
    this.#sequence += 1
    // Names are the object's and a number that grows, so that events sort in the order in which they happened.
    const suffix = (BigInt(Math.floor(pending.atMs)) * 1_000_000n + BigInt(this.#sequence % 1_000_000)).toString(16)
    return this.#options.cluster.create(TYPES.events, eventObject(pending, suffix))
  }

  #countUp(event: KubeObject, atMs: number): Promise<KubeObject> {
    const count = typeof event['count'] === 'number' ? event['count'] : 1
    const patch = { count: count + 1, lastTimestamp: timestamp(atMs) }
    return this.#options.cluster.mergePatch(TYPES.events, event, patch)
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
