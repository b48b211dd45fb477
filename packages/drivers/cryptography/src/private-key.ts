import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'
import { childrenOf, integer, sequence } from './der.ts'

/** Where new keys come from, and signatures. */
export interface KeySource {
  rsa(bits: number): KeyObject
  /** With a modulus of 2048 bits. */
  dsa(): KeyObject
  /** On the curve P-256. */
  ecdsa(): KeyObject
  ed25519(): KeyObject
  /** The signature of a key over bytes, whose digest is null where the key's kind has its own. */
  sign(digest: string | null, bytes: Uint8Array, key: KeyObject): Buffer
}

/** Keys from the randomness of the machine. */
export const randomKeys: KeySource = {
  rsa: (bits) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey,
  dsa: () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey,
  ecdsa: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  sign: (digest, bytes, key) => sign(digest, bytes, key),
}

/** A new key in PEM, in the form that Go writes for its kind. A kind that there is not is told in the result. */
export function generateKeyText(kind: string, keys: KeySource): string {
  switch (kind) {
    case '':
    case 'rsa':
      return keyText(keys.rsa(4096))
    case 'dsa':
      return keyText(keys.dsa())
    case 'ecdsa':
      return keyText(keys.ecdsa())
    case 'ed25519':
      return keyText(keys.ed25519())
    default:
      return `Unknown type ${kind}`
  }
}

/** A key in PEM: PKCS #1 for RSA, SEC 1 for elliptic curves, OpenSSL's own form for DSA, PKCS #8 for the rest. */
export function keyText(key: KeyObject): string {
  if (key.asymmetricKeyType === 'dsa') return dsaText(key)
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8'
  return key.export({ format: 'pem', type }).toString()
}

/** A DSA key as OpenSSL writes it: version, p, q, g, y, x. */
function dsaText(key: KeyObject): string {
  // version, algorithm and parameters, and x are inside of one; the parameters again, and y, of the other.
  const [, algorithm, secret] = childrenOf(key.export({ format: 'der', type: 'pkcs8' }))
  const [, bits] = childrenOf(createPublicKey(key).export({ format: 'der', type: 'spki' }))
  const [, parameters] = childrenOf(algorithm?.whole ?? Buffer.alloc(0))
  const numbers = [
    ...childrenOf(parameters?.whole ?? Buffer.alloc(0)).map(({ whole }) => whole),
    bits?.content.subarray(1) ?? Buffer.alloc(0),
    secret?.content ?? Buffer.alloc(0),
  ]
  const der = sequence(integer(Buffer.of(0)), ...numbers)
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN DSA PRIVATE KEY-----\n${lines.join('\n')}\n-----END DSA PRIVATE KEY-----\n`
}

/** A key from PEM. Throws FunctionError that tells nothing of the text. */
export function readKey(text: string): KeyObject {
  if (!text.includes('-----BEGIN ')) throw new FunctionError('unable to decode key')
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw new FunctionError('unable to parse private key', { cause: error })
  }
}
