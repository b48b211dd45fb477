import {
  reconcileApplication,
  resourceOptions,
  type ApplicationSource,
  type ArgoAnswers,
  type ArgoEffect,
  type ArgoProgram,
  type PassEnd,
} from '@kedge/argo'
import { fail, ok, type Failure, type Result } from '@kedge/base'
import { emptyMemory, type Delivery, type Preview } from '@kedge/engine'
import { describeKey, keyOf, type KubeObject } from '@kedge/manifest'
import type { GitSource } from '@kedge/source'
import type { FileTree } from '@kedge/tree'

import { formatTime } from '../pass-context.ts'
import { renderApplication } from '../render/application-request.ts'
import type { Render } from '../render/renderer.ts'
import { createCheckouts, type Checkouts } from '../sources/checkouts.ts'
import { previewDelivery, type PreviewHost } from './preview-delivery.ts'

/** What the preview of an Application is made from. */
export interface ApplicationPreviewRequest extends PreviewHost {
  /** The Application, as it is or as it is meant to be. */
  readonly object: KubeObject
  /** The files to render in place of the repository's. */
  readonly tree?: FileTree
  /** Where the repository is read when there are no files in its place. */
  readonly git: GitSource
  readonly render: Render
}

/** What an Application would apply. */
export interface ApplicationBuild {
  readonly objects: readonly Delivery['desired']['objects'][number][]
  /** Hooks among what was rendered, `Job/shop/migrate`; this version does not run them. */
  readonly hooks: readonly string[]
}

/** The objects that an Application would apply, in the order in which they were rendered. */
export async function buildApplication(request: ApplicationPreviewRequest): Promise<Result<ApplicationBuild>> {
  const reached = await reachDelivery(request)
  return reached.ok ? ok({ objects: reached.value.delivery.desired.objects, hooks: reached.value.hooks }) : reached
}

/** What syncing an Application with pruning would change: its own pass, up to the comparison with the cluster. */
export async function previewApplication(
  request: ApplicationPreviewRequest,
): Promise<Result<Preview & Pick<ApplicationBuild, 'hooks'>>> {
  const reached = await reachDelivery(request)
  if (!reached.ok) return reached
  const { delivery, hooks } = reached.value
  const target = { serviceAccount: undefined, kubeConfig: undefined }
  const previewed = await previewDelivery(request, { delivery, target })
  return previewed.ok ? ok({ ...previewed.value, hooks }) : previewed
}

interface Reached {
  readonly delivery: Delivery
  readonly hooks: readonly string[]
}

/** Runs the reconciler until it compares; a pass that ends before says why. */
async function reachDelivery(request: ApplicationPreviewRequest): Promise<Result<Reached>> {
  const { object, ports, cluster, git } = request
  const nowMs = ports.clock.now()
  const program: ArgoProgram<PassEnd> = reconcileApplication(
    { object: atRest(object), memory: emptyMemory },
    { nowMs, now: formatTime(nowMs), random: 0, refreshMs: 0, parseTime: () => undefined },
  )
  const checkouts = createCheckouts({ checkout: async (spec) => git.fetch(spec, await git.resolve(spec)) }, cluster)
  const hooks: string[] = []
  try {
    let step = program.next()
    while (!step.done) {
      const effect = step.value
      if (effect.kind === 'compare') return ok({ delivery: effect.delivery, hooks })
      const answer = await carryOut(effect, request, checkouts)
      if ('kind' in answer && answer.kind === 'failed') return fail(answer.failure)
      if ('objects' in answer) hooks.push(...hooksOf(answer.objects))
      step = program.next(answer)
    }
    return fail(endFailure(step.value))
  } finally {
    checkouts.close()
  }
}

/** Without an operation under way or asked for, so that the pass begins with the comparison. */
function atRest(object: KubeObject): KubeObject {
  const { operation: _operation, ...rest } = object
  const { operationState: _state, ...status } = (object['status'] ?? {}) as Record<string, unknown>
  const { deletionTimestamp: _deletionTimestamp, annotations = {}, ...metadata } = object.metadata
  const { 'argocd.argoproj.io/skip-reconcile': _skip, ...kept } = annotations
  const { apiVersion, kind } = object
  return { ...rest, apiVersion, kind, metadata: { ...metadata, annotations: kept }, status }
}

type FetchAnswer = ArgoAnswers['checkout'] | ArgoAnswers['render']

async function carryOut(
  effect: ArgoEffect,
  request: ApplicationPreviewRequest,
  checkouts: Checkouts,
): Promise<FetchAnswer> {
  switch (effect.kind) {
    case 'checkout':
      return checkOut(effect.source, effect.revision, { request, checkouts })
    case 'render': {
      const { source, revision } = effect
      const tree = request.tree ?? checkouts.tree(source.repoUrl, revision)
      return renderApplication(request.render, tree, { source, revision })
    }
    default:
      return Promise.reject(new Error(`the comparison of an Application does not ask for ${effect.kind}`))
  }
}

async function checkOut(
  source: ApplicationSource,
  revision: string,
  from: { readonly request: ApplicationPreviewRequest; readonly checkouts: Checkouts },
): Promise<ArgoAnswers['checkout']> {
  if (from.request.tree !== undefined) return { kind: 'checked-out', revision: 'local' }
  const found = await from.checkouts.checkout(source.repoUrl, revision)
  return found.ok ? { kind: 'checked-out', revision: found.value } : { kind: 'failed', failure: found.failure }
}

function hooksOf(objects: readonly { readonly object: KubeObject }[]): readonly string[] {
  return objects.filter(({ object }) => resourceOptions(object).isHook).map(({ object }) => describeKey(keyOf(object)))
}

function endFailure(end: PassEnd): Failure {
  const message = end.summary === '' ? 'the pass ended before anything was compared' : end.summary
  return { code: 'PreviewFailed', message }
}
