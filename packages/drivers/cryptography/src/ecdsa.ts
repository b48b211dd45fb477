import { createECDH, createHash, createHmac, type KeyObject } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'
import { childrenOf, integer, sequence } from './der.ts'

/** A curve that Go's x509 signs with, and the digest it takes for it. */
export interface SigningCurve {
  readonly name: string
  readonly digest: 'sha256' | 'sha384' | 'sha512'
  /** The dotted identifier of an ECDSA signature over that digest. */
  readonly algorithm: string
  /** How many points the base point reaches. */
  readonly order: bigint
}

const curves: readonly SigningCurve[] = [
  {
    name: 'secp224r1',
    digest: 'sha256',
    algorithm: '1.2.840.10045.4.3.2',
    order: 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
  },
  {
    name: 'prime256v1',
    digest: 'sha256',
    algorithm: '1.2.840.10045.4.3.2',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  {
    name: 'secp384r1',
    digest: 'sha384',
    algorithm: '1.2.840.10045.4.3.3',
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  {
    name: 'secp521r1',
    digest: 'sha512',
    algorithm: '1.2.840.10045.4.3.4',
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
]

/** The curve of a key. Throws FunctionError for one that Go does not know. */
export function curveOf(key: KeyObject): SigningCurve {
  const curve = curves.find(({ name }) => name === key.asymmetricKeyDetails?.namedCurve)
  if (curve === undefined) throw new FunctionError('x509: unsupported elliptic curve')
  return curve
}

/**
 * The ECDSA signature in DER that depends on key and bytes alone (RFC 6979). For previews: arithmetic on big integers
 * takes a time that tells of the key.
 */
export function deterministicEcdsa(bytes: Uint8Array, key: KeyObject): Buffer {
  const curve = curveOf(key)
  const { order, digest } = curve
  const [, encoded] = childrenOf(key.export({ format: 'der', type: 'sec1' }))
  const secret = numberOf(encoded?.content ?? Buffer.alloc(1))
  const hashed = createHash(digest).update(bytes).digest()
  const message = leftmost(hashed, order)
  for (const nonce of nonces({ secret, message: message % order, curve })) {
    const r = pointX(nonce, curve) % order
    const s = (inverse(nonce, order) * (message + r * secret)) % order
    if (r !== 0n && s !== 0n) return sequence(integer(fixed(r, order)), integer(fixed(s, order)))
  }
  throw new FunctionError('ecdsa: no signature')
}

interface NonceSeed {
  readonly secret: bigint
  readonly message: bigint
  readonly curve: SigningCurve
}

/** The candidates of RFC 6979, §3.2; practically the first serves. */
function* nonces({ secret, message, curve }: NonceSeed): Generator<bigint> {
  const { digest, order } = curve
  const mac = (key: Buffer, ...parts: readonly Uint8Array[]): Buffer => {
    const hmac = createHmac(digest, key)
    for (const part of parts) hmac.update(part)
    return hmac.digest()
  }
  const size = createHash(digest).digest().length
  const seed = Buffer.concat([fixed(secret, order), fixed(message, order)])
  let key = Buffer.alloc(size)
  let value = Buffer.alloc(size, 1)
  for (const mark of [0, 1]) {
    key = mac(key, value, Buffer.of(mark), seed) as Buffer<ArrayBuffer>
    value = mac(key, value) as Buffer<ArrayBuffer>
  }
  for (let tries = 0; tries < 1000; tries += 1) {
    const parts: Buffer[] = []
    for (let length = 0; length < byteLength(order); length += size) {
      value = mac(key, value) as Buffer<ArrayBuffer>
      parts.push(value)
    }
    const candidate = leftmost(Buffer.concat(parts), order)
    if (candidate > 0n && candidate < order) yield candidate
    key = mac(key, value, Buffer.of(0)) as Buffer<ArrayBuffer>
    value = mac(key, value) as Buffer<ArrayBuffer>
  }
}

/** The x coordinate of a multiple of the base point, which is the public key of a private one. */
function pointX(factor: bigint, { name, order }: SigningCurve): bigint {
  const point = createECDH(name)
  point.setPrivateKey(fixed(factor, order))
  const coordinates = point.getPublicKey().subarray(1)
  return numberOf(coordinates.subarray(0, coordinates.length / 2))
}

/** As many of the first bits as the order has. */
function leftmost(bytes: Buffer, order: bigint): bigint {
  const excess = bytes.length * 8 - order.toString(2).length
  return numberOf(bytes) >> BigInt(Math.max(excess, 0))
}

function byteLength(order: bigint): number {
  return Math.ceil(order.toString(16).length / 2)
}

function fixed(value: bigint, order: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(byteLength(order) * 2, '0'), 'hex')
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (a > 1n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a % b, y, x - quotient * y]
  }
  return ((x % modulus) + modulus) % modulus
}
