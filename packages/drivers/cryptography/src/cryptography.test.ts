import { X509Certificate, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { TemplateSet, sprigFunctions, type GoValue } from '@kedge/gotemplate'
import { expect, test } from 'vitest'
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
