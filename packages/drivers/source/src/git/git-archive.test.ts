import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type DirectoryNode, rootOf } from '@kedge/tree'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GitServer, startGitServer } from '../../../../../test/git-server/git-server.ts'
import type { FileChange, TestRepository } from '../../../../../test/git-server/test-repository.ts'
import { readTar } from '../testing/tar-reader.ts'
import { createAddressRules } from '../http/address-rules.ts'
import { type EgressClient, createEgressClient } from '../http/egress-client.ts'
import { createGitSource } from './git-source.ts'
import { hostSha256 } from './snapshot.ts'

let modern: GitServer
let old: GitServer
let http: EgressClient
let counter = 0

beforeAll(async () => {
  modern = await startGitServer()
  old = await startGitServer({ protocol: 'v0' })
  http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
})
afterAll(async () => {
  await http.close()
  await modern.close()
  await old.close()
})

type Listing = Record<string, string>

/** Mode and content of every path, as the tree has them. */
function listTree(directory: DirectoryNode, prefix = ''): Listing {
  const found: Listing = {}
  for (const [name, node] of directory.entries) {
    const at = `${prefix}${name}`
    if (node.kind === 'directory') Object.assign(found, listTree(node, `${at}/`))
    else if (node.kind === 'link') found[at] = `link ${node.target}`
    else found[at] = `${node.blob.executable ? 'x' : 'f'} ${Buffer.from(node.blob.bytes).toString('base64')}`
  }
  return found
}

/** The same of what `git archive` gives. */
function listArchive(repo: TestRepository, commit: string): Listing {
  const archive = path.join(repo.work, '..', 'archive.tar')
  repo.bareGit('archive', '--format=tar', '-o', archive, commit)
  const files = readTar(readFileSync(archive)).filter(({ type }) => type !== '5')
  return Object.fromEntries(
    files.map(({ name, type, mode, link, content }) => {
      if (type === '2') return [name, `link ${link}`]
      return [name, `${(mode & 0o100) === 0 ? 'f' : 'x'} ${content.toString('base64')}`]
    }),
  )
}

const name = fc.constantFrom(
  'a',
  'b',
  'A',
  'a.yaml',
  'a-b',
  'a0',
  'ü',
  'x y',
  '日本',
  '.hidden',
  'a.',
  '-rf',
  "q'uote",
  '$x',
)
const text = fc.oneof(
  fc.constant(''),
  fc.string(),
  fc.integer({ min: 1, max: 400 }).map((n) => Array.from({ length: n }, (_, i) => `line ${i} of ${n % 7}`).join('\n')),
)
const change: fc.Arbitrary<FileChange> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 3000 }) },
  { weight: 1, arbitrary: text.map((content) => ({ content, executable: true })) },
  { weight: 1, arbitrary: fc.constantFrom('a', '../b', '/etc/passwd', 'a/b/c').map((link) => ({ link })) },
  { weight: 1, arbitrary: fc.constant(null) },
)
const history = fc.array(
  fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), change), { minLength: 1, maxLength: 8 }),
  { minLength: 1, maxLength: 5 },
)

/** Leaves out a path that would need a file to be a directory at the same time. */
function fitting(
  changes: readonly (readonly [readonly string[], FileChange])[],
  taken: Set<string>,
): Record<string, FileChange> {
  const kept: Record<string, FileChange> = {}
  for (const [names, content] of changes) {
    const full = names.join('/')
    const isDirectory = [...taken].some((other) => other.startsWith(`${full}/`))
    const belowFile = names.some((_, depth) => depth > 0 && taken.has(names.slice(0, depth).join('/')))
    if (isDirectory || belowFile) continue
    kept[full] = content
    if (content !== null) taken.add(full)
  }
  return kept
}

test('[G9] [G10] the tree of any commit, fetched anyhow, is the one of git archive', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.boolean(), async (commits, packed) => {
      counter += 1
      const repo = modern.createRepository(`r${counter}.git`)
      const sources = {
        http: createGitSource({ http }),
        incremental: createGitSource({ http }),
        local: createGitSource({ http, localFolders: 'any' }),
      }
      const taken = new Set<string>()
      for (const changes of commits) {
        const commit = repo.commit(fitting(changes, taken))
        if (packed) repo.bareGit('gc', '-q')
        const expected = listArchive(repo, commit)
        const ref = { branch: 'main' }
        const read = async (source: ReturnType<typeof createGitSource>, url: string) => {
          const artifact = await source.fetch({ url, ref }, await source.resolve({ url, ref }))
          expect(artifact.commit.oid).toBe(commit)
          return listTree(rootOf(artifact.tree, hostSha256))
        }
        expect(await read(sources.incremental, modern.urlOf(repo))).toEqual(expected)
        expect(await read(sources.local, repo.folder)).toEqual(expected)
        expect(await read(createGitSource({ http }), modern.urlOf(repo))).toEqual(expected)
      }
    }),
    { numRuns: Number(process.env['KEDGE_RUNS'] ?? 4) },
  )
}, 600_000)

test('[G9] a server without version 2 gives the same trees', async () => {
  const repo = old.createRepository()
  const source = createGitSource({ http })
  for (let round = 0; round < 3; round += 1) {
    const commit = repo.commit({
      [`d/${round}`]: `content ${round}\n`.repeat(50),
      x: { content: `${round}`, executable: true },
    })
    repo.bareGit('repack', '-q', '-a', '-d', '--depth=50')
    const spec = { url: old.urlOf(repo), ref: { branch: 'main' } }
    const artifact = await source.fetch(spec, await source.resolve(spec))
    expect(listTree(rootOf(artifact.tree, hostSha256))).toEqual(listArchive(repo, commit))
  }
})
