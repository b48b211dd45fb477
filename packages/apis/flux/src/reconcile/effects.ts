import { Bug, type Failure } from '@kedge/base'
import { type Delivery, type Report } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

import { type RenderedObject } from '../delivery/to-delivery.ts'
import { type ArtifactGeneratorSpec, type GeneratorSource } from '../sources/artifact-generator-spec.ts'
import { type ExternalWrite } from '../sources/external-artifact.ts'
import { type HelmChartSpec } from '../sources/helm-chart-spec.ts'
import { type HelmRepositorySpec } from '../sources/helm-repository-spec.ts'
import { type OciRepositorySpec } from '../sources/oci-repository-spec.ts'
import { type GitRepositorySpec } from '../spec/git-repository.ts'
import { type BuildFields, type KubeConfigRef, type SourceRef } from '../spec/kustomization.ts'

/** An object that a reconciler looks at. */
export interface ReadRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What is to be rendered, and from what. */
export interface RenderRequest {
  readonly source: SourceRef
  readonly artifact: Artifact
  /** Relative to the root of the artifact; cleaned of `.` and `..`. */
  readonly path: string
  readonly build: BuildFields
  readonly substitution: Substitution | undefined
}

export interface Substitution {
  readonly variables: ReadonlyMap<string, string>
  readonly strict: boolean
  readonly always: boolean
}

/** The artifact of a source as its status names it. */
export interface Artifact {
  readonly revision: string
  readonly digest: string
}

export type RenderAnswer =
  /** `digest` names the built objects. */
  | { readonly kind: 'rendered'; readonly objects: readonly RenderedObject[]; readonly digest: string }
  /** The path is not there, or cannot be a path. */
  | { readonly kind: 'no-path'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The artifact is not held any more; its source will make it again. */
  | { readonly kind: 'no-artifact' }

/** Where a delivery goes, and as whom. */
export interface TargetCluster {
  /** The ServiceAccount to act as; undefined acts as the engine itself. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined
  readonly kubeConfig: (KubeConfigRef & { readonly namespace: string }) | undefined
}

export type DeliverAnswer =
  | { readonly kind: 'report'; readonly report: Report }
  /** The target could not be reached as asked. `gone` when the account or kubeconfig does not exist. */
  | { readonly kind: 'no-target'; readonly failure: Failure; readonly gone: boolean }

/** What a source's fetch came to. */
export type FetchAnswer =
  | { readonly kind: 'fetched'; readonly artifact: FetchedArtifact; readonly changed: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryable: boolean }

/** An artifact ready to be named in a status. */
export interface StoredArtifact extends Artifact {
  readonly path: string
  readonly url: string
  readonly size: number | undefined
}

export interface FetchedArtifact extends StoredArtifact {
  /** The commit's subject, for events; empty when unknown. */
  readonly subject: string
}

/** What a source that is no GitRepository came to. */
export type SourceAnswer<T> =
  | (T & {
      readonly kind: 'fetched'
      readonly artifact: StoredArtifact
      /** An address that always leads to the present artifact. */
      readonly latestUrl: string
      readonly changed: boolean
    })
  /** The failure's code is the reason of the condition. */
  | { readonly kind: 'failed'; readonly failure: Failure }

/** A chart that was fetched, or packaged from files. */
export interface BuiltChart {
  readonly name: string
  readonly version: string
  readonly isPackaged: boolean
  /** The values files that went into it. */
  readonly valuesFiles: readonly string[]
}

/** One touch of the world by a reconciler of this package. */
export type FluxEffect =
  | { readonly kind: 'set-finalizers'; readonly finalizers: readonly string[] }
  | { readonly kind: 'read'; readonly ref: ReadRef }
  | { readonly kind: 'render'; readonly request: RenderRequest }
  /** `progress` is the status to store together with the first inventory that has to be stored. */
  | {
      readonly kind: 'deliver'
      readonly delivery: Delivery
      readonly target: TargetCluster
      readonly progress: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'fetch-git'; readonly spec: GitRepositorySpec; readonly request: GitFetch }
  | { readonly kind: 'fetch-index'; readonly spec: HelmRepositorySpec; readonly place: Place }
  | { readonly kind: 'fetch-oci'; readonly spec: OciRepositorySpec; readonly place: Place }
  | { readonly kind: 'build-chart'; readonly request: ChartBuild }
  | { readonly kind: 'generate'; readonly request: Generation }
  /** The ExternalArtifacts that carry the generator's UID. */
  | { readonly kind: 'list-generated'; readonly generator: KubeObject }
  /** Makes the files of an ExternalArtifact usable, and applies the object unless it says all that already. */
  | {
      readonly kind: 'settle-external'
      readonly generator: Place
      readonly write: ExternalWrite
      readonly isStored: boolean
    }
  /** Deletes exactly this ExternalArtifact. */
  | { readonly kind: 'delete-external'; readonly external: KubeObject }

/** Where an object is. */
export interface Place {
  readonly namespace: string
  readonly name: string
}

/** Artifacts to be made of parts of others. */
export interface Generation {
  readonly place: Place
  readonly spec: ArtifactGeneratorSpec
  readonly sources: readonly ObservedSource[]
}

/** A source of a generator with its present artifact. */
export interface ObservedSource extends GeneratorSource, Artifact {
  /** What the artifact was made of, as its upstream says; its own revision when it does not. */
  readonly originRevision: string
}

/** An artifact that a generator has made. */
export interface GeneratedArtifact {
  /** Name of its ExternalArtifact. */
  readonly name: string
  /** Captures of the path that led to it. */
  readonly labels: Readonly<Record<string, string>>
  readonly artifact: StoredArtifact
  readonly metadata: Readonly<Record<string, string>>
}

/** What making the artifacts of a generator came to. `awaited` when files of a source are on their way. */
export type GenerateAnswer =
  | { readonly kind: 'generated'; readonly artifacts: readonly GeneratedArtifact[] }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly isTerminal: boolean }
  | { readonly kind: 'awaited' }

/** A chart to be brought out of a source. */
export interface ChartBuild {
  readonly place: Place
  readonly spec: HelmChartSpec
  /** The HelmRepository or GitRepository. */
  readonly source: KubeObject
  /** Added to the chart's version as build metadata; empty for none. */
  readonly versionMetadata: string
}

export interface GitFetch {
  readonly namespace: string
  readonly name: string
  readonly url: URL
  /** The artifact that the status names already. */
  readonly known: Artifact | undefined
  readonly credentials: Readonly<Record<string, Uint8Array>> | undefined
  readonly proxy: Readonly<Record<string, Uint8Array>> | undefined
}

export interface FluxAnswers {
  readonly 'set-finalizers': null
  readonly read: KubeObject | undefined
  readonly render: RenderAnswer
  readonly deliver: DeliverAnswer
  readonly 'fetch-git': FetchAnswer
  readonly 'fetch-index': SourceAnswer<object>
  readonly 'fetch-oci': SourceAnswer<{ readonly metadata: Readonly<Record<string, string>> }>
  /** `awaited` when the source's files are not held any more; the source makes them again. */
  readonly 'build-chart': SourceAnswer<{ readonly chart: BuiltChart }> | { readonly kind: 'awaited' }
  readonly generate: GenerateAnswer
  readonly 'list-generated': readonly KubeObject[]
  readonly 'settle-external': null
  readonly 'delete-external': null
}

/** A reconciler: effects out, answers in, the end of the pass as its value. */
export type FluxProgram<T> = Generator<FluxEffect, T, FluxAnswers[FluxEffect['kind']]>

/** One effect and its answer. */
export function* perform<E extends FluxEffect>(effect: E): FluxProgram<FluxAnswers[E['kind']]> {
  const answer: unknown = yield effect
  if (answer === undefined && effect.kind !== 'read') throw new Bug(`no answer to ${effect.kind}`)
  // The interpreter answers each effect with the value of its kind; generators cannot say that in types.
  return answer as FluxAnswers[E['kind']]
}
