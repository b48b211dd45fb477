import type { Failure } from '@kedge/base'
import { describeKey } from '@kedge/manifest'

import type { PruneItem, PruneVerdict } from '../model/change.ts'
import type { AnswerOf, Program, WritingEffect } from '../model/effect.ts'
import type { ObjectRef } from '../model/inventory.ts'
import type { Pass } from '../model/pass.ts'
import { performAll } from '../program.ts'
import { failureOf } from './refusal.ts'

export interface Deletions {
  /** All items with what became of them. */
  readonly items: readonly PruneItem[]
  readonly deleted: readonly ObjectRef[]
  readonly failures: readonly Failure[]
  readonly writes: number
}

type DeleteEffect = Extract<WritingEffect, { kind: 'delete' }>

/** Needed by whoever has to finish another object's deletion: they go when all others are gone. */
const identityKinds: readonly string[] = ['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']

/** 0: ordinary objects, 1: identities, 2: definitions, 3: namespaces. A later step begins when nothing is left before. */
function stepOf(item: PruneItem): number {
  const { kind, group } = item.entry
  if (kind === 'Namespace' && group === '') return 3
  if (kind === 'CustomResourceDefinition') return 2
  return identityKinds.includes(kind) ? 1 : 0
}

/** Entries that could not be judged: until they can, nobody may call the delivery done. */
export function unreadable(items: readonly PruneItem[]): readonly Failure[] {
  return items.flatMap(({ entry, verdict }) =>
    verdict.kind === 'keep' && verdict.reason === 'Unreadable'
      ? [{ code: 'Unreadable', message: verdict.message, object: describeKey(entry) }]
      : [],
  )
}

/** Deletes what the plan says, each by its UID, in the plan's order; stops at a step whose objects linger. */
export function* deleteStale(items: readonly PruneItem[], pass: Pass): Program<Deletions> {
  let state: Deletions = { items, deleted: [], failures: [], writes: 0 }
  for (const step of [0, 1, 2, 3]) {
    const before = state.items.filter((item) => stepOf(item) < step)
    if (before.some((item) => item.verdict.kind === 'terminating' || item.verdict.kind === 'delete')) break
    state = yield* deleteStep(state, step, pass)
  }
  return state
}

function* deleteStep(state: Deletions, step: number, pass: Pass): Program<Deletions> {
  const due = state.items.filter((item) => stepOf(item) === step && item.verdict.kind === 'delete')
  const answers = yield* performAll(due.map((item) => deletionOf(item, pass)))
  const results = new Map(due.map((item, index) => [item, resultOf(item, answers[index])]))
  const failures = [...results.values()].flatMap((result) => result.failure ?? [])
  const gone = due.filter((item) => results.get(item)?.verdict.kind === 'gone')
  return {
    items: state.items.map((item) => ({ ...item, verdict: results.get(item)?.verdict ?? item.verdict })),
    deleted: [...state.deleted, ...gone.map((item) => item.entry)],
    failures: [...state.failures, ...failures],
    writes: state.writes + due.length,
  }
}

function deletionOf(item: PruneItem, pass: Pass): DeleteEffect {
  const uid = item.verdict.kind === 'delete' ? item.verdict.uid : ''
  return { kind: 'delete', ref: item.entry, uid, propagation: pass.delivery.propagation ?? 'background' }
}

function resultOf(
  item: PruneItem,
  answer: AnswerOf<DeleteEffect> | undefined,
): { readonly verdict: PruneVerdict; readonly failure?: Failure } {
  if (answer?.ok === true) {
    if (answer.value === 'gone') return { verdict: { kind: 'gone' } }
    if (answer.value === 'terminating') return { verdict: { kind: 'terminating', blockedBy: [] } }
    // Somebody made it anew since it was read: the next pass judges the new object.
    const message = 'another object has taken its name since it was read'
    return { verdict: item.verdict, failure: { code: 'Changed', message, object: describeKey(item.entry) } }
  }
  const error = answer?.error ?? { code: 0, reason: '', message: 'no answer', outcomeKnown: false }
  return { verdict: item.verdict, failure: failureOf(error, { key: item.entry, action: 'delete' }) }
}
