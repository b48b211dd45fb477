import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bitString, boolean, element, identifier, integer, octetString, sequence, tagged, time, utf8 } from './der.ts'

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** What the server presents, and who signed it and the certificates of its clients. */
export interface Certificates {
  readonly ca: KeyPair
  readonly server: KeyPair
}

/** Certificates live ten years: the cluster is one process on one machine, and its data folder holds them. */
const lifeMs = 10 * 365 * 24 * 3600 * 1000

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  subjectKeyId: '2.5.29.14',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

const hosts = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '127.0.0.1', '::1']

interface Name {
  readonly commonName: string
  readonly organizations: readonly string[]
}

interface Signer {
  readonly name: Name
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Makes a certificate authority and a server certificate for loopback. */
export function makeCertificates(nowMs: number): Certificates {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authority: Signer = { name: authorityName, ...keys }
  const extensions = [
    extension(oids.basicConstraints, sequence(boolean(true)), true),
    extension(oids.keyUsage, bitString(Buffer.from([0x84]), 2), true),
  ]
  const ca = certify(authority, { name: authority.name, publicKey: keys.publicKey, nowMs, extensions })
  return {
    ca: { cert: ca, key: pemOfKey(keys.privateKey) },
    server: issue(authority, {
      name: { commonName: 'kube-apiserver', organizations: [] },
      nowMs,
      extensions: [extendedUsage(oids.serverAuth), alternativeNames()],
    }),
  }
}

/** Makes a client certificate of a user and their groups. */
export function issueClientCertificate(
  ca: KeyPair,
  user: { readonly name: string; readonly groups: readonly string[] },
  nowMs: number,
): KeyPair {
  const privateKey = createPrivateKey(ca.key)
  const authority: Signer = { name: authorityName, privateKey, publicKey: createPublicKey(privateKey) }
  const name = { commonName: user.name, organizations: user.groups }
  return issue(authority, { name, nowMs, extensions: [extendedUsage(oids.clientAuth)] })
}

const authorityName: Name = { commonName: 'kedge-ca', organizations: [] }

function issue(
  authority: Signer,
  subject: { readonly name: Name; readonly nowMs: number; readonly extensions: readonly Buffer[] },
): KeyPair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const usage = extension(oids.keyUsage, bitString(Buffer.from([0x80]), 7), true)
  const { name, nowMs } = subject
  const cert = certify(authority, {
    name,
    publicKey: keys.publicKey,
    nowMs,
    extensions: [usage, ...subject.extensions],
  })
  return { cert, key: pemOfKey(keys.privateKey) }
}

/** A signed X.509 v3 certificate as PEM. */
function certify(
  signer: Signer,
  subject: {
    readonly name: Name
    readonly publicKey: KeyObject
    readonly nowMs: number
    readonly extensions: readonly Buffer[]
  },
): string {
  const algorithm = sequence(identifier(oids.ecdsaWithSha256))
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    encodeName(signer.name),
    sequence(time(subject.nowMs - 60_000), time(subject.nowMs + lifeMs)),
    encodeName(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(
        ...subject.extensions,
        extension(oids.subjectKeyId, octetString(keyId(subject.publicKey))),
        extension(oids.authorityKeyId, sequence(element(0x80, keyId(signer.publicKey)))),
      ),
    ),
  )
  const signature = sign('sha256', body, signer.privateKey)
  const base64 = sequence(body, algorithm, bitString(signature)).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
}

function encodeName(name: Name): Buffer {
  const part = (oid: string, text: string): Buffer => element(0x31, sequence(identifier(oid), utf8(text)))
  const organizations = name.organizations.map((organization) => part(oids.organization, organization))
  return sequence(...organizations, part(oids.commonName, name.commonName))
}

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  return isCritical
    ? sequence(identifier(oid), boolean(true), octetString(value))
    : sequence(identifier(oid), octetString(value))
}

function extendedUsage(oid: string): Buffer {
  return extension(oids.extendedKeyUsage, sequence(identifier(oid)))
}

function alternativeNames(): Buffer {
  const names = hosts.map((host) => {
    if (isIPv4(host)) return element(0x87, Buffer.from(host.split('.').map(Number)))
    return host === '::1'
      ? element(0x87, Buffer.from([...Array<number>(15).fill(0), 1]))
      : element(0x82, Buffer.from(host))
  })
  return extension(oids.subjectAltName, sequence(...names))
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
