import { type HealthWait, type Memory } from '@kedge/engine'
import { type Next } from '@kedge/loop'

import { type EventNote } from '../status/event-note.ts'

/** How a pass of a reconciler ended. */
export interface PassEnd {
  /** The whole status to store; undefined leaves it as it is. */
  readonly status: Readonly<Record<string, unknown>> | undefined
  readonly notes: readonly EventNote[]
  readonly next: Next
  readonly wait?: HealthWait
  readonly memory?: Memory
  /** A line for people on what the object waits for or why it failed; empty when all is well. */
  readonly summary: string
}
