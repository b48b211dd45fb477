// A bare repository served over loopback by the real `git http-backend`, with faults on demand.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { TestRepository } from './test-repository.ts'

/** What to do with one request instead of answering it. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** Answer as usual, but only the first bytes of the body, then cut the connection. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** Answer as usual, with one byte of the body changed. */
  | { readonly kind: 'flip'; readonly at: number }
  /** Answer when the promise settles. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown> }
  /** Never answer. */
  | { readonly kind: 'hang' }
  /** Cut the connection at once. */
  | { readonly kind: 'reset' }
  /** Answer with these bytes. */
  | { readonly kind: 'bytes'; readonly type: string; readonly encoding?: string; readonly chunks: Iterable<Uint8Array> }

/** A request that arrived. */
interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

export interface GitServerOptions {
  /** Who may read. Without it everybody may. */
  readonly auth?:
    | { readonly kind: 'basic'; readonly username: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string }
  /** `v0` hides the client's wish for version 2, as old servers do. */
  readonly protocol?: 'v2' | 'v0'
  /** PEM; serves https with them. `clientCa` asks for a client certificate. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
}

/** A running server. */
export interface GitServer {
  readonly origin: string
  /** Requests in order of arrival. */
  readonly requests: SeenRequest[]
  /** How many connections were opened. */
  connections(): number
  /** Decides for each request whether it is answered; undefined means yes. Change it at any time. */
  fault: (request: SeenRequest) => Fault | undefined
  /** A new repository; `git push` to its folder, or use its methods. */
  createRepository(name?: string, objectFormat?: 'sha1' | 'sha256'): TestRepository
  /** The URL to clone a repository from. */
  urlOf(repository: TestRepository): string
  close(): Promise<void>
}

/** Starts a server on a free loopback port with a temporary folder, both gone after `close`. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = mkdtempSync(path.join(tmpdir(), 'kedge-git-'))
  const requests: SeenRequest[] = []
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers }
    requests.push(seen)
    answer({ request, response, root, options, fault: server.fault(seen) }).catch(() => response.destroy())
  }
  const http: Server =
    options.tls === undefined
      ? createServer(listener)
      : createTlsServer(
          {
            cert: options.tls.cert,
            key: options.tls.key,
            ...(options.tls.clientCa === undefined
              ? {}
              : { ca: options.tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        )
  let connections = 0
  http.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const origin = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const server: GitServer = {
    origin,
    requests,
    connections: () => connections,
    fault: () => undefined,
    createRepository: (name = 'repo.git', objectFormat = 'sha1') => new TestRepository(root, name, objectFormat),
    urlOf: (repository) => `${origin}/${repository.name}`,
    close: async () => {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      rmSync(root, { recursive: true, force: true })
    },
  }
  return server
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly root: string
  readonly options: GitServerOptions
  readonly fault: Fault | undefined
}

async function answer(call: Call): Promise<void> {
  const { fault, response } = call
  if (fault?.kind === 'wait') await fault.until
  if (fault !== undefined && (await answersInstead(fault, response))) return
  if (!isAllowed(call)) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    return
  }
  await runBackend(call)
}

/** True when the fault took the place of the answer. */
async function answersInstead(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body)
      return true
    case 'redirect':
      response.writeHead(fault.status ?? 302, { location: fault.to }).end()
      return true
    case 'hang':
      return true
    case 'reset':
      response.destroy()
      return true
    case 'bytes':
      response.writeHead(200, {
        'content-type': fault.type,
        ...(fault.encoding === undefined ? {} : { 'content-encoding': fault.encoding }),
      })
      for (const chunk of fault.chunks) {
        if (response.destroyed) return true
        if (!response.write(chunk)) await drained(response)
      }
      response.end()
      return true
    case 'truncate':
    case 'flip':
    case 'wait':
      return false
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

function isAllowed({ request, options: { auth } }: Call): boolean {
  if (auth === undefined) return true
  const given = request.headers.authorization
  if (auth.kind === 'bearer') return given === `Bearer ${auth.token}`
  return given === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
}

/** Runs the CGI program as a web server would. */
async function runBackend(call: Call): Promise<void> {
  const { request, response, root, options, fault } = call
  const url = new URL(request.url ?? '/', 'http://localhost')
  const protocol = request.headers['git-protocol']
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'test',
      ...(options.protocol === 'v0' || typeof protocol !== 'string' ? {} : { GIT_PROTOCOL: protocol }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  response.on('close', () => child.kill())
  child.stdin.on('error', () => undefined)
  request.pipe(child.stdin)
  let head = Buffer.alloc(0)
  let sent = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (response.headersSent) {
      sent += send(response, chunk, { sent, fault })
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) continue
    writeHead(response, head.toString('latin1', 0, end))
    sent += send(response, head.subarray(end + 4), { sent, fault })
  }
  response.end()
}

function writeHead(response: ServerResponse, head: string): void {
  const headers = head.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1]
  response.writeHead(status === undefined ? 200 : Number.parseInt(status, 10), Object.fromEntries(headers))
}

function send(
  response: ServerResponse,
  chunk: Buffer,
  { sent, fault }: { readonly sent: number; readonly fault: Fault | undefined },
): number {
  if (fault?.kind === 'truncate' && sent + chunk.length > fault.bytes) {
    response.write(chunk.subarray(0, Math.max(fault.bytes - sent, 0)), () => response.destroy())
    return chunk.length
  }
  if (fault?.kind === 'flip' && fault.at >= sent && fault.at < sent + chunk.length) {
    chunk[fault.at - sent] = (chunk[fault.at - sent] ?? 0) ^ 0xff
  }
  if (chunk.length > 0) response.write(chunk)
  return chunk.length
}
