import { X509Certificate, createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import { FunctionError } from '@kedge/gotemplate'
import {
  bitString,
  context,
  directoryString,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  spanOf,
  time,
  trueValue,
} from './der.ts'
import { curveOf } from './ecdsa.ts'
import { keyText, type KeySource } from './private-key.ts'

/** A certificate and its key, both in PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string
  readonly addresses: readonly string[]
  readonly names: readonly string[]
  readonly days: number
  readonly isAuthority: boolean
  readonly key: KeyObject
  readonly nowMs: number
  /** Sixteen random bytes. */
  readonly serial: Uint8Array
  /** Who makes the signature. */
  readonly keys: Pick<KeySource, 'sign'>
}

/** Who signs; without one a certificate signs itself. */
export interface Signer {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

const dayMs = 86_400_000

/** An X.509 certificate for servers and clients, as Go's x509 lays it out. */
export function createCertificate(request: CertificateRequest, signer?: Signer): CertificatePair {
  const key = signer?.key ?? request.key
  const algorithm = signatureAlgorithm(key)
  const subject = sequence(set(sequence(objectIdentifier('2.5.4.3'), directoryString(request.commonName))))
  const body = sequence(
    context(0, integer(Buffer.from([2])), true),
    integer(request.serial),
    algorithm.identifier,
    signer === undefined ? subject : subjectOf(signer.certificate),
    sequence(time(request.nowMs), time(request.nowMs + request.days * dayMs)),
    request.commonName === '' ? sequence() : subject,
    publicKeyInfo(request.key),
    context(3, sequence(...extensions(request, signer)), true),
  )
  const signature = request.keys.sign(algorithm.digest, body, key)
  const der = sequence(body, algorithm.identifier, bitString(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: keyText(request.key),
  }
}

/** A certificate from PEM. Throws FunctionError when it is none. */
export function readCertificate(text: string): X509Certificate {
  if (!text.includes('-----BEGIN ')) throw new FunctionError('unable to decode certificate')
  try {
    return new X509Certificate(text)
  } catch (error) {
    throw new FunctionError('error parsing certificate: x509: malformed certificate', { cause: error })
  }
}

function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

function signatureAlgorithm(key: KeyObject): { readonly identifier: Buffer; readonly digest: string | null } {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return {
        identifier: sequence(objectIdentifier('1.2.840.113549.1.1.11'), element(0x05, Buffer.alloc(0))),
        digest: 'sha256',
      }
    case 'ec': {
      const { algorithm, digest } = curveOf(key)
      return { identifier: sequence(objectIdentifier(algorithm)), digest }
    }
    case 'ed25519':
      return { identifier: sequence(objectIdentifier('1.3.101.112')), digest: null }
    default:
      throw new FunctionError('x509: only RSA, ECDSA and Ed25519 keys supported')
  }
}

function extensions(request: CertificateRequest, signer: Signer | undefined): readonly Buffer[] {
  const usage = request.isAuthority ? { bits: 0xa4, unused: 2 } : { bits: 0xa0, unused: 5 }
  const authority = signer === undefined ? undefined : keyIdOf(signer.certificate)
  const names = [
    ...request.names.map((name) => context(2, Buffer.from(name), false)),
    ...request.addresses.map((address) => context(7, addressBytes(address), false)),
  ]
  return [
    extension('2.5.29.15', bitString(Buffer.from([usage.bits]), usage.unused), true),
    extension(
      '2.5.29.37',
      sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'), objectIdentifier('1.3.6.1.5.5.7.3.2')),
      false,
    ),
    extension('2.5.29.19', request.isAuthority ? sequence(trueValue()) : sequence(), true),
    ...(request.isAuthority ? [extension('2.5.29.14', octetString(keyId(publicKeyInfo(request.key))), false)] : []),
    ...(authority === undefined ? [] : [extension('2.5.29.35', sequence(context(0, authority, false)), false)]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names), false)]),
  ]
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [trueValue()] : []), octetString(value))
}

/** What names a public key: a digest of its bits. */
function keyId(info: Buffer): Buffer {
  return createHash('sha256').update(subjectPublicKey(info)).digest().subarray(0, 20)
}

/** The bits of the key inside its SubjectPublicKeyInfo. */
function subjectPublicKey(info: Buffer): Buffer {
  const outer = spanOf(info, 0)
  const algorithm = spanOf(info, outer.start)
  const bits = spanOf(info, algorithm.end)
  return info.subarray(bits.start + 1, bits.end)
}

/** The subject of a certificate, as it is encoded there. */
function subjectOf(certificate: X509Certificate): Buffer {
  const der = certificate.raw
  let at = spanOf(der, spanOf(der, 0).start).start
  // version, serial, algorithm, issuer, validity come before
  for (let skipped = 0; skipped < 5; skipped += 1) at = spanOf(der, at).end
  return der.subarray(at, spanOf(der, at).end)
}

/** The subject key identifier of a certificate, or one made for its key. */
function keyIdOf(certificate: X509Certificate): Buffer {
  const marker = Buffer.concat([objectIdentifier('2.5.29.14'), Buffer.from([0x04, 0x16, 0x04, 0x14])])
  const at = certificate.raw.indexOf(marker)
  if (at >= 0) return certificate.raw.subarray(at + marker.length, at + marker.length + 20)
  return keyId(certificate.publicKey.export({ format: 'der', type: 'spki' }))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  if (isIPv6(address)) return ipv6Bytes(address)
  throw new FunctionError(`error parsing ip: ${address} is not a valid IP address`)
}

function ipv6Bytes(address: string): Buffer {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  const bytes = Buffer.alloc(16)
  for (const [at, group] of [...left, ...middle, ...right].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2)
  return bytes
}
