import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startGitServer, type GitServerOptions } from '../../../../../test/git-server/git-server.ts'
import type { GitFailure } from '../git/git-failure.ts'
import { createGitSource } from '../git/git-source.ts'
import { createAddressRules } from '../http/address-rules.ts'
import { createEgressClient } from '../http/egress-client.ts'
import { createRemoteFetcher, type RemoteFetcher } from './remote-fetcher.ts'
import { createRemoteRules } from './remote-rules.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function newFetcher(
  options: {
    readonly allowed?: readonly string[] | 'any'
    readonly loopback?: boolean
    readonly maxFileBytes?: number
  } = {},
): RemoteFetcher {
  const { allowed = 'any', loopback = true, maxFileBytes } = options
  const http = createEgressClient({ rules: createAddressRules({ allowLoopback: loopback }) })
  closing.push(() => http.close())
  return createRemoteFetcher({
    git: createGitSource({ http }),
    http,
    rules: createRemoteRules(allowed),
    ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
  })
}

async function startRepository(options: GitServerOptions = {}) {
  const server = await startGitServer(options)
  closing.push(() => server.close())
  const repo = server.createRepository()
  return { server, repo, clone: server.urlOf(repo) }
}

async function startHttp(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function failureOf(work: Promise<unknown>): Promise<GitFailure> {
  try {
    await work
  } catch (error) {
    return (error as { failure: GitFailure }).failure
  }
  throw new Error('it did not fail')
}

const timeoutMs = 27_000

test('[R1] a ref is a full ref, a tag, a branch or a full commit id, in this order; none means HEAD', async () => {
  const { repo, clone } = await startRepository()
  const first = repo.commit({ a: 'main' })
  repo.commit({ a: 'branch' }, { branch: 'both' })
  repo.tag('both', { message: 'x', at: first })
  repo.commit({ a: 'release' }, { branch: 'release/v1' })
  const fetcher = newFetcher()
  const read = async (ref: string): Promise<string> => {
    const tree = await fetcher.repository({ clone, ref, timeoutMs })
    return Buffer.from(tree.file('a')?.bytes ?? []).toString()
  }
  expect(await read('')).toBe('main')
  expect(await read('both')).toBe('main')
  expect(await read('heads/both')).toBe('branch')
  expect(await read('refs/heads/both')).toBe('branch')
  expect(await read('release/v1')).toBe('release')
  expect(await read(first)).toBe('main')
  expect(await failureOf(read('>=1.0.0'))).toMatchObject({ code: 'RefNotFound' })
  expect(await failureOf(read(first.slice(0, 7)))).toMatchObject({ code: 'RefNotFound' })
})

test('[R1] links inside a repository are known for what they are', async () => {
  const { repo, clone } = await startRepository()
  repo.commit({ 'real/x': '1', link: { link: 'real' } })
  const tree = await newFetcher().repository({ clone, ref: '', timeoutMs })
  expect([tree.realPath('link/x'), tree.kindOf('link'), tree.realPath('none')]).toEqual([
    'real/x',
    'directory',
    undefined,
  ])
})

test('[R2] credentials of an address are sent to its server, and stand in no error', async () => {
  const { repo, clone } = await startRepository({ auth: { kind: 'basic', username: 'me', password: 'p@ss' } })
  repo.commit({ a: '1' })
  const withLogin = clone.replace('://', '://me:p%40ss@')
  expect((await newFetcher().repository({ clone: withLogin, ref: '', timeoutMs })).kindOf('a')).toBe('file')
  const failure = await failureOf(newFetcher().repository({ clone: withLogin.replace('%40', ''), ref: '', timeoutMs }))
  expect(failure.code).toBe('AuthenticationFailed')
  expect(JSON.stringify(failure)).not.toContain('pss')
})

test.each(['git@github.com:org/repo', 'ssh://git@example.com/org/repo', 'git@example.com/org/repo'])(
  '[R2] %s is refused with the form to write instead',
  async (clone) => {
    const failure = await failureOf(newFetcher().repository({ clone, ref: '', timeoutMs }))
    expect(failure).toMatchObject({ code: 'URLInvalid', fix: 'write the https address of the repository' })
  },
)

test('[R2] repositories on disk are not read', async () => {
  const failure = await failureOf(newFetcher().repository({ clone: 'file:///etc', ref: '', timeoutMs }))
  expect(failure.code).toBe('LocalRefused')
})

test('[R3] files are fetched through redirects, and credentials stay with their server', async () => {
  const seen: (string | undefined)[] = []
  const end = await startHttp((request, response) => {
    seen.push(request.headers.authorization)
    response.end('kind: x\n')
  })
  const start = await startHttp((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(302, { location: `${end}/y` }).end()
  })
  const bytes = await newFetcher().file(start.replace('://', '://me:pw@'))
  expect(Buffer.from(bytes).toString()).toBe('kind: x\n')
  expect(seen).toEqual([`Basic ${Buffer.from('me:pw').toString('base64')}`, undefined])
})

test('[R3] a status that is no success, a file too large, redirects without end and to elsewhere fail', async () => {
  const origin = await startHttp((request, response) => {
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end()
    else if (request.url === '/away') response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    else if (request.url === '/gone') response.writeHead(404).end('x'.repeat(100_000))
    else response.end('x'.repeat(1001))
  })
  const fetcher = newFetcher({ maxFileBytes: 1000 })
  const codes = ['/loop', '/away', '/gone', '/big'].map(
    async (path) => (await failureOf(fetcher.file(origin + path))).code,
  )
  expect(await Promise.all(codes)).toEqual([
    'RedirectRefused',
    'RedirectRefused',
    'RepositoryNotFound',
    'LimitExceeded',
  ])
})

test('[R4] this machine is refused unless its owner asks, for files, repositories and redirects', async () => {
  const { repo, clone } = await startRepository()
  repo.commit({ a: '1' })
  const fetcher = newFetcher({ loopback: false })
  expect((await failureOf(fetcher.repository({ clone, ref: '', timeoutMs }))).code).toBe('AddressRefused')
  expect((await failureOf(fetcher.file(clone))).code).toBe('AddressRefused')
  expect((await failureOf(fetcher.file('http://169.254.169.254/latest'))).code).toBe('AddressRefused')
})

test('[R4] only what is on the list is fetched, also behind a redirect', async () => {
  const inside = await startHttp((request, response) => {
    if (request.url === '/org/away') response.writeHead(302, { location: '/other/x' }).end()
    else response.end('yes')
  })
  const fetcher = newFetcher({ allowed: [`${inside}/org/`] })
  expect(Buffer.from(await fetcher.file(`${inside}/org/x`)).toString()).toBe('yes')
  const refused = ['/other/x', '/organisation/x', '/org/../other/x', '/org/..%2fother', '/org/away']
  for (const path of refused) expect((await failureOf(fetcher.file(inside + path))).code).toBe('AddressRefused')
  const clone = `${inside}/other/repo`
  expect((await failureOf(fetcher.repository({ clone, ref: '', timeoutMs }))).code).toBe('AddressRefused')
})

test.each([
  ['github.com', 'https://github.com/any/x', true],
  ['github.com', 'http://github.com/any/x', false],
  ['github.com', 'https://github.com.evil.example/x', false],
  ['github.com/org', 'https://github.com/org/repo', true],
  ['github.com/org/repo', 'https://github.com/org/repo.git', true],
  ['github.com/org', 'https://github.com/organic/repo', false],
  ['https://git.example:8443/', 'https://git.example:8443/x', true],
  ['https://git.example:8443/', 'https://git.example/x', false],
])('[R4] with %s on the list, %s: %s', (prefix, url, allowed) => {
  const check = () => createRemoteRules([prefix]).check(new URL(url))
  if (allowed) expect(check).not.toThrow()
  else expect(check).toThrow('not allowed here')
})

test('[R4] a prefix that is none is refused', () => {
  expect(() => createRemoteRules(['https://'])).toThrow('is no prefix of addresses')
})
