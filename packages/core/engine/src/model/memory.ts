/**
 * What a delivery's passes remember of each other inside one process. It may be lost at any time: the next pass then
 * finds out again, with reads only. Frozen, serialisable.
 */
export interface Memory {
  /** By `formatKey` of the object. */
  readonly applied: Readonly<Record<string, AppliedRecord>>
  /** By `formatKey` of the object: recent corrections of drift. */
  readonly fights: Readonly<Record<string, FightRecord>>
  /** When each wait for health began, by wave name; forgotten with a new revision. */
  readonly waits: Readonly<Record<string, number>>
  readonly revision: string
}

/** What was sent and what the server made of it. */
export interface AppliedRecord {
  readonly uid: string
  readonly resourceVersion: string
  /** Digest of the object that was sent. */
  readonly desiredDigest: string
  /** Digest of the live object projected on the fields that our field manager owns. */
  readonly projectionDigest: string
  /** Digest of both: what an inventory entry keeps. */
  readonly digest: string
}

/** Corrections of one object's drift within the fight window. */
export interface FightRecord {
  /** When each was made, milliseconds since the epoch, oldest first; bounded. */
  readonly correctedAtMs: readonly number[]
  /** The field manager that changed the object last, or what is known of it. */
  readonly rival: string
  /** How often the back-off has doubled. */
  readonly rounds: number
  /** No correction before this time. */
  readonly pausedUntilMs: number
}

/** The memory of a delivery that this process has not handled yet. */
export const emptyMemory: Memory = Object.freeze({ applied: {}, fights: {}, waits: {}, revision: '' })
