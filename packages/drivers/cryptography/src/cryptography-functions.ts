import { hashSync, encodeBase64 } from 'bcryptjs'
import {
  FunctionError,
  GoFunction,
  absent,
  goObject,
  isGoObject,
  isList,
  printPlain,
  type GoInt,
  type GoObject,
  type GoValue,
  type ParamType,
} from '@kedge/gotemplate'
import { decryptAes, encryptAes } from './aes.ts'
import { createCertificate, readCertificate, type CertificatePair, type Signer } from './certificate.ts'
import { derivePassword } from './derive-password.ts'
import { generateKeyText, randomKeys, readKey, type KeySource } from './private-key.ts'
import type { KeyObject } from 'node:crypto'

/** Where randomness, keys and time come from. */
export interface CryptographyOptions {
  readonly randomBytes: (count: number) => Uint8Array
  /** Those of the machine without any. */
  readonly keys?: KeySource
  readonly nowMs: () => number
}

const certificateType = 'sprig.certificate'
const bcryptRounds = 10
const certificateBits = 2048

/** sprig's functions for passwords, keys and certificates, by name. */
export function cryptographyFunctions(options: CryptographyOptions): Readonly<Record<string, GoFunction>> {
  return {
    bcrypt: takes(['string'], ([password]) => hash(textOf(password), options)),
    htpasswd: takes(['string', 'string'], ([user, password]) => htpasswd(textOf(user), textOf(password), options)),
    derivePassword: takes(
      [{ type: 'uint32' }, 'string', 'string', 'string', 'string'],
      ([counter, passwordClass, password, user, site]) =>
        derivePassword({
          counter: integerOf(counter),
          passwordClass: textOf(passwordClass),
          password: textOf(password),
          user: textOf(user),
          site: textOf(site),
        }),
    ),
    encryptAES: takes(['string', 'string'], ([password, text]) =>
      encryptAes(textOf(password), textOf(text), options.randomBytes(16)),
    ),
    decryptAES: takes(['string', 'string'], ([password, text]) => decryptAes(textOf(password), textOf(text))),
    genPrivateKey: takes(['string'], ([kind]) => generateKeyText(textOf(kind), options.keys ?? randomKeys)),
    buildCustomCert: takes(['string', 'string'], ([cert, key]) => customCertificate(textOf(cert), textOf(key))),
    ...certificateFunctions(options),
  }
}

function certificateFunctions(options: CryptographyOptions): Readonly<Record<string, GoFunction>> {
  const { keys = randomKeys } = options
  const newKey = (): KeyObject => keys.rsa(certificateBits)
  const authority = (commonName: GoValue, days: GoValue, key: KeyObject): GoObject =>
    issue({ commonName, days, key, isAuthority: true }, options)
  const own = ([commonName, addresses, names, days]: readonly GoValue[], key: KeyObject): GoObject =>
    issue({ commonName, addresses, names, days, key }, options)
  const signed = ([commonName, addresses, names, days, ca]: readonly GoValue[], key: KeyObject): GoObject =>
    issue({ commonName, addresses, names, days, key, signer: signerOf(ca) }, options)
  const subject: readonly ParamType[] = ['string', 'list', 'list', 'int']
  const signing: readonly ParamType[] = [...subject, { type: certificateType }]
  return {
    genCA: takes(['string', 'int'], ([name, days]) => authority(name, days, newKey())),
    genCAWithKey: takes(['string', 'int', 'string'], ([name, days, key]) =>
      authority(name, days, readKey(textOf(key))),
    ),
    genSelfSignedCert: takes(subject, (args) => own(args, newKey())),
    genSelfSignedCertWithKey: takes([...subject, 'string'], (args) => own(args, readKey(textOf(args[4])))),
    genSignedCert: takes(signing, (args) => signed(args, newKey())),
    genSignedCertWithKey: takes([...signing, 'string'], (args) => signed(args, readKey(textOf(args[5])))),
  }
}

interface Issue {
  readonly commonName: GoValue
  readonly addresses?: GoValue
  readonly names?: GoValue
  readonly days: GoValue
  readonly key: KeyObject
  readonly isAuthority?: boolean
  readonly signer?: Signer
}

function issue(request: Issue, options: CryptographyOptions): GoObject {
  return certificateObject(
    createCertificate(
      {
        commonName: textOf(request.commonName),
        addresses: textsOf(request.addresses, 'ip'),
        names: textsOf(request.names, 'alternate dns name'),
        days: integerOf(request.days),
        isAuthority: request.isAuthority ?? false,
        key: request.key,
        nowMs: options.nowMs(),
        serial: options.randomBytes(16),
        keys: options.keys ?? randomKeys,
      },
      request.signer,
    ),
  )
}

function takes(params: readonly ParamType[], call: (args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params }, (...args) => call(args))
}

function textOf(value: GoValue): string {
  return typeof value === 'string' ? value : ''
}

function integerOf(value: GoValue): number {
  return Number((value as GoInt).value)
}

function textsOf(value: GoValue, what: string): readonly string[] {
  if (!isList(value)) return []
  return value.map((item) => {
    if (typeof item === 'string') return item
    throw new FunctionError(`error parsing ${what}: ${printPlain(item)} is not a string`)
  })
}

function hash(password: string, options: CryptographyOptions): string {
  if (Buffer.byteLength(password) > 72)
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
  const salt = encodeBase64(options.randomBytes(16), 16)
  return hashSync(password, `$2a$${bcryptRounds}$${salt}`)
}

function htpasswd(user: string, password: string, options: CryptographyOptions): string {
  return user.includes(':') ? `invalid username: ${user}` : `${user}:${hash(password, options)}`
}

function certificateObject(pair: CertificatePair): GoObject {
  const fields: Readonly<Record<string, string>> = { Cert: pair.cert, Key: pair.key }
  return {
    [goObject]: {
      type: certificateType,
      kind: 'struct',
      field: (name) => fields[name] ?? absent,
      print: () => `{${pair.cert} ${pair.key}}`,
    },
  }
}

function signerOf(value: GoValue): Signer {
  const field = (name: string): string => {
    const found = isGoObject(value) ? value[goObject].field?.(name) : undefined
    return typeof found === 'string' ? found : ''
  }
  return { certificate: readCertificate(field('Cert')), key: readKey(field('Key')) }
}

/** A certificate and key given in base64, checked to be what they say. */
function customCertificate(cert: string, key: string): GoObject {
  const texts = { cert: decodeBase64(cert, 'certificate'), key: decodeBase64(key, 'private key') }
  readCertificate(texts.cert)
  readKey(texts.key)
  return certificateObject(texts)
}

function decodeBase64(text: string, what: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replaceAll(/[\r\n]/g, '')))
    throw new FunctionError(`unable to decode base64 ${what}`)
  return Buffer.from(text, 'base64').toString('utf8')
}
