import type { Clock, Random } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import type { Expressions, FluxSettings } from '@kedge/flux'

import type { EventWriter } from '../cluster/event-writer.ts'
import type { Log } from '../log.ts'
import type { Wake } from './controller.ts'

/** What all controllers of an agent share. */
export interface AgentParts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly random: Random
  readonly settings: FluxSettings
  readonly expressions: Expressions
  readonly events: EventWriter
  readonly log: Log
  readonly wake: Wake
  /** Says that what `standing` would tell may have changed. */
  readonly changed: () => void
}
