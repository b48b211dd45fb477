import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type PackPart,
  appendDelta,
  deltaSize,
  inPieces,
  packHeader,
  packPart,
  writePack,
} from '../testing/pack-writer.ts'
import { applyDelta } from './delta.ts'
import type { GitFailure } from './git-failure.ts'
import { type GitLimits, defaultGitLimits } from './git-limits.ts'
import { objectId, sha1Format } from './object-format.ts'
import { readPack } from './pack-reader.ts'
import type { StoredObject } from './stored-object.ts'

const blob = (text: string): PackPart => ({ type: 3, content: Buffer.from(text) })
const idOf = (text: string) => objectId(sha1Format, 'blob', Buffer.from(text))

function read(
  pack: Uint8Array,
  options: { piece?: number; limits?: Partial<GitLimits>; baseOf?: (id: string) => StoredObject | undefined } = {},
): Promise<ReadonlyMap<string, StoredObject>> {
  const { piece, limits, baseOf } = options
  return readPack(inPieces(pack, piece), {
    format: sha1Format,
    limits: { ...defaultGitLimits, ...limits },
    ...(baseOf === undefined ? {} : { baseOf }),
  })
}

async function failureOf(pack: Uint8Array, limits: Partial<GitLimits> = {}): Promise<GitFailure | undefined> {
  try {
    await read(pack, { limits })
    return undefined
  } catch (error) {
    return (error as { failure: GitFailure }).failure
  }
}

function texts(objects: ReadonlyMap<string, StoredObject>): Record<string, string> {
  return Object.fromEntries([...objects].map(([id, object]) => [id, Buffer.from(object.content()).toString()]))
}

test('[G9] a pack is read the same whatever pieces it arrives in', async () => {
  const one = packPart(blob('hello'))
  const pack = writePack([
    blob('hello'),
    { type: 6, content: appendDelta(5, ' world'), distance: one.length },
    { type: 7, content: appendDelta(5, '!'), baseId: idOf('hello') },
    blob(''),
    blob('x'.repeat(100_000)),
  ])
  const whole = texts(await read(pack))
  expect(whole).toEqual(
    Object.fromEntries(['hello', 'hello world', 'hello!', '', 'x'.repeat(100_000)].map((text) => [idOf(text), text])),
  )
  for (const piece of [1, 7, 100, 4096]) expect(texts(await read(pack, { piece }))).toEqual(whole)
})

test('[G9] a delta may come before its base, and a chain in any order', async () => {
  const names = ['', 'a', 'ab', 'abc', 'abcd']
  const deltas = names.slice(1).map((name, index) => ({
    type: 7,
    content: appendDelta(index, name.slice(-1)),
    baseId: idOf(names[index]!),
  }))
  const objects = await read(writePack([...deltas.toReversed(), blob('')]))
  expect(new Set(objects.keys())).toEqual(new Set(names.map(idOf)))
})

test('[G9] a thin pack builds on objects that are here, and keeps the results whole', async () => {
  const base = (await read(writePack([blob('base')]))).get(idOf('base'))!
  const thin = writePack([{ type: 7, content: appendDelta(4, '+'), baseId: idOf('base') }])
  const objects = await read(thin, { baseOf: (id) => (id === base.id ? base : undefined) })
  expect(texts(objects)).toEqual({ [idOf('base+')]: 'base+' })
  expect((await failureOf(thin))?.message).toBe('the pack is damaged: a delta has no base')
})

test('[G9] a pack that repeats an object and its deltas is read', async () => {
  const delta = { type: 7, content: appendDelta(1, 'b'), baseId: idOf('a') }
  const objects = await read(writePack([blob('a'), delta, blob('a'), delta]))
  expect(new Set(objects.keys())).toEqual(new Set([idOf('a'), idOf('ab')]))
})

test('[G9] every changed byte of a pack is noticed', async () => {
  const pack = writePack([blob('hello'), { type: 7, content: appendDelta(5, '!'), baseId: idOf('hello') }])
  for (let at = 0; at < pack.length; at += 1) {
    const damaged = Buffer.from(pack)
    damaged[at] = (damaged[at] ?? 0) ^ 0x01
    const failure = await failureOf(damaged)
    expect(['PackInvalid', 'LimitExceeded'], `byte ${at}`).toContain(failure?.code)
  }
})

test('[G9] every truncation of a pack is noticed', async () => {
  const pack = writePack([blob('hello'), blob('other')])
  for (let length = 0; length < pack.length; length += 1) {
    expect((await failureOf(pack.subarray(0, length)))?.code, `length ${length}`).toBe('PackInvalid')
  }
})

test.each([
  ['bytes after the last object', writePack([blob('a'), blob('b')], 1), 'it holds bytes after its last object'],
  ['fewer objects than stated', writePack([blob('a')], 2), 'it ends before its last object'],
  ['a stated size that is too small', writePack([{ ...blob('abc'), size: 2 }]), 'an object is longer than it states'],
  ['a stated size that is too large', writePack([{ ...blob('abc'), size: 4 }]), 'an object is shorter than it states'],
  ['an unknown type', writePack([{ type: 5, content: Buffer.from('x') }]), 'it holds an object of unknown type'],
  [
    'content that is not zlib',
    writePack([{ ...blob('x'), deflated: Buffer.from('nope') }]),
    'an object cannot be inflated',
  ],
  ['a delta on itself', writePack([{ type: 6, content: appendDelta(0, 'x'), distance: 0 }]), 'a delta has no base'],
  [
    'a base before the pack',
    writePack([{ type: 6, content: appendDelta(0, 'x'), distance: 500 }]),
    'a delta has no base',
  ],
  [
    'another version',
    Buffer.concat([Buffer.from('PACK\0\0\0\u0009\0\0\0\0'), Buffer.alloc(20)]),
    'its version 9 is unknown',
  ],
  ['another magic', Buffer.alloc(40), 'it does not begin with PACK'],
])('[G9] a pack with %s is refused', async (_what, pack, problem) => {
  expect(await failureOf(pack)).toMatchObject({ code: 'PackInvalid', message: `the pack is damaged: ${problem}` })
})

test('[G8] a pack that states a billion objects is refused at its header', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    yield packHeader(1e9)
    throw new Error('read past the header')
  }
  await expect(readPack(endless(), { format: sha1Format, limits: defaultGitLimits })).rejects.toMatchObject({
    failure: { code: 'LimitExceeded', message: expect.stringContaining('maxObjects') as string },
  })
})

test('[G8] a chain of ten thousand deltas is refused and one of 4095 is read', async () => {
  const chain = (length: number) => {
    const parts = [blob('')]
    let distance = packPart(blob('')).length
    const deltas = Array.from({ length }, () => {
      // Each delta copies nothing and inserts one letter, so its result equals its base but for the size.
      const part = { type: 6, content: Buffer.concat([deltaSize(0), deltaSize(0)]), distance }
      distance = packPart(part).length
      return part
    })
    return writePack([...parts, ...deltas])
  }
  expect((await read(chain(4095))).size).toBe(1)
  expect(await failureOf(chain(10_000))).toMatchObject({
    code: 'LimitExceeded',
    message: expect.stringContaining('maxDeltaDepth') as string,
  })
})

test('[G8] a long chain is read without going back to its beginning each time', async () => {
  const parts = [blob('')]
  let distance = packPart(blob('')).length
  for (let size = 0; size < 4000; size += 1) {
    const part = { type: 6, content: appendDelta(size, 'x'), distance }
    distance = packPart(part).length
    parts.push(part)
  }
  const objects = await read(writePack(parts))
  const last = objects.get(idOf('x'.repeat(4000)))
  expect(last?.content()).toHaveLength(4000)
})

test('[G8] a bomb that inflates a thousandfold is refused before it is inflated', async () => {
  const bomb = writePack([{ type: 3, content: Buffer.alloc(90 * 1024 * 1024) }])
  expect(bomb.length).toBeLessThan(100_000)
  const before = process.memoryUsage.rss()
  expect(await failureOf(bomb)).toMatchObject({
    code: 'LimitExceeded',
    message: expect.stringContaining('maxRatio') as string,
  })
  expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 1024 * 1024)
})

test('[G8] many small bombs and deltas that multiply are refused by the sum', async () => {
  const many = writePack(
    Array.from({ length: 60 }, (_, index) => ({ type: 3, content: Buffer.alloc(1024 * 1024, index) })),
  )
  expect((await failureOf(many))?.code).toBe('LimitExceeded')
  const base = blob('y'.repeat(1024))
  // 1 MiB out of a thousand copies of one KiB, forty times.
  const copies = Buffer.concat([
    deltaSize(1024),
    deltaSize(1024 * 1024),
    ...Array.from({ length: 1024 }, () => Buffer.from([0xb0, 0x00, 0x04])),
  ])
  const multiplying = writePack([
    base,
    ...Array.from({ length: 60 }, () => ({ type: 7, content: copies, baseId: idOf('y'.repeat(1024)) })),
  ])
  const limits = { maxInflatedBytes: 32 * 1024 * 1024 }
  expect(await failureOf(multiplying, limits)).toMatchObject({
    code: 'LimitExceeded',
    message: expect.stringContaining('maxInflatedBytes') as string,
  })
})

test('[G8] a base with a hundred and thirty thousand deltas is no trap', async () => {
  const content = appendDelta(1, '')
  const delta = { type: 7, content, baseId: idOf('a'), deflated: deflateSync(content) }
  const objects = await read(writePack([blob('a'), ...Array.from({ length: 130_000 }, () => delta)]))
  expect([...objects.keys()]).toEqual([idOf('a')])
})

test('[G8] many large files that are nearly equal are read, and cost little memory', async () => {
  const text = Array.from({ length: 25_000 }, (_, i) => ((i * 7919) % 99_991).toString(36)).join('')
  const base = blob(text)
  const deltas = Array.from({ length: 600 }, (_, index) => ({
    type: 7,
    content: appendDelta(text.length, `cluster ${index}`),
    baseId: idOf(text),
  }))
  const before = process.memoryUsage.rss()
  const objects = await read(writePack([base, ...deltas]))
  expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 1024 * 1024)
  expect(objects.size).toBe(601)
  expect([...objects.values()].reduce((sum, object) => sum + object.storedBytes, 0)).toBeLessThan(400_000)
})

test.each([
  ['maxObjectBytes', { maxObjectBytes: 10 }],
  ['maxInflatedBytes', { maxInflatedBytes: 10 }],
  ['maxPackBytes', { maxPackBytes: 30 }],
  ['maxObjects', { maxObjects: 1 }],
])('[G8] the limit %s names itself', async (name, limits) => {
  const failure = await failureOf(writePack([blob('0123456789a'), blob('b')]), limits)
  expect(failure).toMatchObject({ code: 'LimitExceeded', message: expect.stringContaining(name) as string })
})

test('[G8] a delta that states a huge result is refused before memory is taken', async () => {
  const delta = Buffer.concat([deltaSize(1), deltaSize(2 ** 40), Buffer.from([0x90, 1])])
  const failure = await failureOf(writePack([blob('a'), { type: 7, content: delta, baseId: idOf('a') }]))
  expect(failure).toMatchObject({ code: 'LimitExceeded', message: expect.stringContaining('maxObjectBytes') as string })
})

test('[G8] arbitrary bytes after a valid header end in a typed failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 5 }), async (bytes, count) => {
      const body = Buffer.concat([packHeader(count), bytes])
      const pack = Buffer.concat([body, createHash('sha1').update(body).digest()])
      const failure = await failureOf(pack)
      if (count === 0 && bytes.length === 0) expect(failure).toBeUndefined()
      else expect(['PackInvalid', 'LimitExceeded']).toContain(failure?.code)
    }),
    { numRuns: 500 },
  )
})

test('[G8] arbitrary deltas end in a result of the stated size or a typed failure', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), (instructions, base) => {
      const delta = Buffer.concat([deltaSize(base.length), deltaSize(10), instructions])
      try {
        expect(applyDelta(base, delta)).toHaveLength(10)
      } catch (error) {
        expect(error).toMatchObject({ failure: { code: 'PackInvalid' } })
      }
    }),
    { numRuns: 1000 },
  )
})

test('an aborted signal stops the reading', async () => {
  const controller = new AbortController()
  const pack = writePack(Array.from({ length: 3000 }, (_, index) => blob(String(index))))
  const reading = readPack(inPieces(pack), {
    format: sha1Format,
    limits: defaultGitLimits,
    signal: controller.signal,
  })
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})
