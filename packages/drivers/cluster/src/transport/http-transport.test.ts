import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import type { ClusterConfig } from '../config/cluster-config.ts'
import { createHttpTransport } from './http-transport.ts'
import type { StreamHandle, Transport } from './transport.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(handler: Handler, extra: Partial<ClusterConfig> = {}): Promise<Transport> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const transport = createHttpTransport(
    {
      name: 'test',
      namespace: 'default',
      server: `http://127.0.0.1:${port}/root/`,
      tls: { insecure: false },
      credentials: () => Promise.resolve({ authorization: 'Bearer t' }),
      ...extra,
    },
    { maxAnswerBytes: 1_000, maxLineBytes: 100 },
  )
  closers.push(async () => {
    await transport.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return transport
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(text)
}

const get = { method: 'GET', path: '/x?y=1', headers: { accept: 'application/json' } } as const

test('a call carries its path under the root, its headers, its body and the credentials', async () => {
  const transport = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => sendJson(response, 201, JSON.stringify({ seen: [request.url, request.headers, body] })))
  })
  const headers = { 'impersonate-group': ['a', 'b'] }
  const answer = await transport.request({ method: 'PATCH', path: '/x', headers, body: { é: 1 } })
  expect(answer.status).toBe(201)
  expect(answer.body).toMatchObject({
    seen: [
      '/root/x',
      {
        authorization: 'Bearer t',
        'content-type': 'application/json',
        'impersonate-group': 'a, b',
        'user-agent': 'kedge',
      },
      '{"é":1}',
    ],
  })
})

test.each<[string, Handler, unknown]>([
  [
    'an answer that is cut',
    (_, response) => (
      response.writeHead(200, { 'content-length': 50 }).write('{"a"'),
      setImmediate(() => response.destroy())
    ),
    { kind: 'broken', sent: true },
  ],
  ['a connection that is reset', (request) => request.socket.destroy(), { kind: 'broken', sent: true }],
  ['a success that is no JSON', (_, response) => sendJson(response, 200, '{"a":'), { kind: 'unreadable', sent: true }],
  [
    'an answer that is too large',
    (_, response) => sendJson(response, 200, `"${'x'.repeat(2_000)}"`),
    { kind: 'too-large', sent: true },
  ],
])('[R4] %s is an error that says what is known', async (_, handler, expected) => {
  const transport = await serve(handler)
  await expect(transport.request(get)).rejects.toMatchObject(expected as object)
})

test('[R4] a server that is not there was not reached', async () => {
  const transport = await serve(() => {}, { server: 'http://127.0.0.1:1' })
  await expect(transport.request(get)).rejects.toMatchObject({ kind: 'connect', sent: false })
})

test('an error with a broken body keeps its status', async () => {
  const transport = await serve((_, response) => sendJson(response, 503, '<html>'))
  expect(await transport.request(get)).toMatchObject({ status: 503, body: '<html>' })
})

test('a call that is given up rejects at once', async () => {
  const abort = new AbortController()
  const transport = await serve(() => abort.abort())
  await expect(transport.request({ ...get, signal: abort.signal })).rejects.toMatchObject({ kind: 'aborted' })
})

test('credentials that the server refuses are renewed once', async () => {
  let token = 'old'
  const transport = await serve(
    (request, response) => sendJson(response, request.headers.authorization === 'new' ? 200 : 401, '{}'),
    { credentials: () => Promise.resolve({ authorization: token }), renew: () => (token = 'new') },
  )
  expect((await transport.request(get)).status).toBe(200)
  token = 'wrong'
  expect((await transport.request(get)).status).toBe(200)
})

interface Seen {
  readonly values: unknown[]
  readonly ended: Promise<Error | undefined>
  readonly handle: StreamHandle
}

function watch(transport: Transport): Seen {
  const values: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  const handle = transport.stream(get, {
    opened: () => values.push('opened'),
    value: (value) => values.push(value),
    ended: resolve,
  })
  return { values, ended: promise, handle }
}

test('a stream is cut into values wherever its chunks end', async () => {
  const transport = await serve((_, response) => {
    const bytes = Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c":3}\n')
    response.writeHead(200)
    const next = (at: number): void => {
      if (at >= bytes.length) response.end()
      else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1))
    }
    next(0)
  })
  const { values, ended } = watch(transport)
  expect(await ended).toBeUndefined()
  expect(values).toEqual(['opened', { a: 'é' }, { b: 2 }, { c: 3 }])
})

test.each<[string, string, unknown]>([
  ['cut inside a line', '{"a":1}\n{"b":', { kind: 'broken' }],
  ['with a line that is no JSON', '{"a":1}\nnonsense\n', { kind: 'unreadable' }],
  ['with a line that is too long', `{"a":1}\n{"b":"${'x'.repeat(200)}"}\n`, { kind: 'too-large' }],
])('a stream %s ends with an error after the values before', async (_, text, expected) => {
  const { values, ended } = watch(await serve((_request, response) => response.writeHead(200).end(text)))
  expect(await ended).toMatchObject(expected as object)
  expect(values).toEqual(['opened', { a: 1 }])
})

test('a refused stream ends with the error of the answer', async () => {
  const body = JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })
  const { values, ended } = watch(await serve((_, response) => sendJson(response, 410, body)))
  expect(await ended).toMatchObject({ status: { code: 410, reason: 'Expired', message: 'too old' } })
  expect(values).toEqual([])
})

test('a closed stream says nothing more', async () => {
  const gone = Promise.withResolvers<void>()
  const transport = await serve((_, response) => {
    response.writeHead(200).write('{"a":1}\n')
    response.on('close', () => gone.resolve())
  })
  const values: unknown[] = []
  const handle = transport.stream(get, {
    opened: () => {},
    value: (value) => {
      values.push(value)
      handle.close()
    },
    ended: () => values.push('ended'),
  })
  await gone.promise
  expect(values).toEqual([{ a: 1 }])
})

test('[C10] the echo of a write in a stream is the value that the write was answered with', async () => {
  const object = '{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"7"}}'
  const event = `{"type":"MODIFIED","object":${object}}\n`
  const transport = await serve((request, response) => {
    if (request.method === 'PATCH') return sendJson(response, 200, `${object}\n`)
    return void response.writeHead(200).end(`${event}${event}`)
  })
  const answer = await transport.request({ method: 'PATCH', path: '/x', headers: {}, body: {} })
  const { values, ended } = watch(transport)
  await ended
  const [, first, second] = values as { object: unknown }[]
  expect([first, second]).toEqual([JSON.parse(event), JSON.parse(event)])
  expect(first?.object).toBe(answer.body)
})
