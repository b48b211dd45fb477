import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import type { Clock, Random } from '@kedge/base'
import type { Draft, RequestUser } from '../contracts.ts'
import type { Storage } from '../store/storage.ts'
import { storageKey } from '../store/stored-object.ts'
import { isDraft, metadataOf, partOf, textOf, textsOf } from './draft.ts'
import { uuid } from './identity.ts'

/** Who issues service account tokens; also their audience when a client names none. */
export const issuer = 'https://kubernetes.default.svc'

/** A service account as a token names it. */
export interface TokenSubject {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Issues and checks bearer tokens. */
export interface TokenIssuer {
  /** The user of a token; undefined for one that is not valid here and now. */
  authenticate(token: string, audiences?: readonly string[]): RequestUser | undefined
  issue(
    subject: TokenSubject,
    wanted: { readonly audiences: readonly string[]; readonly seconds: number; readonly bound?: Readonly<Draft> },
  ): { readonly token: string; readonly expiresMs: number }
  /** The public key as a JSON Web Key Set. */
  keySet(): Draft
}

/** Makes the private key that tokens are signed with, as PEM. */
export function makeTokenKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
}

/** Tokens of service accounts (JWT, ES256), besides a fixed set of others. */
export function createTokenIssuer(options: {
  /** Private key, PEM; asked for when the first token is issued or checked. */
  readonly key: () => string
  readonly fixed: ReadonlyMap<string, RequestUser>
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
}): TokenIssuer {
  let known: SigningKey | undefined
  const signing = (): SigningKey => (known ??= toSigningKey(options.key()))
  return {
    authenticate: (token, audiences = [issuer]) => {
      const fixed = options.fixed.get(token)
      if (fixed !== undefined) return fixed
      const claims = readClaims(token, signing().publicKey)
      return claims === undefined ? undefined : userOf(claims, { ...options, audiences })
    },
    issue: (subject, wanted) => {
      const now = Math.floor(options.clock.now() / 1000)
      const { namespace, name, uid } = subject
      const claims = {
        aud: wanted.audiences.length === 0 ? [issuer] : wanted.audiences,
        exp: now + wanted.seconds,
        iat: now,
        iss: issuer,
        jti: uuid(options),
        'kubernetes.io': { namespace, ...wanted.bound, serviceaccount: { name, uid } },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${name}`,
      }
      return { token: signClaims(claims, signing()), expiresMs: claims.exp * 1000 }
    },
    keySet: () => {
      const { id, publicKey } = signing()
      return { keys: [{ use: 'sig', kid: id, alg: 'ES256', ...publicKey.export({ format: 'jwk' }) }] }
    },
  }
}

interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function toSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return { id: createHash('sha256').update(der).digest('base64url'), privateKey, publicKey }
}

function signClaims(claims: Draft, key: SigningKey): string {
  const encode = (value: Draft): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ alg: 'ES256', kid: key.id })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function readClaims(token: string, key: KeyObject): Draft | undefined {
  const [head = '', body = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || signature === '') return undefined
  const bytes = Buffer.from(signature, 'base64url')
  if (!verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    return isDraft(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

/** A token holds as long as it is in time, meant for one of the audiences, and its account is still the same one. */
function userOf(
  claims: Readonly<Draft>,
  world: { readonly storage: Storage; readonly clock: Clock; readonly audiences: readonly string[] },
): RequestUser | undefined {
  const now = world.clock.now() / 1000
  const { exp, nbf } = claims
  if (typeof exp !== 'number' || exp <= now || (typeof nbf === 'number' && nbf > now + 60)) return undefined
  if (!textsOf(claims, 'aud').some((audience) => world.audiences.includes(audience))) return undefined
  const own = partOf(claims, 'kubernetes.io')
  const account = partOf(own, 'serviceaccount')
  const namespace = textOf(own, 'namespace')
  const name = textOf(account, 'name')
  const uid = textOf(account, 'uid')
  const stored = world.storage.get('serviceaccounts', storageKey(namespace, name))
  if (stored === undefined || textOf(metadataOf(stored.object), 'uid') !== uid) return undefined
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${textOf(claims, 'jti')}`] },
  }
}
