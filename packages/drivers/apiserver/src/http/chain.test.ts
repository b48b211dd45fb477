import { expect, test } from 'vitest'
import { assembleParts } from '../assemble.ts'
import { createStorage } from '../store/memory-storage.ts'
import type { Journal } from '../store/storage.ts'
import { seededRandom, simulatedTime } from '../testing/simulated.ts'
import type { Answer, Call } from './call.ts'
import { answerCall } from './chain.ts'
import { expireEvents } from './event-expiry.ts'
import { createTestServer } from '../testing/test-server.ts'

/** A disk that can be full. */
class Disk implements Journal {
  readonly wantsCompaction = false
  isFull = false

  async append(): Promise<void> {
    await Promise.resolve()
    if (this.isFull) throw new Error('no space left on the disk')
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {}
}

function post(path: string, body: object): Call {
  return {
    method: 'POST',
    path,
    query: new URLSearchParams(),
    user: { name: 'admin', groups: ['system:masters'], extra: {} },
    accept: '',
    contentType: '',
    userAgent: '',
    body: { kind: 'value', value: body },
  }
}

function statusOf(answer: Answer): unknown {
  return answer.kind === 'object' ? [answer.status, answer.payload.value()['message']] : answer.kind
}

test('[S4] a full disk costs the writes of the moment a clear answer and nothing else', async () => {
  const disk = new Disk()
  const time = simulatedTime()
  const ports = { clock: time, timers: time, random: seededRandom() }
  const parts = assembleParts({
    ...ports,
    tokenKey: undefined,
    createStorage: (options) => createStorage({ ...options, journal: disk }),
  })
  const namespace = (name: string): Call => post('/api/v1/namespaces', { metadata: { name } })
  await answerCall(parts, namespace('before'))
  disk.isFull = true
  const failed = await Promise.all(['a', 'b'].map((name) => answerCall(parts, namespace(name))))
  const message = 'Internal error occurred: the change was not stored: no space left on the disk'
  expect(failed.map(statusOf)).toEqual([
    [500, message],
    [500, message],
  ])
  const read: Call = { ...post('/api/v1/namespaces', {}), method: 'GET', body: { kind: 'none' } }
  const names = async (): Promise<unknown> => {
    const answer = await answerCall(parts, read)
    return (
      answer.kind === 'object' &&
      (answer.payload.value()['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name)
    )
  }
  expect(await names()).toEqual(['before'])
  disk.isFull = false
  expect(statusOf(await answerCall(parts, namespace('after')))).toEqual([201, undefined])
  expect(await names()).toEqual(['after', 'before'])
})

test('[S9] events are removed an hour after they were last seen', async () => {
  const server = await createTestServer()
  const stop = expireEvents(server.parts)
  const path = '/api/v1/namespaces/default/events'
  const event = (name: string, seen: string) =>
    server.send('POST', path, {
      body: {
        metadata: { name },
        involvedObject: { namespace: 'default' },
        lastTimestamp: seen,
        reason: 'R',
        type: 'Normal',
      },
    })
  await event('old', '2026-11-23T18:00:00Z')
  await event('new', '2026-11-23T18:31:00Z')
  server.time.advance(45 * 60_000)
  const { body } = await server.send('GET', path)
  expect((body['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name)).toEqual(['new'])
  stop()
})
