import { describeFailure, type Failure } from '@kedge/base'
import { type Memory } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { dependencyKey, findCycle } from '../delivery/dependencies.ts'
import { toDelivery } from '../delivery/to-delivery.ts'
import { notYet } from '../sources/source-status.ts'
import { readKustomization, type KustomizationSpec } from '../spec/kustomization.ts'
import { readInventory, readKustomizationStatus } from '../status/kustomization-status.ts'
import { readRequest } from '../status/triggers.ts'
import { checkDependencies } from './check-dependencies.ts'
import { perform, type Artifact, type FluxProgram, type RenderAnswer } from './effects.ts'
import { readArtifact, readOriginRevision } from './git-repository.ts'
import { failedEnd, progressStatus, reportEnd, stalledEnd, suspendedEnd, type Pass } from './kustomization-end.ts'
import { loadVariables } from './load-variables.ts'
import { type PassEnd } from './pass-end.ts'
import { removeKustomization } from './remove-kustomization.ts'
import { type PassContext } from './settings.ts'
import { finalizer, targetOf } from './target.ts'

export interface KustomizationInput {
  readonly object: KubeObject
  /** What the last pass of this process remembered. */
  readonly memory: Memory
  /** The keys that a Kustomization depends on, as the watch cache has it; empty when unknown. */
  readonly dependenciesOf: (key: string) => readonly string[]
}

/** One pass over a Kustomization, in the order of SPEC.md K1 to K12. */
export function* reconcileKustomization(input: KustomizationInput, context: PassContext): FluxProgram<PassEnd> {
  const { object } = input
  const parsed = readKustomization(object)
  const status = readKustomizationStatus(object)
  const base = { object, status, context, memory: input.memory }
  if (object.metadata.deletionTimestamp !== undefined) {
    return yield* removeKustomization(base, parsed.ok ? parsed.value : undefined)
  }
  if (!parsed.ok) return stalledEnd({ ...base, retryMs: 0 }, { reason: 'InvalidSpec', failure: parsed.failure })
  const spec = parsed.value
  const pass: Pass = { ...base, retryMs: spec.retryIntervalMs, spec }
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) {
    yield* perform({ kind: 'set-finalizers', finalizers: [...finalizers, finalizer] })
  }
  if (spec.suspend) return suspendedEnd(pass)
  const broken = checkSpec(pass, spec, input)
  if (broken !== undefined) return broken
  return yield* reconcileSource(pass, spec)
}

/** What no source can mend: expressions that do not compile and dependencies in a circle. */
function checkSpec(pass: Pass, spec: KustomizationSpec, input: KustomizationInput): PassEnd | undefined {
  for (const rule of spec.healthCheckExprs) {
    for (const expression of [rule.current, rule.inProgress, rule.failed]) {
      const failure = expression === undefined ? undefined : pass.context.expressions.check(expression)
      if (failure !== undefined) return stalledEnd(pass, { reason: 'InvalidCELExpression', failure: terminal(failure) })
    }
  }
  const own = dependencyKey({ namespace: pass.object.metadata.namespace ?? '', name: pass.object.metadata.name ?? '' })
  const cycle = findCycle(own, input.dependenciesOf)
  if (cycle === undefined) return undefined
  const failure: Failure = {
    code: 'DependencyCycle',
    message: `the dependencies form a cycle: ${cycle.join(' -> ')}`,
    fix: 'remove one of these from dependsOn',
  }
  return stalledEnd(pass, { reason: 'DependencyCycle', readyReason: 'DependencyNotReady', failure })
}

/** Flux's opening words for what is not tried again. */
function terminal(failure: Failure): Failure {
  return { ...failure, message: `Reconciliation failed terminally due to configuration error: ${failure.message}` }
}

function* reconcileSource(pass: Pass, spec: KustomizationSpec): FluxProgram<PassEnd> {
  const { settings } = pass.context
  const { kind, namespace, name } = spec.sourceRef
  const place = `${kind}/${namespace}/${name}`
  if (settings.noCrossNamespaceRefs && namespace !== pass.object.metadata.namespace) {
    const message = `can't access '${place}', cross-namespace references have been blocked`
    return stalledEnd(pass, { reason: 'AccessDenied', failure: { code: 'AccessDenied', message } })
  }
  if (kind === 'Bucket') {
    const failure = notYet('UnsupportedSourceKind', `source '${place}' cannot be read: Buckets are not supported`)
    return stalledEnd(pass, { reason: 'ArtifactFailed', failure: { ...failure, fix: 'use another source' } })
  }
  const apiVersion = 'source.toolkit.fluxcd.io/v1'
  const source = yield* perform({ kind: 'read', ref: { apiVersion, kind, namespace, name } })
  if (source === undefined) {
    const failure = {
      code: 'SourceNotFound',
      message: `Source '${place}' not found`,
      fix: 'create it, or correct sourceRef',
    }
    return failedEnd(pass, { reason: 'ArtifactFailed', failure, delayMs: spec.retryIntervalMs })
  }
  const artifact = readArtifact(source)
  if (artifact === undefined) return noArtifact(pass)
  const dependencies = yield* checkDependencies(pass.object, spec, { artifact, context: pass.context })
  if (dependencies.kind === 'invalid') {
    return stalledEnd(pass, { reason: 'InvalidCELExpression', failure: terminal(dependencies.failure) })
  }
  if (dependencies.kind === 'waiting') {
    return failedEnd(pass, {
      reason: 'DependencyNotReady',
      failure: { code: 'DependencyNotReady', message: dependencies.message },
      delayMs: settings.requeueDependencyMs,
    })
  }
  const originRevision = readOriginRevision(source)
  return yield* renderAndDeliver(originRevision === undefined ? pass : { ...pass, originRevision }, spec, artifact)
}

function noArtifact(pass: Pass): PassEnd {
  const message = 'Source artifact not found, retrying in 30s'
  const failure = { code: 'ArtifactNotFound', message }
  return failedEnd(pass, { reason: 'ArtifactFailed', failure, delayMs: pass.context.settings.requeueDependencyMs })
}

/** After a restart the files are fetched again, and the source tells when: no reason to say that anything is wrong. */
function awaitArtifact(pass: Pass): PassEnd {
  const next = { kind: 'after', delayMs: pass.context.settings.requeueDependencyMs } as const
  return { status: undefined, notes: [], next, memory: pass.memory, summary: 'waiting for the source to be fetched' }
}

function* renderAndDeliver(pass: Pass, spec: KustomizationSpec, artifact: Artifact): FluxProgram<PassEnd> {
  const attempted = { ...pass, revision: artifact.revision }
  const variables = yield* loadVariables(pass.object, spec)
  if (!variables.ok) {
    return failedEnd(attempted, { reason: 'BuildFailed', failure: variables.failure, delayMs: spec.retryIntervalMs })
  }
  const answer = yield* perform({
    kind: 'render',
    request: {
      source: spec.sourceRef,
      artifact,
      path: spec.path,
      build: spec.build,
      substitution:
        spec.postBuild === undefined
          ? undefined
          : {
              variables: variables.value,
              strict: pass.context.settings.strictSubstitution,
              always: spec.postBuild.always,
            },
    },
  })
  if (answer.kind === 'no-artifact') return awaitArtifact(pass)
  if (answer.kind === 'no-path') {
    return failedEnd(pass, { reason: 'ArtifactFailed', failure: answer.failure, delayMs: spec.retryIntervalMs })
  }
  if (answer.kind === 'failed') {
    return failedEnd(attempted, { reason: 'BuildFailed', failure: answer.failure, delayMs: spec.retryIntervalMs })
  }
  return yield* deliver(attempted, spec, answer)
}

function* deliver(
  pass: Pass & { readonly revision: string },
  spec: KustomizationSpec,
  rendered: Extract<RenderAnswer, { kind: 'rendered' }>,
): FluxProgram<PassEnd> {
  const request = readRequest(pass.object)
  const delivery = toDelivery({
    owner: pass.object,
    spec,
    revision: pass.revision,
    rendered: rendered.objects,
    inventory: readInventory(pass.status),
    forceOnce: request.force,
  })
  if (!delivery.ok) {
    return failedEnd(pass, { reason: 'BuildFailed', failure: delivery.failure, delayMs: spec.retryIntervalMs })
  }
  const answer = yield* perform({
    kind: 'deliver',
    delivery: delivery.value,
    target: targetOf(pass.object, spec, pass.context),
    progress: progressStatus(pass, spec),
  })
  if (answer.kind === 'no-target') {
    const failure = { ...answer.failure, message: `failed to build kube client: ${describeFailure(answer.failure)}` }
    return failedEnd(pass, { reason: 'ReconciliationFailed', failure, delayMs: spec.retryIntervalMs })
  }
  return reportEnd(pass, { spec, report: answer.report, digest: rendered.digest, rendered: rendered.objects.length })
}
