import {
  X509Certificate,
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { TemplateSet, sprigFunctions, type GoValue } from '@kedge/gotemplate'
import { expect, test } from 'vitest'
import { bitString, context, integer, objectIdentifier, octetString, sequence } from './der.ts'
import { deterministicEcdsa } from './ecdsa.ts'
import { templateHost } from './index.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

function render(text: string, seed = 'seed', data: GoValue = {}): string {
  const set = new TemplateSet({
    functions: sprigFunctions(templateHost({ seed, nowMs: () => nowMs })),
    missingKey: 'zero',
  })
  set.add('t', text)
  return set.execute('t', data)
}

test('a hash of bcrypt fits its password and no other', () => {
  const [user, hash = ''] = render('{{ htpasswd "me" "secret" }}').split(':')
  expect([user, compareSync('secret', hash), compareSync('other', hash)]).toEqual(['me', true, false])
  expect(render('{{ htpasswd "a:b" "x" }}')).toBe('invalid username: a:b')
})

test.each([
  ['{{ derivePassword 1 "long" "password" "user" "example.com" }}', 'ZedaFaxcZaso9*'],
  ['{{ derivePassword 1 "pin" "password" "user" "example.com" }}', '6685'],
  ['{{ derivePassword 1 "none" "password" "user" "example.com" }}', 'cannot find password template none'],
])('%s', (text, password) => {
  expect(render(text)).toBe(password)
})

test('AES gives back what went in, and refuses the wrong password', () => {
  expect(render('{{ encryptAES "key" "text" | decryptAES "key" }}')).toBe('text')
  expect(() => render('{{ encryptAES "key" "text" | decryptAES "other" }}')).toThrow('does not fit the key')
})

test('an authority signs certificates that fit it', () => {
  const text = render(
    '{{ $ca := genCA "authority" 365 }}{{ $c := genSignedCert "web" (list "10.0.0.1" "::1") (list "a.example" "b.example") 30 $ca }}{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}',
  )
  const [ca = '', cert = '', key = ''] = text.split('|')
  const authority = new X509Certificate(ca)
  const certificate = new X509Certificate(cert)
  expect(authority.ca).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(certificate.checkIssued(authority)).toBe(true)
  expect(certificate.verify(authority.publicKey)).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect([certificate.checkHost('a.example'), certificate.checkIP('10.0.0.1'), certificate.checkIP('::1')]).toEqual([
    'a.example',
    '10.0.0.1',
    '::1',
  ])
  expect(new Date(certificate.validTo).getTime() - nowMs).toBe(30 * 86_400_000)
})

test.each(['ecdsa', 'ed25519', 'rsa'])('a self-signed certificate with a key of kind %s', (kind) => {
  const cert = render(`{{ (genSelfSignedCertWithKey "web" nil nil 30 (genPrivateKey "${kind}")).Cert }}`)
  const certificate = new X509Certificate(cert)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
})

test('a certificate given as a map is refused, and so is text that is none', () => {
  expect(() => render('{{ genSignedCert "a" nil nil 1 (dict) }}')).toThrow(
    'expected sprig.certificate; got map[string]interface {}',
  )
  expect(() => render('{{ buildCustomCert "ZmFpbA==" "ZmFpbA==" }}')).toThrow('unable to decode certificate')
})

test('a seed gives the same random texts, another one others', () => {
  const text = '{{ randAlphaNum 12 }} {{ uuidv4 }}'
  expect(render(text)).toBe(render(text))
  expect(render(text)).not.toBe(render(text, 'other'))
})

test.each([
  ['America/New_York', 1_700_000_000, 'EST', -18_000],
  ['Europe/Berlin', 1_690_000_000, 'CEST', 7200],
  ['America/Sao_Paulo', 1_700_000_000, '-03', -10_800],
  ['UTC', 0, 'UTC', 0],
  ['Asia/Kolkata', 1_700_000_000, 'IST', 19_800],
  ['Africa/Cairo', 1_690_000_000, 'EEST', 10_800],
])('the zone %s at %d', (name, seconds, abbreviation, offsetSeconds) => {
  expect(templateHost().zone(name, seconds)).toEqual({ abbreviation, offsetSeconds })
})

test('a zone that there is not is none', () => {
  expect(templateHost().zone('Nowhere/Here', 0)).toBeUndefined()
})

test.each([
  'genPrivateKey "rsa"',
  'genPrivateKey "dsa"',
  'genPrivateKey "ecdsa"',
  'genPrivateKey "ed25519"',
  '(genCA "authority" 365).Cert',
  '(genSelfSignedCert "web" nil nil 30).Key',
])('{{ %s }} depends on the seed alone', (call) => {
  const once = (seed: string): string => {
    const set = new TemplateSet({ functions: sprigFunctions(templateHost({ seed })), missingKey: 'zero' })
    set.add('t', `{{ ${call} }}`)
    return set.execute('t', {})
  }
  const first = once('a')
  expect(first).toMatch(/^-----BEGIN /)
  expect(once('a')).toBe(first)
  expect(once('b')).not.toBe(first)
})

test.each(['prime256v1', 'secp384r1', 'secp521r1', 'secp224r1'])(
  'a certificate that an ECDSA key on %s signs depends on the seed alone, and holds',
  (namedCurve) => {
    const key = generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'pem', type: 'sec1' }).toString()
    const once = (seed?: string): string => {
      const host = templateHost(seed === undefined ? { nowMs: () => 0 } : { seed })
      const set = new TemplateSet({ functions: sprigFunctions(host), missingKey: 'zero' })
      set.add('t', '{{ (genCAWithKey "ca" 1 .key).Cert }}')
      return set.execute('t', { key })
    }
    const first = once('a')
    expect(once('a')).toBe(first)
    expect(once()).not.toBe(once())
    for (const text of [first, once()]) {
      const certificate = new X509Certificate(text)
      expect(certificate.verify(certificate.publicKey)).toBe(true)
    }
  },
)

test('a certificate is signed by a key on a curve that Go knows, or not at all', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  const text = key.export({ format: 'pem', type: 'sec1' }).toString()
  expect(() => render('{{ genCAWithKey "ca" 1 .key }}', 'seed', { key: text })).toThrow('unsupported elliptic curve')
})

const opensslCurves: Readonly<Record<string, readonly [string, string]>> = {
  'P-224': ['secp224r1', '1.3.132.0.33'],
  'P-256': ['prime256v1', '1.2.840.10045.3.1.7'],
  'P-384': ['secp384r1', '1.3.132.0.34'],
  'P-521': ['secp521r1', '1.3.132.0.35'],
}

/** RFC 6979, A.2.4 to A.2.7: signatures of the text `sample` over the digest that Go takes for the curve. */
test.each([
  [
    'P-224',
    'F220266E1105BFE3083E03EC7A3A654651F45E37167E88600BF257C1',
    '61AA3DA010E8E8406C656BC477A7A7189895E7E840CDFE8FF42307BA',
    'BC814050DAB5D23770879494F9E0A680DC1AF7161991BDE692B10101',
  ],
  [
    'P-256',
    'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
    'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716',
    'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8',
  ],
  [
    'P-384',
    '6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5',
    '94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46',
    '99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8',
  ],
  [
    'P-521',
    '00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538',
    '00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA',
    '00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A',
  ],
])('a deterministic signature on %s is that of the RFC', (curve, secret, r, s) => {
  const [name, identifier] = opensslCurves[curve]!
  const point = createECDH(name)
  point.setPrivateKey(Buffer.from(secret, 'hex'))
  const der = sequence(
    integer(Buffer.of(1)),
    octetString(Buffer.from(secret, 'hex')),
    context(0, objectIdentifier(identifier), true),
    context(1, bitString(point.getPublicKey()), true),
  )
  const key = createPrivateKey({ key: der, format: 'der', type: 'sec1' })
  expect(deterministicEcdsa(Buffer.from('sample'), key)).toEqual(
    sequence(integer(Buffer.from(r, 'hex')), integer(Buffer.from(s, 'hex'))),
  )
})

test('without a seed keys are random', () => {
  const set = new TemplateSet({ functions: sprigFunctions(templateHost()), missingKey: 'zero' })
  set.add('t', '{{ genPrivateKey "ed25519" }}')
  expect(set.execute('t', {})).not.toBe(set.execute('t', {}))
})

test.each(['rsa', 'dsa', 'ecdsa', 'ed25519'])('a key of kind %s that a seed gave signs', (kind) => {
  const key = createPrivateKey(render(`{{ genPrivateKey "${kind}" }}`))
  const hash = kind === 'ed25519' ? null : 'sha256'
  const signature = sign(hash, Buffer.from('text'), key)
  expect(verify(hash, Buffer.from('text'), createPublicKey(key), signature)).toBe(true)
})
