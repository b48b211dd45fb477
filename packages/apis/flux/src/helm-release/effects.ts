import { Bug, type Failure } from '@kedge/base'
import { type ActionEnd, type Drift } from '@kedge/release'
import { type KubeObject } from '@kedge/manifest'

import { type Artifact, type ReadRef, type TargetCluster } from '../reconcile/effects.ts'
import { type IgnoreRule } from '../spec/kustomization.ts'
import { type ChartFacts, type ReleasePlace } from './action-order.ts'
import { type StorageFacts } from './facts.ts'
import { type History } from './snapshot.ts'
import { type ChartRef } from './spec.ts'
import { type Values } from './values-digest.ts'

/** One touch of the world by the reconciler of HelmReleases. */
export type HelmEffect =
  | { readonly kind: 'set-finalizers'; readonly finalizers: readonly string[] }
  | { readonly kind: 'read'; readonly ref: ReadRef }
  | { readonly kind: 'apply-chart'; readonly chart: KubeObject }
  /** Deletes exactly this object. */
  | { readonly kind: 'delete-chart'; readonly chart: KubeObject }
  | { readonly kind: 'load-chart'; readonly source: ChartRef; readonly artifact: Artifact }
  | { readonly kind: 'read-storage'; readonly query: StorageQuery }
  | { readonly kind: 'find-drift'; readonly query: DriftQuery }
  | { readonly kind: 'correct-drift'; readonly query: DriftQuery }

/** Whose records are read, and for whom. */
export interface StorageQuery {
  readonly release: ReleasePlace
  readonly target: TargetCluster
  /** Tells which digest of its registry a revision's chart had. */
  readonly history: History
  /** Values that the last revision's are kept under; its digest then is that of both together. */
  readonly preserve: Values | undefined
}

/** The release whose objects are compared with the cluster. */
export interface DriftQuery {
  readonly release: ReleasePlace
  readonly target: TargetCluster
  readonly version: number
  readonly ignore: readonly IgnoreRule[]
}

export type ChartLoad =
  | { readonly kind: 'loaded'; readonly chart: ChartFacts }
  /** Its source brings it again and will tell. */
  | { readonly kind: 'awaited' }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** What the server-side apply of a HelmChart came to; it failed where the API refused it. */
export type ChartWrite =
  | { readonly outcome: 'created' | 'configured' | 'unchanged' }
  | { readonly outcome: 'failed'; readonly failure: Failure }

export type StorageAnswer =
  /** `preserved` is the digest of the values asked about over those of the last revision. */
  | { readonly kind: 'facts'; readonly facts: StorageFacts; readonly preserved: string | undefined }
  /** `denied` when the account may not read records there. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly denied?: boolean }
  /** The target could not be reached as asked. `gone` when the account or kubeconfig does not exist. */
  | { readonly kind: 'no-target'; readonly failure: Failure; readonly gone: boolean }

export type DriftAnswer =
  | { readonly kind: 'drift'; readonly drift: readonly Drift[] }
  | { readonly kind: 'failed'; readonly failure: Failure }

export interface HelmAnswers {
  readonly 'set-finalizers': null
  readonly read: KubeObject | undefined
  readonly 'apply-chart': ChartWrite
  readonly 'delete-chart': null
  readonly 'load-chart': ChartLoad
  readonly 'read-storage': StorageAnswer
  readonly 'find-drift': DriftAnswer
  readonly 'correct-drift': ActionEnd
}

/** The reconciler of HelmReleases: effects out, answers in, the end of the pass as its value. */
export type HelmProgram<T> = Generator<HelmEffect, T, HelmAnswers[HelmEffect['kind']]>

/** One effect and its answer. */
export function* ask<E extends HelmEffect>(effect: E): HelmProgram<HelmAnswers[E['kind']]> {
  const answer: unknown = yield effect
  if (answer === undefined && effect.kind !== 'read') throw new Bug(`no answer to ${effect.kind}`)
  // The interpreter answers each effect with the value of its kind; generators cannot say that in types.
  return answer as HelmAnswers[E['kind']]
}
