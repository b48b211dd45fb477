import { createHash } from 'node:crypto'
import { registryFailure } from './registry-failure.ts'

/** `sha256:…` of bytes. */
export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Whether a text is a digest that can be checked: sha256 in lower case. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

/** Throws FailureError unless the bytes have the digest. */
export function verifyDigest(bytes: Uint8Array, wanted: string, what: string): void {
  if (!isDigest(wanted)) throw registryFailure('DigestMismatch', `${what} has a digest that is no sha256`)
  const found = sha256Digest(bytes)
  if (found !== wanted) throw registryFailure('DigestMismatch', `${what} has the digest ${found} and not ${wanted}`)
}
