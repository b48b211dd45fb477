import type { StoredHook } from '@kedge/helm'

import { readManifest } from '../apply/read-manifest.ts'
import { settleObjects, type SettledObject } from '../apply/settle-objects.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import type { Work } from '../model/work.ts'
import { askPatiently } from '../patience.ts'
import { releaseMark } from '../release-mark.ts'
import { awaitGone } from './await-objects.ts'

/** When a hook's object is deleted, in Helm's words. */
export type HookPolicy = 'before-hook-creation' | 'hook-succeeded' | 'hook-failed'

/** When a hook is deleted: what it says, or before it is made anew. */
export function policiesOf(hook: StoredHook): readonly string[] {
  return hook.deletePolicies.length === 0 ? ['before-hook-creation'] : hook.deletePolicies
}

/**
 * Deletes a hook's objects by their UIDs where the policy is the hook's own; definitions never, and nothing that another
 * release has. Answers why it could not.
 */
export function* deleteHook(work: Work, hook: StoredHook, policy: HookPolicy): ReleaseProgram<string | undefined> {
  if (hook.kind === 'CustomResourceDefinition' || !policiesOf(hook).includes(policy)) return undefined
  const read = readManifest(hook.manifest)
  if (!read.ok) return `unable to build kubernetes object for deleting hook ${hook.path}: ${read.failure.message}`
  const settled = yield* settleObjects(read.value, work.target.namespace)
  if (!settled.ok) return settled.failure.message
  for (const one of settled.value.settled) {
    const problem = yield* deleteObject(work, one, policy)
    if (problem !== undefined) return problem
  }
  return undefined
}

function* deleteObject(work: Work, { ref }: SettledObject, policy: HookPolicy): ReleaseProgram<string | undefined> {
  const answer = yield* askPatiently({ kind: 'read' as const, ref, fresh: true })
  if (!answer.ok) return answer.error.message
  const live = answer.value
  if (live === undefined) return undefined
  const mark = releaseMark(work.target)
  const owner = mark.ownerOf(live)
  const name = `${ref.kind} ${ref.namespace}/${ref.name}`
  if (owner !== undefined && !mark.confirms(live)) return `${name} is not deleted: it belongs to ${owner}`
  const uid = live.metadata.uid ?? ''
  work.log.add(`deleting hook ${name}`)
  const deleted = yield* askPatiently({ kind: 'delete' as const, ref, uid, propagation: 'background' })
  if (!deleted.ok) return deleted.error.message
  const { options } = work
  if (deleted.value === 'gone' || (policy !== 'before-hook-creation' && !options.wait)) return undefined
  return yield* awaitGone(ref, { uid, timeoutMs: options.timeoutMs })
}
