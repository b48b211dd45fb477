import { describeFailure } from '@kedge/base'
import { type ObjectRef, type Report } from '@kedge/engine'
import { describeKey } from '@kedge/manifest'

import { toRemoval } from '../delivery/to-delivery.ts'
import { type KustomizationSpec } from '../spec/kustomization.ts'
import { readInventory } from '../status/kustomization-status.ts'
import { type EventNote } from '../status/event-note.ts'
import { perform, type FluxProgram } from './effects.ts'
import { type Pass } from './kustomization-end.ts'
import { type PassEnd } from './pass-end.ts'
import { finalizer, targetOf } from './target.ts'

/** What is left of a Kustomization that is being deleted: prune as its policy says, then let it go (SPEC.md F1 to F6). */
export function* removeKustomization(
  pass: Omit<Pass, 'spec' | 'retryMs'>,
  spec: KustomizationSpec | undefined,
): FluxProgram<PassEnd> {
  const finalizers = pass.object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) return gone([])
  const inventory = readInventory(pass.status)
  const notes: EventNote[] = []
  if (spec !== undefined && deletesObjects(spec) && inventory.length > 0) {
    const revision = pass.status.lastAppliedRevision ?? ''
    const answer = yield* perform({
      kind: 'deliver',
      delivery: toRemoval({ owner: pass.object, spec, revision, inventory }),
      target: targetOf(pass.object, spec, pass.context),
      progress: {},
    })
    if (answer.kind === 'no-target') {
      if (!answer.gone) return retry(describeFailure(answer.failure), notes)
      // Nobody is left who could prune: the objects stay, and the event says which.
      notes.push(note('error', `unable to prune objects: \n${inventory.map((entry) => describeKey(entry)).join('\n')}`))
    } else {
      const unfinished = judgeRemoval(answer.report, { pass, spec, notes })
      if (unfinished !== undefined) return unfinished
    }
  }
  yield* perform({ kind: 'set-finalizers', finalizers: finalizers.filter((name) => name !== finalizer) })
  return gone(notes)
}

function deletesObjects(spec: KustomizationSpec): boolean {
  if (spec.suspend) return false
  switch (spec.deletionPolicy) {
    case 'MirrorPrune':
      return spec.prune
    case 'Delete':
    case 'WaitForTermination':
      return true
    case 'Orphan':
      return false
  }
}

function judgeRemoval(
  report: Report,
  options: {
    readonly pass: Omit<Pass, 'spec' | 'retryMs'>
    readonly spec: KustomizationSpec
    readonly notes: EventNote[]
  },
): PassEnd | undefined {
  const { pass, spec, notes } = options
  const deleted = report.outcomes.filter((outcome) => outcome.kind === 'deleted')
  if (deleted.length > 0)
    notes.push(note('info', deleted.map((outcome) => `${describeKey(outcome.ref)} deleted`).join('\n')))
  if (report.result === 'failed') {
    notes.push(note('error', 'pruning for deleted resource failed'))
    return retry(report.failures.map(describeFailure).join('\n'), notes)
  }
  const open = openDeletions(report, spec)
  if (open.length === 0) return undefined
  const deadlineMs = pass.context.deletionMs(pass.object) + spec.timeoutMs
  const names = open.map((ref) => describeKey(ref)).join(', ')
  if (pass.context.nowMs >= deadlineMs) {
    notes.push(note('error', `failed to wait for resources termination: ${names}`))
    return undefined
  }
  return {
    status: undefined,
    notes,
    next: { kind: 'after', delayMs: Math.min(2000, deadlineMs - pass.context.nowMs) },
    memory: report.memory,
    summary: `waiting for the termination of ${names}`,
  }
}

/** What still has to be deleted, in its order after what is on its way out; and the latter too where the policy waits. */
function openDeletions(report: Report, spec: KustomizationSpec): readonly ObjectRef[] {
  const due = report.pruned.filter(
    ({ verdict }) => verdict.kind === 'delete' || (verdict.kind === 'keep' && verdict.reason === 'EarlierFailure'),
  )
  const leaving = spec.deletionPolicy === 'WaitForTermination' || due.length > 0 ? report.terminating : []
  return [...leaving, ...due.map(({ entry }) => entry)]
}

function note(severity: 'info' | 'error', message: string): EventNote {
  return { severity, reason: severity === 'error' ? 'PruneFailed' : 'ReconciliationSucceeded', message, metadata: {} }
}

function retry(cause: string, notes: readonly EventNote[]): PassEnd {
  return { status: undefined, notes, next: { kind: 'retry', cause }, summary: cause }
}

function gone(notes: readonly EventNote[]): PassEnd {
  return { status: undefined, notes, next: { kind: 'stalled', reason: 'deleted' }, summary: '' }
}
