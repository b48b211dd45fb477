import { Bug, type Failure } from '@kedge/base'
import { type Delivery, type HealthWait, type Memory, type ObjectRef, type Preview, type Report } from '@kedge/engine'
import { type Next } from '@kedge/loop'
import { type KubeObject, type ObjectKey } from '@kedge/manifest'

import { type RenderedObject } from '../delivery/to-delivery.ts'
import { type ApplicationSource } from '../spec/application.ts'

export type CheckoutAnswer =
  | { readonly kind: 'checked-out'; readonly revision: string }
  | { readonly kind: 'failed'; readonly failure: Failure }

export type RenderAnswer =
  | {
      readonly kind: 'rendered'
      readonly objects: readonly RenderedObject[]
      readonly sourceType: 'Directory' | 'Kustomize'
    }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** One touch of the world by the reconciler of applications. */
export type ArgoEffect =
  /** Resolves a revision and holds its files. */
  | { readonly kind: 'checkout'; readonly source: ApplicationSource; readonly revision: string }
  | { readonly kind: 'render'; readonly source: ApplicationSource; readonly revision: string; readonly fresh: boolean }
  | { readonly kind: 'compare'; readonly delivery: Delivery }
  | {
      readonly kind: 'deliver'
      readonly delivery: Delivery
      readonly only: readonly ObjectKey[] | undefined
      /** The status to store together with the first inventory that has to be stored. */
      readonly progress: Readonly<Record<string, unknown>>
    }
  /** The objects as the watch caches have them; undefined for those that are not there. */
  | { readonly kind: 'live'; readonly refs: readonly ObjectRef[] }
  | { readonly kind: 'set-finalizers'; readonly finalizers: readonly string[] }

export interface ArgoAnswers {
  readonly checkout: CheckoutAnswer
  readonly render: RenderAnswer
  readonly compare: Preview
  readonly deliver: Report
  readonly live: readonly (KubeObject | undefined)[]
  readonly 'set-finalizers': null
}

export type ArgoProgram<T> = Generator<ArgoEffect, T, ArgoAnswers[ArgoEffect['kind']]>

/** One effect and its answer. */
export function* perform<E extends ArgoEffect>(effect: E): ArgoProgram<ArgoAnswers[E['kind']]> {
  const answer: unknown = yield effect
  if (answer === undefined) throw new Bug(`no answer to ${effect.kind}`)
  // The interpreter answers each effect with the value of its kind; generators cannot say that in types.
  return answer as ArgoAnswers[E['kind']]
}

/** How a pass over an application ended. */
export interface PassEnd {
  /** The whole status to store; undefined leaves it as it is. */
  readonly status: Readonly<Record<string, unknown>> | undefined
  /** Whether the operation that was in the slot is done with. */
  readonly clearOperation: boolean
  readonly notes: readonly EventNote[]
  readonly next: Next
  readonly wait?: HealthWait
  readonly memory?: Memory
  readonly summary: string
}

/** Something worth telling about an application; becomes a Kubernetes Event. */
export interface EventNote {
  readonly severity: 'info' | 'error'
  readonly reason: string
  readonly message: string
}

/** The world as a pass sees it when it begins. */
export interface PassContext {
  readonly nowMs: number
  /** The same moment in RFC 3339 with seconds, UTC. */
  readonly now: string
  /** In [0, 1), for jitter. */
  readonly random: number
  /** A time of RFC 3339 in milliseconds since the epoch; undefined when it cannot be read. */
  readonly parseTime: (text: string) => number | undefined
  /** How often sources are looked at without a reason. */
  readonly refreshMs: number
}
