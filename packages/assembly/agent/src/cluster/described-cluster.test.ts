import type { Cluster } from '@kedge/cluster'
import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { configOf, readDescribedCluster } from './described-cluster.ts'

const generic = { provider: 'generic', address: 'https://10.0.0.1:6443', serviceAccountName: 'fleet' }

function configMap(data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'remote', namespace: 'ns' }, data }
}

test('[M1] a description names address, authority, audiences and account', () => {
  expect(readDescribedCluster(configMap(generic))).toMatchObject({
    ok: true,
    value: {
      address: 'https://10.0.0.1:6443',
      ca: undefined,
      audiences: ['https://10.0.0.1:6443'],
      account: { namespace: 'ns', name: 'fleet' },
    },
  })
  const more = { ...generic, 'ca.crt': 'PEM', audiences: 'one\n two ,three\n' }
  expect(readDescribedCluster(configMap(more))).toMatchObject({
    value: { ca: 'PEM', audiences: ['one', 'two', 'three'] },
  })
})

test.each([
  [{ ...generic, provider: 'azure' }, 'the provider azure is not supported by this version of Kedge'],
  [{ ...generic, provider: 'own' }, 'the provider "own" is not known'],
  [{ ...generic, address: 'http://10.0.0.1' }, 'the key address is no https address'],
  [{ provider: 'generic', serviceAccountName: 'a' }, 'the key address is no https address'],
  [{ ...generic, serviceAccountName: ' ' }, 'the key serviceAccountName is missing'],
])('[M1] the description %j is refused', (data, words) => {
  expect(readDescribedCluster(configMap(data))).toEqual({
    ok: false,
    failure: { code: 'KubeConfig', message: `ConfigMap 'ns/remote': ${words}`, fix: expect.any(String) },
  })
})

test('[M2] a token is asked for once, held for four fifths of its hour, and again when it was refused', async () => {
  let nowMs = 0
  const asked: unknown[] = []
  let status = 201
  const cluster: Pick<Cluster, 'request'> = {
    request: ({ path, body }) => {
      asked.push([path, body])
      const answer = { status: { token: `token-${asked.length}` } }
      return Promise.resolve({ status, headers: {}, body: answer })
    },
  }
  const described = {
    address: 'https://x',
    ca: undefined,
    audiences: ['a'],
    account: { namespace: 'ns', name: 'fleet' },
  }
  const config = configOf(described, { cluster, clock: { now: () => nowMs } })
  const both = await Promise.all([config.credentials(), config.credentials()])
  expect(both).toEqual([{ authorization: 'Bearer token-1' }, { authorization: 'Bearer token-1' }])
  expect(asked).toEqual([
    [
      '/api/v1/namespaces/ns/serviceaccounts/fleet/token',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['a'], expirationSeconds: 3600 },
      },
    ],
  ])
  nowMs = 47 * 60_000
  expect(await config.credentials()).toEqual({ authorization: 'Bearer token-1' })
  nowMs = 48 * 60_000
  expect(await config.credentials()).toEqual({ authorization: 'Bearer token-2' })
  config.renew?.()
  expect(await config.credentials()).toEqual({ authorization: 'Bearer token-3' })
  config.renew?.()
  status = 403
  await expect(config.credentials()).rejects.toMatchObject({
    failure: {
      code: 'KubeConfig',
      message: "no token for ServiceAccount 'ns/fleet': the API server answers 403",
    },
  })
})
