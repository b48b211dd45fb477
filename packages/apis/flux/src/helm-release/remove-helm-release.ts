import { describeFailure, type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { type PassContext } from '../reconcile/settings.ts'
import { finalizer, targetOf } from '../reconcile/target.ts'
import { formatDuration } from '../spec/duration.ts'
import { type EventNote } from '../status/event-note.ts'
import { type ActionOrder } from './action-order.ts'
import { mark, markReconciling } from './conditions.ts'
import { ask, type HelmProgram, type StorageAnswer } from './effects.ts'
import { deleteChart } from './keep-chart.ts'
import { messages } from './messages.ts'
import { momentOf, type HelmReleaseEnd } from './release-pass.ts'
import { placeOf } from './release-target.ts'
import { type SettledOutcome } from './settle-action.ts'
import { sortHistory } from './snapshot.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { type HelmReleaseStatus } from './status.ts'

interface Removal {
  readonly object: KubeObject
  /** Undefined when it cannot be read. */
  readonly spec: HelmReleaseSpec | undefined
  readonly status: HelmReleaseStatus
  readonly context: PassContext
  /** How the uninstall ended, when it was tried in this run of passes. */
  readonly outcome: SettledOutcome | undefined
  /** The release belongs to another HelmRelease, which keeps it. */
  readonly isElsewhere: boolean
}

/** A HelmRelease that is being deleted: its release is uninstalled, its HelmChart goes, then it goes itself (SPEC.md HD40). */
export function* removeHelmRelease(removal: Removal): HelmProgram<HelmReleaseEnd> {
  const { object, spec, status, outcome } = removal
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) return gone([])
  if (outcome?.kind === 'error') return retry(outcome.message)
  let notes: readonly EventNote[] = []
  if (spec !== undefined && !spec.suspend) {
    const order = removal.isElsewhere ? undefined : uninstallOrder(removal, spec)
    if (order !== undefined) {
      const target = yield* ask({
        kind: 'read-storage',
        query: { release: order.release, target: order.target, history: status.history ?? [], preserve: undefined },
      })
      if (target.kind !== 'facts' && !isBeyondReach(target, status)) return cannotUninstall(removal, target.failure)
      if (target.kind === 'facts' && target.facts.revisions.length > 0) return start(removal, order)
      // Without the account or kubeconfig nobody is left who could; without a record there is nothing to be done.
    }
    const cleaned = yield* deleteChart({ ...removal, notes })
    notes = cleaned.notes
  }
  yield* ask({ kind: 'set-finalizers', finalizers: finalizers.filter((name) => name !== finalizer) })
  return gone(notes)
}

/** Whether nothing can be there that this object brought: it never did, and may not even look, or nobody could. */
function isBeyondReach(answer: Exclude<StorageAnswer, { kind: 'facts' }>, status: HelmReleaseStatus): boolean {
  if (answer.kind === 'no-target') return answer.gone
  return answer.denied === true && (status.history ?? []).length === 0
}

/** The uninstall of what was installed; undefined when nothing was. */
function uninstallOrder(removal: Removal, spec: HelmReleaseSpec): ActionOrder | undefined {
  const { object, status, context } = removal
  const { storageNamespace } = status
  if (storageNamespace === undefined || storageNamespace === '') return undefined
  const [current] = sortHistory(status.history ?? [])
  const release =
    current === undefined
      ? { ...placeOf(spec), storageNamespace }
      : { name: current.name, namespace: current.namespace, storageNamespace }
  const target = targetOf(object, spec, context)
  return { action: { kind: 'uninstall' }, purpose: 'deletion', spec, release, target, content: undefined }
}

function start(removal: Removal, order: ActionOrder): HelmReleaseEnd {
  const message = messages.running('uninstall', formatDuration(order.spec.uninstall.timeoutMs))
  const status = markReconciling(removal.status, momentOf(removal), { reason: 'Progressing', message })
  return { status: { ...status }, notes: [], next: { kind: 'done' }, summary: message, start: order }
}

/** The release may still be there: the object stays, and says why. */
function cannotUninstall(removal: Removal, failure: Failure): HelmReleaseEnd {
  const message = `failed to uninstall release: ${describeFailure(failure)}`
  const ready = { type: 'Ready', status: 'False', reason: 'UninstallFailed', message } as const
  const status = mark(removal.status, momentOf(removal), ready)
  return { status: { ...status }, notes: [], next: { kind: 'retry', cause: message }, summary: message }
}

function retry(cause: string): HelmReleaseEnd {
  return { status: undefined, notes: [], next: { kind: 'retry', cause }, summary: cause }
}

function gone(notes: readonly EventNote[]): HelmReleaseEnd {
  return { status: undefined, notes, next: { kind: 'stalled', reason: 'deleted' }, summary: '' }
}
