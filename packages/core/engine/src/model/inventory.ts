import type { ObjectKey } from '@kedge/manifest'

/** An object with the version it is to be read and deleted through. */
export interface ObjectRef extends ObjectKey {
  readonly version: string
}

/** What the record holds of an applied object. */
export interface InventoryEntry extends ObjectRef {
  /** Empty until the server has told it, and where the stored form has no room for it. */
  readonly uid: string
  /**
   * Digest over the desired object and the live projection after the last apply (`appliedDigest`). Families that can
   * store it save a dry run per normalised object after a restart; all others leave it out.
   */
  readonly digest?: string
}
