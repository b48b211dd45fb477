import { assembleParts } from '../assemble.ts'
import type { Draft, RequestUser } from '../contracts.ts'
import type { Answer, Call, WatchItem } from '../http/call.ts'
import { answerCall } from '../http/chain.ts'
import type { Parts } from '../http/parts.ts'
import { createStorage } from '../store/memory-storage.ts'
import { seededRandom, simulatedTime, type SimulatedTime } from './simulated.ts'

/** What a test sends beside method and path. */
export interface Sent {
  readonly body?: unknown
  /** The body as it comes over the wire. */
  readonly text?: string
  readonly contentType?: string
  readonly accept?: string
  readonly userAgent?: string
  readonly user?: RequestUser
}

/** What came back. */
export interface Received {
  readonly status: number
  readonly body: Draft
  readonly text: string
  readonly warnings: readonly string[]
}

/** A server without socket, disk, controllers and real time. */
export interface TestServer {
  readonly parts: Parts
  readonly time: SimulatedTime
  send(method: string, path: string, sent?: Sent): Promise<Received>
  /** The events of a watch, as they come. */
  watch(
    path: string,
    accept?: string,
  ): Promise<{ readonly items: WatchItem[]; readonly isOver: () => boolean; readonly close: () => void }>
}

/** The administrator of test servers. */
const admin: RequestUser = { name: 'admin', groups: ['system:masters', 'system:authenticated'], extra: {} }

/** A server with the namespace `default`. */
export async function createTestServer(authorization: 'rbac' | 'always-allow' = 'always-allow'): Promise<TestServer> {
  const time = simulatedTime()
  const parts = assembleParts({
    clock: time,
    timers: time,
    random: seededRandom(),
    authorization,
    tokenKey: undefined,
    createStorage,
  })
  const answer = (method: string, path: string, sent: Sent): Promise<Answer> =>
    answerCall(parts, toCall(method, path, sent))
  const server: TestServer = {
    parts,
    time,
    send: async (method, path, sent = {}) => toReceived(await answer(method, path, sent)),
    watch: async (path, accept = '') => {
      const items: WatchItem[] = []
      let over = false
      const watched = await answer('GET', path, { accept })
      if (watched.kind !== 'watch') throw new Error(toReceived(watched).text)
      const close = watched.open({ send: (item) => void items.push(item), end: () => (over = true) })
      return { items, isOver: () => over, close }
    },
  }
  await server.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } })
  return server
}

function toCall(method: string, path: string, sent: Sent): Call {
  const [place = '', query = ''] = path.split('?')
  const { body, text, contentType = 'application/json', accept = 'application/json' } = sent
  const bytes = text ?? (body === undefined ? undefined : JSON.stringify(body))
  return {
    method,
    path: place,
    query: new URLSearchParams(query),
    user: sent.user ?? admin,
    accept,
    contentType,
    userAgent: sent.userAgent ?? '',
    body: bytes === undefined ? { kind: 'none' } : { kind: 'bytes', bytes: Buffer.from(bytes) },
  }
}

function toReceived(answer: Answer): Received {
  if (answer.kind === 'watch') throw new Error('the answer is a watch')
  const text = answer.kind === 'text' ? answer.text.toString() : answer.payload.bytes().toString()
  const body = answer.kind === 'text' ? {} : (JSON.parse(text) as Draft)
  return { status: answer.status, body, text, warnings: answer.kind === 'text' ? [] : (answer.warnings ?? []) }
}
