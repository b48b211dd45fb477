import type { Failure } from '@kedge/base'
import type { Place } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'
import type { FileTree } from '@kedge/tree'

import type { SourceController } from './source-controller.ts'

/** The sources that files are taken from, of all kinds. */
export interface SourceObjects {
  /** Whether there is a controller for a kind. */
  has(kind: string): boolean
  get(kind: string, namespace: string, name: string): KubeObject | undefined
  /** The files of a source's artifact, while they are held. */
  tree(kind: string, place: Place, revision: string): FileTree | undefined
  /** Why there will be no files of an artifact; undefined when they are there, or only on their way. */
  problem(kind: string, place: Place, revision: string): Failure | undefined
  /** Has a source bring its files again. */
  refresh(kind: string, place: Place): void
  onArtifact(listener: (kind: string, namespace: string, name: string) => void): void
}

/** One kind of source. */
export interface SourceOfFiles {
  readonly controller: Pick<SourceController, 'kind' | 'get' | 'refresh' | 'onArtifact'>
  readonly tree: (place: Place, revision: string) => FileTree | undefined
  readonly problem?: (place: Place, revision: string) => Failure | undefined
}

export function createSourceObjects(sources: readonly SourceOfFiles[]): SourceObjects {
  const byKind = new Map(sources.map((source) => [source.controller.kind, source]))
  return {
    has: (kind) => byKind.has(kind),
    get: (kind, namespace, name) => byKind.get(kind)?.controller.get(namespace, name),
    tree: (kind, place, revision) => byKind.get(kind)?.tree(place, revision),
    problem: (kind, place, revision) => byKind.get(kind)?.problem?.(place, revision),
    refresh: (kind, place) => byKind.get(kind)?.controller.refresh(place),
    onArtifact(listener) {
      for (const [kind, { controller }] of byKind)
        controller.onArtifact((namespace, name) => listener(kind, namespace, name))
    },
  }
}
