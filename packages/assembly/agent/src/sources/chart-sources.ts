import type { Failure } from '@kedge/base'
import { readArtifact } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import type { SourceController } from '../kinds/source-controller.ts'

/** Kinds of sources whose artifacts can be charts. */
export type ChartSourceKind = 'HelmChart' | 'OCIRepository' | 'ExternalArtifact'

/** An object of one of these kinds. */
export interface ChartSourceRef {
  readonly kind: ChartSourceKind
  readonly namespace: string
  readonly name: string
}

/** What is known of a chart's archive. */
export type ChartAnswer =
  /** `bytes` is a gzipped tar archive with the chart's folder on top; its digest was checked. */
  | { readonly kind: 'held'; readonly digest: string; readonly bytes: Uint8Array }
  /** Not held now. Its source was asked to bring it again, and `onArtifact` tells when it is there. */
  | { readonly kind: 'awaited' }
  /** It cannot be had; a later try may work. */
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Charts of HelmCharts, OCIRepositories and ExternalArtifacts, held in memory within a bound. */
export interface ChartSources {
  /** The source as the watch cache has it; its artifact is in its status. */
  source(ref: ChartSourceRef): KubeObject | undefined
  /** The archive of the source's artifact with this digest (`status.artifact.digest`). */
  chart(ref: ChartSourceRef, digest: string): Promise<ChartAnswer>
  /** Calls the listener when a source's artifact is another one, or is there again. */
  onArtifact(listener: (ref: ChartSourceRef) => void): void
}

/** The controllers of chart sources, and where their archives are. */
export interface ChartSourceParts {
  readonly controllers: Readonly<Record<ChartSourceKind, SourceController>>
  readonly archive: (ref: ChartSourceRef, digest: string) => Promise<Uint8Array | undefined>
  /** Why an artifact cannot be had; undefined when it can, or was not looked at yet. */
  readonly problem: (ref: ChartSourceRef, revision: string) => Failure | undefined
}

export function createChartSources({ controllers, archive, problem }: ChartSourceParts): ChartSources {
  return {
    source: ({ kind, namespace, name }) => controllers[kind].get(namespace, name),
    async chart(ref, digest) {
      const bytes = await archive(ref, digest)
      if (bytes !== undefined) return { kind: 'held', digest, bytes }
      const object = controllers[ref.kind].get(ref.namespace, ref.name)
      const failure = object === undefined ? undefined : problem(ref, readArtifact(object)?.revision ?? '')
      if (failure !== undefined) return { kind: 'failed', failure }
      controllers[ref.kind].refresh(ref)
      return { kind: 'awaited' }
    },
    onArtifact(listener) {
      for (const kind of ['HelmChart', 'OCIRepository', 'ExternalArtifact'] as const)
        controllers[kind].onArtifact((namespace, name) => listener({ kind, namespace, name }))
    },
  }
}
