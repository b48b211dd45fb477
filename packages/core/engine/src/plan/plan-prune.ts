import { formatKey, type GroupVersionKind, type ObjectKey } from '@kedge/manifest'

import type { PruneItem } from '../model/change.ts'
import type { AnswerOf, Program, ReadingEffect } from '../model/effect.ts'
import type { InventoryEntry } from '../model/inventory.ts'
import type { Pass } from '../model/pass.ts'
import { performAll, resolveFresh } from '../program.ts'
import type { Candidate, Found } from './candidate.ts'
import { countInstances } from './count-instances.ts'
import { judgePrune } from './judge-prune.ts'

type ResolveEffect = Extract<ReadingEffect, { kind: 'resolve' }>
type ReadEffect = Extract<ReadingEffect, { kind: 'read' }>

/**
 * Finds the inventory entries that are no longer desired and decides what happens to each. Reads only, and always the
 * server itself: a cache that lags could show our mark on an object that has changed hands.
 */
export function* planPrune(
  pass: Pass,
  desired: readonly ObjectKey[],
): Program<{ readonly items: readonly PruneItem[]; readonly digest: string }> {
  const kept = new Set(desired.map(formatKey))
  const stale = pass.delivery.inventory.filter((entry) => !kept.has(formatKey(entry)))
  if (stale.length === 0 || !pass.delivery.prune || pass.delivery.desired.kind === 'partial') {
    const unread = stale.map((entry): Candidate => ({
      entry,
      found: { kind: 'unreadable', message: '' },
      claimedBy: undefined,
    }))
    return judgePrune(unread, pass.delivery)
  }
  const located = yield* locate(stale)
  const readings = yield* performAll(
    located.flatMap(({ entry, where }): readonly ReadEffect[] =>
      where.kind === 'served' ? [{ kind: 'read', ref: { ...entry, version: where.version }, fresh: true }] : [],
    ),
  )
  const claims = yield* performAll([{ kind: 'claims' as const, keys: stale }])
  const claimed = claims[0]?.ok === true ? claims[0].value : {}
  let next = 0
  const candidates = located.map(({ entry, where }): Candidate => {
    const found = where.kind === 'served' ? foundBy(readings[next]) : where
    if (where.kind === 'served') next += 1
    const version = where.kind === 'served' ? where.version : entry.version
    return { entry: { ...entry, version }, found, claimedBy: claimed[formatKey(entry)] }
  })
  const judged = judgePrune(candidates, pass.delivery)
  return { ...judged, items: yield* countInstances(judged.items, candidates) }
}

function foundBy(reading: AnswerOf<ReadEffect> | undefined): Found {
  if (reading?.ok !== true) return { kind: 'unreadable', message: reading?.error.message ?? 'no answer' }
  return reading.value === undefined ? { kind: 'absent' } : { kind: 'live', object: reading.value }
}

type Where = { readonly kind: 'served'; readonly version: string } | Extract<Found, { kind: 'absent' | 'unreadable' }>

/** An entry's version may have been removed from the server while the object lives on in another one. */
function* locate(
  entries: readonly InventoryEntry[],
): Program<readonly { readonly entry: InventoryEntry; readonly where: Where }[]> {
  const kinds = [...new Map(entries.map((entry) => [kindOf(entry), versionless(entry)])).values()]
  const answers = yield* resolveFresh(kinds)
  const byKind = new Map(kinds.map((gvk, index) => [kindOf(gvk), answers[index]]))
  return entries.map((entry) => ({ entry, where: whereIs(entry, byKind.get(kindOf(entry))) }))
}

function whereIs(entry: InventoryEntry, answer: AnswerOf<ResolveEffect> | undefined): Where {
  // Refused for its missing namespace and recorded all the same: there can be no such object.
  if (answer?.ok === true && answer.value?.namespaced === true && entry.namespace === '') return { kind: 'absent' }
  if (answer?.ok !== true) return { kind: 'unreadable', message: answer?.error.message ?? 'no answer' }
  // Without its definition an object cannot exist: the server removes all of them first.
  return answer.value === undefined ? { kind: 'absent' } : { kind: 'served', version: answer.value.version }
}

function versionless(entry: InventoryEntry): GroupVersionKind {
  return { group: entry.group, version: '', kind: entry.kind }
}

function kindOf(key: Pick<ObjectKey, 'group' | 'kind'>): string {
  return `${key.group}/${key.kind}`
}
