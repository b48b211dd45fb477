import { createHash, verify } from 'node:crypto'
import { FunctionError } from '@kedge/gotemplate'
import { byteAt, readArmor, readLength, readMpi, readPackets } from './packets.ts'
import type { KeyOwner, SigningKey } from './public-key.ts'

/** A signed text: the text that is signed, and who signed it. */
export interface VerifiedMessage {
  readonly text: string
  readonly owner: KeyOwner
}

const hashes: Readonly<Record<number, string>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512', 11: 'sha224' }

/** Checks a clear-signed text (RFC 9580, 7) against a keyring. Throws FunctionError when it is not signed by one of its keys. */
export function verifyMessage(message: string, owners: readonly KeyOwner[], nowMs: number): VerifiedMessage {
  const block =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:.+\r?\n)*\r?\n([\s\S]*?)\r?\n-----BEGIN PGP SIGNATURE-----/m.exec(
      message,
    )
  const [armored] = readArmor(message, /^PGP SIGNATURE$/)
  if (block === null || armored === undefined) throw new FunctionError('signature block not found')
  const text = (block[1] ?? '').replaceAll(/^- /gm, '').replaceAll('\r\n', '\n')
  const signatures = readPackets(armored).filter(({ tag }) => tag === 2)
  const data = Buffer.from(text.replaceAll(/[ \t]+$/gm, '').replaceAll('\n', '\r\n'))
  for (const { body } of signatures) {
    const signature = readSignature(body)
    const found = signerOf(signature, owners)
    if (found === undefined) continue
    checkSignature(signature, { ...found, data, nowMs })
    return { text: `${text}\n`, owner: found.owner }
  }
  throw new FunctionError('openpgp: signature made by unknown entity')
}

interface Signature {
  readonly hash: string
  readonly issuers: readonly string[]
  readonly createdMs: number
  readonly expiresMs: number
  /** What of the packet is signed. */
  readonly signed: Buffer
  readonly numbers: readonly Buffer[]
}

function readSignature(body: Buffer): Signature {
  if (byteAt(body, 0) !== 4)
    throw new FunctionError(`openpgp: unsupported feature: signature packet version ${byteAt(body, 0)}`)
  if (byteAt(body, 1) > 1) throw new FunctionError('openpgp: invalid signature: it is not one of a document')
  const hash = hashes[byteAt(body, 3)]
  if (hash === undefined) throw new FunctionError('openpgp: invalid signature: insecure or unknown hash function')
  const hashedEnd = 6 + body.readUInt16BE(4)
  const restEnd = hashedEnd + 2 + body.readUInt16BE(hashedEnd)
  const hashed = subpackets(body.subarray(6, hashedEnd))
  const rest = subpackets(body.subarray(hashedEnd + 2, restEnd))
  const numbers: Buffer[] = []
  for (let at = restEnd + 2; at < body.length;) {
    const { value, end } = readMpi(body, at)
    numbers.push(value)
    at = end
  }
  const seconds = (kind: number): number => hashed.find((one) => one.kind === kind)?.body.readUInt32BE(0) ?? 0
  const lifetime = seconds(3)
  return {
    hash,
    issuers: [...hashed, ...rest].flatMap(issuerOf),
    createdMs: seconds(2) * 1000,
    expiresMs: lifetime === 0 ? Infinity : (seconds(2) + lifetime) * 1000,
    signed: body.subarray(0, hashedEnd),
    numbers,
  }
}

interface Subpacket {
  readonly kind: number
  readonly body: Buffer
}

/** Those that are known here; one that is not and must be understood refuses the signature. */
const known: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 9, 11, 16, 20, 21, 22, 23, 25, 26, 27, 28, 30, 33, 34])

function subpackets(bytes: Buffer): readonly Subpacket[] {
  const found: Subpacket[] = []
  for (let at = 0; at < bytes.length;) {
    const { length, size } = readLength(bytes, at)
    const kind = byteAt(bytes, at + size)
    if (kind >= 0x80 && !known.has(kind & 0x7f))
      throw new FunctionError(`openpgp: unsupported feature: unknown critical signature subpacket type ${kind & 0x7f}`)
    found.push({ kind: kind & 0x7f, body: bytes.subarray(at + size + 1, at + size + length) })
    at += size + length
  }
  return found
}

/** The end of the fingerprint that a subpacket names. */
function issuerOf({ kind, body }: Subpacket): readonly string[] {
  if (kind === 16) return [body.toString('hex')]
  return kind === 33 ? [body.subarray(1).toString('hex').slice(-16)] : []
}

function signerOf(
  { issuers }: Signature,
  owners: readonly KeyOwner[],
): { readonly owner: KeyOwner; readonly key: SigningKey } | undefined {
  for (const owner of owners) {
    const key = owner.keys.find(({ fingerprint }) => issuers.includes(fingerprint.toString('hex').slice(-16)))
    if (key !== undefined) return { owner, key }
  }
  return undefined
}

function checkSignature(
  signature: Signature,
  by: { readonly owner: KeyOwner; readonly key: SigningKey; readonly data: Buffer; readonly nowMs: number },
): void {
  const { owner, key, data, nowMs } = by
  if (owner.isRevoked) throw new FunctionError('openpgp: signature made by revoked key')
  if (nowMs > signature.expiresMs) throw new FunctionError('openpgp: signature expired')
  const { signed } = signature
  const length = Buffer.alloc(4)
  length.writeUInt32BE(signed.length)
  const whole = Buffer.concat([data, signed, Buffer.from([4, 0xff]), length])
  if (!isValid(whole, signature, key))
    throw new FunctionError(`openpgp: invalid signature: ${names[key.kind]} verification failure`)
}

const names = { rsa: 'RSA', dsa: 'DSA', ecdsa: 'ECDSA', eddsa: 'EdDSA' } as const

function isValid(data: Buffer, { hash, numbers }: Signature, { kind, key }: SigningKey): boolean {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = numbers
  if (kind === 'rsa') return verify(hash, data, key, padded(first, sizeOfKey(key)))
  if (kind === 'eddsa') {
    const digest = createHash(hash).update(data).digest()
    return verify(null, digest, key, Buffer.concat([padded(first, 32), padded(second, 32)]))
  }
  const size = kind === 'dsa' ? dsaSize(numbers) : sizeOfCurve(key.asymmetricKeyDetails?.namedCurve)
  const joined = Buffer.concat([padded(first, size), padded(second, size)])
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, joined)
}

function sizeOfKey(key: SigningKey['key']): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

function sizeOfCurve(name: string | undefined): number {
  return { prime256v1: 32, secp384r1: 48, secp521r1: 66 }[name ?? ''] ?? 32
}

/** A DSA signature's numbers are as long as the subgroup's order, which is 20, 28 or 32 bytes. */
function dsaSize(numbers: readonly Buffer[]): number {
  const longest = Math.max(...numbers.map(({ length }) => length))
  return [20, 28, 32].find((size) => size >= longest) ?? longest
}

function padded(value: Buffer, size: number): Buffer {
  return value.length >= size ? value : Buffer.concat([Buffer.alloc(size - value.length), value])
}
