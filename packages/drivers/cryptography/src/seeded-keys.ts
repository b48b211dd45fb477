import { checkPrimeSync, createECDH, createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { deterministicEcdsa } from './ecdsa.ts'
import { integer, objectIdentifier, octetString, sequence } from './der.ts'
import type { KeySource } from './private-key.ts'

/**
 * Keys that depend on the bytes given alone, and signatures that depend on key and text alone, so that a preview prints the same every time. They are as secret as the
 * seed is: for previews, and for nothing that is applied.
 */
export function seededKeys(randomBytes: (count: number) => Uint8Array): KeySource {
  const random = (count: number): Buffer => Buffer.from(randomBytes(count))
  return {
    rsa: (bits) => rsaKey(bits, random),
    dsa: () => dsaKey(random),
    ecdsa: () => ecdsaKey(random),
    ed25519: () => {
      const der = sequence(
        integer(Buffer.of(0)),
        sequence(objectIdentifier('1.3.101.112')),
        octetString(octetString(random(32))),
      )
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    },
    // RSA (PKCS #1 v1.5) and Ed25519 sign the same every time anyway.
    sign: (digest, bytes, key) =>
      key.asymmetricKeyType === 'ec' ? deterministicEcdsa(bytes, key) : sign(digest, bytes, key),
  }
}

type Random = (count: number) => Buffer

const publicExponent = 65_537n

function rsaKey(bits: number, random: Random): KeyObject {
  for (;;) {
    const p = prime(bits / 2, random)
    const q = prime(bits / 2, random)
    const phi = (p - 1n) * (q - 1n)
    if (p === q || phi % publicExponent === 0n) continue
    const d = inverse(publicExponent, phi)
    const parts = { n: p * q, e: publicExponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
    const jwk = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, encode(value)]))
    return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
  }
}

function ecdsaKey(random: Random): KeyObject {
  const curve = createECDH('prime256v1')
  for (;;) {
    const d = random(32)
    try {
      curve.setPrivateKey(d)
    } catch {
      // Beyond the order of the curve, which one in four thousand million is.
      continue
    }
    const point = curve.getPublicKey()
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
    const jwk = { kty: 'EC', crv: 'P-256', d: d.toString('base64url'), x: x ?? '', y: y ?? '' }
    return createPrivateKey({ key: jwk, format: 'jwk' })
  }
}

const dsaBits = { p: 2048, q: 256 } as const

/** p is a prime with q dividing p - 1, and g generates the subgroup of that order. */
function dsaKey(random: Random): KeyObject {
  const q = prime(dsaBits.q, random)
  const step = 2n * q
  let p = numberOf(random, dsaBits.p)
  p += step - (p % step) + 1n
  while (!isPrime(p)) p += step
  let g = 1n
  for (let h = 2n; g === 1n; h += 1n) g = power(h, (p - 1n) / q, p)
  const x = (numberOf(random, dsaBits.q) % (q - 1n)) + 1n
  const parameters = sequence(...[p, q, g].map(derInteger))
  const der = sequence(
    integer(Buffer.of(0)),
    sequence(objectIdentifier('1.2.840.10040.4.1'), parameters),
    octetString(derInteger(x)),
  )
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

/** A number of that many bits whose two highest are set, so that the product of two has all bits. */
function numberOf(random: Random, bits: number): bigint {
  const bytes = random(bits / 8)
  bytes[0] = (bytes[0] ?? 0) | 0xc0
  return BigInt(`0x${bytes.toString('hex')}`)
}

const smallPrimes: readonly number[] = Array.from({ length: 4000 }, (_, index) => index + 3).filter((candidate) => {
  for (let factor = 2; factor * factor <= candidate; factor += 1) if (candidate % factor === 0) return false
  return true
})

/** The first prime from a random number on. */
function prime(bits: number, random: Random): bigint {
  const start = numberOf(random, bits) | 1n
  const rests = smallPrimes.map((small) => Number(start % BigInt(small)))
  for (let offset = 0; ; offset += 2) {
    if (smallPrimes.some((small, index) => ((rests[index] ?? 0) + offset) % small === 0)) continue
    const candidate = start + BigInt(offset)
    if (checkPrimeSync(candidate)) return candidate
  }
}

function isPrime(candidate: bigint): boolean {
  return smallPrimes.every((small) => candidate % BigInt(small) !== 0n) && checkPrimeSync(candidate)
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [((value % modulus) + modulus) % modulus, modulus, 1n, 0n]
  while (a > 1n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a % b, y, x - quotient * y]
  }
  return ((x % modulus) + modulus) % modulus
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let factor = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % modulus
    factor = (factor * factor) % modulus
  }
  return result
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function encode(value: bigint): string {
  return bytesOf(value).toString('base64url')
}

function derInteger(value: bigint): Buffer {
  return integer(bytesOf(value))
}
