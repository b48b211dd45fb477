import type { Failure } from '@kedge/base'
import { emptyMemory, type Delivery, type InventoryEntry } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'

import { bringObjects } from '../apply/bring-objects.ts'
import { readManifest, type ManifestObject } from '../apply/read-manifest.ts'
import { definitionTimeoutMs, releaseDelivery } from '../apply/release-delivery.ts'
import { settleObjects } from '../apply/settle-objects.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import {
  defaultActionOptions,
  type DefinitionFile,
  type DefinitionPolicy,
  type ReleaseTarget,
} from '../model/target.ts'
import type { Work } from '../model/work.ts'
import { beginWork } from './action-result.ts'

/** What came of a chart's crds/ folder. */
export type DefinitionsEnd =
  | {
      readonly ok: true
      /** Whether anything was written: discovery, and with it what templates see, may be another one now. */
      readonly changed: boolean
      readonly inventory: readonly InventoryEntry[]
      readonly log: readonly string[]
    }
  | { readonly ok: false; readonly failure: Failure; readonly retryable: boolean; readonly log: readonly string[] }

/**
 * Applies the CustomResourceDefinitions of a chart's crds/ folder and waits until they are served. To be run before the
 * render, which may ask for their API versions; install and upgrade do it again, which costs a read each.
 */
export function* applyDefinitions(
  target: ReleaseTarget,
  files: readonly DefinitionFile[],
  options: { readonly policy: DefinitionPolicy; readonly timeoutMs: number },
): ReleaseProgram<DefinitionsEnd> {
  const timeoutMs = Math.min(options.timeoutMs, definitionTimeoutMs)
  const work = beginWork(target, { ...defaultActionOptions, timeoutMs })
  return yield* bringDefinitions(work, files, options.policy)
}

/** The same as a step of an action. */
export function* bringDefinitions(
  work: Work,
  files: readonly DefinitionFile[],
  policy: DefinitionPolicy,
): ReleaseProgram<DefinitionsEnd> {
  const done = (changed: boolean, inventory: readonly InventoryEntry[]): DefinitionsEnd => ({
    ok: true,
    changed,
    inventory,
    log: work.log.lines(),
  })
  if (policy === 'Skip' || files.length === 0) return done(false, [])
  const objects: ManifestObject[] = []
  for (const file of files) {
    const read = readManifest(file.text)
    if (!read.ok) return notApplied(work, { ...read.failure, message: `${file.path}: ${read.failure.message}` })
    objects.push(...read.value.filter(({ object }) => isDefinition(work, object, file)))
  }
  const settled = yield* settleObjects(objects, work.target.namespace)
  if (!settled.ok) return notApplied(work, settled.failure, true)
  const refs = settled.value.settled.map(({ ref }) => ref)
  const delivery = definitionDelivery(
    releaseDelivery(work, { version: 0, objects: settled.value.settled, inventory: [], awaited: refs, merges: false }),
    policy,
  )
  const brought = yield* bringObjects(work, delivery, { memory: emptyMemory, untilGone: false })
  const { failure, retryable, inventory, hasWritten } = brought
  if (failure !== undefined) return notApplied(work, failure, retryable)
  return done(hasWritten, inventory)
}

function isDefinition(work: Work, object: KubeObject, file: DefinitionFile): boolean {
  if (object.kind === 'CustomResourceDefinition') return true
  work.log.add(`passing over ${object.kind} in ${file.path}: only CustomResourceDefinitions belong there`)
  return false
}

/** Definitions do not belong to the release: they are not marked as its own, and never deleted. */
function definitionDelivery(delivery: Delivery, policy: DefinitionPolicy): Delivery {
  const objects = delivery.desired.objects.map((one) => ({
    ...one,
    mode: policy === 'Create' ? ('create-only' as const) : ('apply' as const),
  }))
  const mark = { ...delivery.mark, stamp: (object: KubeObject) => object }
  return { ...delivery, mark, prune: false, desired: { kind: 'complete', objects } }
}

function notApplied(work: Work, failure: Failure, retryable: boolean = false): DefinitionsEnd {
  const message = `failed to apply CustomResourceDefinitions: ${failure.message}`
  return { ok: false, failure: { ...failure, message }, retryable, log: work.log.lines() }
}
