import type { KubeObject } from '@kedge/manifest'

import type { FightRecord } from './model/memory.ts'

/** Corrections of one object within this time are counted together. */
export const fightWindowMs = 600_000
/** So many corrections within the window are made; the next is not. */
export const maxCorrections = 3
/** A pause begins with the window's length and doubles up to this. */
export const longestPauseMs = 3_600_000

export type FightVerdict =
  | { readonly kind: 'correct'; readonly record: FightRecord }
  | { readonly kind: 'pause'; readonly record: FightRecord }

/**
 * Whether drift of an object may be corrected now, and what is remembered afterwards. Two owners that undo each other
 * would else write without end; after a pause it is tried again.
 */
export function judgeFight(
  record: FightRecord | undefined,
  now: { readonly nowMs: number; readonly rival: string },
): FightVerdict {
  const { nowMs, rival } = now
  if (record !== undefined && nowMs < record.pausedUntilMs) return { kind: 'pause', record: { ...record, rival } }
  const recent = (record?.correctedAtMs ?? []).filter((atMs) => atMs > nowMs - fightWindowMs)
  const rounds = roundsNow(record, nowMs)
  if (recent.length < maxCorrections) {
    return { kind: 'correct', record: { correctedAtMs: [...recent, nowMs], rival, rounds, pausedUntilMs: 0 } }
  }
  const pauseMs = Math.min(longestPauseMs, fightWindowMs * 2 ** rounds)
  return { kind: 'pause', record: { correctedAtMs: recent, rival, rounds: rounds + 1, pausedUntilMs: nowMs + pauseMs } }
}

/** A quiet time as long as the longest pause ends the fight for good. */
function roundsNow(record: FightRecord | undefined, nowMs: number): number {
  if (record === undefined) return 0
  const last = Math.max(record.pausedUntilMs, record.correctedAtMs.at(-1) ?? 0)
  return nowMs - last > longestPauseMs ? 0 : record.rounds
}

/** Whether a record can be forgotten: nothing of it counts any more. */
export function isOver(record: FightRecord, nowMs: number): boolean {
  const last = Math.max(record.pausedUntilMs, record.correctedAtMs.at(-1) ?? 0)
  return nowMs - last > longestPauseMs
}

/** Who changed a live object last, as far as the server tells: the newest entry of managedFields that is not ours. */
export function rivalOf(live: KubeObject | undefined, fieldManager: string): string {
  if (live === undefined) return 'whoever deletes it'
  const others = (live.metadata.managedFields ?? []).filter(
    (entry) => entry.manager !== fieldManager && (entry.subresource ?? '') === '',
  )
  const newest = others.toSorted((a, b) => compareTimes(a.time, b.time)).at(-1)
  return newest === undefined ? 'an admission webhook or another unnamed writer' : `field manager "${newest.manager}"`
}

function compareTimes(a: string | undefined, b: string | undefined): number {
  const left = a ?? ''
  const right = b ?? ''
  return left < right ? -1 : Number(left > right)
}
