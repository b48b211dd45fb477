import type { KubeObject } from '@kedge/manifest'

import type { Selection } from '../client/cluster.ts'

/** Which part of a kind is watched, and how much of each object is kept. */
export interface CacheOptions extends Selection {
  /** Keep apiVersion, kind and metadata only, and ask the server for no more. */
  readonly metadataOnly?: boolean
  /** Keep metadata.managedFields, which is often the larger half of an object. Default false. */
  readonly keepManagedFields?: boolean
}

/** A change of the view. When one is told, the view has it already. */
export type CacheEvent =
  | { readonly type: 'added'; readonly object: KubeObject }
  | { readonly type: 'modified'; readonly object: KubeObject; readonly previous: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject }

/** How the view stands to the server. */
export interface CacheState {
  /** `starting`: no complete view yet; `live`: a watch is open; `interrupted`: the view may be behind; `closed`. */
  readonly phase: 'starting' | 'live' | 'interrupted' | 'closed'
  /** Why the watch is not open, when it is not. */
  readonly error?: Error
  /** The server's state that the view shows. */
  readonly resourceVersion: string
}

/** A view of a kind that follows the server. It only moves forward in time; see SPEC.md [C1] to [C9]. */
export interface ObjectCache {
  /** Resolves with the first complete view. Rejects with FailureError `cache-closed` when it is closed before. */
  readonly synced: Promise<void>
  state(): CacheState
  /** `namespace` is empty for cluster-scoped objects. */
  get(namespace: string, name: string): KubeObject | undefined
  list(namespace?: string): readonly KubeObject[]
  /** Objects with an ownerReference to this uid. */
  byOwner(uid: string): readonly KubeObject[]
  size(): number
  /** Calls the listener for each object there is, as `added`, and then for each change. Returns its end. */
  onEvent(listener: (event: CacheEvent) => void): () => void
  onState(listener: (state: CacheState) => void): () => void
  /** Gives the view up; the last one to do so ends the watch. Calling it twice is harmless. */
  close(): void
}
