import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RequestUser } from '../contracts.ts'
import { bodyLimit } from './bodies.ts'
import type { Answer, Call, CallBody } from './call.ts'
import type { Certificates } from './certificates.ts'
import { failureAnswer } from './chain.ts'
import { internalError, StatusError, unauthorized } from './status.ts'
import { writeYaml } from './yaml.ts'

/** A TLS server for HTTP/1.1 and HTTP/2 on loopback. */
export interface Listener {
  readonly port: number
  close(): Promise<void>
}

/** What stands behind the listener. */
export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly certificates: Certificates
  /** Undefined when the request names nobody that is known. */
  readonly authenticate: (request: Credentials) => RequestUser | undefined
  readonly answer: (call: Call) => Promise<Answer>
  readonly onError: (error: unknown) => void
}

/** What a request shows of who sent it. */
export interface Credentials {
  readonly path: string
  readonly authorization: string
  readonly certificate: { readonly name: string; readonly organizations: readonly string[] } | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A watcher that lets more than this pile up, beyond the state it began with, is cut off; it lists again. */
const backlogLimit = 16 * 1024 * 1024

export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.certificates.server.cert,
    key: options.certificates.server.key,
    ca: options.certificates.ca.cert,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 1000 },
  })
  const sockets = new Set<{ destroy(): void }>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('request', (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.onError(error)
      if (response.headersSent) response.destroy()
      else writeAnswer(response, failureAnswer(internalError('the request could not be carried out')), '')
    })
  })
  await bind(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function bind(server: Http2SecureServer, options: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function serve(
  options: ListenerOptions,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  const [path = '/', search = ''] = splitUrl(request.url)
  const body = await readBody(request)
  if (body === undefined) {
    const message = `the body of the request is larger than ${bodyLimit} bytes`
    writeAnswer(response, failureAnswer(new StatusError(413, 'RequestEntityTooLarge', { message })), '')
    return
  }
  const headers = request.headers as Readonly<Record<string, string | string[] | undefined>>
  const header = (name: string): string => [headers[name] ?? ''].flat().join(', ')
  let answer: Answer
  try {
    const credentials = { path, authorization: header('authorization'), certificate: certificateOf(request), headers }
    const user = options.authenticate(credentials)
    if (user === undefined) throw unauthorized()
    answer = await options.answer({
      method: request.method === 'HEAD' ? 'GET' : request.method,
      path,
      query: new URLSearchParams(search),
      user,
      accept: header('accept'),
      contentType: header('content-type'),
      userAgent: header('user-agent'),
      body,
    })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    answer = failureAnswer(error)
  }
  writeAnswer(response, answer, request.method)
}

function splitUrl(url: string): readonly string[] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url] : [url.slice(0, mark), url.slice(mark + 1)]
}

/** The whole body; undefined when it is too large. */
async function readBody(request: Http2ServerRequest): Promise<CallBody | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return { kind: 'none' }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit) return undefined
    chunks.push(chunk)
  }
  const [only] = chunks
  if (only === undefined) return { kind: 'none' }
  return { kind: 'bytes', bytes: chunks.length === 1 ? only : Buffer.concat(chunks) }
}

type Certificate = Credentials['certificate']

/** What each connection showed at its beginning; reading a certificate costs more than most requests. */
const shown = new WeakMap<object, { readonly certificate: Certificate }>()

function certificateOf(request: Http2ServerRequest): Certificate {
  const socket =
    (request.stream as { readonly session?: { readonly socket: object } } | undefined)?.session?.socket ??
    request.socket
  const known = shown.get(socket)
  if (known !== undefined) return known.certificate
  const certificate = readCertificate(socket as TLSSocket)
  shown.set(socket, { certificate })
  return certificate
}

function readCertificate(socket: TLSSocket): Certificate {
  if (!socket.authorized) return undefined
  const subject = socket.getPeerCertificate().subject as
    | { readonly CN?: string; readonly O?: string | string[] }
    | undefined
  if (subject?.CN === undefined) return undefined
  return { name: subject.CN, organizations: [subject.O ?? []].flat() }
}

/** The client has gone away: what is written now reaches nobody. */
function isGone(response: Http2ServerResponse): boolean {
  const { stream, destroyed } = response as unknown as {
    readonly stream?: { readonly destroyed: boolean }
    readonly destroyed?: boolean
  }
  return stream?.destroyed ?? destroyed === true
}

function writeAnswer(response: Http2ServerResponse, answer: Answer, method: string): void {
  if (isGone(response)) return
  for (const warning of answer.kind === 'text' ? [] : (answer.warnings ?? [])) {
    response.appendHeader('Warning', `299 - ${JSON.stringify(warning)}`)
  }
  if (answer.kind === 'watch') {
    writeWatch(response, answer)
    return
  }
  const body = bodyOf(answer)
  response.writeHead(answer.status, {
    'content-type': answer.kind === 'text' ? answer.contentType : (answer.contentType ?? 'application/json'),
    'content-length': String(body.length),
    ...generalHeaders,
  })
  if (method === 'HEAD') response.end()
  else response.end(body)
}

const generalHeaders = {
  'cache-control': 'no-cache, private',
  // Clients that see these leave the pace to the server and do not slow themselves down.
  'x-kubernetes-pf-flowschema-uid': '00000000-0000-4000-8000-000000000001',
  'x-kubernetes-pf-prioritylevel-uid': '00000000-0000-4000-8000-000000000002',
}

function bodyOf(answer: Exclude<Answer, { kind: 'watch' }>): Buffer {
  if (answer.kind === 'text') return Buffer.from(answer.text)
  return answer.contentType?.startsWith('application/yaml') === true
    ? writeYaml(answer.payload.value())
    : answer.payload.bytes()
}

/** Headers go out at once: clients take their arrival as the beginning of the watch. */
function writeWatch(response: Http2ServerResponse, answer: Extract<Answer, { kind: 'watch' }>): void {
  response.writeHead(200, { 'content-type': 'application/json', ...generalHeaders })
  flushHeaders(response)
  let stop: (() => void) | undefined
  let over = false
  let isOpen = false
  let allowed = Infinity
  let lines: Buffer[] = []
  let waiting = 0
  const flush = (): void => {
    const [first, ...more] = lines
    if (first === undefined || isGone(response)) return
    response.write(more.length === 0 ? first : Buffer.concat(lines))
    lines = []
    waiting = 0
  }
  response.on('close', () => {
    over = true
    stop?.()
  })
  stop = answer.open({
    send: (item) => {
      if (over || isGone(response)) return
      const line = item.line()
      // Events of one turn of the event loop go out together: each write costs a TLS record and a system call.
      if (lines.length === 0) setImmediate(flush)
      lines.push(line)
      waiting += line.length
      const unsent = response.writableLength + waiting
      allowed = Math.min(allowed, isOpen ? unsent + backlogLimit : Infinity)
      if (unsent > allowed) response.destroy()
    },
    end: () => {
      if (over) return
      over = true
      flush()
      response.end()
      stop?.()
    },
  })
  isOpen = true
  if (over) stop()
}

/** HTTP/2 sends them with writeHead already; HTTP/1.1 keeps them for the first chunk. */
function flushHeaders(response: Http2ServerResponse): void {
  if ('flushHeaders' in response) (response as unknown as { flushHeaders(): void }).flushHeaders()
}
