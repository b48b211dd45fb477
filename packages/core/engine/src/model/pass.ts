import type { ObjectKey } from '@kedge/manifest'

import type { Delivery } from './delivery.ts'
import type { Memory } from './memory.ts'

/** One turn of a delivery: what to deliver, what is remembered, and when it is. */
export interface Pass {
  readonly delivery: Delivery
  /** `emptyMemory`, or `Report.memory` of the delivery's pass before. */
  readonly memory: Memory
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  /** Limits the pass to these objects: nothing else is applied, nothing is pruned, no health is awaited. */
  readonly only?: readonly ObjectKey[]
}
