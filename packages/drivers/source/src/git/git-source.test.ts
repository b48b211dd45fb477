import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { diffTrees, walkTree } from '@kedge/tree'
import { afterEach, expect, test } from 'vitest'
import {
  type Fault,
  type GitServer,
  type GitServerOptions,
  startGitServer,
} from '../../../../../test/git-server/git-server.ts'
import type { TestRepository } from '../../../../../test/git-server/test-repository.ts'
import { createAddressRules } from '../http/address-rules.ts'
import { createEgressClient } from '../http/egress-client.ts'
import type { GitFailure } from './git-failure.ts'
import {
  type GitArtifact,
  type GitSource,
  type GitSourceOptions,
  type GitSourceSpec,
  createGitSource,
} from './git-source.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(
  options: GitServerOptions = {},
): Promise<{ server: GitServer; repo: TestRepository; url: string }> {
  const server = await startGitServer(options)
  closing.push(() => server.close())
  const repo = server.createRepository()
  return { server, repo, url: server.urlOf(repo) }
}

function newSource(options: Partial<GitSourceOptions> = {}): GitSource {
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: true }) })
  closing.push(() => http.close())
  return createGitSource({ http, ...options })
}

async function get(source: GitSource, spec: GitSourceSpec): Promise<GitArtifact> {
  return source.fetch(spec, await source.resolve(spec))
}

async function failureOf(work: Promise<unknown>): Promise<GitFailure | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return (error as { failure?: GitFailure }).failure ?? ({ code: String(error) } as unknown as GitFailure)
  }
}

function textOf(artifact: GitArtifact, file: string): string | undefined {
  const blob = artifact.tree.file(file)
  return blob === undefined ? undefined : Buffer.from(blob.bytes).toString()
}

const main = { branch: 'main' }

test.each(['v2', 'v0'] as const)('reads every kind of ref over HTTP (%s)', async (protocol) => {
  const { repo, url } = await start({ protocol })
  const first = repo.commit({ 'app/a.yaml': 'a: 1\n', 'run.sh': { content: '#!/bin/sh\n', executable: true } })
  repo.tag('v1.0.0', { message: 'one' })
  const second = repo.commit({ 'app/a.yaml': 'a: 2\n' }, { branch: 'feature/x' })
  repo.tag('v1.1.0-rc.1')
  const third = repo.commit({ 'app/a.yaml': 'a: 3\n' })
  repo.tag('1.0.5+build')
  repo.bareGit('update-ref', 'refs/pull/7/head', second)
  const source = newSource()
  const revisionOf = async (ref: NonNullable<GitSourceSpec['ref']>) => (await get(source, { url, ref })).revision

  expect(await revisionOf(main)).toBe(`main@sha1:${third}`)
  expect(await revisionOf({ branch: 'feature/x' })).toBe(`feature/x@sha1:${second}`)
  expect(await revisionOf({ tag: 'v1.0.0' })).toBe(`v1.0.0@sha1:${first}`)
  expect(await revisionOf({ semver: '~1.0' })).toBe(`1.0.5+build@sha1:${third}`)
  expect(await revisionOf({ semver: '>=1.1.0-0' })).toBe(`v1.1.0-rc.1@sha1:${second}`)
  expect(await revisionOf({ name: 'refs/pull/7/head' })).toBe(`refs/pull/7/head@sha1:${second}`)
  expect(await revisionOf({ name: 'HEAD' })).toBe(`HEAD@sha1:${third}`)
  expect(await revisionOf({ commit: second, branch: 'feature/x' })).toBe(`feature/x@sha1:${second}`)
  expect(await revisionOf({ any: '' })).toBe(`HEAD@sha1:${third}`)
  expect(await revisionOf({ any: 'v1.0.0' })).toBe(`v1.0.0@sha1:${first}`)
  expect(await revisionOf({ any: '1.0.x' })).toBe(`1.0.5+build@sha1:${third}`)
  expect(await revisionOf({ any: third })).toBe(`sha1:${third}`)
})

test('[G3] of several fields of a ref the later wins', async () => {
  const { repo, url } = await start()
  const first = repo.commit({ a: '1' })
  repo.tag('v1.0.0')
  const second = repo.commit({ a: '2' })
  repo.tag('v2.0.0')
  const source = newSource()
  const commitOf = async (ref: NonNullable<GitSourceSpec['ref']>) => (await source.resolve({ url, ref })).commit
  expect(await commitOf({ branch: 'main', tag: 'v1.0.0' })).toBe(first)
  expect(await commitOf({ branch: 'main', tag: 'v1.0.0', semver: '>=1' })).toBe(second)
  expect(await commitOf({ semver: '>=1', name: 'refs/tags/v1.0.0' })).toBe(first)
  expect(await commitOf({ name: 'refs/tags/v2.0.0', commit: first })).toBe(first)
  expect(await failureOf(source.resolve({ url }))).toMatchObject({
    code: 'RefNotFound',
    message: 'the repository has no branch master',
    fix: 'its branches are main',
  })
})

test.each(['v2', 'v0'] as const)('[G4] the artifact holds commit, tag and files (%s)', async (protocol) => {
  const { repo, url } = await start({ protocol })
  const oid = repo.commit(
    {
      'app/a.yaml': 'a: 1\n',
      'run.sh': { content: '#!/bin/sh\n', executable: true },
      'link.yaml': { link: 'app/a.yaml' },
      'out.yaml': { link: '/etc/passwd' },
    },
    { message: 'subject\n\nbody' },
  )
  repo.tag('v1', { message: 'the tag' })
  const artifact = await get(newSource(), { url, ref: { tag: 'v1' } })
  const when = { name: 'Ada', email: 'ada@example.test', time: 1767319445, zone: '+0100' }
  expect(artifact.commit).toMatchObject({
    oid,
    parents: [],
    author: when,
    committer: when,
    message: 'subject\n\nbody\n',
  })
  expect(Buffer.from(artifact.commit.raw).toString()).toBe(repo.git('cat-file', 'commit', oid))
  expect(artifact.tag).toMatchObject({ object: oid, name: 'v1', type: 'commit', tagger: when, message: 'the tag\n' })
  expect(artifact.tree.list('')).toEqual([
    { name: 'app', kind: 'directory' },
    { name: 'link.yaml', kind: 'file' },
    { name: 'run.sh', kind: 'file' },
  ])
  expect(textOf(artifact, 'link.yaml')).toBe('a: 1\n')
  expect(artifact.tree.file('run.sh')?.executable).toBe(true)
})

test('[G5] an unchanged ref costs one round trip, and its files none', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource()
  const spec = { url, ref: main }
  await get(source, spec)
  server.requests.length = 0
  await get(source, spec)
  expect(server.requests.map(({ method, url: asked }) => `${method} ${asked}`)).toEqual([
    'POST /repo.git/git-upload-pack',
  ])
})

test('[G5] a server without version 2 is asked once for an unchanged ref', async () => {
  const { server, repo, url } = await start({ protocol: 'v0' })
  repo.commit({ a: '1' })
  const source = newSource()
  await get(source, { url, ref: main })
  server.requests.length = 0
  await get(source, { url, ref: main })
  expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
})

test('[G5] a commit that is here needs no server at all', async () => {
  const { server, repo, url } = await start()
  const oid = repo.commit({ a: '1' })
  const source = newSource()
  await get(source, { url, ref: { commit: oid } })
  server.requests.length = 0
  await get(source, { url, ref: { commit: oid } })
  expect(server.requests).toEqual([])
})

test.each(['v2', 'v0'] as const)(
  '[G13] the next commit brings only what changed, and shares the rest (%s)',
  async (protocol) => {
    const { repo, url } = await start({ protocol })
    const random = (seed: number) =>
      Array.from({ length: 2000 }, (_, i) => ((i * 7919 + seed * 104729) % 9973).toString(36)).join('')
    repo.commit({
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`many/${i}.yaml`, random(i)])),
      'one/x.yaml': 'x: 1\n',
    })
    const source = newSource()
    const before = await get(source, { url, ref: main })
    const full = source.cacheUse().bytes
    repo.commit({ 'one/x.yaml': 'x: 2\n' })
    const after = await get(source, { url, ref: main })
    expect(diffTrees(before.tree, after.tree)).toEqual([{ path: 'one/x.yaml', kind: 'changed' }])
    expect(after.tree.file('many/3.yaml')).toBe(before.tree.file('many/3.yaml'))
    expect(source.cacheUse().bytes - full).toBeLessThan(5000)
  },
)

test('[G13] a large file that changes a little arrives as a delta on the old one', async () => {
  const { repo, url } = await start()
  const lines = Array.from({ length: 5000 }, (_, i) => `key-${i}: ${(i * 7919) % 9973}`)
  repo.commit({ 'big.yaml': lines.join('\n') })
  const source = newSource()
  await get(source, { url, ref: main })
  for (let round = 0; round < 4; round += 1) {
    lines[round * 1000] = `changed: ${round}`
    repo.commit({ 'big.yaml': lines.join('\n') })
    repo.bareGit('repack', '-q', '-a', '-d')
    expect(textOf(await get(source, { url, ref: main }), 'big.yaml')).toBe(lines.join('\n'))
  }
})

test('[G13] those who ask for the same commit at the same time share one fetch', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource()
  const spec = { url, ref: main }
  const resolved = await source.resolve(spec)
  server.requests.length = 0
  const artifacts = await Promise.all(Array.from({ length: 20 }, () => source.fetch(spec, resolved)))
  expect(server.requests).toHaveLength(1)
  expect(new Set(artifacts.map(({ tree }) => tree)).size).toBe(1)
})

test('[G13] many who resolve the same ref at the same time cause two questions at most', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource()
  const spec = { url, ref: main }
  await source.resolve(spec)
  server.requests.length = 0
  const resolved = await Promise.all(Array.from({ length: 500 }, () => source.resolve(spec)))
  expect(new Set(resolved.map(({ commit }) => commit))).toEqual(new Set([repo.head()]))
  expect(server.requests).toHaveLength(2)
})

test('[G5] connections are kept and used again', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource()
  for (let round = 0; round < 5; round += 1) await get(source, { url, ref: main })
  repo.commit({ a: '2' })
  await get(source, { url, ref: main })
  // The pool opens a second one while the first still finishes its answer.
  expect(server.connections()).toBeLessThanOrEqual(2)
  expect(server.requests.length).toBeGreaterThan(8)
})

test('[G13] one caller who gives up does not spoil it for another', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource()
  const spec = { url, ref: main }
  const resolved = await source.resolve(spec)
  let release: (value: unknown) => void = () => undefined
  const until = new Promise((resolve) => {
    release = resolve
  })
  let arrived: () => void = () => undefined
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  server.fault = () => {
    arrived()
    return { kind: 'wait', until }
  }
  const controller = new AbortController()
  const first = failureOf(source.fetch(spec, resolved, controller.signal))
  const second = source.fetch(spec, resolved)
  await arrival
  controller.abort()
  release(undefined)
  expect((await first)?.code).toBe('Cancelled')
  expect(textOf(await second, 'a')).toBe('1')
})

test('[G13] the cache keeps to its bytes, and what was handed out stays readable', async () => {
  const server = await startGitServer()
  closing.push(() => server.close())
  const source = newSource({ limits: { maxCacheBytes: 1500 } })
  const artifacts: GitArtifact[] = []
  for (const name of ['a.git', 'b.git', 'c.git', 'd.git']) {
    const repo = server.createRepository(name)
    repo.commit({ file: name })
    artifacts.push(await get(source, { url: server.urlOf(repo), ref: main }))
  }
  expect(source.cacheUse().bytes).toBeLessThanOrEqual(1500)
  expect(source.cacheUse().repositories).toBeLessThan(4)
  expect(artifacts.map((artifact) => textOf(artifact, 'file'))).toEqual(['a.git', 'b.git', 'c.git', 'd.git'])
})

test('[G13] whoever has no credentials is not served from the cache of someone who has', async () => {
  const auth = { kind: 'basic', username: 'ada', password: 'secret' } as const
  const { repo, url } = await start({ auth })
  const oid = repo.commit({ a: '1' })
  const source = newSource()
  const ref = { commit: oid }
  await get(source, { url, ref, credentials: auth })
  expect((await failureOf(get(source, { url, ref })))?.code).toBe('AuthenticationFailed')
})

test('[G14] what was resolved is fetched, though the ref moved in between', async () => {
  const { repo, url } = await start()
  const old = repo.commit({ a: 'old' })
  repo.tag('v1', { message: 'old' })
  const source = newSource()
  const spec = { url, ref: { tag: 'v1' } }
  const resolved = await source.resolve(spec)
  repo.commit({ a: 'new' })
  repo.tag('v1', { message: 'new' })
  const artifact = await source.fetch(spec, resolved)
  expect([artifact.revision, artifact.commit.oid, textOf(artifact, 'a')]).toEqual([`v1@sha1:${old}`, old, 'old'])
})

test('[G14] a tag that leads elsewhere than was resolved is refused', async () => {
  const { repo, url } = await start()
  const old = repo.commit({ a: 'old' })
  repo.commit({ a: 'new' })
  repo.tag('v1', { message: 'new' })
  const source = newSource()
  const resolved = await source.resolve({ url, ref: { tag: 'v1' } })
  expect((await failureOf(source.fetch({ url }, { ...resolved, commit: old })))?.code).toBe('CommitNotFound')
})

test.each(['v2', 'v0'] as const)('follows force-pushes, rewritten history and deleted refs (%s)', async (protocol) => {
  const { repo, url } = await start({ protocol })
  repo.commit({ a: '1', b: 'x' })
  const lost = repo.commit({ a: '2' })
  const source = newSource()
  const spec = { url, ref: main }
  await get(source, spec)
  const rewritten = repo.commit({ a: '3' }, { force: true })
  repo.bareGit('reflog', 'expire', '--expire=now', '--all')
  repo.bareGit('gc', '-q', '--prune=now')
  const artifact = await get(source, spec)
  expect([artifact.commit.oid, textOf(artifact, 'a'), textOf(artifact, 'b')]).toEqual([rewritten, '3', 'x'])
  expect((await failureOf(get(newSource(), { url, ref: { commit: lost } })))?.code).toBe('CommitNotFound')

  repo.git('push', '-q', '--force', 'origin', 'main~1:main')
  expect(textOf(await get(source, spec), 'a')).toBe('1')
  repo.git('push', '-q', 'origin', 'main:other')
  repo.bareGit('symbolic-ref', 'HEAD', 'refs/heads/other')
  expect((await source.resolve({ url, ref: { any: 'HEAD' } })).ref).toBe('refs/heads/other')
  repo.git('push', '-q', 'origin', ':main')
  expect(await failureOf(source.resolve(spec))).toMatchObject({ code: 'RefNotFound', fix: 'its branches are other' })
})

test('[G15] a ref that went forward is told from one whose history was rewritten', async () => {
  const { repo, url } = await start()
  const first = repo.commit({ a: '1' })
  const second = repo.commit({ a: '2' })
  const third = repo.commit({ a: '3' })
  const rewritten = repo.commit({ a: '4' }, { force: true })
  repo.git('push', '-q', 'origin', `${third}:refs/heads/kept`)
  const source = newSource({ localFolders: 'any' })
  const cases = [
    [first, first, 'same'],
    [first, third, 'forward'],
    [second, third, 'forward'],
    [third, rewritten, 'rewritten'],
    [third, second, 'rewritten'],
  ] as const
  const askAll = (from: GitSource, at: string) =>
    Promise.all(cases.map(([before, after]) => from.relation({ url: at }, { from: before, to: after })))
  expect(await askAll(source, repo.folder)).toEqual(cases.map(([, , relation]) => relation))
  // A server that cannot leave out the files is not made to send them.
  expect(await askAll(source, url)).toEqual(['same', 'unknown', 'unknown', 'unknown', 'unknown'])
  await source.fetch({ url }, { revision: '', commit: third, want: third })
  expect(await source.relation({ url }, { from: second, to: third })).toBe('forward')
  repo.bareGit('config', 'uploadpack.allowFilter', 'true')
  expect(await askAll(newSource(), url)).toEqual(cases.map(([, , relation]) => relation))
})

test.each(['v2', 'v0'] as const)(
  '[G11] an empty repository is told apart from a missing branch (%s)',
  async (protocol) => {
    const { repo, url, server } = await start({ protocol })
    const source = newSource({ localFolders: 'any' })
    expect((await failureOf(source.resolve({ url, ref: main })))?.code).toBe('EmptyRepository')
    expect((await failureOf(source.resolve({ url: repo.folder, ref: main })))?.code).toBe('EmptyRepository')
    const missing = await failureOf(source.resolve({ url: `${server.origin}/no.git`, ref: main }))
    expect(missing?.code).toBe('RepositoryNotFound')
  },
)

test('[G11] a ref that leads to no commit is refused', async () => {
  const { repo, url } = await start()
  repo.commit({ a: '1' })
  repo.git('tag', 'blob', 'HEAD:a')
  repo.git('push', '-q', 'origin', 'refs/tags/blob')
  expect((await failureOf(get(newSource(), { url, ref: { tag: 'blob' } })))?.code).toBe('ObjectInvalid')
})

const basic = { kind: 'basic', username: 'ada', password: 'päss:word' } as const

test.each([
  ['basic', basic],
  ['bearer', { kind: 'bearer', token: 'tok' } as const],
])(
  '[G6] %s credentials open a repository, and wrong ones are a typed failure without a secret',
  async (_kind, auth) => {
    const { repo, url } = await start({ auth })
    repo.commit({ a: '1' })
    expect(textOf(await get(newSource(), { url, ref: main, credentials: auth }), 'a')).toBe('1')
    const wrong = { kind: 'basic', username: 'ada', password: 'hunter2' } as const
    const failure = await failureOf(get(newSource(), { url, ref: main, credentials: wrong }))
    expect(failure?.code).toBe('AuthenticationFailed')
    expect(JSON.stringify(failure)).not.toMatch(/hunter2|aHVudGVyMg|ada/)
    expect(await failureOf(get(newSource(), { url, ref: main }))).toMatchObject({
      code: 'AuthenticationFailed',
      fix: 'name a secret with credentials',
    })
  },
)

test('[G6] a redirect within the origin keeps the credentials and is remembered', async () => {
  const { server, repo, url } = await start({ auth: basic })
  repo.commit({ a: '1' })
  server.fault = ({ url: asked }) =>
    asked.startsWith('/moved') ? { kind: 'redirect', to: asked.replace('/moved', '/repo.git'), status: 301 } : undefined
  const source = newSource()
  const spec = { url: url.replace('/repo.git', '/moved'), ref: main, credentials: basic }
  expect(textOf(await get(source, spec), 'a')).toBe('1')
  server.requests.length = 0
  await source.resolve(spec)
  expect(server.requests.map((request) => request.url)).toEqual(['/repo.git/git-upload-pack'])
})

test('[G6] credentials never follow a redirect to another origin', async () => {
  const home = await start()
  const other = await start()
  other.repo.commit({ a: 'other' })
  home.server.fault = ({ url: asked }) => ({ kind: 'redirect', to: `${other.server.origin}${asked}` })
  for (const credentials of [basic, { kind: 'bearer', token: 'tok' } as const]) {
    const artifact = await get(newSource(), { url: home.url, ref: main, credentials })
    expect(textOf(artifact, 'a')).toBe('other')
  }
  expect(home.server.requests.every(({ headers }) => headers.authorization !== undefined)).toBe(true)
  expect(other.server.requests.length).toBeGreaterThan(0)
  for (const { headers } of other.server.requests) {
    expect([headers.authorization, headers.cookie]).toEqual([undefined, undefined])
  }
})

test('[G6] another origin that wants credentials is named, not given them', async () => {
  const home = await start()
  const other = await start({ auth: basic })
  home.server.fault = ({ url: asked }) => ({ kind: 'redirect', to: `${other.server.origin}${asked}` })
  const failure = await failureOf(newSource().resolve({ url: home.url, ref: main, credentials: basic }))
  expect(failure?.code).toBe('AuthenticationFailed')
  expect(other.server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
})

test.each([
  ['to another path', '/elsewhere'],
  ['to another scheme', 'file:///etc/passwd'],
  ['with credentials', 'http://user:pw@127.0.0.1/repo.git/info/refs?service=git-upload-pack'],
  ['to nothing', 'http://'],
  ['in a circle', '/repo.git/info/refs?service=git-upload-pack'],
])('[G6] a redirect %s is refused', async (_what, to) => {
  const { server, url } = await start()
  server.fault = () => ({ kind: 'redirect', to })
  expect((await failureOf(newSource().resolve({ url, ref: main })))?.code).toBe('RedirectRefused')
  expect(server.requests.length).toBeLessThanOrEqual(6)
})

test('[G7] a redirect to a denied address is refused', async () => {
  const { server, url } = await start()
  server.fault = () => ({ kind: 'redirect', to: 'http://169.254.169.254/x/info/refs?service=git-upload-pack' })
  expect((await failureOf(newSource().resolve({ url, ref: main })))?.code).toBe('AddressRefused')
})

const statuses: [Fault, Partial<GitFailure>][] = [
  [{ kind: 'status', status: 401 }, { code: 'AuthenticationFailed' }],
  [{ kind: 'status', status: 403 }, { code: 'AccessDenied' }],
  [{ kind: 'status', status: 404 }, { code: 'RepositoryNotFound' }],
  [
    { kind: 'status', status: 429, headers: { 'retry-after': '17' } },
    { code: 'RateLimited', retryAfterMs: 17_000 },
  ],
  [
    { kind: 'status', status: 429, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:01:40 GMT' } },
    { code: 'RateLimited', retryAfterMs: 40_000 },
  ],
  [
    { kind: 'status', status: 503, headers: { 'retry-after': '5' } },
    { code: 'ServerError', retryAfterMs: 5000 },
  ],
  [{ kind: 'status', status: 500, body: 'x'.repeat(100_000) }, { code: 'ServerError' }],
  [{ kind: 'status', status: 200, body: '<html>sign in</html>' }, { code: 'NotAGitServer' }],
  [{ kind: 'reset' }, { code: 'ConnectionFailed' }],
]

test.each(statuses)('[G11] the answer %j to the first request is a typed failure', async (fault, expected) => {
  const { server, url } = await start()
  server.fault = () => fault
  const source = newSource({ clock: { now: () => 60_000 } })
  expect(await failureOf(source.resolve({ url, ref: main }))).toMatchObject(expected)
})

test.each(statuses)(
  '[G11] the answer %j in the middle of a fetch is a typed failure, and the next try succeeds',
  async (fault, expected) => {
    const { server, repo, url } = await start()
    repo.commit({ a: '1' })
    const source = newSource({ clock: { now: () => 60_000 } })
    const spec = { url, ref: main }
    const resolved = await source.resolve(spec)
    server.fault = () => fault
    expect(await failureOf(source.fetch(spec, resolved))).toMatchObject(expected)
    server.fault = () => undefined
    expect(textOf(await source.fetch(spec, resolved), 'a')).toBe('1')
  },
)

test('[G11] a pack cut off or changed anywhere is a typed failure, and the next try succeeds', async () => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1', b: 'text '.repeat(100) })
  const source = newSource()
  const spec = { url, ref: main }
  const resolved = await source.resolve(spec)
  const allowed = ['ConnectionFailed', 'ProtocolError', 'PackInvalid', 'LimitExceeded', 'CommitNotFound']
  let failures = 0
  for (let at = 0; at < 400; at += 23) {
    for (const fault of [{ kind: 'truncate', bytes: at } as const, { kind: 'flip', at } as const]) {
      server.fault = ({ method }) => (method === 'POST' ? fault : undefined)
      const attempt = newSource().fetch(spec, resolved)
      const failure = await failureOf(attempt)
      // A byte of a line that nobody needs may change; then the content must be right all the same.
      if (failure === undefined) expect(textOf(await attempt, 'b')).toBe('text '.repeat(100))
      else expect(allowed, `${fault.kind} ${at}: ${failure.message}`).toContain(failure.code)
      if (failure !== undefined) failures += 1
    }
  }
  expect(failures).toBeGreaterThan(25)
  server.fault = ({ method }) => (method === 'POST' ? { kind: 'truncate', bytes: 100 } : undefined)
  expect(await failureOf(source.fetch(spec, resolved))).toBeDefined()
  server.fault = () => undefined
  expect(textOf(await source.fetch(spec, resolved), 'a')).toBe('1')
})

test('[G11] a server that never answers ends in Timeout when the time is over', async () => {
  const { server, url } = await start()
  const timers: { delayMs: number; run: () => void }[] = []
  let arrived: () => void = () => undefined
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  server.fault = () => {
    arrived()
    return { kind: 'hang' }
  }
  const source = newSource({
    timers: {
      after: (delayMs, run) => {
        timers.push({ delayMs, run })
        return () => undefined
      },
    },
  })
  const failing = failureOf(source.resolve({ url, ref: main, timeoutMs: 1234 }))
  await arrival
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([1234])
  timers[0]?.run()
  expect(await failing).toMatchObject({ code: 'Timeout', message: 'the Git operation took longer than 1234 ms' })
})

test('[G11] a signal that is aborted already asks nothing', async () => {
  const { server, url } = await start()
  const failure = await failureOf(newSource().resolve({ url, ref: main }, AbortSignal.abort()))
  expect([failure?.code, server.requests.length]).toEqual(['Cancelled', 0])
})

test('[G11] a host that nobody is at is a failed connection', async () => {
  const { server, url } = await start()
  await server.close()
  expect((await failureOf(newSource().resolve({ url, ref: main })))?.code).toBe('ConnectionFailed')
})

const line = (text: string) => `${(text.length + 5).toString(16).padStart(4, '0')}${text}\n`
const advertisement = Buffer.from(
  `${line('# service=git-upload-pack')}0000${line('version 2')}${line('ls-refs')}${line('fetch=shallow')}0000`,
)

function* endless(chunk: Uint8Array): Generator<Uint8Array, void> {
  for (;;) yield chunk
}

test.each([
  [
    'an advertisement without end',
    endless(Buffer.from(line('x'.repeat(60_000)))),
    undefined,
    ['LimitExceeded', 'ProtocolError'],
  ],
  [
    'a list of refs without end',
    undefined,
    endless(Buffer.from(line(`${'a'.repeat(40)} refs/heads/${'b'.repeat(200)}`).repeat(200))),
    ['LimitExceeded'],
  ],
  ['an answer that is no packets', undefined, [Buffer.from('zzzz')], ['ProtocolError']],
  ['a packet of an impossible length', undefined, [Buffer.from('0003')], ['ProtocolError']],
  ['a packet longer than allowed', undefined, [Buffer.from('fffffoo')], ['ProtocolError']],
  ['an answer that ends inside a packet', undefined, [Buffer.from('0040abc')], ['ProtocolError']],
  [
    'an answer that ends without a flush',
    undefined,
    [Buffer.from(line(`${'a'.repeat(40)} refs/heads/main`))],
    ['ProtocolError'],
  ],
  ['a ref without an id', undefined, [Buffer.from(`${line('nonsense refs/heads/main')}0000`)], ['ProtocolError']],
  ['an error in words', undefined, [Buffer.from(line('ERR access denied \u001b[31m'))], ['ServerError']],
])('[G8] %s ends in a typed failure', async (_what, first, second, codes) => {
  const { server, url } = await start()
  server.fault = ({ method }) =>
    method === 'GET'
      ? { kind: 'bytes', type: 'application/x-git-upload-pack-advertisement', chunks: first ?? [advertisement] }
      : { kind: 'bytes', type: 'application/x-git-upload-pack-result', chunks: second ?? [] }
  const before = process.memoryUsage.rss()
  const failure = await failureOf(newSource({ limits: { maxRefBytes: 4 * 1024 * 1024 } }).resolve({ url, ref: main }))
  expect(codes).toContain(failure?.code)
  expect(failure?.message).not.toContain('\u001b')
  expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 1024 * 1024)
})

test('[G8] an answer may come gzipped, and inflates no further than the limit', async () => {
  const { server, url } = await start()
  const oid = 'a'.repeat(40)
  const answer = (refs: Buffer): ((request: { method: string }) => Fault) => {
    return ({ method }) =>
      method === 'GET'
        ? { kind: 'bytes', type: 'application/x-git-upload-pack-advertisement', chunks: [advertisement] }
        : { kind: 'bytes', type: 'application/x-git-upload-pack-result', encoding: 'gzip', chunks: [gzipSync(refs)] }
  }
  const source = newSource({ limits: { maxRefBytes: 1024 * 1024 } })
  server.fault = answer(Buffer.from(`${line(`${oid} refs/heads/main`)}0000`))
  expect((await source.resolve({ url, ref: main })).commit).toBe(oid)
  server.fault = answer(Buffer.from(line(`${oid} refs/heads/${'b'.repeat(200)}`).repeat(100_000)))
  expect((await failureOf(source.resolve({ url, ref: main })))?.code).toBe('LimitExceeded')
  server.fault = ({ method }) =>
    method === 'GET'
      ? answer(Buffer.alloc(0))({ method })
      : {
          kind: 'bytes',
          type: 'application/x-git-upload-pack-result',
          encoding: 'gzip',
          chunks: [Buffer.from('no gzip')],
        }
  expect((await failureOf(source.resolve({ url, ref: main })))?.code).toBe('ProtocolError')
})

test('a tag of a tag leads to its commit', async () => {
  const { repo, url } = await start()
  const oid = repo.commit({ a: '1' })
  repo.tag('inner', { message: 'inner' })
  repo.tag('outer', { message: 'outer', at: 'inner' })
  const source = newSource({ localFolders: 'any' })
  for (const at of [url, repo.folder]) {
    const artifact = await get(source, { url: at, ref: { tag: 'outer' } })
    expect([artifact.commit.oid, artifact.tag?.name]).toEqual([oid, 'outer'])
  }
})

test.each([
  ['progress', Buffer.concat([Buffer.from('ffec\u0002'), Buffer.alloc(65_511, 0x78)])],
  ['shallow lines', Buffer.from(line(`shallow ${'a'.repeat(40)}`).repeat(100))],
  ['empty packets', Buffer.from('0004'.repeat(1000))],
])('[G8] a fetch that is answered with %s without end stops at a limit', async (_what, chunk) => {
  const { server, repo, url } = await start()
  repo.commit({ a: '1' })
  const source = newSource({ limits: { maxPackBytes: 1024 * 1024 } })
  const spec = { url, ref: main }
  const resolved = await source.resolve(spec)
  function* answer(): Generator<Uint8Array, void> {
    yield Buffer.from(line('packfile'))
    yield* endless(chunk)
  }
  server.fault = () => ({ kind: 'bytes', type: 'application/x-git-upload-pack-result', chunks: answer() })
  expect((await failureOf(source.fetch(spec, resolved)))?.code).toMatch(/LimitExceeded|ProtocolError/)
})

test('[G10] a tree with an entry that some file system takes for .git is refused', async () => {
  const { repo, url } = await start()
  repo.commit({ a: 'x' })
  const blob = repo.git('rev-parse', 'HEAD:a').trim()
  const make = (tree: Buffer) => {
    const file = path.join(repo.work, 'entry')
    writeFileSync(file, tree)
    const id = repo.bareGit('hash-object', '-w', '-t', 'tree', '--literally', file).trim()
    const text = `tree ${id}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nbad\n`
    writeFileSync(file, text)
    const commit = repo.bareGit('hash-object', '-w', '-t', 'commit', '--literally', file).trim()
    writeFileSync(path.join(repo.folder, 'refs', 'heads', 'bad'), `${commit}\n`)
  }
  const entry = (mode: string, name: string) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(blob, 'hex')]).toString('latin1')
  const cases = [
    entry('100644', '.GIT'),
    entry('100644', 'git~1'),
    entry('100644', '.git '),
    entry('100644', 'a\\b'),
    entry('100644', '..'),
    entry('100644', 'b') + entry('100644', 'a'),
    entry('100644', 'a') + entry('100644', 'a'),
    entry('100600', 'a'),
    entry('0100644', 'a'),
    entry('40000', 'a'),
    entry('100644', '\u00e9\u00ff'),
    entry('100644', 'a').slice(0, -1),
  ]
  for (const text of cases) {
    make(Buffer.from(text, 'latin1'))
    const failure = await failureOf(
      get(newSource({ localFolders: 'any' }), { url: repo.folder, ref: { branch: 'bad' } }),
    )
    expect(failure?.code, JSON.stringify(text)).toBe('ObjectInvalid')
  }
  const overHttp = await failureOf(get(newSource(), { url, ref: { branch: 'bad' } }))
  expect(['ObjectInvalid', 'ServerError', 'PackInvalid', 'ProtocolError']).toContain(overHttp?.code)
})

test('[G8] a small tree of equal trees that would be endless to walk is refused', async () => {
  const { repo, url } = await start()
  repo.commit({ a: 'x' })
  let id = repo.git('rev-parse', 'HEAD^{tree}').trim()
  for (let level = 0; level < 8; level += 1) {
    const entries = Array.from({ length: 10 }, (_, index) =>
      Buffer.concat([Buffer.from(`40000 d${index}\0`), Buffer.from(id, 'hex')]),
    )
    writeFileSync(path.join(repo.work, 'entry'), Buffer.concat(entries))
    id = repo.git('hash-object', '-w', '-t', 'tree', 'entry').trim()
  }
  repo.git('push', '-q', 'origin', `${repo.git('commit-tree', '-m', 'bomb', id).trim()}:refs/heads/bomb`)
  expect(await failureOf(get(newSource(), { url, ref: { branch: 'bomb' } }))).toMatchObject({
    code: 'LimitExceeded',
    message: 'the number of files exceeds the limit maxObjects (1000000)',
  })
})

test('a submodule is an empty directory', async () => {
  const { repo, url } = await start()
  repo.commit({ a: 'x' })
  repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/lib`)
  repo.git('commit', '-q', '-m', 'submodule')
  repo.git('push', '-q', 'origin', 'main')
  const artifact = await get(newSource(), { url, ref: main })
  expect([...walkTree(artifact.tree)].map((entry) => entry.path)).toEqual(['a', 'vendor', 'vendor/lib'])
})

test('a repository with SHA-256 ids is read over HTTP and from disk', async () => {
  const server = await startGitServer()
  closing.push(() => server.close())
  const repo = server.createRepository('long.git', 'sha256')
  const oid = repo.commit({ 'a/b': '1' })
  const source = newSource({ localFolders: 'any' })
  for (const url of [server.urlOf(repo), repo.folder]) {
    const artifact = await get(source, { url, ref: main })
    expect([artifact.revision, textOf(artifact, 'a/b')]).toEqual([`main@sha256:${oid}`, '1'])
  }
})

test('[G12] a local repository is read bare, with a work tree, linked, packed, and by file URL', async () => {
  const { repo } = await start()
  repo.commit({ a: '1', 'd/b': '2' })
  repo.tag('v1', { message: 'one' })
  repo.git('worktree', 'add', '-q', '-b', 'linked', path.join(repo.work, '..', 'linked'))
  const source = newSource({ localFolders: 'any' })
  const urls = [repo.folder, repo.work, `file://${repo.work}`, path.join(repo.work, '..', 'linked')]
  const read = async () =>
    Promise.all(
      urls.map(async (url) => [
        (await get(source, { url, ref: { any: 'HEAD' } })).commit.oid,
        textOf(await get(newSource({ localFolders: 'any' }), { url, ref: { tag: 'v1' } }), 'd/b'),
      ]),
    )
  const expected = urls.map(() => [repo.head(), '2'])
  expect(await read()).toEqual(expected)
  repo.git('gc', '-q', '--prune=now')
  repo.bareGit('gc', '-q', '--prune=now')
  expect(await read()).toEqual(expected)
})

test('[G12] a local repository is refused outside the allowed folders, by link too', async () => {
  const { repo } = await start()
  repo.commit({ a: '1' })
  const spec = { url: repo.folder, ref: main }
  expect((await failureOf(newSource().resolve(spec)))?.code).toBe('LocalRefused')
  expect((await failureOf(newSource({ localFolders: [repo.work] }).resolve(spec)))?.code).toBe('LocalRefused')
  expect(
    (await failureOf(newSource({ localFolders: [path.dirname(repo.folder)] }).resolve(spec)))?.code,
  ).toBeUndefined()
  expect((await failureOf(newSource({ localFolders: 'any' }).resolve({ ...spec, url: '/nonexistent' })))?.code).toBe(
    'RepositoryNotFound',
  )
})

test('[G12] alternates, reftables and damaged objects are refused', async () => {
  const { repo } = await start()
  repo.commit({ a: '1' })
  const source = newSource({ localFolders: 'any' })
  const spec = { url: repo.folder, ref: main }
  writeFileSync(path.join(repo.folder, 'objects', 'info', 'alternates'), '/etc\n')
  expect((await failureOf(source.resolve(spec)))?.code).toBe('RepositoryUnsupported')
  rmSync(path.join(repo.folder, 'objects', 'info', 'alternates'))
  const blob = repo.git('rev-parse', 'HEAD:a').trim()
  const other = repo.git('rev-parse', 'HEAD^{tree}').trim()
  const file = (id: string) => path.join(repo.folder, 'objects', id.slice(0, 2), id.slice(2))
  rmSync(file(blob))
  writeFileSync(file(blob), 'garbage')
  expect((await failureOf(get(source, spec)))?.code).toBe('ObjectInvalid')
  rmSync(file(blob))
  expect((await failureOf(get(source, spec)))?.code).toBe('PackInvalid')
  expect(other).toHaveLength(40)
})
