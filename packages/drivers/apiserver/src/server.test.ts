import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:http2'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApiServer, type ApiServer, type ApiServerOptions } from './server.ts'
import { seededRandom, simulatedTime } from './testing/simulated.ts'

function start(more: Partial<ApiServerOptions> = {}): Promise<ApiServer> {
  const time = simulatedTime(Date.now())
  return createApiServer({ clock: time, timers: time, random: seededRandom(), profile: 'off', ...more })
}

interface Kubeconfig {
  readonly users: { readonly user: { 'client-certificate-data': string; 'client-key-data': string } }[]
}

function agentOf(server: ApiServer, user?: { readonly name: string; readonly groups: readonly string[] }): Agent {
  const config = JSON.parse(server.kubeconfig(user)) as Kubeconfig
  const client = config.users[0]!.user
  const decode = (text: string): Buffer => Buffer.from(text, 'base64')
  return new Agent({
    ca: server.caPem,
    cert: decode(client['client-certificate-data']),
    key: decode(client['client-key-data']),
  })
}

interface Reply {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

function send(
  server: ApiServer,
  wanted: {
    readonly method?: string
    readonly path: string
    readonly agent?: Agent
    readonly headers?: Record<string, string>
    readonly body?: string
  },
): Promise<Reply> {
  const agent = wanted.agent ?? new Agent({ ca: server.caPem })
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${wanted.path}`, {
      agent,
      method: wanted.method ?? 'GET',
      headers: wanted.headers ?? {},
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }))
    })
    sent.end(wanted.body)
  })
}

describe('over TLS', () => {
  let server: ApiServer

  beforeEach(async () => {
    server = await start({
      tokens: new Map([['dev-token', { name: 'dev', groups: ['system:authenticated'], extra: {} }]]),
    })
  })

  afterEach(async () => {
    await server.close()
  })

  test('[R4] a stranger may ask after its health and nothing else', async () => {
    expect(await send(server, { path: '/readyz' })).toMatchObject({ status: 200, text: 'ok' })
    const refused = await send(server, { path: '/api/v1/namespaces' })
    expect(JSON.parse(refused.text)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    })
  })

  test('[R4] a client certificate names its user, a token another', async () => {
    const agent = agentOf(server)
    expect((await send(server, { path: '/api/v1/namespaces/default', agent })).status).toBe(200)
    const byToken = await send(server, { path: '/api/v1/secrets', headers: { authorization: 'Bearer dev-token' } })
    expect(JSON.parse(byToken.text)).toMatchObject({
      code: 403,
      message: 'secrets is forbidden: User "dev" cannot list resource "secrets" in API group "" at the cluster scope',
    })
    const wrong = await send(server, { path: '/api/v1/secrets', headers: { authorization: 'Bearer other' } })
    expect(wrong.status).toBe(401)
    agent.destroy()
  })

  test('[R5] who may impersonate is taken for somebody else', async () => {
    const agent = agentOf(server)
    const headers = { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' }
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const review = await send(server, { method: 'POST', path, agent, headers, body })
    expect(JSON.parse(review.text)).toMatchObject({
      status: { userInfo: { username: 'jane', groups: ['system:masters', 'system:authenticated'] } },
    })
    const refused = await send(server, { path: '/api', headers: { ...headers, authorization: 'Bearer dev-token' } })
    expect(refused.status).toBe(403)
    agent.destroy()
  })

  test('[R4] a service account acts by its token', async () => {
    const client = server.local()
    await client.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts',
      body: { metadata: { name: 'bot' } },
    })
    const issued = await client.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts/bot/token',
      body: { spec: { expirationSeconds: 600 } },
    })
    const { token } = issued.body['status'] as { token: string }
    const body = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' })
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const headers = { authorization: `Bearer ${token}` }
    const review = await send(server, { method: 'POST', path, headers, body })
    expect(JSON.parse(review.text)).toMatchObject({
      status: {
        userInfo: {
          username: 'system:serviceaccount:default:bot',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        },
      },
    })
    await client.request({ method: 'DELETE', path: '/api/v1/namespaces/default/serviceaccounts/bot' })
    expect((await send(server, { method: 'POST', path, headers, body })).status).toBe(401)
  })

  test('[W3] the headers of a watch arrive before its first event', async () => {
    const agent = agentOf(server)
    const path = '/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=1'
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(`${server.url}${path}`, { agent })
      sent.on('error', reject)
      sent.on('response', (answer) => {
        const create = {
          method: 'POST',
          path: '/api/v1/namespaces/default/configmaps',
          body: { metadata: { name: 'a' } },
        } as const
        answer.on('data', (chunk: Buffer) => {
          resolve(chunk.toString())
          sent.destroy()
        })
        void server.local().request(create)
      })
      sent.end()
    })
    expect(text).toMatch(/^\{"type":"ADDED","object":\{"kind":"ConfigMap"/)
    agent.destroy()
  })

  test('[W7] a watcher that does not read is cut off', async () => {
    const agent = agentOf(server)
    const path = '/api/v1/namespaces/default/configmaps'
    const received = await new Promise<number>((resolve, reject) => {
      const sent = request(`${server.url}${path}?watch=true`, { agent })
      sent.on('error', reject)
      sent.on('response', (answer) => {
        answer.pause()
        const data = { text: 'x'.repeat(900_000) }
        const write = async (): Promise<void> => {
          for (let count = 0; count < 50; count += 1) {
            await server.local().request({ method: 'POST', path, body: { metadata: { name: `big-${count}` }, data } })
          }
          let bytes = 0
          answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
          answer.on('error', () => undefined)
          answer.on('close', () => resolve(bytes))
          answer.resume()
        }
        write().catch(reject)
      })
      sent.end()
    })
    expect(received).toBeLessThan(40_000_000)
    agent.destroy()
  })

  test('HTTP/2 is spoken too', async () => {
    const config = JSON.parse(server.kubeconfig()) as Kubeconfig
    const { user } = config.users[0]!
    const session = connect(server.url, {
      ca: server.caPem,
      cert: Buffer.from(user['client-certificate-data'], 'base64'),
      key: Buffer.from(user['client-key-data'], 'base64'),
    })
    const text = await new Promise<string>((resolve, reject) => {
      const stream = session.request({ ':path': '/api/v1/namespaces/default' })
      let body = ''
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
      stream.on('end', () => resolve(body))
      stream.on('error', reject)
      stream.end()
    })
    expect(JSON.parse(text)).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } })
    session.destroy()
  })

  test('[R6] warnings come as headers, one each', async () => {
    const agent = agentOf(server)
    const body = JSON.stringify({ metadata: { name: 'w' }, dta: {}, more: {} })
    const path = '/api/v1/namespaces/default/configmaps'
    const created = await send(server, { method: 'POST', path, agent, body })
    expect(created.headers['warning']).toBe(String.raw`299 - "unknown field \"dta\"", 299 - "unknown field \"more\""`)
    agent.destroy()
  })

  test('[R1] YAML is read and written', async () => {
    const agent = agentOf(server)
    const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' }
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: why\ndata:\n  a: "1"\n'
    const path = '/api/v1/namespaces/default/configmaps'
    const created = await send(server, { method: 'POST', path, agent, headers, body })
    expect(created.text).toMatch(/^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\nmetadata:\n/)
    agent.destroy()
  })

  test('[R3] a body that is too large is refused', async () => {
    const agent = agentOf(server)
    const body = 'x'.repeat(3 * 1024 * 1024 + 1)
    const refused = await send(server, { method: 'POST', path: '/api/v1/namespaces/default/configmaps', agent, body })
    expect(refused.status).toBe(413)
    agent.destroy()
  })
})

test('a port that is taken is told, and holds nothing back', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kedge-server-'))
  const first = await start()
  const port = Number(new URL(first.url).port)
  await expect(start({ port, dataDir: folder })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await first.close()
  const second = await start({ port, dataDir: folder })
  expect(second.url).toBe(first.url)
  await second.close()
  await rm(folder, { recursive: true })
})

describe('on disk', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kedge-server-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  test('objects, kinds, certificates and tokens outlive a restart', async () => {
    const first = await start({ dataDir: folder })
    const client = first.local()
    await client.request({
      method: 'POST',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: definition,
    })
    await client.request({
      method: 'POST',
      path: '/apis/x.io/v1/namespaces/default/widgets',
      body: { metadata: { name: 'a' } },
    })
    await client.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts',
      body: { metadata: { name: 'bot' } },
    })
    const issued = await client.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts/bot/token',
      body: {},
    })
    const { token } = issued.body['status'] as { token: string }
    const agent = agentOf(first)
    await first.close()
    const second = await start({ dataDir: folder })
    expect(second.caPem).toBe(first.caPem)
    const widget = await send(second, { path: '/apis/x.io/v1/namespaces/default/widgets/a', agent })
    expect(JSON.parse(widget.text)).toMatchObject({ kind: 'Widget', spec: { size: 3 } })
    const headers = { authorization: `Bearer ${token}` }
    expect((await send(second, { path: '/api', headers })).status).toBe(200)
    agent.destroy()
    await second.close()
  })
})

const definition = {
  metadata: { name: 'widgets.x.io' },
  spec: {
    group: 'x.io',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', default: {}, properties: { size: { type: 'integer', default: 3 } } },
            },
          },
        },
      },
    ],
  },
}
