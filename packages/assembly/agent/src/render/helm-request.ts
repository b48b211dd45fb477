import type { Failure } from '@kedge/base'
import type { Capabilities, FetchedSchema } from '@kedge/helm'
import type { KustomizationEdits } from '@kedge/kustomize'
import type { DefinitionFile, ReleaseContent } from '@kedge/release'

/** A chart's archive. Its bytes are shared with the workers and not copied; each of them unpacks it once. */
export interface ChartArchive {
  /** Names the content, as the artifact does; two archives with one digest are taken for the same. */
  readonly digest: string
  /** A gzipped tar with the chart's folder on top. */
  readonly bytes: Uint8Array
}

/** One step after the templates: changes of all objects, or of the hooks and the others apart. */
export interface PostRenderer {
  readonly patches: NonNullable<KustomizationEdits['patches']>
  readonly images: NonNullable<KustomizationEdits['images']>
}

/** A release to render, as plain data. */
export interface HelmRenderRequest {
  readonly chart: ChartArchive
  /** Takes the place of the version in Chart.yaml, as where a digest is part of it. */
  readonly chartVersion?: string
  /** The values given, without the chart's own. */
  readonly values: Readonly<Record<string, unknown>>
  /** Take the place of the chart's own values.yaml, as where those of an older revision are kept. */
  readonly chartValues?: Readonly<Record<string, unknown>>
  readonly name: string
  readonly namespace: string
  /** The revision that the action will make, from 1. */
  readonly revision: number
  readonly isUpgrade: boolean
  readonly capabilities: Capabilities
  readonly skipSchemaValidation: boolean
  readonly postRenderers: readonly PostRenderer[]
  /**
   * `combined`: hooks and objects in one; `separate`: each apart; `nohooks`: hooks are left as they are. Only where there
   * are post-renderers, an object that is both a hook and no hook fails the combined one.
   */
  readonly postRenderStrategy: 'combined' | 'separate' | 'nohooks'
  /** Put on every object after the post-renderers. */
  readonly commonMetadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  /** Put on every object last, CRDs of the chart included. */
  readonly originLabels: Readonly<Record<string, string>>
  /** The user's labels of the record. */
  readonly labels: Readonly<Record<string, string>>
  /** Whose render it is, `namespace/name`: owners take turns. */
  readonly owner: string
}

/** What a template asks of the cluster; an empty name asks for all of a kind, in all namespaces without one. */
export interface LookupQuery {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/**
 * Reads for `lookup`: the object, or a list object (`apiVersion`, `kind`, `items`); undefined where it does not exist.
 * What it throws ends the render: a FailureError with its failure, an ApiError with its message.
 */
export type LookupReader = (query: LookupQuery) => Promise<unknown>

/** Fetches a schema document that a chart's schema leads to, `https://…`; what hinders it is told in its answer. */
export type SchemaReader = (address: string) => Promise<FetchedSchema>

/** What came of a render. */
export type HelmRenderOutcome =
  | { readonly kind: 'rendered'; readonly content: ReleaseContent; readonly warnings: readonly string[] }
  | {
      readonly kind: 'failed'
      /** In helm's words. */
      readonly failure: Failure
      /** The chart's crds/ folder where the chart could be read: templates may have failed for want of them. */
      readonly crds: readonly DefinitionFile[]
      readonly warnings: readonly string[]
    }

/**
 * Renders a release in a worker, with a budget of time, steps and output. A `lookup` that is not answered yet ends the
 * render; the answer is read, and it is rendered again with all answers so far (at most 64 times and 10 MB).
 */
export type HelmRender = (request: HelmRenderRequest, lookup: LookupReader) => Promise<HelmRenderOutcome>
