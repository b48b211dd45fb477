import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpPort, HttpRequest, HttpResponse } from '../http/http-port.ts'

/** A request that a test server saw. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  /** The If-None-Match header. */
  readonly unlessMatches: string | undefined
  readonly body: string
}

/** What a test server answers. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A server on this machine that notes what it is asked. */
export interface TestServer {
  readonly origin: string
  readonly host: string
  readonly seen: Seen[]
  close(): Promise<void>
}

/** Starts a server that answers by a function. */
export async function startServer(answer: (seen: Seen) => Reply): Promise<TestServer> {
  const seen: Seen[] = []
  const server = createServer((request, response) => void reply(request, response))
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const { method = '', url = '', headers } = request
    const one = {
      method,
      path: url,
      authorization: headers.authorization,
      unlessMatches: headers['if-none-match'],
      body: Buffer.concat(chunks).toString(),
    }
    seen.push(one)
    const { status = 200, headers: own = {}, body = '' } = answer(one)
    response.writeHead(status, own).end(body)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Plain HTTP without any rules about addresses. */
export const loopbackHttp: HttpPort = {
  request: (given: HttpRequest) =>
    new Promise<HttpResponse>((resolve, reject) => {
      const { method, headers, signal } = given
      const outgoing = send(given.url, { method, headers, signal, agent: false }, (response) => {
        resolve({
          status: response.statusCode ?? 0,
          header: (name) => {
            const value = response.headers[name]
            return Array.isArray(value) ? value[0] : value
          },
          body: response,
          drop: async () => void response.destroy(),
        })
      })
      outgoing.on('error', reject)
      outgoing.end(given.body)
    }),
}
