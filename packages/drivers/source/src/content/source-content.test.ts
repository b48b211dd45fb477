import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type FileTree, treeFromFiles, walkTree } from '@kedge/tree'
import { afterEach, expect, test } from 'vitest'
import { readTar } from '../testing/tar-reader.ts'
import { packArtifact } from './artifact-archive.ts'
import { type ArtifactServer, createArtifactServer } from './artifact-server.ts'
import { selectContent } from './source-content.ts'
import { unpackArchive } from './unpack-archive.ts'

const pathsOf = (tree: FileTree) => [...walkTree(tree)].filter(({ file }) => file !== undefined).map(({ path }) => path)

let server: ArtifactServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const repository = {
  'app/a.yaml': 'a',
  'app/logo.png': 'png',
  'app/notes.md': 'md',
  'app/.sops.yaml': '',
  '.github/workflows/ci.yaml': '',
  '.gitignore': '*.tmp',
  '.gitattributes': '',
  'x.tmp': 'kept, for .gitignore does not count',
  'bundle.tar.gz': '',
  'link.yaml': { link: 'app/a.yaml' },
}

test('[I2] without ignore rules the defaults are left out, and links', () => {
  expect(pathsOf(selectContent(treeFromFiles(repository), {}))).toEqual(['app/a.yaml', 'app/notes.md', 'x.tmp'])
})

test('[I2] spec.ignore takes the place of the defaults, but not of the rules for version control', () => {
  const selected = selectContent(treeFromFiles(repository), { ignore: '*.md\n' })
  expect(pathsOf(selected)).toEqual([
    '.github/workflows/ci.yaml',
    'app/.sops.yaml',
    'app/a.yaml',
    'app/logo.png',
    'bundle.tar.gz',
    'x.tmp',
  ])
})

test('[I2] a .sourceignore anywhere takes the place of the defaults, and an empty one does not', () => {
  const withFile = (text: string) => treeFromFiles({ ...repository, 'app/.sourceignore': text })
  expect(pathsOf(selectContent(withFile('/a.yaml'), {}))).toContain('app/logo.png')
  expect(pathsOf(selectContent(withFile('/a.yaml'), {}))).not.toContain('app/a.yaml')
  expect(pathsOf(selectContent(withFile('# nothing\n'), {}))).not.toContain('app/logo.png')
})

test('[I2] a .sourceignore counts below its folder, and spec.ignore has the last word', () => {
  const tree = treeFromFiles({ 'a/.sourceignore': '*.yaml\n', 'a/x.yaml': '', 'a/keep.yaml': '', 'b/x.yaml': '' })
  expect(pathsOf(selectContent(tree, { ignore: '!keep.yaml' }))).toEqual(['a/.sourceignore', 'a/keep.yaml', 'b/x.yaml'])
})

test('[I3] a sparse checkout takes whole directories, and a missing one is a failure', () => {
  const tree = treeFromFiles({ 'apps/a/x': '', 'apps/ab/x': '', 'root.yaml': '', 'infra/y': '' })
  expect(pathsOf(selectContent(tree, { sparseCheckout: ['./apps/a/', 'infra'] }))).toEqual(['apps/a/x', 'infra/y'])
  expect(() => selectContent(tree, { sparseCheckout: ['nope'] })).toThrow('sparse checkout directory "nope"')
  expect(() => selectContent(tree, { sparseCheckout: ['../x'] })).toThrow('sparse checkout')
})

test('[I4] an include takes the place of its path', () => {
  const tree = treeFromFiles({ 'app/a.yaml': '', 'lib/old.yaml': '' })
  const library = treeFromFiles({ 'charts/x/y.yaml': '', 'other.yaml': '' })
  const into = (fromPath: string, toPath: string) =>
    pathsOf(selectContent(tree, { include: [{ tree: library, fromPath, toPath }] }))
  expect(into('charts', 'lib')).toEqual(['app/a.yaml', 'lib/x/y.yaml'])
  expect(into('', 'app/deep/lib')).toEqual([
    'app/a.yaml',
    'app/deep/lib/charts/x/y.yaml',
    'app/deep/lib/other.yaml',
    'lib/old.yaml',
  ])
  expect(into('other.yaml', 'lib/one.yaml')).toEqual(['app/a.yaml', 'lib/old.yaml', 'lib/one.yaml'])
  expect(() => into('nope', 'lib')).toThrow('no "nope"')
  expect(() => into('charts', '../lib')).toThrow('toPath')
  expect(() => into('charts', '')).toThrow('toPath')
})

const long = `${'directory/'.repeat(12)}${'n'.repeat(90)}.yaml`
const odd = `${'verzeichnis-ü/'.repeat(12)}${'n'.repeat(120)}.yaml`
const packed = {
  'b/file.yaml': 'content\n',
  'a.sh': { content: '#!/bin/sh\n', executable: true },
  'b/link': { link: 'file.yaml' },
  'empty/dir': { directory: true },
  'zero.bin': new Uint8Array(),
  'block.bin': new Uint8Array(512).fill(7),
  [long]: 'long',
  [odd]: 'odd',
} as const

test('[A1] the archive of a tree is the same bytes however the tree came about', async () => {
  const one = await packArtifact(treeFromFiles(packed))
  const two = await packArtifact(treeFromFiles(Object.fromEntries(Object.entries(packed).toReversed())))
  expect(Buffer.compare(one.bytes, two.bytes)).toBe(0)
  expect(one.digest).toBe(`sha256:${createHash('sha256').update(one.bytes).digest('hex')}`)
  expect(one.size).toBe(one.bytes.length)
  expect(Buffer.from(one.bytes.subarray(0, 10)).toString('hex')).toBe('1f8b08000000000000ff')
  expect(createHash('sha256').update(gunzipSync(one.bytes)).digest('hex')).toMatchInlineSnapshot(
    `"0cb32e4f19e683de2e53a0f02e2dcf5adc1aa4bd0927ae5fb45e21da9094ce2a"`,
  )
})

test('[A1] the archive holds the modes of Flux, no owner, no time and no links', async () => {
  const { bytes } = await packArtifact(treeFromFiles(packed))
  const entries = readTar(gunzipSync(bytes))
  const shown = entries.map(({ type, mode, name }) => `${type} ${mode.toString(8)} ${name}`)
  expect(shown.filter((line) => !line.includes('directory/') && !line.includes('verzeichnis'))).toEqual([
    '0 700 a.sh',
    '5 750 b/',
    '0 600 b/file.yaml',
    '0 600 block.bin',
    '5 750 empty/',
    '5 750 empty/dir/',
    '0 600 zero.bin',
  ])
  expect(new Set(entries.map(({ owner, time }) => `${owner} ${time}`))).toEqual(new Set(['0:0 0']))
  expect(entries.find(({ name }) => name === long)?.content.toString()).toBe('long')
  expect(entries.find(({ name }) => name === odd)?.content.toString()).toBe('odd')
  expect(entries.find(({ name }) => name === 'block.bin')?.content).toHaveLength(512)
})

test('[A2] the server gives a published artifact by its path and nothing else', async () => {
  server = await createArtifactServer()
  const path = 'gitrepository/default/app/abc.tar.gz'
  const published = await server.publish(path, treeFromFiles({ 'a.yaml': 'a' }))
  const expected = await packArtifact(treeFromFiles({ 'a.yaml': 'a' }))
  expect(published).toMatchObject({ path, digest: expected.digest, size: expected.size })
  const answer = await fetch(published.url)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/gzip'])
  expect(Buffer.compare(Buffer.from(await answer.arrayBuffer()), expected.bytes)).toBe(0)
  const origin = new URL(published.url).origin
  const statusOf = async (each: string, method = 'GET') => (await fetch(`${origin}/${each}`, { method })).status
  expect(await statusOf(path, 'HEAD')).toBe(200)
  expect(await statusOf(path, 'POST')).toBe(405)
  expect(await statusOf('gitrepository/default/app/other.tar.gz')).toBe(404)
  expect(await statusOf('gitrepository/../gitrepository/default/app/%61bc.tar.gz')).toBe(404)
  expect(await statusOf('')).toBe(404)
  expect(await statusOf('__proto__')).toBe(404)
  server.withdraw(path)
  expect(await statusOf(path)).toBe(404)
})

test('[A2] an archive that was dropped to save memory is made again with the same bytes', async () => {
  server = await createArtifactServer({ maxReadyBytes: 1 })
  const published = await server.publish('x/y.tar.gz', treeFromFiles({ 'a.yaml': 'a' }))
  const bytes = Buffer.from(await (await fetch(published.url)).arrayBuffer())
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(published.digest)
})

test('[A2] a file that somebody else holds is served while it is held', async () => {
  server = await createArtifactServer()
  let held: Uint8Array | undefined = Buffer.from('apiVersion: v1')
  const file = { digest: 'sha256:1', size: 14, contentType: 'text/yaml', read: () => held }
  const { url } = server.publishFile('helmrepository/ns/one/index-1.yaml', file)
  const answer = await fetch(url)
  expect([answer.headers.get('content-type'), answer.headers.get('etag'), await answer.text()]).toEqual([
    'text/yaml',
    '"sha256:1"',
    'apiVersion: v1',
  ])
  held = undefined
  expect((await fetch(url)).status).toBe(404)
  held = Buffer.from('apiVersion: v1')
  server.withdraw('helmrepository/ns/one/index-1.yaml')
  expect((await fetch(url)).status).toBe(404)
})

test('[A3] an archive unpacks to the tree that it was packed of, long names and modes too', async () => {
  const long = `${'d/'.repeat(90)}${'f'.repeat(120)}.yaml`
  const tree = treeFromFiles({
    'app/a.yaml': 'a',
    'run.sh': { content: '#!', executable: true },
    [long]: 'long',
    'é/ü.yaml': 'u',
  })
  const { bytes } = await packArtifact(tree)
  expect((await unpackArchive(bytes)).digest).toBe(tree.digest)
})

/** A tar archive with one entry of a type. */
function tarOf(name: string, type: string, content = 'x'): Uint8Array {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(`        ${type}`, 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(512)
  body.write(content)
  return gzipSync(Buffer.concat([header, body, Buffer.alloc(1024)]))
}

test('[A3] links and devices of an archive are left out', async () => {
  for (const type of ['1', '2', '3', '4', '6']) expect(pathsOf(await unpackArchive(tarOf('a', type)))).toEqual([])
  expect(pathsOf(await unpackArchive(tarOf('./a', '0')))).toEqual(['a'])
})

test.each([
  ['leaves the archive', tarOf('../a', '0')],
  ['leaves the archive', tarOf('/etc/passwd', '0')],
  ['is no gzipped archive', Buffer.from('hello')],
  ['a header of it is damaged', gzipSync(Buffer.alloc(1024, 1))],
  ['ends in the middle of a file', gzipSync(gunzipSync(tarOf('a', '0')).subarray(0, 512))],
  ['unpacks to more than 4096 bytes', gzipSync(Buffer.alloc(8192))],
])('[A4] an archive that %s is refused (%#)', async (words, bytes) => {
  const failed = unpackArchive(bytes, { maxBytes: 4096 })
  await expect(failed).rejects.toMatchObject({ failure: { code: 'ArchiveInvalid' } })
  await expect(failed).rejects.toThrow(words)
})

test('[A4] an archive with too many entries is refused', async () => {
  const { bytes } = await packArtifact(treeFromFiles({ a: '1', b: '2', c: '3' }))
  await expect(unpackArchive(bytes, { maxEntries: 2 })).rejects.toThrow('more than 2 entries')
})
