import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type FileContent,
  type FileTree,
  type FilterMemo,
  compareNames,
  diffTrees,
  entryNameProblem,
  filterTree,
  overlay,
  packTree,
  readsHold,
  recordingTree,
  rootOf,
  sha256Hex,
  subtree,
  treeFromFiles,
  unpackTree,
  walkTree,
} from './index.ts'

function textOf(tree: FileTree, path: string): string | undefined {
  const blob = tree.file(path)
  return blob === undefined ? undefined : Buffer.from(blob.bytes).toString()
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as { failure: { code: string } }).failure.code
  }
}

const name = fc.stringMatching(/^[a-z]{1,3}$/)
const files = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}.f`),
  fc.oneof(fc.string(), fc.record({ content: fc.string(), executable: fc.boolean() }), fc.record({ link: name })),
  { maxKeys: 12 },
) as fc.Arbitrary<Record<string, FileContent>>

test('the portable SHA-256 equals the one of the host', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }),
  )
})

const takenForGit = 'is taken for .git by some file systems'

test.each<[string, string]>([
  ['', 'is empty'],
  ['.', 'is a dot name'],
  ['..', 'is a dot name'],
  ['a/b', 'contains a separator'],
  ['a\\b', 'contains a separator'],
  ['a\0b', 'contains NUL'],
  ['a'.repeat(1025), 'is longer than 1024 characters'],
  ['a\ud800', 'is not valid Unicode'],
  ['.git', takenForGit],
  ['.GIT', takenForGit],
  ['.Git', takenForGit],
  ['git~1', takenForGit],
  ['GIT~1', takenForGit],
  ['.git.', takenForGit],
  ['.git ', takenForGit],
  ['.git . .', takenForGit],
  ['.git::$INDEX_ALLOCATION', takenForGit],
  ['git~1:x', takenForGit],
  ['.g\u200cit', takenForGit],
  ['.g\u200bit', takenForGit],
  ['\ufeff.git', takenForGit],
  ['.gi\u206ft', takenForGit],
  ['.git\u202e', takenForGit],
])('[T1] the name %j is refused', (bad, problem) => {
  expect(entryNameProblem(bad)).toBe(problem)
})

test.each([
  '.github',
  '.gitignore',
  'git',
  'git~2',
  'agit~1',
  '.gitx',
  'a.git',
  '...',
  'ü',
  '__proto__',
  'constructor',
])('[T1] the name %j may stand in a tree', (good) => {
  expect(entryNameProblem(good)).toBeUndefined()
  expect(textOf(treeFromFiles(new Map([[`d/${good}`, 'x']])), `d/${good}`)).toBe('x')
})

test('[T1] a tree with a bad name is not built', () => {
  expect(codeOf(() => treeFromFiles({ 'a/.GIT/config': '' }))).toBe('TreeNameInvalid')
  expect(codeOf(() => treeFromFiles({ '../a': '' }))).toBe('TreeNameInvalid')
  expect(codeOf(() => treeFromFiles({ a: '', 'a/b': '' }))).toBe('TreePathConflict')
})

test('paths are cleaned before they are looked up, and one that leaves the root finds nothing', () => {
  const tree = treeFromFiles({ 'a/b.yaml': 'b' })
  expect(textOf(tree, './a//x/../b.yaml')).toBe('b')
  expect(textOf(tree, '/a/b.yaml')).toBe('b')
  expect(tree.kindOf('a')).toBe('directory')
  expect(tree.kindOf('')).toBe('directory')
  expect(tree.kindOf('a/b.yaml/c')).toBeUndefined()
  expect(tree.file('../a/b.yaml')).toBeUndefined()
  expect(tree.list('a/b.yaml')).toBeUndefined()
})

test('[T2] links are followed inside the tree, and those that dangle or escape are absent', () => {
  const tree = treeFromFiles({
    'base/a.yaml': 'a',
    'links/file': { link: '../base/a.yaml' },
    'links/folder': { link: '../base' },
    'links/chain': { link: 'folder/../links/file' },
    'links/dangling': { link: 'nothing' },
    'links/escape': { link: '../../etc/passwd' },
    'links/absolute': { link: '/base/a.yaml' },
  })
  expect(textOf(tree, 'links/file')).toBe('a')
  expect(textOf(tree, 'links/folder/a.yaml')).toBe('a')
  expect(textOf(tree, 'links/chain')).toBe('a')
  expect(['dangling', 'escape', 'absolute'].map((each) => tree.kindOf(`links/${each}`))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(tree.list('links')).toEqual([
    { name: 'chain', kind: 'file' },
    { name: 'file', kind: 'file' },
    { name: 'folder', kind: 'directory' },
  ])
})

test('[T2] a chain of 40 links is followed and one of 41 is a loop', () => {
  const chain = (length: number) =>
    treeFromFiles({
      end: 'x',
      ...Object.fromEntries(
        Array.from({ length }, (_, index) => [`l${index}`, { link: index === 0 ? 'end' : `l${index - 1}` }]),
      ),
    })
  expect(textOf(chain(40), 'l39')).toBe('x')
  expect(codeOf(() => chain(41).file('l40'))).toBe('LinkLoop')
})

test('[T2] a loop of links is an error by name and absent from lists', () => {
  const tree = treeFromFiles({ a: { link: 'b' }, b: { link: 'a' }, self: { link: 'self/x' }, file: '' })
  expect(codeOf(() => tree.kindOf('a'))).toBe('LinkLoop')
  expect(codeOf(() => tree.file('self/y'))).toBe('LinkLoop')
  expect(tree.list('')).toEqual([{ name: 'file', kind: 'file' }])
})

test('[T3] equal trees have equal digests however they were built, and others do not', () => {
  fc.assert(
    fc.property(files, files, (one, two) => {
      const first = treeFromFiles(one)
      const reversed = treeFromFiles(Object.fromEntries(Object.entries(one).toReversed()))
      const byHost = treeFromFiles(one, { sha256: (bytes) => createHash('sha256').update(bytes).digest('hex') })
      expect(reversed.digest).toBe(first.digest)
      expect(byHost.digest).toBe(first.digest)
      const second = treeFromFiles(two)
      expect(second.digest === first.digest).toBe(diffTrees(first, second).length === 0)
    }),
  )
})

test('[T3] the digest tells modes, links and nesting apart', () => {
  const digests = [
    treeFromFiles({ a: 'x' }),
    treeFromFiles({ a: { content: 'x', executable: true } }),
    treeFromFiles({ a: { link: 'x' } }),
    treeFromFiles({ 'a/x': '' }),
    treeFromFiles({ a: { directory: true } }),
    treeFromFiles({}),
  ].map((tree) => tree.digest)
  expect(new Set(digests).size).toBe(digests.length)
})

test('[T4] lists are in the byte order of the names', () => {
  const names = ['b', 'B', 'a-b', 'a.b', 'a0', 'é', '\uff5e', '\u{1f600}']
  const listed = treeFromFiles(new Map(names.map((each) => [each, '']))).list('')
  const expected = names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
  expect(listed?.map((entry) => entry.name)).toEqual(expected)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (x, y) => {
      expect(Math.sign(compareNames(x, y))).toBe(Buffer.compare(Buffer.from(x), Buffer.from(y)))
    }),
  )
})

test('[T5] an overlay sets and removes paths and shares the rest', () => {
  const before = treeFromFiles({ 'a/x': '1', 'a/y': '2', 'b/z': '3', gone: '4', to: { link: 'a' } })
  const after = overlay(
    before,
    new Map<string, FileContent | undefined>([
      ['a/x', 'new'],
      ['c/d/e', 'deep'],
      ['gone', undefined],
      ['to/y', { content: 'via link', executable: true }],
      ['nothing/here', undefined],
    ]),
  )
  expect([...walkTree(after)].map(({ path }) => path)).toEqual(['a', 'a/x', 'a/y', 'b', 'b/z', 'c', 'c/d', 'c/d/e'])
  expect(textOf(after, 'a/y')).toBe('via link')
  expect(textOf(after, 'a/x')).toBe('new')
  expect(textOf(before, 'a/x')).toBe('1')
  expect(rootOf(after, sha256Hex).entries.get('b')).toBe(rootOf(before, sha256Hex).entries.get('b'))
})

test('[T5] removing the last file of a directory removes the directory', () => {
  const tree = overlay(treeFromFiles({ 'a/b/c': '', d: '' }), new Map([['a/b/c', undefined]]))
  expect(tree.list('')).toEqual([{ name: 'd', kind: 'file' }])
})

test('[T6] a diff names every changed path, and the changes it names turn one tree into the other', () => {
  fc.assert(
    fc.property(files, files, (one, two) => {
      const before = treeFromFiles(one)
      const after = treeFromFiles(two)
      const changes = diffTrees(before, after)
      const removed = changes.filter(({ kind }) => kind === 'removed').map(({ path }) => [path, undefined] as const)
      const set = changes.filter(({ kind }) => kind !== 'removed').map(({ path }) => [path, two[path]] as const)
      const patched = overlay(overlay(before, new Map(removed)), new Map(set))
      expect(diffTrees(patched, after)).toEqual([])
      expect(patched.digest).toBe(after.digest)
    }),
  )
})

test('[T6] a directory that becomes a file counts its files as removed', () => {
  const changes = diffTrees(treeFromFiles({ 'a/b': '1', c: '1' }), treeFromFiles({ a: '2', c: '2' }))
  expect(changes).toEqual([
    { path: 'a', kind: 'added' },
    { path: 'a/b', kind: 'removed' },
    { path: 'c', kind: 'changed' },
  ])
})

test('[T7] recorded reads hold while the answers stay, and fail once one of them changes', () => {
  const base = { 'app/a.yaml': '1', 'app/b.yaml': '2', 'other/c.yaml': '3' }
  const recording = recordingTree(treeFromFiles(base))
  recording.tree.list('app')
  recording.tree.file('app/a.yaml')
  recording.tree.kindOf('app/missing')
  const holdsFor = (changed: Record<string, FileContent>) => readsHold(recording.reads(), treeFromFiles(changed))
  expect(recording.reads()).toHaveLength(3)
  expect(holdsFor({ ...base, 'other/c.yaml': 'changed' })).toBe(true)
  expect(holdsFor({ ...base, 'app/b.yaml': 'not read' })).toBe(true)
  expect(holdsFor({ ...base, 'app/a.yaml': 'changed' })).toBe(false)
  expect(holdsFor({ ...base, 'app/new.yaml': '' })).toBe(false)
  expect(holdsFor({ ...base, 'app/missing/x': '' })).toBe(false)
  expect(holdsFor({ ...base, 'app/a.yaml': { content: '1', executable: true } })).toBe(false)
})

test('[T7] asking for the digest of the whole depends on the whole', () => {
  const recording = recordingTree(treeFromFiles({ a: '1' }))
  expect(recording.tree.digest).toBe(treeFromFiles({ a: '1' }).digest)
  expect(readsHold(recording.reads(), treeFromFiles({ a: '1' }))).toBe(true)
  expect(readsHold(recording.reads(), treeFromFiles({ a: '1', b: '' }))).toBe(false)
})

test('[T8] a packed tree unpacks to an equal tree', () => {
  fc.assert(
    fc.property(files, (content) => {
      const tree = treeFromFiles(content)
      const unpacked = unpackTree(structuredClone(packTree(tree)))
      expect(unpacked.digest).toBe(tree.digest)
      expect(diffTrees(tree, unpacked)).toEqual([])
    }),
  )
  const packed = packTree(treeFromFiles({ a: 'same', b: 'same', c: { content: 'same', executable: true } }))
  expect(packed.contents.byteLength).toBe(4)
})

test('[T8] a packed tree is read in a worker thread', async () => {
  const packed = packTree(treeFromFiles({ 'a/b.yaml': 'kind: Pod\n', l: { link: 'a/b.yaml' } }))
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { unpackTree } = await import(workerData.module)
    const tree = unpackTree(workerData.packed)
    parentPort.postMessage([tree.digest, new TextDecoder().decode(tree.file('l').bytes)])`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
    workerData: { packed, module: new URL('index.ts', import.meta.url).href },
  })
  const answer = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  expect(answer).toEqual([packed.digest, 'kind: Pod\n'])
})

test.each([
  ['a', 'A'],
  ['stra\u00dfe', 'STRA\u00dfE'],
  ['\u00e9', 'e\u0301'],
])('[T9] %j and %j collide where that is refused', (one, two) => {
  const pair = new Map([
    [`d/${one}`, '1'],
    [`d/${two}`, '2'],
  ])
  expect(treeFromFiles(pair).list('d')).toHaveLength(2)
  expect(codeOf(() => treeFromFiles(pair, { collisions: 'refuse' }))).toBe('TreeNameCollision')
})

test('[T10] a filter keeps what is kept and shares directories in which nothing was dropped', () => {
  const tree = treeFromFiles({ 'a/x.yaml': '', 'a/y.md': '', 'b/z.yaml': '', 'c/only.md': '', l: { link: 'a' } })
  const kept = filterTree(tree, ({ path, kind }) => kind === 'file' && path.endsWith('.yaml'))
  expect([...walkTree(kept)].map(({ path }) => path)).toEqual(['a', 'a/x.yaml', 'b', 'b/z.yaml'])
  expect(rootOf(kept, sha256Hex).entries.get('b')).toBe(rootOf(tree, sha256Hex).entries.get('b'))
  expect(filterTree(tree, () => true).digest).toBe(tree.digest)
})

test('[T10] with a memo, directories that were filtered before are not looked at again', () => {
  const memo: FilterMemo = new WeakMap()
  const asked: string[] = []
  const keeps = ({ path }: { path: string }) => {
    asked.push(path)
    return !path.endsWith('.md')
  }
  const before = treeFromFiles({ 'a/x.md': '', 'a/y': '', 'b/z.md': '', 'b/w': '' })
  const first = filterTree(before, keeps, { memo })
  asked.length = 0
  const second = filterTree(overlay(before, new Map([['b/w', 'changed']])), keeps, { memo })
  expect(asked).toEqual(['b/w', 'b/z.md'])
  expect(rootOf(second, sha256Hex).entries.get('a')).toBe(rootOf(first, sha256Hex).entries.get('a'))
  expect(diffTrees(first, second)).toEqual([{ path: 'b/w', kind: 'changed' }])
})

test('a subtree shares its files, and links out of it are absent', () => {
  const tree = treeFromFiles({ 'a/in': '1', 'a/link': { link: 'in' }, 'a/out': { link: '../b' }, b: '2' })
  const part = subtree(tree, 'a')
  expect(part?.list('')?.map((entry) => entry.name)).toEqual(['in', 'link'])
  expect(subtree(tree, 'b')).toBeUndefined()
  expect(tree.list('a')?.map((entry) => entry.name)).toEqual(['in', 'link', 'out'])
})

test('a tree of another make is copied as it answers', () => {
  const own = treeFromFiles({ 'a/b': '1', c: { link: 'a/b' } })
  const foreign = recordingTree(own).tree
  const copy = overlay(foreign, new Map([['d', '2']]))
  expect([...walkTree(copy)].map(({ path }) => path)).toEqual(['a', 'a/b', 'c', 'd'])
})
