import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'

/** A new key in PEM, in the form that Go writes for its kind. A kind that there is not is told in the result. */
export function generateKeyText(kind: string): string {
  switch (kind) {
    case '':
    case 'rsa':
      return keyText(generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey)
    case 'dsa':
      return keyText(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey)
    case 'ecdsa':
      return keyText(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    case 'ed25519':
      return keyText(generateKeyPairSync('ed25519').privateKey)
    default:
      return `Unknown type ${kind}`
  }
}

/** A new key for a certificate. */
export function generateCertificateKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** A key in PEM: PKCS #1 for RSA, SEC 1 for elliptic curves, PKCS #8 for the rest. */
export function keyText(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8'
  return key.export({ format: 'pem', type }).toString()
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
