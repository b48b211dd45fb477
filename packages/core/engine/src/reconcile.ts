import type { Failure } from '@kedge/base'
import { formatKey, gvkOf } from '@kedge/manifest'

import { applyChange, type Applied } from './apply/apply-change.ts'
import { deleteStale, unreadable } from './apply/delete-stale.ts'
import { diff, type Proof } from './diff/diff.ts'
import type { Change, Plan, PlannedWave } from './model/change.ts'
import type { Program } from './model/effect.ts'
import type { ObjectRef } from './model/inventory.ts'
import type { Pass } from './model/pass.ts'
import { withFailures, type Progress } from './model/progress.ts'
import type { Outcome, Preview, Report } from './model/report.ts'
import { observe, type Look } from './observe/observe.ts'
import { byRank, splitTiers } from './plan/kind-rank.ts'
import { planPrune } from './plan/plan-prune.ts'
import { planWaves } from './plan/plan-waves.ts'
import { isAmong, prepare, type Prepared, type Refusal } from './prepare/prepare.ts'
import { perform, resolveFresh, together } from './program.ts'
import { inventoryAhead, isRecorded, refsToRecord } from './record/inventory.ts'
import { reportOf } from './record/report.ts'

interface Planned {
  readonly plan: Plan
  readonly refusals: readonly Refusal[]
  /** Every object that the source has, whether it can be applied or not. */
  readonly desired: readonly ObjectRef[]
}

/** What would change, without changing it. `reconcile` runs the very same steps first. */
export function* preview(pass: Pass): Program<Preview> {
  const { plan, refusals } = yield* makePlan(pass, 'all')
  const refused = plan.waves.flatMap((wave) =>
    wave.changes.flatMap((one) => (one.kind === 'refuse' ? [one.failure] : [])),
  )
  return { plan, failures: [...refusals.map((one) => one.failure), ...refused] }
}

/** Brings the cluster to what the source says as far as it can be done now, and reports what happened. */
export function* reconcile(pass: Pass): Program<Report> {
  const planned = yield* makePlan(pass, 'needed')
  let progress = begin(planned, pass)
  progress = yield* recordAhead(progress, planned.plan, pass)
  progress = yield* applyWaves(progress, planned.plan, pass)
  progress = yield* prune(progress, planned.plan, pass)
  progress = yield* checkHealth(progress, pass)
  return reportOf(progress, pass)
}

/**
 * Deletes everything in the inventory, because the delivery itself is being deleted: the reconcile of a source that
 * has, on purpose, no objects.
 */
export function* dismantle(pass: Pass): Program<Report> {
  const { healthCheck: _healthCheck, ...delivery } = pass.delivery
  const guards = { ...delivery.guards, allowEmpty: true }
  return yield* reconcile({ ...pass, delivery: { ...delivery, guards, desired: { kind: 'complete', objects: [] } } })
}

function* makePlan(pass: Pass, proof: Proof): Program<Planned> {
  const all = yield* prepare(pass)
  const prepared = pass.only === undefined ? all : narrow(all, pass.only)
  yield* watchKinds(prepared)
  const changes = yield* diff(pass, prepared.subjects, proof)
  const desired = [...all.subjects, ...all.refusals].map((one) => one.ref)
  const { items, digest } = pass.only === undefined ? yield* planPrune(pass, desired) : { items: [], digest: '' }
  const waves = planWaves(changes, pass.delivery)
  const { id: deliveryId, revision } = pass.delivery
  return { plan: { deliveryId, revision, waves, prune: items, digest }, refusals: prepared.refusals, desired }
}

function narrow(prepared: Prepared, only: NonNullable<Pass['only']>): Prepared {
  return {
    subjects: prepared.subjects.filter((one) => isAmong(one.ref, only)),
    refusals: prepared.refusals.filter((one) => isAmong(one.ref, only)),
  }
}

/** A kind that cannot be watched is read with requests instead: the answer decides nothing. */
function* watchKinds(prepared: Prepared): Program<void> {
  const served = prepared.subjects.filter((one) => one.served)
  const kinds = new Map(served.map(({ object }) => [`${object.apiVersion}/${object.kind}`, gvkOf(object)]))
  if (kinds.size > 0) yield* perform({ kind: 'watch' as const, kinds: [...kinds.values()] })
}

function begin(planned: Planned, pass: Pass): Progress {
  const isSame = pass.memory.revision === pass.delivery.revision
  const progress: Progress = {
    outcomes: planned.refusals.map((one) => refusalOutcome(one)),
    failures: [],
    retryable: true,
    applied: pass.memory.applied,
    fights: {},
    health: [],
    waits: isSame ? pass.memory.waits : {},
    pruned: planned.plan.prune,
    planDigest: planned.plan.digest,
    desired: planned.desired,
    writes: 0,
    goesOn: true,
  }
  const failures = planned.refusals.map((one) => one.failure)
  const refused = withFailures(progress, 'prepare', {
    failures,
    retryable: planned.refusals.every((one) => one.retryable),
  })
  // One bad object does not keep the others from being applied; it only keeps everything from being pruned.
  return { ...refused, goesOn: true }
}

function refusalOutcome(refusal: Refusal): Outcome {
  const { ref, failure, retryable } = refusal
  return { ref, kind: 'failed', wave: '', failure, retryable }
}

/** Stores what the pass may bring about before it does, unless it is stored already. */
function* recordAhead(progress: Progress, plan: Plan, pass: Pass): Program<Progress> {
  const refs = refsToRecord(plan.waves.flatMap((wave) => wave.changes))
  const { inventory } = pass.delivery
  if (isRecorded(inventory, refs)) return progress
  const answer = yield* perform({ kind: 'save-inventory' as const, entries: inventoryAhead(inventory, refs) })
  if (answer.ok) return { ...progress, writes: progress.writes + 1 }
  const failure: Failure = {
    code: 'InventoryNotSaved',
    message: `the inventory could not be stored, so nothing was applied: ${answer.error.message}`,
  }
  const outcomes = plan.waves.flatMap((wave) =>
    wave.changes.map((change) => pending(change, wave, 'nothing was applied')),
  )
  const all = { ...progress, outcomes: [...progress.outcomes, ...outcomes], writes: progress.writes + 1 }
  // Nothing before this was worth naming: without a record there are no writes at all.
  const { failedStep: _failedStep, ...rest } = all
  return withFailures(rest, 'record', { failures: [failure], retryable: true })
}

function pending(change: Change, wave: PlannedWave, reason: string): Outcome {
  return { ref: change.target.ref, kind: 'pending', wave: wave.name, reason }
}

function* applyWaves(start: Progress, plan: Plan, pass: Pass): Program<Progress> {
  let progress = start
  if (!progress.goesOn) return progress
  for (const wave of plan.waves) {
    if (!progress.goesOn) {
      const outcomes = wave.changes.map((change) => pending(change, wave, 'an earlier wave has not finished'))
      progress = { ...progress, outcomes: [...progress.outcomes, ...outcomes] }
      continue
    }
    progress = yield* applyWave(progress, wave, pass)
    if (progress.goesOn && wave.awaitHealth && pass.only === undefined)
      progress = yield* awaitWave(progress, wave, pass)
  }
  return progress
}

function* applyWave(start: Progress, wave: PlannedWave, pass: Pass): Program<Progress> {
  let progress = start
  const changes = yield* settleDeferred(wave.changes, pass)
  const order = byRank((key) => pass.delivery.rank(key))
  const sorted = changes.toSorted((a, b) => order(a.target.ref, b.target.ref))
  for (const tier of splitTiers(sorted, (change) => pass.delivery.rank(change.target.ref).tier)) {
    const applied = yield* together(tier.map((change) => applyChange(change, wave.name, pass)))
    progress = withApplied(progress, applied)
  }
  return progress
}

/** Objects whose kind an earlier wave has brought are looked at now. */
function* settleDeferred(changes: readonly Change[], pass: Pass): Program<readonly Change[]> {
  const deferred = changes.filter((change) => change.kind === 'defer')
  if (deferred.length === 0) return changes
  const kinds = new Map(deferred.map(({ target: { ref } }) => [`${ref.group}/${ref.version}/${ref.kind}`, ref]))
  const asked = [...kinds.values()].map(({ group, version, kind }) => ({ group, version, kind }))
  const answers = yield* resolveFresh(asked)
  const served = new Set(
    [...kinds.keys()].filter((_, index) => answers[index]?.ok === true && answers[index].value !== undefined),
  )
  const subjects = deferred.map(({ target: { ref, desired, object } }) => ({
    ref,
    desired,
    object,
    served: served.has(`${ref.group}/${ref.version}/${ref.kind}`),
  }))
  yield* watchKinds({ subjects, refusals: [] })
  const settled = yield* diff(pass, subjects, 'needed')
  const byKey = new Map(settled.map((change) => [formatKey(change.target.ref), change]))
  return changes.map((change) => byKey.get(formatKey(change.target.ref)) ?? change)
}

function withApplied(progress: Progress, results: readonly Applied[]): Progress {
  const applied = { ...progress.applied }
  const fights = { ...progress.fights }
  for (const { outcome, record, fight } of results) {
    const key = formatKey(outcome.ref)
    if (record !== undefined) applied[key] = record
    if (fight !== undefined) fights[key] = fight
  }
  const outcomes = results.map((one) => one.outcome)
  const failures = outcomes.flatMap((one) => one.failure ?? [])
  const next = {
    ...progress,
    applied,
    fights,
    outcomes: [...progress.outcomes, ...outcomes],
    writes: progress.writes + results.reduce((sum, one) => sum + one.writes, 0),
  }
  const isDone = outcomes.every((one) => !['failed', 'terminating', 'pending'].includes(one.kind))
  const broken = withFailures(next, 'apply', { failures, retryable: outcomes.every((one) => one.retryable !== false) })
  // A contested object is there, if not as it should be: the waves that build on it may go on.
  return { ...broken, goesOn: progress.goesOn && isDone }
}

function* awaitWave(progress: Progress, wave: PlannedWave, pass: Pass): Program<Progress> {
  const objects = wave.changes.filter((change) => change.kind !== 'skip').map((change) => change.target.ref)
  return yield* look(progress, { wave: wave.name, objects, timeoutMs: wave.timeoutMs, applied: progress.applied }, pass)
}

function* look(progress: Progress, what: Look, pass: Pass): Program<Progress> {
  const seen = yield* observe(what, pass)
  const { [what.wave]: _ended, ...others } = progress.waits
  const next = { ...progress, health: [...progress.health, ...seen.health], waits: others }
  switch (seen.result) {
    case 'healthy':
      return next
    case 'waiting': {
      const waits = { ...others, [what.wave]: seen.wait.startedAtMs }
      return { ...next, waits, wait: seen.wait, goesOn: false }
    }
    case 'failed':
      return withFailures(next, 'health', { failures: seen.failures, retryable: true })
  }
}

/** Deletes only when everything desired is applied: what is to replace the old must stand first. */
function* prune(progress: Progress, plan: Plan, pass: Pass): Program<Progress> {
  if (plan.prune.length === 0) return progress
  if (!progress.goesOn || progress.failures.length > 0) {
    const message = 'not everything is applied yet'
    const pruned = plan.prune.map((item) =>
      item.verdict.kind === 'delete'
        ? { ...item, verdict: { kind: 'keep' as const, reason: 'EarlierFailure' as const, message } }
        : item,
    )
    return { ...progress, pruned }
  }
  const done = yield* deleteStale(plan.prune, pass)
  const outcomes = done.deleted.map((ref): Outcome => ({ ref, kind: 'deleted', wave: 'prune' }))
  const next = {
    ...progress,
    pruned: done.items,
    outcomes: [...progress.outcomes, ...outcomes],
    writes: progress.writes + done.writes,
  }
  const failures = [...unreadable(done.items), ...done.failures]
  return withFailures(next, 'prune', { failures, retryable: true })
}

function* checkHealth(progress: Progress, pass: Pass): Program<Progress> {
  const check = pass.delivery.healthCheck
  if (check === undefined || pass.only !== undefined || !progress.goesOn || progress.failures.length > 0)
    return progress
  const own = progress.outcomes.filter((one) => !['skipped', 'deleted'].includes(one.kind)).map((one) => one.ref)
  const objects = check.objects === 'applied' ? own : check.objects
  return yield* look(progress, { wave: '', objects, timeoutMs: check.timeoutMs, applied: progress.applied }, pass)
}
