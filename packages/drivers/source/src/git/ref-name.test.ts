import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGitSource } from './git-source.ts'
import { isRefName } from './ref-name.ts'
import { parseRemoteUrl } from './remote-url.ts'

const pieces = [
  'a',
  'b',
  '/',
  '.',
  '..',
  '@',
  '{',
  '@{',
  '.lock',
  '-',
  '~',
  '^',
  ':',
  '?',
  '*',
  '[',
  '\\',
  ' ',
  '\t',
  'é',
  '\u007f',
  '\n',
  'refs/',
  'HEAD',
]

test('[G1] our grammar of refs is the one of git check-ref-format', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }), (parts) => {
      const name = `refs/${parts.join('')}`
      const git = spawnSync('git', ['check-ref-format', name]).status === 0
      expect(isRefName(name), JSON.stringify(name)).toBe(git)
    }),
    { numRuns: 250 },
  )
})

const hostileRefs = [
  '--upload-pack=touch /tmp/x',
  '-u',
  '--help',
  '-',
  '--',
  '-oProxyCommand=x',
  '-c core.pager=x',
  'a\0b',
  'a\nb',
  'a\rb',
  'a b',
  'a\tb',
  '\u007f',
  'a\u0001',
  'a..b',
  '..',
  '../x',
  'a/../b',
  'a@{1}',
  '@{u}',
  '@{-1}',
  'a~1',
  'a^',
  'a^{}',
  'a:b',
  ':/x',
  'a:refs/heads/b',
  'a?b',
  'a*',
  'a[b',
  'a\\b',
  '.a',
  'a/.b',
  'a.lock',
  'a/b.lock/c',
  'a.',
  'a/',
  '/a',
  'a//b',
  '\ud800',
  '+refs/heads/a:refs/heads/b',
  'a b:c',
  'ext::sh -c x',
  '$(touch x)~',
  '`touch x`:',
  'x'.repeat(2000),
]

test.each(['branch', 'tag', 'name', 'commit', 'semver', 'any'] as const)(
  '[G1] hostile refs in ref.%s are refused before anything is sent',
  async (field) => {
    let requests = 0
    const source = createGitSource({
      http: {
        request: () => {
          requests += 1
          return Promise.reject(new Error('a request was made'))
        },
        close: () => Promise.resolve(),
      },
    })
    for (const value of hostileRefs) {
      const resolving = source.resolve({ url: 'https://git.example.test/repo', ref: { [field]: value } })
      await expect(resolving, JSON.stringify(value)).rejects.toMatchObject({ failure: { code: 'RefInvalid' } })
    }
    expect(requests).toBe(0)
  },
)

test('[G1] a resolved ref from elsewhere is checked too', async () => {
  const source = createGitSource({
    http: { request: () => Promise.reject(new Error('asked')), close: () => Promise.resolve() },
  })
  const resolved = { revision: 'x', commit: '--upload-pack=x', want: 'a'.repeat(40) }
  await expect(source.fetch({ url: 'https://git.example.test/r' }, resolved)).rejects.toMatchObject({
    failure: { code: 'RefInvalid' },
  })
})

test.each([
  'ext::sh -c touch% /tmp/x',
  'git@github.com:org/repo.git',
  'ssh://git@github.com/org/repo',
  'ftp://host/repo',
  'http://',
  'https://host%0a/repo',
  'https://host/repo%0aHost:%20other',
  'https://host/repo%0d%0ax',
  'https://host/repo%00',
  'https://host/repo\n',
  'https://host/\u0000repo',
  'https://host/%zz',
  'https://-oProxyCommand=x/repo',
  'https://ho st/repo',
  "https://ho'st/repo",
  'https://host;touch/repo',
  'https://host$(x)/repo',
  'https://user:pass@host/repo',
  'https://token@host/repo',
  'https://host/repo?service=x',
  'https://host/repo#frag',
  'file://host/share/repo',
  '-oProxyCommand=x',
  '--upload-pack=x',
  'relative/path',
  '',
])('[G2] the URL %j is refused', (url) => {
  expect(() => parseRemoteUrl(url)).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: 'URLInvalid' }) as unknown }) as Error,
  )
})

test('[G2] a refused URL is not repeated, for it may hold a secret', () => {
  expect(() => parseRemoteUrl('https://user:hunter2@host/repo')).toThrow(
    expect.not.stringContaining('hunter2') as string,
  )
})

test.each([
  ['https://github.com/org/repo', 'https://github.com/org/repo'],
  ['https://github.com:8443/org/repo.git/', 'https://github.com:8443/org/repo.git'],
  ['http://[::1]:80/a%20b', 'http://[::1]/a%20b'],
  ['https://xn--bcher-kva.example/r', 'https://xn--bcher-kva.example/r'],
])('[G2] the URL %j is read', (text, href) => {
  const parsed = parseRemoteUrl(text)
  expect(parsed.kind === 'http' ? parsed.url.href : undefined).toBe(href)
})
