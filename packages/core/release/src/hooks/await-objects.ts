import { isOlderVersion, type ObjectRef } from '@kedge/engine'
import type { Health } from '@kedge/health'
import type { KubeObject } from '@kedge/manifest'

import { contextCanceled, deadlineExceeded } from '../apply/bring-objects.ts'
import type { ReleaseProgram } from '../model/effect.ts'
import { pauseForHealth, pauseOn } from '../patience.ts'
import { ask, askAll, now } from '../program.ts'

/** An object as the server answered when it was applied. */
export interface AppliedObject {
  readonly ref: ObjectRef
  readonly uid: string
  readonly resourceVersion: string
}

/** What applied objects are waited for. */
export interface Awaiting {
  readonly timeoutMs: number
  health(live: KubeObject | undefined): Health
}

/** Pauses until objects are healthy; undefined when they are, else Helm's list of those that are not. */
export function* awaitObjects(
  objects: readonly AppliedObject[],
  awaiting: Awaiting,
): ReleaseProgram<string | undefined> {
  const refs = objects.map(({ ref }) => ref)
  const untilMs = (yield* now()) + awaiting.timeoutMs
  for (;;) {
    const answers = yield* askAll(refs.map((ref) => ({ kind: 'read' as const, ref, fresh: false })))
    const seen = objects.map((object, index) => {
      const answer = answers[index]
      const health: Health =
        answer?.ok === true
          ? isBehind(answer.value, object)
            ? { status: 'InProgress', message: 'the object has not been seen yet' }
            : awaiting.health(answer.value)
          : { status: 'Unknown', message: answer?.error.message ?? 'no answer' }
      return { ref: object.ref, health }
    })
    const open = seen.filter(({ health }) => health.status !== 'Current')
    if (open.length === 0) return undefined
    const isLate = (yield* now()) >= untilMs
    if (isLate || open.every(({ health }) => health.status === 'Failed'))
      return [...open.map(describe), ...(isLate ? [deadlineExceeded] : [])].join('\n')
    if (!(yield* pauseForHealth(refs, untilMs))) return [...open.map(describe), contextCanceled].join('\n')
  }
}

function describe({ ref, health }: { readonly ref: ObjectRef; readonly health: Health }): string {
  const { kind, namespace, name } = ref
  return `resource ${kind}/${namespace}/${name} not ready. status: ${health.status}, message: ${health.message}`
}

/** Whether a cache shows what was there before the apply. */
function isBehind(live: KubeObject | undefined, applied: AppliedObject): boolean {
  if (live === undefined) return false
  return isOlderVersion(live.metadata.resourceVersion ?? '', applied.resourceVersion)
}

/** Pauses until an object of a UID is gone; undefined when it is, else Helm's words for one that stays. */
export function* awaitGone(
  ref: ObjectRef,
  how: { readonly uid: string; readonly timeoutMs: number },
): ReleaseProgram<string | undefined> {
  const untilMs = (yield* now()) + how.timeoutMs
  for (;;) {
    const answer = yield* ask({ kind: 'read' as const, ref, fresh: true })
    if (answer.ok && answer.value?.metadata.uid !== how.uid) return undefined
    if ((yield* now()) >= untilMs) {
      const { kind, namespace, name } = ref
      return `resource ${kind}/${namespace}/${name} still exists. status: Terminating, message: Resource scheduled for deletion\n${deadlineExceeded}`
    }
    yield* pauseOn([ref], untilMs)
  }
}
