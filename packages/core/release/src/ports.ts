import type { EnginePorts, ObjectRef } from '@kedge/engine'
import type { RecordHost } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'

/** The Secrets that hold records. Requests that do not succeed throw ApiError, as those of the engine's ClusterPort. */
export interface RecordStore {
  /** Secrets that match a label selector, read from the server itself: of more than `limit` those of the newest revisions. */
  list(namespace: string, labelSelector: string, limit: number): Promise<readonly KubeObject[]>
  /** Throws 409 when the name is taken. */
  create(secret: KubeObject): Promise<KubeObject>
  /** Replaces the Secret; throws 409 when its resourceVersion is another one. */
  update(secret: KubeObject): Promise<KubeObject>
  /** Deletes the very Secret; answers also when it is gone already. */
  delete(namespace: string, name: string, uid: string): Promise<void>
}

/** An object and the version in which it was last read; empty when it was absent. */
export interface SeenObject {
  readonly ref: ObjectRef
  readonly resourceVersion: string
}

/** Waiting, without holding anybody up. */
export interface PausePort {
  /**
   * Resolves as soon as an object is known to be another one than was seen, or when a signal aborts, at the latest at
   * `untilMs`. Never rejects. Objects that are not watched are looked at again after a few seconds.
   */
  pause(seen: readonly SeenObject[], untilMs: number, signals?: readonly AbortSignal[]): Promise<void>
}

/** Everything that `runRelease` needs. */
export interface ReleasePorts extends EnginePorts {
  readonly records: RecordStore
  readonly host: RecordHost
  readonly pauses: PausePort
}
