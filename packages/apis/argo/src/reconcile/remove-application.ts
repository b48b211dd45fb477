import { describeFailure } from '@kedge/base'
import { describeKey, type KubeObject } from '@kedge/manifest'

import { toRemoval } from '../delivery/to-delivery.ts'
import { type ApplicationSpec } from '../spec/application.ts'
import { readInventory } from '../status/application-status.ts'
import { perform, type ArgoProgram, type PassContext, type PassEnd } from './effects.ts'

const resourcesFinalizer = 'resources-finalizer.argocd.argoproj.io'

/** A deleted application: its finalizer says whether its objects go with it, and how (SPEC.md FIN1, FIN4). */
export function* removeApplication(
  object: KubeObject,
  spec: ApplicationSpec | undefined,
  _context: PassContext,
): ArgoProgram<PassEnd> {
  const finalizers = object.metadata.finalizers ?? []
  const ours = finalizers.filter((one) => one.startsWith(resourcesFinalizer))
  if (ours.length === 0) return gone()
  const inventory = readInventory(object)
  if (spec !== undefined && inventory.length > 0) {
    const foreground = !ours.some((one) => one.endsWith('/background'))
    const delivery = toRemoval({ application: object, spec, inventory, options: spec.syncOptions, foreground })
    const report = yield* perform({ kind: 'deliver', delivery, only: undefined, progress: {} })
    if (report.result === 'failed') return retry(report.failures.map(describeFailure).join('\n'))
    if (report.terminating.length > 0) {
      const waiting = report.terminating.map((ref) => describeKey(ref)).join(', ')
      return {
        ...gone(),
        next: { kind: 'after', delayMs: 1000 },
        memory: report.memory,
        summary: `waiting for the deletion of ${waiting}`,
      }
    }
  }
  yield* perform({ kind: 'set-finalizers', finalizers: finalizers.filter((one) => !ours.includes(one)) })
  return gone()
}

function gone(): PassEnd {
  return {
    status: undefined,
    clearOperation: false,
    notes: [],
    next: { kind: 'stalled', reason: 'deleted' },
    summary: '',
  }
}

function retry(cause: string): PassEnd {
  return { ...gone(), next: { kind: 'retry', cause }, summary: cause }
}
