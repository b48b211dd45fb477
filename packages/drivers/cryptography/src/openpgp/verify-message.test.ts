import { expect, test } from 'vitest'
import { signed } from '../testing/signed-messages.ts'
import { readKeyring } from './public-key.ts'
import { verifyMessage } from './verify-message.ts'

const nowMs = Date.UTC(2030, 0, 1)
const text = 'name: web\nversion: 1.0.0\n\n- dashed\n...\nfiles:\n  web-1.0.0.tgz: sha256:00\n'
const all = Buffer.from(
  Object.values(signed)
    .map(({ key }) => key)
    .join('\n'),
)

test.each(Object.entries(signed))('a text that gpg signed by %s is taken', (kind, { message }) => {
  const verified = verifyMessage(message, readKeyring(all), nowMs)
  expect({ text: verified.text, by: verified.owner.identities }).toEqual({
    text,
    by: [`${kind} <${kind}@example.com>`],
  })
})

test.each(Object.entries(signed))(
  'a text that was changed after it was signed by %s is refused',
  (_, { message, key }) => {
    const keyring = readKeyring(Buffer.from(key))
    expect(() => verifyMessage(message.replace('1.0.0', '1.0.1'), keyring, nowMs)).toThrow('verification failure')
  },
)

test('the keys of a keyring are the only ones that count', () => {
  const { rsa, eddsa } = signed
  expect(() => verifyMessage(rsa!.message, readKeyring(Buffer.from(eddsa!.key)), nowMs)).toThrow(
    'openpgp: signature made by unknown entity',
  )
})

test('line ends and blanks at the ends of lines do not count', () => {
  const { eddsa } = signed
  const message = eddsa!.message.replace('1.0.0\n', '1.0.0  \n').replaceAll('\n', '\r\n')
  expect(verifyMessage(message, readKeyring(Buffer.from(eddsa!.key)), nowMs).owner.identities).toHaveLength(1)
})

test.each([
  ['nothing', '', 'signature block not found'],
  ['a text without a signature', '-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n', 'signature block not found'],
])('%s is no signed text', (_, message, complaint) => {
  expect(() => verifyMessage(message, readKeyring(all), nowMs)).toThrow(complaint)
})

test('what is no keyring is refused', () => {
  expect(() => readKeyring(Buffer.from('hello'))).toThrow('openpgp: invalid data: tag byte does not have MSB set')
  expect(() => readKeyring(Buffer.from([0x99, 0xff, 0xff, 4]))).toThrow('unexpected EOF')
})
