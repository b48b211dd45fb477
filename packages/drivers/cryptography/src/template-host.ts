import { createHash, hash, randomBytes } from 'node:crypto'
import type { SprigHost } from '@kedge/gotemplate'
import { cryptographyFunctions } from './cryptography-functions.ts'
import { seededKeys } from './seeded-keys.ts'
import { zoneAt } from './zone.ts'

/** From when certificates of a preview are valid: the same every time, and plainly made up. */
const previewMs = Date.UTC(2000, 0, 1)

/**
 * The host of templates on this machine. With a seed, random bytes, keys and certificates are the same in every render
 * that uses the host anew: for previews.
 */
export function templateHost(options: { readonly seed?: string; readonly nowMs?: () => number } = {}): SprigHost {
  const { seed, nowMs = Date.now } = options
  const random = seed === undefined ? (count: number) => randomBytes(count) : seededBytes(seed)
  return {
    nowMs,
    zone: zoneAt,
    randomBytes: random,
    digest: (algorithm, of) => hash(algorithm, of),
    cryptography: cryptographyFunctions(
      seed === undefined
        ? { randomBytes: random, nowMs }
        : { randomBytes: random, keys: seededKeys(random), nowMs: options.nowMs ?? (() => previewMs) },
    ),
  }
}

/** A stream of bytes that looks random and depends on the seed alone. */
function seededBytes(seed: string): (count: number) => Uint8Array {
  let block = 0
  let rest = Buffer.alloc(0)
  return (count) => {
    while (rest.length < count) {
      const next = createHash('sha256').update(`${block}:${seed}`).digest()
      block += 1
      rest = Buffer.concat([rest, next])
    }
    const bytes = rest.subarray(0, count)
    rest = rest.subarray(count)
    return bytes
  }
}
