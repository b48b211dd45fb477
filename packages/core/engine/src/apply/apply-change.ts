import { describeKey, formatApiVersion, formatKey, type KubeObject } from '@kedge/manifest'

import { judgeFight, maxCorrections, rivalOf } from '../fights.ts'
import type { Change, Target } from '../model/change.ts'
import type { EffectError, Program } from '../model/effect.ts'
import type { AppliedRecord, FightRecord } from '../model/memory.ts'
import type { Pass } from '../model/pass.ts'
import type { Outcome, OutcomeKind } from '../model/report.ts'
import { perform } from '../program.ts'
import { recordOf } from '../projection.ts'
import { takeOverPatch } from '../take-over.ts'
import { failureOf, holdsData, isImmutableRefusal, mayPass } from './refusal.ts'

/** What came of one change. */
export interface Applied {
  readonly outcome: Outcome
  /** What is known of the object now; undefined when its state is not known. */
  readonly record?: AppliedRecord
  readonly fight?: FightRecord
  readonly writes: number
}

/** Carries out one change. Never fails: what goes wrong is in the outcome. */
export function* applyChange(change: Change, wave: string, pass: Pass): Program<Applied> {
  const { target } = change
  const about = { ref: target.ref, wave }
  switch (change.kind) {
    case 'none':
      return settled(about, 'unchanged', recordOfUnchanged(change.target, change.live, pass))
    case 'skip':
      return { outcome: { ...about, kind: 'skipped', reason: change.reason }, writes: 0 }
    case 'wait':
      return { outcome: { ...about, kind: 'terminating', reason: 'its deletion has not finished' }, writes: 0 }
    case 'refuse':
      return { outcome: { ...about, kind: 'failed', failure: change.failure, retryable: change.retryable }, writes: 0 }
    case 'defer':
      return { outcome: { ...about, kind: 'pending', reason: 'its kind is not served yet' }, writes: 0 }
    case 'create':
    case 'update':
      return yield* correctOrApply(change, wave, pass)
  }
}

function recordOfUnchanged(target: Target, live: KubeObject, pass: Pass): AppliedRecord {
  const known = pass.memory.applied[formatKey(target.ref)]
  const isSame =
    known?.desiredDigest === target.digest &&
    known.uid === live.metadata.uid &&
    known.resourceVersion === live.metadata.resourceVersion
  return isSame ? known : recordOf(live, target.digest, pass.delivery.fieldManager)
}

type WritingChange = Extract<Change, { kind: 'create' | 'update' }>

/** What was as desired in this process and no longer is has been changed by somebody: corrections are counted. */
function* correctOrApply(change: WritingChange, wave: string, pass: Pass): Program<Applied> {
  const key = formatKey(change.target.ref)
  const record = pass.memory.applied[key]
  const isDrift = change.kind === 'update' ? change.cause === 'drift' : record?.desiredDigest === change.target.digest
  if (!isDrift) return yield* write({ change, wave, done: change.kind === 'create' ? 'created' : 'configured' }, pass)
  const live = change.kind === 'update' ? change.live : undefined
  const rival = rivalOf(live, pass.delivery.fieldManager)
  const verdict = judgeFight(pass.memory.fights[key], { nowMs: pass.nowMs, rival })
  if (verdict.kind === 'pause') return contested(change.target, wave, verdict.record)
  const applied = yield* write({ change, wave, done: 'corrected' }, pass)
  return { ...applied, fight: verdict.record }
}

function contested(target: Target, wave: string, fight: FightRecord): Applied {
  const failure = {
    code: 'Contested',
    message: `${fight.rival} undid ${maxCorrections} corrections within 10 minutes; correcting it is paused`,
    object: describeKey(target.ref),
    origin: target.desired.origin,
    fix: 'stop the other owner, or have its fields ignored here',
  }
  return { outcome: { ref: target.ref, wave, kind: 'contested', failure }, fight, writes: 0 }
}

interface Write {
  readonly change: WritingChange
  readonly wave: string
  readonly done: OutcomeKind
}

function* write(job: Write, pass: Pass): Program<Applied> {
  const { change, wave } = job
  const { fieldManager } = pass.delivery
  const takenOver = change.kind === 'update' ? yield* takeOver(change.target, change.live, pass) : 0
  const { ref, object, digest } = change.target
  const answer = yield* perform({ kind: 'apply' as const, object, ref, fieldManager })
  const writes = takenOver + 1
  if (answer.ok) return { ...settled({ ref, wave }, job.done, recordOf(answer.value, digest, fieldManager)), writes }
  if (change.kind === 'update' && isImmutableRefusal(answer.error) && mayReplace(change.target, change.live, pass)) {
    const replaced = yield* replace(change.target, { live: change.live, wave }, pass)
    return { ...replaced, writes: replaced.writes + writes }
  }
  return { ...failed(change.target, wave, answer.error), writes }
}

/** Takes over the fields of the owners that the delivery names. A conflict is no matter: the next pass sees the rest. */
function* takeOver(target: Target, live: KubeObject, pass: Pass): Program<number> {
  if ((target.desired.mode ?? 'apply') !== 'apply') return 0
  const { fieldManager, takeOver: patterns } = pass.delivery
  const apiVersion = formatApiVersion(target.ref.group, target.ref.version)
  const patch = takeOverPatch(live, { fieldManager, patterns, apiVersion })
  if (patch === undefined) return 0
  yield* perform({ kind: 'patch-owners' as const, ref: target.ref, patch, fieldManager })
  return 1
}

function mayReplace(target: Target, live: KubeObject, pass: Pass): boolean {
  if (target.desired.replace === true) return true
  return pass.delivery.force && !holdsData(target.ref, live)
}

/** Deletes the very object that was seen and makes it anew once it is gone; if that takes time, a later pass does. */
function* replace(
  target: Target,
  seen: { readonly live: KubeObject; readonly wave: string },
  pass: Pass,
): Program<Applied> {
  const { ref, object, digest } = target
  const about = { ref, wave: seen.wave }
  const removal = yield* perform({
    kind: 'delete' as const,
    ref,
    uid: seen.live.metadata.uid ?? '',
    propagation: pass.delivery.propagation ?? 'background',
  })
  if (!removal.ok) return { ...failed(target, seen.wave, removal.error), writes: 1 }
  if (removal.value !== 'gone') {
    return { outcome: { ...about, kind: 'terminating', reason: 'it is deleted to be made anew' }, writes: 1 }
  }
  const { fieldManager } = pass.delivery
  const answer = yield* perform({ kind: 'apply' as const, object, ref, fieldManager })
  if (!answer.ok) return { ...failed(target, seen.wave, answer.error), writes: 2 }
  return { ...settled(about, 'replaced', recordOf(answer.value, digest, fieldManager)), writes: 2 }
}

function settled(about: Pick<Outcome, 'ref' | 'wave'>, kind: OutcomeKind, record: AppliedRecord): Applied {
  return { outcome: { ...about, kind }, record, writes: 0 }
}

function failed(target: Target, wave: string, error: EffectError): Applied {
  const failure = failureOf(error, { key: target.ref, origin: target.desired.origin, action: 'apply' })
  return { outcome: { ref: target.ref, wave, kind: 'failed', failure, retryable: mayPass(error) }, writes: 0 }
}
