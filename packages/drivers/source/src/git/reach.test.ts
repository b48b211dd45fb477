import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, type Socket, connect, createServer as createTcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type GitServer, type GitServerOptions, startGitServer } from '../../../../../test/git-server/git-server.ts'
import { createAddressRules } from '../http/address-rules.ts'
import { type ProxyOptions, type TlsOptions, createEgressClient } from '../http/egress-client.ts'
import type { GitFailure } from './git-failure.ts'
import { type GitSourceSpec, createGitSource } from './git-source.ts'

// Made for these tests and good for nothing else; valid until 2126.
const pem = Object.fromEntries(
  ['ca.crt', 'server.crt', 'server.key', 'client.crt', 'client.key'].map((name) => [
    name,
    readFileSync(new URL(`../../testdata/tls/${name}`, import.meta.url), 'utf8'),
  ]),
)

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function startWith(options: GitServerOptions): Promise<{ server: GitServer; url: string; oid: string }> {
  const server = await startGitServer(options)
  closing.push(() => server.close())
  const repo = server.createRepository()
  return { server, url: server.urlOf(repo), oid: repo.commit({ a: '1' }) }
}

async function read(spec: GitSourceSpec, allowLoopback = true): Promise<string> {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback }) })
  closing.push(() => http.close())
  const source = createGitSource({ http })
  const whole = { ...spec, ref: { branch: 'main' } }
  try {
    return (await source.fetch(whole, await source.resolve(whole))).commit.oid
  } catch (error) {
    const { failure } = error as { failure: GitFailure }
    return `${failure.code}: ${failure.message}`
  }
}

const tlsServer = (): GitServerOptions => ({ tls: { cert: pem['server.crt']!, key: pem['server.key']! } })
const trusting = (): TlsOptions => ({ ca: pem['ca.crt']! })

test('https is trusted with the given authority and refused without', async () => {
  const { url, oid } = await startWith(tlsServer())
  expect(await read({ url, tls: trusting() })).toBe(oid)
  expect(await read({ url })).toMatch(/^TLSFailed: /)
})

test('a client certificate opens what asks for one', async () => {
  const { url, oid } = await startWith({ tls: { ...tlsServer().tls!, clientCa: pem['ca.crt']! } })
  const identity = { cert: pem['client.crt']!, key: pem['client.key']! }
  expect(await read({ url, tls: { ...trusting(), ...identity } })).toBe(oid)
  expect(await read({ url, tls: trusting() })).toMatch(/^(?:TLSFailed|ConnectionFailed): /)
})

test('[G6] a client certificate never leaves the origin', async () => {
  const home = await startWith(tlsServer())
  const other = await startWith({ tls: { ...tlsServer().tls!, clientCa: pem['ca.crt']! } })
  home.server.fault = ({ url }) => ({ kind: 'redirect', to: `${other.server.origin}${url}` })
  const identity = { cert: pem['client.crt']!, key: pem['client.key']! }
  const answer = await read({ url: home.url, tls: { ...trusting(), ...identity } })
  expect(answer).toMatch(/^(?:TLSFailed|ConnectionFailed): /)
  expect(other.server.requests).toEqual([])
})

test('[G6] a redirect from https to http is refused', async () => {
  const home = await startWith(tlsServer())
  const plain = await startWith({})
  home.server.fault = ({ url }) => ({ kind: 'redirect', to: `${plain.server.origin}${url}` })
  expect(await read({ url: home.url, tls: trusting() })).toMatch(/^RedirectRefused: /)
  expect(plain.server.requests).toEqual([])
})

interface SeenByProxy {
  readonly address: string
  readonly seen: string[]
}

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
  close(): unknown
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function httpProxy(expected: string | undefined): Promise<SeenByProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const allowed = (given: string | undefined) => given === expected
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (!allowed(request.headers['proxy-authorization'])) return void response.writeHead(407).end()
    void forward(request.url ?? '', request, response)
  })
  proxy.on('connect', (request, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`)
    sockets.add(socket)
    if (!allowed(request.headers['proxy-authorization'])) return void socket.end('HTTP/1.1 407 Denied\r\n\r\n')
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  const port = await listen(proxy)
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    proxy.closeAllConnections()
  })
  return { address: `http://127.0.0.1:${port}`, seen }
}

async function forward(
  url: string,
  request: import('node:http').IncomingMessage,
  response: import('node:http').ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const { 'proxy-authorization': _gone, host: _host, connection: _connection, ...headers } = request.headers
  const method = request.method ?? 'GET'
  const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }
  const answer = await fetch(url, { method, headers: headers as Record<string, string>, ...body })
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
  response.end(Buffer.from(await answer.arrayBuffer()))
}

test.each(['http', 'https'])('an http proxy with credentials carries %s', async (scheme) => {
  const { url, oid } = await startWith(scheme === 'https' ? tlsServer() : {})
  const proxy = await httpProxy(`Basic ${Buffer.from('ada:secret').toString('base64')}`)
  const options: ProxyOptions = { address: proxy.address, username: 'ada', password: 'secret' }
  expect(await read({ url, tls: trusting(), proxy: options })).toBe(oid)
  expect(proxy.seen.length).toBeGreaterThan(0)
  const wrong = await read({ url, tls: trusting(), proxy: { ...options, password: 'hunter2' } })
  expect(wrong).toMatch(/^(?:ConnectionFailed|ServerError): /)
  expect(wrong).not.toMatch(/hunter2|secret/)
})

/** A SOCKS5 server with user name and password, RFC 1928 and 1929. */
async function socksProxy(): Promise<SeenByProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const proxy = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(Buffer.from([5, 2]))
      socket.once('data', (login) => {
        const name = login.toString('latin1', 2, 2 + (login[1] ?? 0))
        seen.push(name)
        socket.write(Buffer.from([1, name === 'ada' ? 0 : 1]))
        socket.once('data', (request) => {
          const host =
            request[3] === 1
              ? [...request.subarray(4, 8)].join('.')
              : request.toString('latin1', 5, 5 + (request[4] ?? 0))
          const port = request.readUInt16BE(request.length - 2)
          seen.push(`${host}:${port}`)
          const upstream = connect(port, host, () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            socket.pipe(upstream).pipe(socket)
          })
          upstream.on('error', () => socket.destroy())
        })
      })
    })
  })
  const port = await listen(proxy)
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { address: `socks5://127.0.0.1:${port}`, seen }
}

test.each(['http', 'https'])('a SOCKS5 proxy with credentials carries %s', async (scheme) => {
  const { server, url, oid } = await startWith(scheme === 'https' ? tlsServer() : {})
  const proxy = await socksProxy()
  const options: ProxyOptions = { address: proxy.address, username: 'ada', password: 'secret' }
  expect(await read({ url, tls: trusting(), proxy: options })).toBe(oid)
  expect(proxy.seen).toContain(new URL(server.origin).host)
})

test('[G7] a proxy that may not be reached is refused, and so is a literal address behind one', async () => {
  const { url } = await startWith({})
  const proxy = { address: 'http://169.254.169.254:3128' }
  expect(await read({ url, proxy })).toMatch(/^AddressRefused: /)
  const behind = { url: 'http://169.254.169.254/repo', proxy: { address: 'http://proxy.example.test:3128' } }
  expect(await read(behind)).toMatch(/^AddressRefused: /)
  expect(await read({ url }, false)).toMatch(/^AddressRefused: /)
})

test('a proxy that is malformed is named without its secret', async () => {
  const answer = await read({ url: 'https://git.example.test/r', proxy: { address: 'http://u:hunter2@proxy:1' } })
  expect(answer).toBe('URLInvalid: the proxy cannot be used: the proxy address contains credentials')
  expect(answer).not.toContain('hunter2')
})
