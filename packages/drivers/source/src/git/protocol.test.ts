import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inPieces, writePack } from '../testing/pack-writer.ts'
import { defaultGitLimits } from './git-limits.ts'
import type { GitTransport } from './git-transport.ts'
import { httpRemote } from './http-remote.ts'
import { parseCommit, parseTag, parseTree } from './parse-object.ts'
import { objectId, sha1Format } from './object-format.ts'

const oid = objectId(sha1Format, 'blob', Buffer.from('x'))
const packet = (data: string | Buffer) => {
  const bytes = Buffer.from(data)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}
const flush = Buffer.from('0000')
const service = [packet('# service=git-upload-pack\n'), flush]
const modern = Buffer.concat([
  ...service,
  packet('version 2\n'),
  packet('ls-refs\n'),
  packet('fetch=shallow filter\n'),
  flush,
])
const old = Buffer.concat([
  ...service,
  packet(`${oid} HEAD\0side-band-64k shallow symref=HEAD:refs/heads/main\n`),
  packet(`${oid} refs/heads/main\n`),
  flush,
])
const refs = Buffer.concat([
  packet(`${oid} HEAD symref-target:refs/heads/main\n`),
  packet(`${oid} refs/heads/main\n`),
  flush,
])
const pack = writePack([{ type: 3, content: Buffer.from('x') }])
const fetched = Buffer.concat([packet('packfile\n'), packet(Buffer.concat([Buffer.from([1]), pack])), flush])
const oldFetched = Buffer.concat([
  packet(`shallow ${oid}\n`),
  flush,
  packet('NAK\n'),
  packet(Buffer.concat([Buffer.from([1]), pack])),
  flush,
])

function talk(opening: Uint8Array, answers: readonly Uint8Array[]): GitTransport & { readonly sent: string[] } {
  const sent: string[] = []
  const waiting = [...answers]
  return {
    sent,
    discover: async () => inPieces(opening, 5),
    request: async (body) => {
      sent.push(Buffer.from(body).toString())
      return inPieces(waiting.shift() ?? Buffer.alloc(0), 7)
    },
  }
}

const { signal } = new AbortController()
const limits = { ...defaultGitLimits, maxRefBytes: 100_000, maxPackBytes: 100_000 }
const asking = { want: oid, signal, baseOf: () => undefined }

async function converse(transport: GitTransport): Promise<readonly [string[], boolean]> {
  const remote = httpRemote(transport, limits)
  const listed = await remote.listRefs(['HEAD', 'refs/heads/'], signal)
  const objects = await remote.objects(asking)
  return [listed.map(({ name, target }) => `${name} ${target ?? ''}`), objects.objectOf(oid) !== undefined]
}

test.each([
  ['2', modern, [refs, fetched]],
  ['0', old, [oldFetched]],
])('a whole conversation of version %s is understood', async (_version, opening, answers) => {
  const transport = talk(opening, answers)
  expect(await converse(transport)).toEqual([['HEAD refs/heads/main', 'refs/heads/main '], true])
  expect(transport.sent.every((body) => !body.includes('receive-pack'))).toBe(true)
})

test('a request for the next commit names the one that is here', async () => {
  const transport = talk(modern, [fetched])
  await httpRemote(transport, limits).objects({ ...asking, have: 'b'.repeat(40) })
  const lines = transport.sent[0]!.split('\n').map((each) => each.replace(/^(?:000[01])?[0-9a-f]{4}/, ''))
  expect(lines).toEqual([
    'command=fetch',
    'agent=kedge',
    'object-format=sha1',
    'no-progress',
    'ofs-delta',
    'thin-pack',
    `shallow ${'b'.repeat(40)}`,
    'deepen 1',
    `want ${oid}`,
    `have ${'b'.repeat(40)}`,
    'done',
    '',
  ])
})

/** Bytes changed, cut, doubled or replaced. */
const damage = fc.array(
  fc.record({ at: fc.nat(400), kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat'), byte: fc.nat(255) }),
  { minLength: 1, maxLength: 3 },
)

function damaged(bytes: Buffer, changes: readonly { at: number; kind: string; byte: number }[]): Buffer {
  return changes.reduce<Buffer>((now, { at, kind, byte }) => {
    const place = at % Math.max(now.length, 1)
    if (kind === 'cut') return now.subarray(0, place)
    if (kind === 'insert') return Buffer.concat([now.subarray(0, place), Buffer.from([byte]), now.subarray(place)])
    if (kind === 'repeat') return Buffer.concat([now.subarray(0, place), now])
    const copy = Buffer.from(now)
    copy[place] = byte
    return copy
  }, bytes)
}

test('[G11] whatever a server says, the answer is right or a failure with a code', async () => {
  const outcome = async (opening: Buffer, answers: readonly Buffer[]) => {
    try {
      const [, found] = await converse(talk(opening, answers))
      return typeof found
    } catch (error) {
      return typeof (error as { failure?: { code: string } }).failure?.code
    }
  }
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(4), fc.uint8Array({ maxLength: 100 }), async (changes, which, noise) => {
      const cases: [Buffer, Buffer[]][] = [
        [damaged(modern, changes), [refs, fetched]],
        [modern, [damaged(refs, changes), fetched, refs, fetched]],
        [modern, [refs, damaged(fetched, changes)]],
        [damaged(old, changes), [damaged(oldFetched, changes)]],
        [modern, [Buffer.from(noise), Buffer.from(noise)]],
      ]
      const [opening, answers] = cases[which]!
      expect(['boolean', 'string']).toContain(await outcome(opening, answers))
    }),
    { numRuns: 1500 },
  )
})

test('[G10] whatever an object holds, it is parsed or refused with a code', () => {
  const commit = Buffer.from(
    `tree ${oid}\nparent ${oid}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\ngpgsig x\n y\n\nm\n`,
  )
  const tag = Buffer.from(`object ${oid}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nm\n`)
  const tree = Buffer.concat([
    Buffer.from('100644 a\0'),
    Buffer.from(oid, 'hex'),
    Buffer.from('40000 b\0'),
    Buffer.from(oid, 'hex'),
  ])
  fc.assert(
    fc.property(damage, (changes) => {
      for (const parse of [
        () => parseCommit(oid, damaged(commit, changes)),
        () => parseTag(oid, damaged(tag, changes)),
        () => parseTree(oid, damaged(tree, changes), sha1Format),
      ]) {
        try {
          parse()
        } catch (error) {
          expect(error).toMatchObject({ failure: { code: 'ObjectInvalid' } })
        }
      }
    }),
    { numRuns: 1500 },
  )
  expect(parseCommit(oid, commit)).toMatchObject({ tree: oid, parents: [oid], message: 'm\n' })
  expect(parseTree(oid, tree, sha1Format).map(({ name, mode }) => `${name} ${mode}`)).toEqual(['a file', 'b directory'])
})

test.each([
  ['a second tree', `tree ${oid}\ntree ${oid}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm`],
  ['a parent after the author', `tree ${oid}\nauthor A <a@b> 1 +0000\nparent ${oid}\ncommitter A <a@b> 1 +0000\n\nm`],
  ['a tree after the committer', `tree ${oid}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\ntree ${oid}\n\nm`],
  ['no committer', `tree ${oid}\nauthor A <a@b> 1 +0000\n\nm`],
  ['NUL in a header', `tree ${oid}\nauthor A\0 <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm`],
  ['a short id', `tree ${oid.slice(1)}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm`],
  ['an upper-case id', `tree ${oid.toUpperCase()}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm`],
  ['no time', `tree ${oid}\nauthor A <a@b>\ncommitter A <a@b> 1 +0000\n\nm`],
])('[G10] a commit with %s, which two parsers could read differently, is refused', (_what, text) => {
  expect(() => parseCommit(oid, Buffer.from(text))).toThrow(/commit .* (?:repeats|does not|has|names)/)
})
