import { type Failure, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

/** What an operator decides for all objects; the defaults are Flux's. Durations in milliseconds. */
export interface FluxSettings {
  readonly requeueDependencyMs: number
  readonly intervalJitterPercent: number
  readonly noCrossNamespaceRefs: boolean
  readonly defaultServiceAccount: string | undefined
  readonly strictSubstitution: boolean
  /** Judge a dependency's readiness too when it has a readyExpr. */
  readonly additiveDependencyCheck: boolean
  /** A HelmRelease that is asked for anew stops waiting for health: Flux's CancelHealthCheckOnNewRevision. */
  readonly cancelHealthChecks: boolean
  /** A HelmRelease that says no strategy retries failures as they are: Flux's DefaultToRetryOnFailure. */
  readonly defaultToRetryOnFailure: boolean
  /** Digests of artifacts are no part of a chart's version: Flux's DisableChartDigestTracking. */
  readonly disableChartDigestTracking: boolean
  /** What a HelmRelease does not say is as with Helm 3: Flux's UseHelm3Defaults. */
  readonly useHelm3Defaults: boolean
  /** A source's serviceAccountName may name the identity of a cloud: Flux's ObjectLevelWorkloadIdentity. */
  readonly objectLevelWorkloadIdentity: boolean
}

export const defaultSettings: FluxSettings = {
  requeueDependencyMs: 30_000,
  intervalJitterPercent: 5,
  noCrossNamespaceRefs: false,
  defaultServiceAccount: undefined,
  strictSubstitution: true,
  additiveDependencyCheck: false,
  cancelHealthChecks: false,
  defaultToRetryOnFailure: false,
  disableChartDigestTracking: false,
  useHelm3Defaults: false,
  objectLevelWorkloadIdentity: false,
}

/** Expressions of users, in CEL. */
export interface Expressions {
  /** A failure when the text is no expression. */
  check(expression: string): Failure | undefined
  /** The value of an expression over `self` and `dep`. `compiles` is false when no retry can help. */
  ready(
    expression: string,
    variables: Readonly<Record<string, unknown>>,
  ): Result<boolean, Failure & { readonly compiles: boolean }>
}

/** The world as a pass sees it when it begins. */
export interface PassContext {
  readonly nowMs: number
  /** The same moment in RFC 3339 with seconds, UTC. */
  readonly now: string
  /** In [0, 1), for jitter. */
  readonly random: number
  /** When an object's deletion was asked for, milliseconds since the epoch; the present when it cannot be read. */
  readonly deletionMs: (object: KubeObject) => number
  /** Milliseconds since the pass began. */
  readonly elapsedMs: () => number
  readonly settings: FluxSettings
  readonly expressions: Expressions
}
