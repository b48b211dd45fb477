import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { testCertificate, testKey } from '../testing/client-certificate.ts'
import { parseClientCertificate, signedAssertion } from './client-certificate.ts'

const claims = { clientId: 'client', audience: 'https://login.example/tenant/oauth2/v2.0/token', nowMs: 1_000_500 }
const fields = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
const encrypted = createPrivateKey(testKey)
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'hush' })
  .toString()
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()

test.each([
  ['the key first', `${testKey}${testCertificate}`, ''],
  ['the key last', `${testCertificate}${testKey}`, ''],
  ['an encrypted key', `${testCertificate}${encrypted}`, 'hush'],
])('[A1] PEM with %s signs an assertion for the token endpoint, good for ten minutes', (_, pem, password) => {
  const assertion = signedAssertion(parseClientCertificate(pem, password), claims)
  const [header = '', body = '', signature = ''] = assertion.split('.')
  expect(fields(header)).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) as string,
  })
  expect(fields(body)).toEqual({
    aud: claims.audience,
    iss: 'client',
    sub: 'client',
    jti: expect.any(String) as string,
    nbf: 1000,
    exp: 1600,
  })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${body}`),
    createPublicKey(testCertificate),
    Buffer.from(signature, 'base64url'),
  )
  expect(isSigned).toBe(true)
})

test.each([
  ['no key', testCertificate, ''],
  ['no certificate', testKey, ''],
  ['a certificate of another key', `${testCertificate}${otherKey}`, ''],
  ['a key that is not RSA', `${testCertificate}${ecKey}`, ''],
  ['a key of another password', `${testCertificate}${encrypted}`, 'other'],
  ['no text at all', '', ''],
])('[A5] a file with %s is refused, and nothing of it is shown', (_, pem, password) => {
  expect(() => parseClientCertificate(pem, password)).toThrow(
    /^the file of AZURE_CLIENT_CERTIFICATE_PATH has no (?:key that can be read|certificate of its RSA key)/,
  )
})
