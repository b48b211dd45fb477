import { X509Certificate, createPrivateKey, hash, randomUUID, sign, type KeyObject } from 'node:crypto'
import { registryFailure } from '../http/registry-failure.ts'

/** A certificate that Entra knows an application by, and its key. */
export interface ClientCertificate {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** What a signed assertion says. */
export interface AssertionClaims {
  readonly clientId: string
  /** The token endpoint. */
  readonly audience: string
  readonly nowMs: number
}

const lifeSeconds = 600

/** Reads PEM with an RSA key and its certificate, in any order, with others beside. Throws FailureError. */
export function parseClientCertificate(pem: string, password: string): ClientCertificate {
  const key = readKey(pem, password)
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const certificate = texts.map(readCertificate).find((one) => one?.checkPrivateKey(key) === true)
  if (certificate === undefined || key.asymmetricKeyType !== 'rsa')
    throw refused('has no certificate of its RSA key', 'give it the certificate and its key in PEM')
  return { certificate, key }
}

/** A token by which the holder of the key says who it is, good for ten minutes. */
export function signedAssertion({ certificate, key }: ClientCertificate, claims: AssertionClaims): string {
  const { clientId, audience, nowMs } = claims
  const seconds = Math.floor(nowMs / 1000)
  const header = { alg: 'RS256', typ: 'JWT', 'x5t#S256': hash('sha256', certificate.raw, 'base64url') }
  const body = {
    aud: audience,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: seconds,
    exp: seconds + lifeSeconds,
  }
  const signing = [header, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signing}.${sign('sha256', Buffer.from(signing), key).toString('base64url')}`
}

function readKey(pem: string, password: string): KeyObject {
  try {
    return createPrivateKey(password === '' ? pem : { key: pem, passphrase: password })
  } catch {
    // The cause would be of no use, and might tell of the file.
    throw refused('has no key that can be read', 'give it an RSA key in PEM, and its password if it has one')
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function refused(why: string, fix: string): Error {
  return registryFailure('IdentityMissing', `the file of AZURE_CLIENT_CERTIFICATE_PATH ${why}`, { fix })
}
