import { Bug } from '@kedge/base'

import type { Change, PlannedWave } from '../model/change.ts'
import type { Delivery } from '../model/delivery.ts'

/** Puts changes into the delivery's waves. Throws Bug when the waves leave one out. */
export function planWaves(changes: readonly Change[], delivery: Delivery): readonly PlannedWave[] {
  const byDesired = new Map(changes.map((change) => [change.target.desired, change]))
  const waves = delivery.waves(changes.map((change) => change.target.desired))
  const planned = waves.map(({ name, awaitHealth, timeoutMs, objects }) => ({
    name,
    awaitHealth,
    timeoutMs,
    changes: objects.flatMap((desired) => byDesired.get(desired) ?? []),
  }))
  const count = planned.reduce((sum, wave) => sum + wave.changes.length, 0)
  if (count !== changes.length) throw new Bug(`the waves hold ${count} of ${changes.length} objects`)
  return planned
}
