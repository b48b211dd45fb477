import type { AdvertisedRef } from './protocol.ts'
import type { ObjectFormat } from './object-format.ts'
import type { StoredObject } from './stored-object.ts'

/** A repository as the source sees it, whichever way it is reached. */
export interface Remote {
  /** The refs whose names begin with one of the prefixes. */
  listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<readonly AdvertisedRef[]>
  /** Brings the objects of a commit. The lookup may be used until `release`. */
  objects(request: ObjectsRequest): Promise<RemoteObjects>
  /** The commits that lead to one and not to the other, without their files; undefined when it would bring the files too. */
  history(range: HistoryRange): Promise<RemoteObjects | undefined>
}

/** The commits that `to` has and `from` has not. */
export interface HistoryRange {
  readonly from: string
  readonly to: string
  readonly signal: AbortSignal
}

/** Which objects are wanted. `have` is a commit whose tree is here whole; `baseOf` finds its objects. */
export interface ObjectsRequest {
  readonly want: string
  readonly have?: string
  /** A branch on which the commit is, for servers that give out no commit by its id. */
  readonly branch?: string | undefined
  readonly signal: AbortSignal
  baseOf(id: string): StoredObject | undefined
}

/** Objects that were brought: found by id, released when the tree stands. */
export interface RemoteObjects {
  readonly format: ObjectFormat
  objectOf(id: string): StoredObject | undefined
  release(): void
}
