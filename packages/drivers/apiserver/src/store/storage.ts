import type { Draft } from '../contracts.ts'
import type { StoredObject } from './stored-object.ts'

/** What happened to one object. For DELETED, `current` is the last state, stamped with the revision of the deletion. */
export interface StorageEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly current: StoredObject
  readonly previous: StoredObject | undefined
}

/** A change that the caller has checked against the present state in this same turn of the event loop. */
export type StorageChange =
  | { readonly kind: 'put'; readonly resource: string; readonly key: string; readonly object: Draft }
  | { readonly kind: 'remove'; readonly resource: string; readonly key: string; readonly object?: Draft }

/**
 * The objects of all resources under one global revision counter. A write is seen by the next read at once; whoever
 * answers a client first waits until what it saw or wrote is durable. All reads and writes are synchronous.
 */
export interface Storage {
  /** The revision of the latest write. */
  readonly revision: number
  get(resource: string, key: string): StoredObject | undefined
  /** All objects of a resource in byte order of their keys, or those whose key begins with a prefix. */
  list(resource: string, prefix?: string): readonly StoredObject[]
  /** The same as of an earlier revision; undefined when its history is gone. */
  listAt(resource: string, revision: number, prefix?: string): readonly StoredObject[] | undefined
  /** Carries a change out and stamps the object's resourceVersion. */
  write(change: StorageChange): StoredObject
  /**
   * Calls the listener for each durable event of a resource after a revision, the ones of the past at once. Returns
   * undefined when the past that far back is gone.
   */
  watch(resource: string, after: number, listener: (event: StorageEvent) => void): (() => void) | undefined
  /** The revision up to which watch listeners have heard everything. */
  readonly published: number
  /** Undefined when everything up to the revision is durable; else a promise that rejects with StorageFailure when it was lost. */
  durable(revision: number): Promise<void> | undefined
  /** Forgets a resource's objects and history without events, once its definition is gone. */
  drop(resource: string): void
  /** How many objects a resource has. */
  count(resource: string): number
  close(): Promise<void>
}

/** A write that could not be made durable and was taken back: the disk is full or broken. */
export class StorageFailure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StorageFailure'
  }
}

/** One durable record. `object` absent means removed. */
export interface JournalRecord {
  readonly revision: number
  readonly resource: string
  readonly key: string
  readonly stored: StoredObject | undefined
}

/** Where changes are kept across restarts. */
export interface Journal {
  /** Resolves when the records are on the disk; rejects, having kept none of them, when they cannot be. */
  append(records: readonly JournalRecord[]): Promise<void>
  /** Whether enough was appended for `compact` to be worth it. */
  readonly wantsCompaction: boolean
  /** Starts a new log and writes the state before it as a snapshot, resolving once appends may go on. */
  compact(revision: number, state: readonly ResourceState[]): Promise<void>
  close(): Promise<void>
}

/** All objects of one resource as of one revision. */
export interface ResourceState {
  readonly resource: string
  readonly objects: readonly StoredObject[]
}
