import type { Failure, Result } from '@kedge/base'
import {
  emptyMemory,
  preview,
  type Change,
  type Delivery,
  type JsonPatchStep,
  type Memory,
  type ObjectRef,
  type Preview,
} from '@kedge/engine'
import type { StoredRelease } from '@kedge/helm'
import { formatKey, type KubeObject } from '@kedge/manifest'

import { beginWork, failed, standingBefore, succeeded } from '../actions/action-result.ts'
import { bringObjects, hasSeen } from '../apply/bring-objects.ts'
import { planObjects } from '../apply/plan-objects.ts'
import { withFreshReads } from '../apply/recorded-already.ts'
import { releaseDelivery } from '../apply/release-delivery.ts'
import type { ActionEnd } from '../model/action-end.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import { defaultActionOptions, type ReleaseTarget } from '../model/target.ts'
import type { Work } from '../model/work.ts'
import { now } from '../program.ts'
import { fieldChanges } from './field-changes.ts'

/** What is no drift. */
export interface DriftOptions {
  /** JSON pointers of fields of an object that may be as they are; an empty pointer leaves the whole object alone. Pure. */
  ignore(object: KubeObject): readonly string[]
  /** Whether an object, as the manifest or the cluster has it, is left alone by its own word. Pure. */
  leaves(object: KubeObject): boolean
  /** `ActionEnd.memory` of the release's last action in this process, so that fights with other owners are noticed. */
  readonly memory?: Memory
}

/** An object that is not as the release has it. */
export interface Drift {
  readonly ref: ObjectRef
  readonly kind: 'missing' | 'changed'
  /** What an apply would change of the live object, by JSON pointer; values of Secrets are masked. Empty when missing. */
  readonly steps: readonly JsonPatchStep[]
}

/** What was found. */
export type DriftEnd =
  | { readonly ok: true; readonly drift: readonly Drift[] }
  | { readonly ok: false; readonly failure: Failure; readonly retryable: boolean }

/** Compares a stored release with the cluster, by dry runs where the fields alone do not tell. Writes nothing. */
export function* findDrift(
  target: ReleaseTarget,
  release: StoredRelease,
  options: DriftOptions,
): ReleaseProgram<DriftEnd> {
  const previewed = yield* previewDrift(target, release, options)
  if (!previewed.ok) return { ok: false, failure: previewed.failure, retryable: true }
  const { plan, failures } = previewed.value
  const [failure] = failures
  if (failure !== undefined) return { ok: false, failure, retryable: true }
  return { ok: true, drift: plan.waves.flatMap(({ changes }) => changes.flatMap(driftOf)) }
}

/** The same as the engine sees it, for people: what putting the stored release back would change. Writes nothing. */
export function* previewDrift(
  target: ReleaseTarget,
  release: StoredRelease,
  options: DriftOptions,
): ReleaseProgram<Result<Preview>> {
  const work = beginWork(target, { ...defaultActionOptions, wait: false })
  const delivery = yield* driftDelivery(work, release, options)
  if (!delivery.ok) return delivery
  const memory = options.memory ?? emptyMemory
  const look = preview({ delivery: delivery.value, memory, nowMs: yield* now() })
  return { ok: true, value: yield* hasSeen(memory) ? look : withFreshReads(look) }
}

function driftOf(change: Change): readonly Drift[] {
  const { ref, predicted } = change.target
  if (change.kind === 'create' || change.kind === 'defer') return [{ ref, kind: 'missing', steps: [] }]
  if (change.kind !== 'update') return []
  const steps = fieldChanges(change.live, predicted ?? change.target.object)
  // Another owner of the same values is no drift.
  return steps.length === 0 ? [] : [{ ref, kind: 'changed', steps }]
}

/** Applies what a stored release has where the cluster has drifted. The records stay as they are. */
export function* correctDrift(
  target: ReleaseTarget,
  release: StoredRelease,
  options: DriftOptions,
): ReleaseProgram<ActionEnd> {
  const work = beginWork(target, { ...defaultActionOptions, wait: false })
  const before = standingBefore(work)
  const delivery = yield* driftDelivery(work, release, options)
  if (!delivery.ok) return failed(work, before, { failure: delivery.failure, retryable: true, release })
  const how = { memory: options.memory ?? emptyMemory, untilGone: false }
  const brought = yield* bringObjects(work, delivery.value, how)
  const corrected = new Set(brought.inventory.map(formatKey))
  const others = target.inventory.filter((entry) => !corrected.has(formatKey(entry)))
  const standing = { inventory: [...brought.inventory, ...others], memory: brought.memory }
  const { failure, retryable } = brought
  if (failure === undefined) return succeeded(work, standing, release)
  return failed(work, standing, { failure, retryable, release })
}

/** The stored manifest, without what is to be left alone, and without deletions. */
function* driftDelivery(work: Work, release: StoredRelease, options: DriftOptions): ReleaseProgram<Result<Delivery>> {
  const planned = yield* planObjects(work, { manifest: release.manifest, prefix: '' })
  if (!planned.ok) return planned
  const wanted = new Set(planned.value.map(({ ref }) => formatKey(ref)))
  const delivery = releaseDelivery(work, {
    version: release.version,
    objects: planned.value,
    inventory: work.target.inventory.filter((entry) => wanted.has(formatKey(entry))),
    awaited: [],
    merges: false,
    ignore: (object) => (options.leaves(object) ? [''] : options.ignore(object)),
    leaves: (live) => (options.leaves(live) ? 'it is left alone by its own word' : undefined),
  })
  return { ok: true, value: delivery }
}
