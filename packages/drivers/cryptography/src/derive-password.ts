import { createHmac, scryptSync } from 'node:crypto'

/** The Master Password algorithm's templates of each class, and the characters that their letters stand for. */
const templates: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: [
    'CvcvnoCvcvCvcv',
    'CvcvCvcvnoCvcv',
    'CvcvCvcvCvcvno',
    'CvccnoCvcvCvcv',
    'CvccCvcvnoCvcv',
    'CvccCvcvCvcvno',
    'CvcvnoCvccCvcv',
    'CvcvCvccnoCvcv',
    'CvcvCvccCvcvno',
    'CvcvnoCvcvCvcc',
    'CvcvCvcvnoCvcc',
    'CvcvCvcvCvccno',
    'CvccnoCvccCvcv',
    'CvccCvccnoCvcv',
    'CvccCvccCvcvno',
    'CvcvnoCvccCvcc',
    'CvcvCvccnoCvcc',
    'CvcvCvccCvccno',
    'CvccnoCvcvCvcc',
    'CvccCvcvnoCvcc',
    'CvccCvcvCvccno',
  ],
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
}

const upperConsonants = 'BCDFGHJKLMNPQRSTVWXYZ'
const consonants = upperConsonants.toLowerCase()
const letters = `AEIOUaeiou${upperConsonants}${consonants}`
const characters: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: upperConsonants,
  v: 'aeiou',
  c: consonants,
  A: `AEIOU${upperConsonants}`,
  a: letters,
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: `${letters}0123456789!@#$%^&*()`,
}

const scope = 'com.lyndir.masterpassword'

/** A site's password from a master password; the same input gives the same password. An unknown class is told in the result. */
export function derivePassword(site: {
  readonly counter: number
  readonly passwordClass: string
  readonly password: string
  readonly user: string
  readonly site: string
}): string {
  const classTemplates = Object.hasOwn(templates, site.passwordClass) ? templates[site.passwordClass] : undefined
  if (classTemplates === undefined) return `cannot find password template ${site.passwordClass}`
  const salt = Buffer.concat([Buffer.from(scope), lengthOf(site.user), Buffer.from(site.user)])
  const key = scryptSync(site.password, salt, 64, { N: 32_768, r: 8, p: 2, maxmem: 128 * 2 ** 20 })
  const counter = Buffer.alloc(4)
  counter.writeUInt32BE(site.counter >>> 0)
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(scope), lengthOf(site.site), Buffer.from(site.site), counter]))
    .digest()
  const template = classTemplates[(seed[0] ?? 0) % classTemplates.length] ?? ''
  return Array.from(template, (letter, at) => {
    const choice = characters[letter] ?? ''
    return choice.charAt((seed[at + 1] ?? 0) % choice.length)
  }).join('')
}

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(text))
  return length
}
