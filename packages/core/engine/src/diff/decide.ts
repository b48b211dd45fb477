import type { Failure } from '@kedge/base'
import { describeKey, type KubeObject } from '@kedge/manifest'

import { digestOf, sameJson } from '../canonical.ts'
import type { Change, Target } from '../model/change.ts'
import type { Delivery } from '../model/delivery.ts'
import type { Desired } from '../model/desired.ts'
import type { ObjectRef } from '../model/inventory.ts'
import type { AppliedRecord } from '../model/memory.ts'
import { appliedDigest, isEvidentlyAsDesired, ownedFields, projectionDigest } from '../projection.ts'
import { ownersToReplace } from '../take-over.ts'
import { withIgnoredFields } from './ignored-fields.ts'

/** Everything that is known of one desired object and its live form. */
export interface Evidence {
  readonly subject: { readonly ref: ObjectRef; readonly desired: Desired; readonly object: KubeObject }
  readonly live: KubeObject | undefined
  /** What this process remembers of its last apply. */
  readonly record: AppliedRecord | undefined
  /** What the inventory remembers of it. */
  readonly entryDigest: string | undefined
  /** Another delivery that has the object in its desired set. */
  readonly claimedBy: string | undefined
}

/** A change, or the need to ask the server with a dry run. */
export type Decision = Change | { readonly kind: 'ask'; readonly target: Target; readonly live: KubeObject }

/** Decides from what is known, without a request, what has to happen to one object. Pure. */
export function decide(evidence: Evidence, delivery: Delivery): Decision {
  const { live, subject } = evidence
  const mode = subject.desired.mode ?? 'apply'
  if (live === undefined) return { kind: 'create', target: targetOf(subject) }
  const claim = refusedClaim(evidence, live, delivery)
  if (claim !== undefined) return claim
  const left = delivery.leaves?.(live)
  if (left !== undefined) return { kind: 'skip', target: targetOf(subject), reason: left }
  if (live.metadata.deletionTimestamp !== undefined) return { kind: 'wait', target: targetOf(subject), live }
  if (mode === 'create-only')
    return { kind: 'skip', target: targetOf(subject), reason: 'it exists, and is only created' }
  const pointers = subject.desired.ignore ?? []
  const object =
    pointers.length === 0
      ? subject.object
      : withIgnoredFields(subject.object, live, { pointers, fieldManager: delivery.fieldManager })
  return compare({ evidence, live, target: targetOf({ ...subject, object }) }, delivery)
}

/** The target of an object that is sent as it is. */
export function targetOf(subject: Evidence['subject']): Target {
  return { ref: subject.ref, desired: subject.desired, object: subject.object, digest: digestOf(subject.object) }
}

function refusedClaim(evidence: Evidence, live: KubeObject, delivery: Delivery): Change | undefined {
  if (delivery.sharing === 'take' || evidence.claimedBy === undefined || delivery.mark.confirms(live)) return undefined
  const owner = delivery.mark.ownerOf(live) ?? evidence.claimedBy
  const failure: Failure = {
    code: 'OwnedElsewhere',
    message: `the object belongs to ${owner}, which still delivers it`,
    object: describeKey(evidence.subject.ref),
    origin: evidence.subject.desired.origin,
    fix: 'remove it from one of the two sources, or allow taking over shared objects',
  }
  return { kind: 'refuse', target: targetOf(evidence.subject), failure, retryable: true }
}

interface Comparison {
  readonly evidence: Evidence
  readonly live: KubeObject
  readonly target: Target
}

function compare({ evidence, live, target }: Comparison, delivery: Delivery): Decision {
  const { record } = evidence
  const { fieldManager } = delivery
  const sameSource = record?.desiredDigest === target.digest
  const intruders =
    (target.desired.mode ?? 'apply') === 'apply' &&
    ownersToReplace(live, { fieldManager, patterns: delivery.takeOver }).length > 0
  if (!intruders && isKnownAsDesired({ evidence, live, target }, fieldManager)) return { kind: 'none', target, live }
  if (record !== undefined) return { kind: 'update', target, live, cause: sameSource ? 'drift' : 'desired' }
  return intruders ? { kind: 'update', target, live, cause: 'desired' } : { kind: 'ask', target, live }
}

function isKnownAsDesired({ evidence, live, target }: Comparison, fieldManager: string): boolean {
  const { record, entryDigest } = evidence
  if (record?.desiredDigest === target.digest && record.uid === live.metadata.uid) {
    if (record.resourceVersion === live.metadata.resourceVersion) return true
    if (record.projectionDigest === projectionDigest(live, fieldManager)) return true
  }
  if (isEvidentlyAsDesired(live, target.object, fieldManager)) return true
  return entryDigest !== undefined && isAsRecorded({ live, target, record, entryDigest }, fieldManager)
}

/** Whether the inventory's digest is that of the desired object and of what we own of the live one. */
function isAsRecorded(
  known: Pick<Comparison, 'live' | 'target'> & {
    readonly record: AppliedRecord | undefined
    readonly entryDigest: string
  },
  fieldManager: string,
): boolean {
  const { live, target, record, entryDigest } = known
  const isRemembered = record?.uid === live.metadata.uid && record?.resourceVersion === live.metadata.resourceVersion
  // The entry tells what is remembered: that this very object was made for another desired one.
  if (isRemembered && record?.digest === entryDigest) return record.desiredDigest === target.digest
  const projection = isRemembered ? record?.projectionDigest : undefined
  const now = { desiredDigest: target.digest, projectionDigest: projection ?? projectionDigest(live, fieldManager) }
  return appliedDigest(now) === entryDigest
}

/** Whether an apply would leave the object as it is: the predicted object differs in nothing but bookkeeping. */
export function predictsNoChange(live: KubeObject, predicted: KubeObject, fieldManager: string): boolean {
  if (!sameJson(withoutBookkeeping(live), withoutBookkeeping(predicted))) return false
  const now = ownedFields(live, fieldManager)
  const then = ownedFields(predicted, fieldManager)
  return now === then || sameOwnership(live, predicted, fieldManager)
}

function sameOwnership(live: KubeObject, predicted: KubeObject, fieldManager: string): boolean {
  return sameJson(entryFields(live, fieldManager), entryFields(predicted, fieldManager))
}

function entryFields(object: KubeObject, fieldManager: string): unknown {
  return object.metadata.managedFields?.find((one) => one.manager === fieldManager && one.operation === 'Apply')
    ?.fieldsV1
}

function withoutBookkeeping(object: KubeObject): unknown {
  const { status: _status, metadata, ...rest } = object
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...others } = metadata
  return { ...rest, metadata: others }
}
