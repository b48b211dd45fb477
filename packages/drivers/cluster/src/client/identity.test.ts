import { expect, test } from 'vitest'

import { identityHeaders, identityOf, serviceAccountIdentity, type IdentityInput } from './identity.ts'

test('[R2] headers of an identity', () => {
  const identity = identityOf({
    user: 'jane',
    groups: ['dev', 'ops'],
    uid: '7',
    extra: { 'Example.com/Team': ['red'] },
  })
  expect(identityHeaders(identity)).toEqual({
    'impersonate-user': 'jane',
    'impersonate-group': ['dev', 'ops'],
    'impersonate-uid': '7',
    'impersonate-extra-example.com%2Fteam': ['red'],
  })
})

test('[R2] a ServiceAccount carries the groups of its tokens', () => {
  expect(identityHeaders(serviceAccountIdentity('web', 'deployer'))).toEqual({
    'impersonate-user': 'system:serviceaccount:web:deployer',
    'impersonate-group': ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'],
  })
})

test.each<IdentityInput>([
  { user: '' },
  { user: '  ' },
  { user: 'a\r\nimpersonate-group: system:masters' },
  { user: 'a', groups: [''] },
  { user: 'a', uid: '' },
  { user: 'a', extra: { key: [''] } },
  { user: 'a', extra: { '': ['x'] } },
])('[R2] %j is nobody (CVE-2026-23990)', (input) => {
  expect(() => identityOf(input)).toThrow(/empty or not printable/)
})

test('[R2] an object that only looks like an identity is a bug, not oneself', () => {
  const forged: unknown = { user: 'jane', groups: [], extra: {} }
  expect(() => identityHeaders(forged as Parameters<typeof identityHeaders>[0])).toThrow(/not made by identityOf/)
  expect(() => serviceAccountIdentity('', 'x')).toThrow(/no name/)
  expect(() => serviceAccountIdentity('a:b', 'x')).toThrow(/no name/)
})
