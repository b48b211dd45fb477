import { type Failure } from '@kedge/base'
import { type Memory } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { type RenderedObject } from '../delivery/to-delivery.ts'
import { type ApplicationSource, type ApplicationSpec } from '../spec/application.ts'
import { perform, type ArgoProgram, type PassContext } from './effects.ts'

/** Asks for a look at the source; `hard` past everything remembered. */
export const refreshAnnotation = 'argocd.argoproj.io/refresh'

/** What the steps of one pass over an application share. */
export interface Pass {
  readonly object: KubeObject
  readonly spec: ApplicationSpec
  readonly context: PassContext
  readonly memory: Memory
}

/** A rendered source. */
export type Fetched =
  | {
      readonly kind: 'fetched'
      readonly revision: string
      readonly objects: readonly RenderedObject[]
      readonly sourceType: string
    }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Resolves and renders a source. */
export function* fetchSource(pass: Pass, source: ApplicationSource, revision: string): ArgoProgram<Fetched> {
  const checkout = yield* perform({ kind: 'checkout', source, revision })
  if (checkout.kind === 'failed') return checkout
  const fresh = pass.object.metadata.annotations?.[refreshAnnotation] === 'hard'
  const rendered = yield* perform({ kind: 'render', source, revision: checkout.revision, fresh })
  if (rendered.kind === 'failed') return rendered
  return { kind: 'fetched', revision: checkout.revision, objects: rendered.objects, sourceType: rendered.sourceType }
}
