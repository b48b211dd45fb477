import { type Failure } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { dependencyKey, findCycle } from '../delivery/dependencies.ts'
import { type PassContext } from '../reconcile/settings.ts'
import { finalizer } from '../reconcile/target.ts'
import { setConditions, statementsFor } from '../status/conditions.ts'
import { type ActionType } from './action-order.ts'
import { checkReleaseDependencies } from './check-dependencies.ts'
import { ask, type HelmProgram } from './effects.ts'
import { findChart } from './find-chart.ts'
import { keepChart } from './keep-chart.ts'
import {
  errorEnd,
  noteRequests,
  prerequisiteEnd,
  releaseRequests,
  remediedEnd,
  stalledEnd,
  suspendedEnd,
  type HelmReleaseEnd,
  type ReleasePass,
} from './release-pass.ts'
import { reconcileRelease } from './reconcile-release.ts'
import { removeHelmRelease } from './remove-helm-release.ts'
import { type SettledOutcome } from './settle-action.ts'
import { readHelmRelease } from './spec.ts'
import { readHelmReleaseStatus } from './status.ts'

export interface HelmReleaseInput {
  readonly object: KubeObject
  /** The action that this run of passes has ended last, and the kinds that it has done. */
  readonly resumed: ResumedRun | undefined
  /** The keys that a HelmRelease depends on, as the watch cache has it; empty when unknown. */
  readonly dependenciesOf: (key: string) => readonly string[]
  /** Another HelmRelease, `namespace/name`, that has the release which this one wants. */
  readonly holder?: string | undefined
}

export interface ResumedRun {
  readonly done: readonly ActionType[]
  readonly outcome: SettledOutcome
}

/** One pass over a HelmRelease. Its actions run apart from it; the pass after each decides on the next one. */
export function* reconcileHelmRelease(input: HelmReleaseInput, context: PassContext): HelmProgram<HelmReleaseEnd> {
  const { object, resumed } = input
  const parsed = readHelmRelease(object, context.settings)
  const status = readHelmReleaseStatus(object)
  if (object.metadata.deletionTimestamp !== undefined) {
    const spec = parsed.ok ? parsed.value : undefined
    const isElsewhere = input.holder !== undefined
    return yield* removeHelmRelease({ object, spec, status, context, outcome: resumed?.outcome, isElsewhere })
  }
  if (!parsed.ok) return invalidEnd(input, parsed.failure, context)
  const spec = parsed.value
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) {
    yield* ask({ kind: 'set-finalizers', finalizers: [...finalizers, finalizer] })
  }
  const requests = releaseRequests(object, status)
  const done = resumed?.done ?? []
  const pass: ReleasePass = { object, spec, status: noteRequests(object, status), context, done, notes: [] }
  if (spec.suspend) return suspendedEnd(pass)
  if (resumed?.outcome.kind === 'stop') return remediedEnd(pass)
  if (resumed?.outcome.kind === 'error') {
    return errorEnd(pass, { reason: 'ReconcileError', message: resumed.outcome.message })
  }
  return checkSpec(pass, input) ?? (yield* reconcilePrerequisites(pass, requests))
}

function invalidEnd(input: HelmReleaseInput, failure: Failure, context: PassContext): HelmReleaseEnd {
  const { object } = input
  const status = readHelmReleaseStatus(object)
  const generation = object.metadata.generation ?? 0
  const standing = { kind: 'stalled' as const, reason: 'InvalidSpec', message: failure.message }
  const conditions = setConditions(status.conditions, statementsFor(standing), { generation, now: context.now })
  return {
    status: { ...noteRequests(object, status), conditions, observedGeneration: generation },
    notes: [],
    next: { kind: 'stalled', reason: failure.message },
    summary: failure.message,
  }
}

/** Flux's opening words for what is not tried again. */
function terminal(failure: Failure): Failure {
  return { ...failure, message: `Reconciliation failed terminally due to configuration error: ${failure.message}` }
}

/** What only another spec can mend, or another object: a release that is not its own, expressions, dependencies in a circle. */
function checkSpec(pass: ReleasePass, input: HelmReleaseInput): HelmReleaseEnd | undefined {
  const { spec, context, object } = pass
  if (input.holder !== undefined) return conflictEnd(pass, input.holder)
  for (const rule of spec.healthCheckExprs) {
    for (const expression of [rule.current, rule.inProgress, rule.failed]) {
      const failure = expression === undefined ? undefined : context.expressions.check(expression)
      if (failure !== undefined) return invalidExpression(pass, failure)
    }
  }
  const { namespace = '', name = '' } = object.metadata
  const cycle = findCycle(dependencyKey({ namespace, name }), input.dependenciesOf)
  if (cycle === undefined) return undefined
  const failure: Failure = {
    code: 'DependencyCycle',
    message: `the dependencies form a cycle: ${cycle.join(' -> ')}`,
    fix: 'remove one of these from dependsOn',
  }
  return stalledEnd(pass, { reason: 'DependencyCycle', failure, isReady: 'false' })
}

/** Two that want one release would undo each other for ever. */
function conflictEnd(pass: ReleasePass, holder: string): HelmReleaseEnd {
  const { storageNamespace, releaseName } = pass.spec
  const failure: Failure = {
    code: 'ReleaseConflict',
    message: `release ${storageNamespace}/${releaseName} belongs to HelmRelease ${holder}`,
    fix: 'give one of them another releaseName or storageNamespace, or delete or suspend the other one',
  }
  return stalledEnd(pass, { reason: 'ReleaseConflict', failure, isReady: 'false' })
}

function invalidExpression(pass: ReleasePass, failure: Failure): HelmReleaseEnd {
  const told = failure.message
  return stalledEnd(pass, { reason: 'InvalidCELExpression', failure: terminal(failure), isReady: 'false', told })
}

function* reconcilePrerequisites(
  pass: ReleasePass,
  requests: { readonly force: boolean; readonly reset: boolean },
): HelmProgram<HelmReleaseEnd> {
  const { settings } = pass.context
  const kept = yield* keepChart(pass)
  if (kept.kind === 'end') return kept.end
  const dependencies = yield* checkReleaseDependencies(kept.pass)
  if (dependencies.kind === 'invalid') return invalidExpression(kept.pass, dependencies.failure)
  if (dependencies.kind === 'waiting') {
    return prerequisiteEnd(kept.pass, {
      reason: 'DependencyNotReady',
      message: dependencies.message,
      next: { kind: 'after', delayMs: settings.requeueDependencyMs },
      severity: 'info',
    })
  }
  const found = yield* findChart(kept.pass)
  if (found.kind === 'end') return found.end
  return yield* reconcileRelease(kept.pass, found.content, requests)
}
