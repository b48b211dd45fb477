import { ApiError } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { createSimTime, type SimTime } from '../testing/sim-time.ts'
import { TransportError, type Answer, type Transport } from '../transport/transport.ts'
import { createLimiter } from './limiter.ts'
import { createRequestRecorder, type RequestRecorder } from './metrics.ts'
import { createRequester, type Operation, type Requester } from './requester.ts'

type Reply = number | 'reset' | 'refused' | 'untrusted' | 'garbage' | 'hang' | Answer

interface World {
  readonly time: SimTime
  readonly requester: Requester
  readonly recorder: RequestRecorder
  readonly sentAt: number[]
}

function createWorld(replies: readonly Reply[], concurrency = 8): World {
  const time = createSimTime()
  const recorder = createRequestRecorder()
  const sentAt: number[] = []
  const begin = time.clock.now()
  const transport: Transport = {
    async request() {
      const reply = replies[sentAt.length] ?? 200
      sentAt.push(time.clock.now() - begin)
      return answer(reply)
    },
    stream: () => ({ close: () => {} }),
    close: () => Promise.resolve(),
  }
  const limiter = createLimiter(concurrency, 4)
  const requester = createRequester({ transport, ports: time, recorder, limiter, retries: 4, timeoutMs: 30_000 })
  return { time, requester, recorder, sentAt }
}

async function answer(reply: Reply): Promise<Answer> {
  if (typeof reply === 'object') return reply
  if (typeof reply === 'number') {
    const body = { kind: 'Status', code: reply, message: 'asked for', details: { name: 'x' } }
    return { status: reply, headers: {}, body }
  }
  if (reply === 'hang') return new Promise(() => {})
  if (reply === 'refused') throw new TransportError('connect', 'connection refused', { sent: false })
  if (reply === 'untrusted') throw new TransportError('untrusted', 'not trusted', { sent: false })
  throw new TransportError(reply === 'garbage' ? 'unreadable' : 'broken', reply, { sent: true })
}

function operation(idempotent: boolean, extra: Partial<Operation> = {}): Operation {
  return {
    verb: idempotent ? 'get' : 'create',
    resource: 'pods',
    what: 'test',
    idempotent,
    call: { method: 'GET', path: '/', headers: {} },
    ...extra,
  }
}

async function outcome(world: World, asked: Operation): Promise<{ attempts: number; result: string }> {
  const sent = world.requester.send(asked).then(
    (got) => `ok ${got.status}`,
    (error: unknown) =>
      error instanceof ApiError
        ? `${error.status.code} ${error.status.reason} ${error.outcomeKnown ? 'known' : 'unknown'}`
        : String(error),
  )
  await world.time.advance(300_000)
  return { result: await sent, attempts: world.sentAt.length }
}

test.each<[Reply, string, string]>([
  [400, '1: 400 BadRequest known', '1: 400 BadRequest known'],
  [401, '1: 401 Unauthorized known', '1: 401 Unauthorized known'],
  [403, '1: 403 Forbidden known', '1: 403 Forbidden known'],
  [404, '1: 404 NotFound known', '1: 404 NotFound known'],
  [409, '1: 409 Conflict known', '1: 409 Conflict known'],
  [410, '1: 410 Expired known', '1: 410 Expired known'],
  [413, '1: 413 RequestEntityTooLarge known', '1: 413 RequestEntityTooLarge known'],
  [415, '1: 415 UnsupportedMediaType known', '1: 415 UnsupportedMediaType known'],
  [422, '1: 422 Invalid known', '1: 422 Invalid known'],
  [429, '5: 429 TooManyRequests known', '5: 429 TooManyRequests known'],
  [500, '1: 500 InternalError known', '1: 500 InternalError known'],
  [502, '5: 502 Unknown unknown', '1: 502 Unknown unknown'],
  [503, '5: 503 ServiceUnavailable known', '1: 503 ServiceUnavailable known'],
  [504, '5: 504 Timeout unknown', '1: 504 Timeout unknown'],
  ['reset', '5: 0 Unreachable unknown', '1: 0 Unreachable unknown'],
  ['garbage', '5: 0 Unreadable unknown', '1: 0 Unreadable unknown'],
  ['refused', '5: 0 Unreachable known', '5: 0 Unreachable known'],
  ['untrusted', '1: 0 Unreachable known', '1: 0 Unreachable known'],
  ['hang', '1: 0 Timeout unknown', '1: 0 Timeout unknown'],
])('[R4] [R5] %s again and again', async (reply, repeatable, once) => {
  const replies = Array.from({ length: 9 }, () => reply)
  const first = await outcome(createWorld(replies), operation(true))
  const second = await outcome(createWorld(replies), operation(false))
  expect(`${first.attempts}: ${first.result}`).toBe(repeatable)
  expect(`${second.attempts}: ${second.result}`).toBe(once)
})

test('[R5] a fault that passes is not seen by who asked', async () => {
  expect(await outcome(createWorld([503, 'reset', 429]), operation(true))).toEqual({ result: 'ok 200', attempts: 4 })
})

test('[R5] Retry-After is obeyed, and given up on when it points past the deadline', async () => {
  const later = (seconds: number): Answer => ({
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: 'busy',
  })
  const soon = createWorld([later(3)])
  expect(await outcome(soon, operation(false))).toEqual({ result: 'ok 200', attempts: 2 })
  expect(soon.sentAt).toEqual([0, 3_000])
  const never = createWorld([later(60)])
  expect((await outcome(never, operation(false))).attempts).toBe(1)
})

test('[R5] pauses grow and differ', async () => {
  const world = createWorld([503, 503, 503, 503, 503])
  await outcome(world, operation(true))
  const pauses = world.sentAt.slice(1).map((at, index) => at - (world.sentAt[index] ?? 0))
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(50 * 2 ** index)
    expect(pause).toBeLessThanOrEqual(100 * 2 ** index)
  }
})

test('[R4] a caller that gives up gets its answer at once, and nothing is sent for it afterwards', async () => {
  const world = createWorld(['hang'])
  const abort = new AbortController()
  const sent = world.requester.send(operation(true, { signal: abort.signal }))
  await world.time.settle()
  abort.abort()
  await expect(sent).rejects.toMatchObject({ outcomeKnown: false, status: { reason: 'Aborted' } })
  const early = world.requester.send(operation(true, { signal: abort.signal }))
  await expect(early).rejects.toMatchObject({ outcomeKnown: true, status: { reason: 'Aborted' } })
  expect(world.sentAt).toHaveLength(1)
})

test('[R7] requests beyond the bound wait in order, and too many are refused', async () => {
  const world = createWorld(['hang', 200], 1)
  const first = world.requester.send(operation(true, { timeoutMs: 1_000 }))
  const others = [1, 2, 3, 4].map(() => world.requester.send(operation(true)))
  await expect(world.requester.send(operation(true))).rejects.toMatchObject({ status: { reason: 'ClientBusy' } })
  await world.time.settle()
  expect(world.sentAt).toHaveLength(1)
  const failed = expect(first).rejects.toMatchObject({ status: { reason: 'Timeout' } })
  await world.time.advance(1_000)
  await failed
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
})

test('[R6] each attempt is counted; dry runs and watches are no writes', async () => {
  const world = createWorld([503, 200, 201, 200, 409])
  await outcome(world, operation(true))
  await outcome(world, operation(false))
  await outcome(world, operation(false, { verb: 'apply', dryRun: true }))
  await outcome(world, operation(false, { verb: 'delete' }))
  expect(world.recorder.counts()).toEqual([
    { verb: 'get', resource: 'pods', code: 503, dryRun: false, count: 1 },
    { verb: 'get', resource: 'pods', code: 200, dryRun: false, count: 1 },
    { verb: 'create', resource: 'pods', code: 201, dryRun: false, count: 1 },
    { verb: 'apply', resource: 'pods', code: 200, dryRun: true, count: 1 },
    { verb: 'delete', resource: 'pods', code: 409, dryRun: false, count: 1 },
  ])
  expect([world.recorder.writes(), world.recorder.reads()]).toEqual([2, 2])
})
