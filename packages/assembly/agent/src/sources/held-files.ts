/** Finished files by digest, in memory within a bound; those not used for longest go first. */
export interface HeldFiles {
  put(digest: string, bytes: Uint8Array): void
  get(digest: string): Uint8Array | undefined
  /** The same without counting as a use. */
  has(digest: string): boolean
}

/** Bytes that are held at once; a file that is larger alone is held alone. */
const defaultMaxBytes = 256 * 1024 * 1024

export function createHeldFiles(maxBytes: number = defaultMaxBytes): HeldFiles {
  const files = new Map<string, Uint8Array>()
  let total = 0
  function drop(digest: string): void {
    total -= files.get(digest)?.length ?? 0
    files.delete(digest)
  }
  return {
    put(digest, bytes) {
      drop(digest)
      files.set(digest, bytes)
      total += bytes.length
      for (const oldest of files.keys()) {
        if (total <= maxBytes || oldest === digest) return
        drop(oldest)
      }
    },
    get(digest) {
      const bytes = files.get(digest)
      if (bytes === undefined) return undefined
      files.delete(digest)
      files.set(digest, bytes)
      return bytes
    },
    has: (digest) => files.has(digest),
  }
}
