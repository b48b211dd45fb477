import type { Failure } from '@kedge/base'
import { describeKey, formatKey, type KubeObject } from '@kedge/manifest'

import type { Change } from '../model/change.ts'
import type { Desired } from '../model/desired.ts'
import type { AnswerOf, EffectError, Program, ReadingEffect } from '../model/effect.ts'
import type { ObjectRef } from '../model/inventory.ts'
import type { Pass } from '../model/pass.ts'
import { performAll } from '../program.ts'
import { isOlderVersion } from '../version-order.ts'
import { decide, predictsNoChange, targetOf, type Decision, type Evidence } from './decide.ts'

/** A desired object as `prepare` settled it. */
export interface DiffSubject {
  readonly ref: ObjectRef
  readonly desired: Desired
  readonly object: KubeObject
  readonly served: boolean
}

/** `needed`: ask the server only where nothing else can tell. `all`: predict every create and update, for people. */
export type Proof = 'needed' | 'all'

type ReadEffect = Extract<ReadingEffect, { kind: 'read' }>
type DryRunEffect = Extract<ReadingEffect, { kind: 'dry-run' }>
type Reading = AnswerOf<ReadEffect>

/** What has to happen to each desired object, in their order. Yields reads and dry runs only. */
export function* diff(pass: Pass, subjects: readonly DiffSubject[], proof: Proof): Program<readonly Change[]> {
  const readable = subjects.filter((one) => one.served && one.desired.mode !== 'skip')
  const readings = yield* readLive(pass, readable)
  const claims = yield* readClaims(pass, readable)
  const digests = new Map(pass.delivery.inventory.map((entry) => [formatKey(entry), entry.digest]))
  const decisions = subjects.map((subject): Decision => {
    if (subject.desired.mode === 'skip')
      return { kind: 'skip', target: targetOf(subject), reason: 'it is left alone on request' }
    const reading = readings.get(formatKey(subject.ref))
    if (reading === undefined) return { kind: 'defer', target: targetOf(subject) }
    if (!reading.ok) return refuse(subject, reading.error)
    return decide(evidenceFor({ subject, live: reading.value, claims, digests }, pass), pass.delivery)
  })
  return yield* ask(pass, decisions, proof)
}

function evidenceFor(
  known: {
    readonly subject: DiffSubject
    readonly live: KubeObject | undefined
    readonly claims: Readonly<Record<string, string>>
    readonly digests: ReadonlyMap<string, string | undefined>
  },
  pass: Pass,
): Evidence {
  const key = formatKey(known.subject.ref)
  return {
    subject: known.subject,
    live: known.live,
    record: pass.memory.applied[key],
    entryDigest: known.digests.get(key),
    claimedBy: known.claims[key],
  }
}

/** Reads the cache, and asks the server where the cache shows less than this process has seen already. */
function* readLive(pass: Pass, subjects: readonly DiffSubject[]): Program<ReadonlyMap<string, Reading>> {
  const first = yield* performAll(subjects.map(({ ref }): ReadEffect => ({ kind: 'read', ref, fresh: false })))
  const readings = new Map<string, Reading>()
  for (const [index, subject] of subjects.entries()) {
    const reading = first[index]
    if (reading !== undefined) readings.set(formatKey(subject.ref), reading)
  }
  const doubtful = subjects.filter(({ ref, desired }) =>
    isDoubtful(pass, { ref, desired }, readings.get(formatKey(ref))),
  )
  const second = yield* performAll(doubtful.map(({ ref }): ReadEffect => ({ kind: 'read', ref, fresh: true })))
  for (const [index, subject] of doubtful.entries()) {
    const reading = second[index]
    if (reading !== undefined) readings.set(formatKey(subject.ref), reading)
  }
  return readings
}

function isDoubtful(
  pass: Pass,
  subject: { readonly ref: ObjectRef; readonly desired: Desired },
  reading: Reading | undefined,
): boolean {
  if (reading?.ok !== true) return false
  const record = pass.memory.applied[formatKey(subject.ref)]
  // What is only created must never be applied over an object that the cache has not seen yet.
  if (reading.value === undefined) return record !== undefined || subject.desired.mode === 'create-only'
  if (record === undefined) return false
  return isOlderVersion(reading.value.metadata.resourceVersion ?? '', record.resourceVersion)
}

function* readClaims(pass: Pass, subjects: readonly DiffSubject[]): Program<Readonly<Record<string, string>>> {
  if (pass.delivery.sharing === 'take') return {}
  const [answer] = yield* performAll([{ kind: 'claims' as const, keys: subjects.map(({ ref }) => ref) }])
  return answer?.ok === true ? answer.value : {}
}

/** Settles by dry run what is open, and with full proof every write. */
function* ask(pass: Pass, decisions: readonly Decision[], proof: Proof): Program<readonly Change[]> {
  const open = decisions.filter(
    (one) => one.kind === 'ask' || (proof === 'all' && (one.kind === 'create' || one.kind === 'update')),
  )
  const answers = yield* performAll(
    open.map(({ target }): DryRunEffect => ({
      kind: 'dry-run',
      object: target.object,
      ref: target.ref,
      fieldManager: pass.delivery.fieldManager,
    })),
  )
  const byDecision = new Map(open.map((decision, index) => [decision, answers[index]]))
  return decisions.map((decision) => settle(decision, byDecision.get(decision), { pass, proof }))
}

function settle(
  decision: Decision,
  answer: AnswerOf<DryRunEffect> | undefined,
  context: { readonly pass: Pass; readonly proof: Proof },
): Change {
  if (answer === undefined)
    return decision.kind === 'ask' ? { ...decision, kind: 'update', cause: 'desired' } : decision
  const { target } = decision
  if (!answer.ok) return settleRefused(decision, answer.error, context.proof)
  const predicted = { ...target, predicted: answer.value }
  if (decision.kind === 'ask') {
    return predictsNoChange(decision.live, answer.value, context.pass.delivery.fieldManager)
      ? { kind: 'none', target, live: decision.live }
      : { kind: 'update', target: predicted, live: decision.live, cause: 'desired' }
  }
  return decision.kind === 'update' || decision.kind === 'create' ? { ...decision, target: predicted } : decision
}

/** A dry run that the server refuses for good is left to the apply, which reports it; in a preview it is the news. */
function settleRefused(decision: Decision, error: EffectError, proof: Proof): Change {
  if (decision.kind === 'create' && error.code === 404) return decision
  const definite = error.outcomeKnown && [400, 409, 413, 415, 422].includes(error.code)
  if (proof === 'needed' && definite && decision.kind === 'ask')
    return { ...decision, kind: 'update', cause: 'desired' }
  return refuse(decision.target, error)
}

function refuse(subject: Evidence['subject'], error: EffectError): Change {
  const failure: Failure = {
    code: error.reason === '' ? 'RequestFailed' : error.reason,
    message: error.message,
    object: describeKey(subject.ref),
    origin: subject.desired.origin,
  }
  const retryable = !error.outcomeKnown || ![400, 413, 415, 422].includes(error.code)
  return { kind: 'refuse', target: targetOf(subject), failure, retryable }
}
