import { fail, ok, type Failure, type Result } from '@kedge/base'
import type { Cluster } from '@kedge/cluster'
import { emptyMemory, type Delivery, type Preview } from '@kedge/engine'
import {
  defaultSettings,
  reconcileKustomization,
  type FluxEffect,
  type FluxProgram,
  type PassEnd,
  type ReadRef,
  type RenderedObject,
  type TargetCluster,
} from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import type { FileTree } from '@kedge/tree'

import { celExpressions } from '../expressions.ts'
import { readObject } from '../kinds/object-standing.ts'
import { passContext } from '../pass-context.ts'
import type { Render } from '../render/renderer.ts'
import { standDownOthers } from '../render/stand-down.ts'
import { alone } from './alone.ts'
import { previewDelivery, type PreviewHost } from './preview-delivery.ts'

/** What a preview is made from. */
export interface PreviewRequest {
  /** Where references are read and live objects are looked at; never written. A build can do without. */
  readonly cluster?: Cluster
  readonly ports: PreviewHost['ports']
  /** The Kustomization, as it is or as it is meant to be. */
  readonly object: KubeObject
  /** The files to render in place of the source's artifact. */
  readonly tree: FileTree
  readonly render: Render
}

/** The objects that a Kustomization would apply from a tree, in the order of the build. */
export async function buildKustomization(request: PreviewRequest): Promise<Result<readonly RenderedObject[]>> {
  const reached = await reachDelivery(request)
  return reached.ok ? ok(reached.value.delivery.desired.objects) : reached
}

/**
 * What applying a Kustomization from a tree would change: the very pass that reconciles it, up to its first write.
 * Dependencies and suspension are left out of account, for they say when it runs and not what it does.
 */
export async function previewKustomization(
  request: PreviewRequest & { readonly cluster: Cluster },
): Promise<Result<Preview>> {
  // As the engine applies it.
  const reached = await reachDelivery({ ...request, render: standDownOthers(request.render) })
  return reached.ok ? previewDelivery(request, reached.value) : reached
}

interface Reached {
  readonly delivery: Delivery
  readonly target: TargetCluster
}

/** Runs the reconciler until it hands its delivery over; a pass that ends before says why. */
async function reachDelivery(request: PreviewRequest): Promise<Result<Reached>> {
  const context = passContext({ ...request.ports, settings: defaultSettings, expressions: celExpressions() })
  const input = { object: alone(request.object), memory: emptyMemory, dependenciesOf: () => [] }
  const program: FluxProgram<PassEnd> = reconcileKustomization(input, context)
  let step = program.next()
  while (!step.done) {
    const effect = step.value
    if (effect.kind === 'deliver') return ok({ delivery: effect.delivery, target: effect.target })
    const answer = await carryOut(effect, request)
    if (effect.kind === 'render' && 'failure' in (answer as object))
      return fail((answer as { readonly failure: Failure }).failure)
    step = program.next(answer as never)
  }
  return fail(endFailure(step.value))
}

function carryOut(effect: Exclude<FluxEffect, { kind: 'deliver' }>, request: PreviewRequest): Promise<unknown> {
  switch (effect.kind) {
    case 'read':
      return read(effect.ref, request)
    case 'render':
      return request.render(request.tree, effect.request)
    case 'set-finalizers':
      return Promise.resolve(null)
    default:
      return Promise.reject(new Error('a Kustomization does not fetch'))
  }
}

/** The source is what the caller's tree stands for, so it is there whether or not it was ever fetched. */
function read(ref: ReadRef, { cluster }: PreviewRequest): Promise<KubeObject | undefined> {
  const { apiVersion, kind, namespace, name } = ref
  if (kind !== 'Secret' && kind !== 'ConfigMap') {
    const artifact = { revision: 'local', digest: '' }
    return Promise.resolve({ apiVersion, kind, metadata: { namespace, name }, status: { artifact } })
  }
  return cluster === undefined ? Promise.resolve(undefined) : readObject(cluster, ref)
}

function endFailure(end: PassEnd): Failure {
  const message = end.summary === '' ? 'the pass ended before anything was to be applied' : end.summary
  return { code: 'PreviewFailed', message }
}
