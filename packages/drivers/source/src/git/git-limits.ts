/** What one resolve or fetch may cost at most. Sizes in bytes, times in milliseconds. */
export interface GitLimits {
  /** Bytes of a list of refs. */
  readonly maxRefBytes: number
  readonly maxRefs: number
  /** Bytes of a pack as received. */
  readonly maxPackBytes: number
  /** Objects in a pack, and in the tree of one commit. */
  readonly maxObjects: number
  /** Bytes of one object, inflated. */
  readonly maxObjectBytes: number
  /** Bytes of all objects of a pack, inflated and deltas applied. */
  readonly maxInflatedBytes: number
  /** Inflated bytes over received bytes, once more than 32 MiB are inflated. */
  readonly maxRatio: number
  /** Deltas that lead from an object to one that is stored whole. */
  readonly maxDeltaDepth: number
  /** Directories inside each other. */
  readonly maxTreeDepth: number
  /** Time of one resolve or fetch when the source names none. */
  readonly timeoutMs: number
  readonly maxRedirects: number
  /** Bytes of the objects kept of all repositories together. */
  readonly maxCacheBytes: number
}

/** The limits that hold where none are given; SPEC.md says where they come from. */
export const defaultGitLimits: GitLimits = {
  maxRefBytes: 32 * 1024 * 1024,
  maxRefs: 200_000,
  maxPackBytes: 512 * 1024 * 1024,
  maxObjects: 1_000_000,
  maxObjectBytes: 100 * 1024 * 1024,
  maxInflatedBytes: 2 * 1024 * 1024 * 1024,
  maxRatio: 200,
  maxDeltaDepth: 4095,
  maxTreeDepth: 256,
  timeoutMs: 60_000,
  maxRedirects: 5,
  maxCacheBytes: 256 * 1024 * 1024,
}
