import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Timers } from '@kedge/base'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { HttpPort } from '../http/http-port.ts'
import { acrCredentials } from '../oci/acr-credentials.ts'
import { createOciRegistry } from '../oci/oci-registry.ts'
import { testCertificate, testKey } from '../testing/client-certificate.ts'
import { loopbackHttp, startServer, type Reply, type Seen, type TestServer } from '../testing/loopback.ts'
import { isAzureRegistry } from './azure-cloud.ts'
import { createAzureIdentity, type AzureIdentity } from './azure-identity.ts'
import type { Environment } from './managed-identity.ts'

const servers: TestServer[] = []
const start = async (answer: (seen: Seen) => Reply): Promise<TestServer> => {
  const server = await startServer(answer)
  servers.push(server)
  return server
}
const folder = mkdtempSync(path.join(tmpdir(), 'kedge-identity-'))
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): string => {
  const full = path.join(folder, name)
  writeFileSync(full, text)
  return full
}

/** Entra and the metadata service as one server that speaks plain HTTP. */
const toServer = (server: TestServer): HttpPort => ({
  request: (request) => {
    const url = new URL(request.url.pathname + request.url.search, server.origin)
    return loopbackHttp.request({ ...request, url })
  },
})

/** Timers whose short delays are over at once; those that only guard are never. */
function fastTimers(waited: number[] = []): Timers {
  return {
    after: (delayMs, run) => {
      if (delayMs === 3_000 || delayMs === 100_000) return () => undefined
      waited.push(delayMs)
      queueMicrotask(run)
      return () => undefined
    },
  }
}

interface Given {
  readonly env: Environment
  readonly now?: () => number
  readonly waited?: number[]
  readonly timers?: Timers
  readonly metadata?: HttpPort
}

function identity(server: TestServer, { env, now = () => 0, waited, timers, metadata }: Given): AzureIdentity {
  const http = toServer(server)
  const ports = { clock: { now }, timers: timers ?? fastTimers(waited) }
  return createAzureIdentity({ env, http, metadata: metadata ?? http, ...ports })
}

const signal = AbortSignal.timeout(60_000)
const workload = (more: Environment = {}): Environment => ({
  AZURE_CLIENT_ID: 'client',
  AZURE_TENANT_ID: 'tenant',
  AZURE_FEDERATED_TOKEN_FILE: file('token', 'the-assertion\n'),
  AZURE_AUTHORITY_HOST: 'https://login.example/',
  ...more,
})
const good = (token = 'entra', seconds: unknown = 3600): Reply => ({
  body: JSON.stringify({ token_type: 'Bearer', access_token: token, expires_in: seconds }),
})
const scope = 'https://containerregistry.azure.net/.default'

test("[A1] workload identity exchanges the token of the pod's file at its tenant", async () => {
  const server = await start(() => good())
  await expect(identity(server, { env: workload() }).registryToken({}, signal)).resolves.toBe('entra')
  expect(server.seen.map(({ method, path: at }) => `${method} ${at}`)).toEqual(['POST /tenant/oauth2/v2.0/token'])
  expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'client',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'the-assertion',
  })
})

test('[A1] the secret of the environment goes before the file, and the metadata service comes last', async () => {
  const server = await start(() => good())
  await identity(server, { env: workload({ AZURE_CLIENT_SECRET: 'hush' }) }).registryToken({}, signal)
  expect(new URLSearchParams(server.seen[0]?.body).get('client_secret')).toBe('hush')
  const pem = file('client.pem', `${testCertificate}${testKey}`)
  await identity(server, { env: workload({ AZURE_CLIENT_CERTIFICATE_PATH: pem }) }).registryToken({}, signal)
  expect(new URLSearchParams(server.seen[1]?.body).get('client_assertion')).toMatch(/^eyJ/)
  server.seen.length = 0
  for (const missing of ['AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE', 'AZURE_AUTHORITY_HOST'])
    await identity(server, { env: workload({ [missing]: '' }) }).registryToken({}, signal)
  expect(server.seen.map(({ path: at }) => at.replace(/\?.*/, ''))).toEqual(
    Array.from({ length: 6 }, () => '/metadata/identity/oauth2/token'),
  )
})

test('[A2] the metadata service is asked with its header for the resource and the client, after it has answered at all', async () => {
  const headers: (string | undefined)[] = []
  const server = await start(() => good('machine', '86399'))
  const metadata: HttpPort = {
    request: (request) => {
      headers.push(request.headers['metadata'])
      expect(request.proxy).toBeUndefined()
      return toServer(server).request(request)
    },
  }
  const found = identity(server, { env: { AZURE_CLIENT_ID: 'client' }, metadata })
  const proxy = { address: 'http://proxy:3128' }
  await expect(found.registryToken({ proxy }, signal)).resolves.toBe('machine')
  expect(headers).toEqual([undefined, 'true'])
  expect(server.seen[1]?.path).toBe(
    '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcontainerregistry.azure.net&client_id=client',
  )
})

test('[A2] an App Service is asked at the endpoint and with the header of its environment', async () => {
  const on = 1_000_000 + 7200
  const server = await start(() => ({ body: JSON.stringify({ access_token: 'app', expires_on: String(on) }) }))
  const headers: (string | undefined)[] = []
  const metadata: HttpPort = {
    request: (request) => {
      headers.push(request.headers['x-identity-header'])
      return toServer(server).request(request)
    },
  }
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:41741/msi/token', IDENTITY_HEADER: 'hush' }
  const found = identity(server, { env, metadata, now: () => 1_000_000_000 })
  await expect(found.registryToken({}, signal)).resolves.toBe('app')
  expect([headers, server.seen.map(({ path: at }) => at)]).toEqual([
    ['hush'],
    ['/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcontainerregistry.azure.net'],
  ])
})

test.each([
  [404, [1000, 2000, 4000]],
  [429, [1000, 2000, 4000]],
  [503, [1000, 2000, 4000]],
  [410, Array.from({ length: 7 }, () => 10_000)],
  [400, []],
  [302, []],
])('[A3] a metadata service that answers %j is asked again after %j', async (status, delays) => {
  const server = await start(() => ({ status, headers: { location: 'http://elsewhere.example/' } }))
  const waited: number[] = []
  await expect(identity(server, { env: {}, waited }).registryToken({}, signal)).rejects.toThrow(`answers ${status}`)
  expect(waited).toEqual(delays)
})

test('[A3] one that recovers gives its token', async () => {
  let left = 3
  const server = await start(() => ((left -= 1) >= 0 ? { status: 500 } : good()))
  await expect(identity(server, { env: {} }).registryToken({}, signal)).resolves.toBe('entra')
})

test('[A3] where nobody answers there is no managed identity, and that is known within seconds', async () => {
  const server = await start(() => good())
  const silent: HttpPort = {
    request: ({ signal: given }) =>
      new Promise((_resolve, reject) => given.addEventListener('abort', () => reject(new Error('aborted')))),
  }
  const delays: number[] = []
  const timers: Timers = {
    after: (delayMs, run) => {
      delays.push(delayMs)
      if (delayMs === 3_000) queueMicrotask(run)
      return () => undefined
    },
  }
  await expect(identity(server, { env: {}, metadata: silent, timers }).registryToken({}, signal)).rejects.toMatchObject(
    {
      failure: { code: 'IdentityMissing', message: 'there is no managed identity: 169.254.169.254 does not answer' },
    },
  )
  expect(delays).toEqual([100_000, 3_000])
})

test('[A4] a token is asked for once by many, and anew five minutes before it runs out', async () => {
  let number = 0
  const server = await start(() => good(`token-${(number += 1)}`))
  let now = 0
  const found = identity(server, { env: workload(), now: () => now })
  const many = await Promise.all([1, 2, 3].map(() => found.registryToken({}, signal)))
  now = 3_299_000
  many.push(await found.registryToken({}, signal))
  now = 3_301_000
  many.push(await found.registryToken({}, signal))
  expect(many).toEqual(['token-1', 'token-1', 'token-1', 'token-1', 'token-2'])
})

test.each([
  ['a short life', 100, 51_000],
  ['no life', 0, 31_000],
  ['a life that never ends', 1e300, 3_601_000],
  ['a life that is no number', 'soon', 31_000],
])('[A4] a token of %s is kept for a bounded time', async (_, seconds, later) => {
  const server = await start(() => good('entra', seconds))
  let now = 0
  const found = identity(server, { env: workload(), now: () => now })
  await found.registryToken({}, signal)
  now = later
  await found.registryToken({}, signal)
  expect(server.seen.length).toBe(2)
})

test('[A4] who gives up does not take the token from the others', async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const server = await start(() => good())
  const slow: HttpPort = {
    request: async (request) => {
      await held
      return toServer(server).request(request)
    },
  }
  const clock = { now: () => 0 }
  const found = createAzureIdentity({ env: workload(), http: slow, metadata: slow, clock, timers: fastTimers() })
  const impatient = new AbortController()
  const first = found.registryToken({}, impatient.signal)
  const second = found.registryToken({}, signal)
  impatient.abort(new Error('given up'))
  await expect(first).rejects.toThrow('given up')
  release()
  await expect(second).resolves.toBe('entra')
})

test('[A4] a refusal speaks for the next ones for ten seconds', async () => {
  let isGood = false
  const server = await start(() => (isGood ? good() : { status: 400, body: '{}' }))
  let now = 0
  const found = identity(server, { env: workload(), now: () => now })
  await expect(found.registryToken({}, signal)).rejects.toThrow('answers 400')
  isGood = true
  now = 9_000
  await expect(found.registryToken({}, signal)).rejects.toThrow('answers 400')
  now = 11_000
  await expect(found.registryToken({}, signal)).resolves.toBe('entra')
})

test.each<[string, Reply, string]>([
  [
    'repeats the secret',
    { status: 401, body: '{"error":"invalid_client","error_description":"AADSTS700016: the-assertion"}' },
    'https://login.example/tenant/oauth2/v2.0/token answers 401 (invalid_client, AADSTS700016)',
  ],
  ['names no error', { status: 400, body: '{"error":"the-assertion","error_description":7}' }, 'answers 400'],
  ['is a page', { status: 403, body: '<p>the-assertion' }, 'answers 403'],
  ['is endless', { status: 400, body: 'x'.repeat(100_000) }, 'answers 400'],
  ['is null', { body: 'null' }, 'gave no token'],
  ['has a token that breaks a header', { body: '{"access_token":"a\\r\\nb"}' }, 'gave no token'],
  [
    'redirects',
    { status: 307, headers: { location: 'https://thief.example/' } },
    'redirects a request with credentials',
  ],
  ['is too large', { body: 'x'.repeat(300_000) }, 'sends more than'],
])('[A5] an answer that %s gives no token and shows nothing of it', async (_, reply, words) => {
  const server = await start(() => reply)
  const failed = await identity(server, { env: workload() })
    .registryToken({}, signal)
    .catch((error: unknown) => error as Error)
  expect(failed).toBeInstanceOf(Error)
  expect((failed as Error).message).toContain(words)
  expect(JSON.stringify(failed) + (failed as Error).stack).not.toContain('the-assertion')
})

test.each<[string, Environment, string]>([
  ['a tenant that leaves its path', { AZURE_TENANT_ID: '../x' }, 'neither an id nor a domain'],
  ['a tenant of dots', { AZURE_TENANT_ID: '..' }, 'neither an id nor a domain'],
  ['an authority over plain HTTP', { AZURE_AUTHORITY_HOST: 'http://login.example/' }, 'is not https'],
  ['an authority that is none', { AZURE_AUTHORITY_HOST: 'nonsense' }, 'AZURE_AUTHORITY_HOST is no URL'],
  ['a certificate that is not there', { AZURE_CLIENT_CERTIFICATE_PATH: '/x.pem' }, 'CERTIFICATE_PATH cannot be read'],
  ['a file that is not there', { AZURE_FEDERATED_TOKEN_FILE: '/nowhere' }, 'AZURE_FEDERATED_TOKEN_FILE cannot be read'],
  ['Azure Arc', { AZURE_TENANT_ID: '', IDENTITY_ENDPOINT: 'http://localhost:40342', IMDS_ENDPOINT: 'x' }, 'Azure Arc'],
])('[A5] %s is refused before anything is sent', async (_, env, words) => {
  const server = await start(() => good())
  await expect(identity(server, { env: workload(env) }).registryToken({}, signal)).rejects.toThrow(words)
  expect(server.seen).toEqual([])
})

test("[A6] a federated identity brings its own proof, and its token is nobody else's", async () => {
  const server = await start(({ body }) => good(`for-${new URLSearchParams(body).get('client_assertion') ?? ''}`))
  const found = identity(server, { env: { AZURE_CLIENT_ID: 'mine' } })
  const federated = (name: string, clientId = 'app') => ({
    federated: { name, tenantId: 'team', clientId, assertion: () => Promise.resolve(`${name}-${clientId}`) },
  })
  const tokens = [
    await found.registryToken(federated('ns/a'), signal),
    await found.registryToken(federated('ns/b'), signal),
    await found.registryToken(federated('ns/a', 'other'), signal),
    await found.registryToken(federated('ns/a'), signal),
  ]
  expect(tokens).toEqual(['for-ns/a-app', 'for-ns/b-app', 'for-ns/a-other', 'for-ns/a-app'])
  expect(server.seen.map(({ path: at }) => at)).toEqual(Array.from({ length: 3 }, () => '/team/oauth2/v2.0/token'))
})

test('[A7] another cloud has its own registries and scope', async () => {
  const server = await start(() => good())
  const described = {
    containerRegistryDNSSuffix: '.azurecr.Local.example',
    resourceManagerEndpoint: 'https://management.local.example',
  }
  const env = workload({ AZURE_ENVIRONMENT_FILEPATH: file('cloud.json', JSON.stringify(described)) })
  const found = identity(server, { env })
  await found.registryToken({}, signal)
  expect([found.registryDomains(), new URLSearchParams(server.seen[0]?.body).get('scope')]).toEqual([
    ['azurecr.local.example'],
    'https://management.local.example/.default',
  ])
  expect(identity(server, { env: workload() }).registryDomains()).toEqual([])
  for (const [name, text] of [
    ['broken.json', '{'],
    ['empty.json', '{}'],
    ['wide.json', JSON.stringify({ ...described, containerRegistryDNSSuffix: 'com' })],
  ] as const) {
    const broken = identity(server, { env: workload({ AZURE_ENVIRONMENT_FILEPATH: file(name, text) }) })
    expect(() => broken.registryDomains()).toThrow('AZURE_ENVIRONMENT_FILEPATH')
  }
})

test("[A7] a registry is logged in to with the machine's identity, from the metadata service to the tags", async () => {
  const server: TestServer = await start(({ path: at, body, authorization }) => {
    if (at.startsWith('/metadata/')) return good('entra')
    if (at === '/oauth2/exchange')
      return { body: JSON.stringify({ refresh_token: `of-${new URLSearchParams(body).get('access_token') ?? ''}` }) }
    if (at === '/oauth2/token')
      return { body: JSON.stringify({ access_token: new URLSearchParams(body).get('refresh_token') }) }
    if (authorization === 'Bearer of-entra') return { body: '{"tags":["1.0.0"]}' }
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${server.origin}/oauth2/token",service="s"` } }
  })
  const found = identity(server, { env: {} })
  const way = { http: loopbackHttp, allowPlainHttp: true }
  const credentials = acrCredentials({
    ...way,
    registry: new URL(server.origin),
    allowedDomains: ['127.0.0.1'],
    aadToken: (given) => found.registryToken({}, given),
  })
  const registry = createOciRegistry({ ...way, host: server.host, now: () => 0, credentials })
  await expect(registry.tags('web', signal)).resolves.toEqual(['1.0.0'])
})

test.each([
  ['team.azurecr.io', true],
  ['team.azurecr.cn', true],
  ['team.azurecr.de', true],
  ['team.azurecr.us', true],
  ['team.azurecr.io.evil.example', false],
  ['teamazurecr.io', false],
])('[A7] whether %s is a registry of Azure: %j', (host, wanted) => {
  expect(isAzureRegistry(host)).toBe(wanted)
})
