import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'
import { bitString, integer, objectIdentifier, sequence } from '../der.ts'
import { byteAt, readArmor, readMpi, readPackets, type Packet } from './packets.ts'

/** How a key signs. */
export type SigningKind = 'rsa' | 'dsa' | 'ecdsa' | 'eddsa'

/** A key that signatures can be checked with. */
export interface SigningKey {
  readonly fingerprint: Buffer
  readonly kind: SigningKind
  readonly key: KeyObject
}

/** A person or program with a primary key and subkeys. */
export interface KeyOwner {
  readonly primary: Buffer
  readonly identities: readonly string[]
  readonly keys: readonly SigningKey[]
  readonly isRevoked: boolean
}

const tags = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7, userId: 13, publicSubkey: 14 } as const
const revocation = 0x20

/** The owners of a keyring: packets, packets in armor, or GnuPG's keybox. Throws FunctionError when it is none. */
export function readKeyring(bytes: Buffer): readonly KeyOwner[] {
  return keyBlocks(bytes).flatMap((block) => ownersOf(readPackets(block)))
}

function keyBlocks(bytes: Buffer): readonly Buffer[] {
  if (bytes.subarray(8, 12).toString('latin1') === 'KBXf') return keyboxBlocks(bytes)
  return bytes.subarray(0, 64).includes('-----BEGIN PGP')
    ? readArmor(bytes.toString('latin1'), /^PGP (?:PUBLIC|PRIVATE) KEY BLOCK$/)
    : [bytes]
}

/** The OpenPGP blobs of a keybox: each begins with its length, its type, and where in it the key is. */
function keyboxBlocks(bytes: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = []
  for (let at = 0; at + 20 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    if (length < 5 || at + length > bytes.length) break
    const start = at + bytes.readUInt32BE(at + 8)
    if (bytes[at + 4] === 2 && length >= 20) blocks.push(bytes.subarray(start, start + bytes.readUInt32BE(at + 12)))
    at += length
  }
  return blocks
}

function ownersOf(packets: readonly Packet[]): readonly KeyOwner[] {
  const owners: { primary: Buffer; identities: string[]; keys: SigningKey[]; isRevoked: boolean }[] = []
  for (const { tag, body } of packets) {
    const owner = owners.at(-1)
    if (tag === tags.publicKey || tag === tags.secretKey) {
      owners.push({ primary: fingerprintOf(body), identities: [], keys: signingKeys(body), isRevoked: false })
    } else if (owner === undefined) continue
    else if (tag === tags.publicSubkey || tag === tags.secretSubkey) owner.keys.push(...signingKeys(body))
    else if (tag === tags.userId) owner.identities.push(body.toString('utf8'))
    else if (tag === tags.signature && body[1] === revocation) owner.isRevoked = true
  }
  return owners
}

/** A key of a version and kind that can sign here; none for others. */
function signingKeys(body: Buffer): SigningKey[] {
  if (body[0] !== 4) return []
  const read = readKeyMaterial(body)
  return read === undefined ? [] : [{ ...read, fingerprint: fingerprintOf(body) }]
}

const publicStart = 6

function fingerprintOf(body: Buffer): Buffer {
  const end = endOfPublic(body)
  const head = Buffer.from([0x99, end >> 8, end & 0xff])
  return createHash('sha1').update(head).update(body.subarray(0, end)).digest()
}

/** Where the public part of a key ends; a secret one goes on behind it. */
function endOfPublic(body: Buffer): number {
  const algorithm = byteAt(body, publicStart - 1)
  const skip = (from: number, count: number): number =>
    Array.from({ length: count }).reduce<number>((at) => readMpi(body, at).end, from)
  switch (algorithm) {
    case 1:
    case 2:
    case 3:
      return skip(publicStart, 2)
    case 16:
      return skip(publicStart, 3)
    case 17:
      return skip(publicStart, 4)
    case 19:
    case 22:
      return skip(publicStart + 1 + byteAt(body, publicStart), 1)
    default:
      return body.length
  }
}

function readKeyMaterial(body: Buffer): Omit<SigningKey, 'fingerprint'> | undefined {
  const numbers = (count: number): readonly Buffer[] => {
    const read: Buffer[] = []
    let at = publicStart
    for (let index = 0; index < count; index += 1) {
      const mpi = readMpi(body, at)
      read.push(mpi.value)
      at = mpi.end
    }
    return read
  }
  switch (byteAt(body, publicStart - 1)) {
    case 1:
    case 3:
      return rsaKey(numbers(2))
    case 17:
      return { kind: 'dsa', key: dsaKey(numbers(4)) }
    case 19:
    case 22:
      return curveKey(body)
    default:
      return undefined
  }
}

const minRsaBits = 2047

function rsaKey([n = Buffer.alloc(0), e = Buffer.alloc(0)]: readonly Buffer[]):
  | Omit<SigningKey, 'fingerprint'>
  | undefined {
  if (n.length * 8 < minRsaBits) return undefined
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
  return { kind: 'rsa', key: createPublicKey({ key: jwk, format: 'jwk' }) }
}

function dsaKey(numbers: readonly Buffer[]): KeyObject {
  const [p, q, g, y] = numbers.map((one) => integer(one)) as [Buffer, Buffer, Buffer, Buffer]
  const der = sequence(sequence(objectIdentifier('1.2.840.10040.4.1'), sequence(p, q, g)), bitString(y))
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}

/** Curves by the bytes of their identifiers. */
const curves: ReadonlyMap<string, { readonly name: string; readonly kind: SigningKind }> = new Map([
  ['2a8648ce3d030107', { name: 'P-256', kind: 'ecdsa' }],
  ['2b81040022', { name: 'P-384', kind: 'ecdsa' }],
  ['2b81040023', { name: 'P-521', kind: 'ecdsa' }],
  ['2b06010401da470f01', { name: 'Ed25519', kind: 'eddsa' }],
])

function curveKey(body: Buffer): Omit<SigningKey, 'fingerprint'> | undefined {
  const length = byteAt(body, publicStart)
  const start = publicStart + 1
  const curve = curves.get(body.subarray(start, start + length).toString('hex'))
  if (curve === undefined) return undefined
  const point = readMpi(body, start + length).value.subarray(1)
  const half = point.length / 2
  const jwk =
    curve.kind === 'eddsa'
      ? { kty: 'OKP', crv: curve.name, x: point.toString('base64url') }
      : {
          kty: 'EC',
          crv: curve.name,
          x: point.subarray(0, half).toString('base64url'),
          y: point.subarray(half).toString('base64url'),
        }
  try {
    return { kind: curve.kind, key: createPublicKey({ key: jwk, format: 'jwk' }) }
  } catch (error) {
    throw new FunctionError('openpgp: invalid data: malformed public key', { cause: error })
  }
}
