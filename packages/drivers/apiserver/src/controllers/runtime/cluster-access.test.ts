import { expect, test } from 'vitest'

import type { LocalClient } from '../../contracts.ts'
import { createClusterAccess, isRace } from './cluster-access.ts'

const secrets = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true }

function refusing(status: number, causes: readonly object[]): LocalClient {
  const body = { kind: 'Status', message: 'no', reason: 'Forbidden', details: { causes } }
  return { request: () => Promise.resolve({ status, body }), watch: () => ({ close: () => {} }) }
}

async function failureOf(client: LocalClient): Promise<unknown> {
  const object = { metadata: { name: 'a', namespace: 'b' } }
  return createClusterAccess(client)
    .create(secrets, object)
    .catch((error: unknown) => error)
}

test.each([
  [409, [], true],
  [404, [], true],
  [403, [{ reason: 'NamespaceTerminating' }], true],
  [403, [], false],
  [500, [], false],
])('a write refused with %d and causes %j is a race that nobody reports: %s', async (status, causes, isOne) => {
  expect(isRace(await failureOf(refusing(status, causes)))).toBe(isOne)
})
