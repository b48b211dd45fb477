import { formatKey } from '@kedge/manifest'

import { digestOf } from '../canonical.ts'
import type { PruneItem } from '../model/change.ts'
import type { Delivery } from '../model/delivery.ts'
import { emptyResult } from './brakes/empty-result.ts'
import { holdsOthers } from './brakes/holds-others.ts'
import { tooManyDeletes } from './brakes/too-many-deletes.ts'
import type { Candidate, PruneBrake, PruneFilter } from './candidate.ts'
import { absent } from './filters/absent.ts'
import { claimedElsewhere } from './filters/claimed-elsewhere.ts'
import { foreign } from './filters/foreign.ts'
import { optedOut } from './filters/opted-out.ts'
import { partialResult } from './filters/partial-result.ts'
import { pruneDisabled } from './filters/prune-disabled.ts'
import { selfProtection } from './filters/self-protection.ts'
import { terminating } from './filters/terminating.ts'
import { byRank } from './kind-rank.ts'

/** The first that applies decides. */
const filters: readonly PruneFilter[] = [
  pruneDisabled,
  partialResult,
  absent,
  foreign,
  selfProtection,
  terminating,
  optedOut,
  claimedElsewhere,
]

/** All are asked; the first that holds an item gives the reason. */
const brakes: readonly PruneBrake[] = [emptyResult, tooManyDeletes, holdsOthers]

/** Decides what happens to entries that are no longer desired, in the order of deletion. Pure. */
export function judgePrune(
  candidates: readonly Candidate[],
  delivery: Delivery,
): { readonly items: readonly PruneItem[]; readonly digest: string } {
  const order = byRank((key) => delivery.rank(key))
  const judged = candidates
    .map((candidate): PruneItem => ({ entry: candidate.entry, verdict: judge(candidate, delivery) }))
    .toSorted((a, b) => order(b.entry, a.entry))
  const digest = deletionDigest(judged)
  if (isConfirmed(digest, delivery.guards.confirmed)) return { items: judged, digest }
  return { items: brakes.reduce<readonly PruneItem[]>((items, brake) => brake(items, delivery), judged), digest }
}

function judge(candidate: Candidate, delivery: Delivery): PruneItem['verdict'] {
  for (const filter of filters) {
    const verdict = filter(candidate, delivery)
    if (verdict !== undefined) return verdict
  }
  const uid = candidate.found.kind === 'live' ? candidate.found.object.metadata.uid : undefined
  // A live object always has a UID; without one there is no safe way to name what to delete.
  if (uid === undefined || uid === '') return { kind: 'keep', reason: 'Unreadable', message: 'the server named no UID' }
  return { kind: 'delete', uid }
}

/**
 * Names a set of deletions. It covers what is deleted already as well as what still is to be, so that a confirmation
 * holds until the last of them is done.
 */
function deletionDigest(items: readonly PruneItem[]): string {
  const keys = items
    .filter((item) => item.verdict.kind !== 'release' && item.verdict.kind !== 'keep')
    .map((item) => formatKey(item.entry))
  return digestOf(keys.toSorted())
}

/** Fewer digits could confirm a plan that nobody has seen. */
const shortestConfirmation = 12

function isConfirmed(digest: string, confirmed: string | undefined): boolean {
  const given = (confirmed ?? '').trim().replace(/^sha256:/, '')
  return given.length >= shortestConfirmation && digest.replace(/^sha256:/, '').startsWith(given)
}
