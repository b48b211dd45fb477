import type { Answer, Effect, ObjectRef } from '@kedge/engine'
import type { Failure } from '@kedge/base'
import type { StoredRelease } from '@kedge/helm'

/** What a release program asks of the world beside the engine's effects, as plain data. */
export type ReleaseEffect =
  /** Reads all records of a release. Bounded by `maxRecords`. */
  | { readonly kind: 'list-records'; readonly namespace: string; readonly release: string }
  /** Makes a record; 409 when its revision exists, which means that somebody else is at work. */
  | { readonly kind: 'create-record'; readonly namespace: string; readonly release: StoredRelease }
  /** Changes a record that still is the one that was read; 409 when it is not. */
  | {
      readonly kind: 'update-record'
      readonly namespace: string
      readonly release: StoredRelease
      readonly resourceVersion: string
    }
  | { readonly kind: 'delete-record'; readonly namespace: string; readonly name: string; readonly uid: string }
  /** Asks what time it is, in milliseconds since the epoch. */
  | { readonly kind: 'clock' }
  /**
   * Comes back when one of the objects is no longer as it was last read, or at `untilMs`. Nobody is held up meanwhile:
   * the interpreter waits for the watch, not a thread. A wait for health may be called off, and says so.
   */
  | {
      readonly kind: 'pause'
      readonly objects: readonly ObjectRef[]
      readonly untilMs: number
      readonly forHealth: boolean
    }

/** Anything that a release program yields. */
export type ReleaseStep = Effect | ReleaseEffect

/** What each kind of release effect answers with. */
export interface ReleaseAnswerValues {
  readonly 'list-records': RecordList
  readonly 'create-record': StoredRecord
  readonly 'update-record': StoredRecord
  readonly 'delete-record': null
  readonly clock: number
  readonly pause: 'over' | 'called-off'
}

/** A record with what is needed to change or delete exactly it. */
export interface StoredRecord {
  readonly release: StoredRelease
  readonly uid: string
  readonly resourceVersion: string
}

/** The records of a release as they were read. */
export interface RecordList {
  /** Oldest revision first. */
  readonly records: readonly StoredRecord[]
  /** Secrets that could not be decoded, with why. Their revisions are taken, nothing else is known of them. */
  readonly malformed: readonly MalformedRecord[]
}

/** A Secret that looks like a record and is none. */
export interface MalformedRecord {
  /** The Secret's name. */
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** From the Secret's name; 0 when it tells none. */
  readonly version: number
  readonly failure: Failure
}

/** A step machine over the cluster and the records: plain effects out, answers in, a value at the end. Never awaits. */
export type ReleaseProgram<T> = Generator<readonly ReleaseStep[], T, readonly Answer<unknown>[]>
