import type { Clock, Random, Timers } from '@kedge/base'

/** What the client takes from its surroundings, so that a simulation can stand in. */
export interface ClusterPorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}
