import { formatKey } from '@kedge/manifest'

import { isOver } from '../fights.ts'
import type { FightRecord, Memory } from '../model/memory.ts'
import type { Pass } from '../model/pass.ts'
import type { Progress } from '../model/progress.ts'
import type { PassResult, Report } from '../model/report.ts'
import { inventoryAfter } from './inventory.ts'

/** When to look again whether another delivery has taken over an object. */
const handOverMs = 30_000

/** The account of a pass, made of all that it did. */
export function reportOf(progress: Progress, pass: Pass): Report {
  const memory = memoryAfter(progress, pass)
  const pauses = Object.values(memory.fights).map((fight) => fight.pausedUntilMs)
  const isHandingOver = progress.pruned.some(
    (item) => 'reason' in item.verdict && item.verdict.reason === 'ClaimedElsewhere',
  )
  const revisits = [
    ...pauses.filter((untilMs) => untilMs > pass.nowMs),
    ...(isHandingOver ? [pass.nowMs + handOverMs] : []),
  ]
  const terminating = [
    ...progress.outcomes.filter((one) => one.kind === 'terminating').map((one) => one.ref),
    ...progress.pruned.filter((item) => item.verdict.kind === 'terminating').map((item) => item.entry),
  ]
  const unfinished = progress.outcomes.some((one) => ['pending', 'terminating', 'failed'].includes(one.kind))
  return deepFreeze({
    deliveryId: pass.delivery.id,
    revision: pass.delivery.revision,
    result: resultOf(progress, terminating.length > 0 || unfinished),
    ...(progress.failedStep === undefined ? {} : { failedStep: progress.failedStep }),
    applied:
      pass.only === undefined && !unfinished && !['prepare', 'record', 'apply'].includes(progress.failedStep ?? ''),
    outcomes: progress.outcomes,
    pruned: progress.pruned,
    failures: progress.failures,
    retryable: progress.retryable,
    inventory: pass.only === undefined ? inventoryOf(progress, pass) : pass.delivery.inventory,
    planDigest: progress.planDigest,
    health: progress.health,
    ...(progress.wait === undefined ? {} : { wait: progress.wait }),
    terminating,
    ...(revisits.length === 0 ? {} : { revisitAtMs: Math.min(...revisits) }),
    writes: progress.writes,
    memory,
  })
}

function inventoryOf(progress: Progress, pass: Pass): Report['inventory'] {
  // Without the record ahead nothing was written, so nothing has changed.
  if (progress.failedStep === 'record') return pass.delivery.inventory
  const { desired, pruned, applied } = progress
  return inventoryAfter({ before: pass.delivery.inventory, desired, pruned, applied })
}

function resultOf(progress: Progress, isUnfinished: boolean): PassResult {
  if (progress.failures.length > 0) return 'failed'
  const open = progress.pruned.some((item) => item.verdict.kind === 'delete')
  if (progress.wait !== undefined || isUnfinished || open) return 'waiting'
  return progress.pruned.some((item) => item.verdict.kind === 'hold') ? 'held' : 'ready'
}

function memoryAfter(progress: Progress, pass: Pass): Memory {
  const { memory, nowMs, delivery } = pass
  const fights: Record<string, FightRecord> = {}
  for (const [key, fight] of Object.entries({ ...memory.fights, ...progress.fights })) {
    if (!isOver(fight, nowMs)) fights[key] = fight
  }
  if (pass.only !== undefined) return { ...memory, applied: { ...memory.applied, ...progress.applied }, fights }
  const desired = new Set(progress.desired.map(formatKey))
  const applied = Object.fromEntries(Object.entries(progress.applied).filter(([key]) => desired.has(key)))
  return { applied, fights, waits: progress.waits, revision: delivery.revision }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const field of Object.values(value)) deepFreeze(field)
  return value
}
