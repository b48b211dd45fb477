import { expect, test } from 'vitest'
import { parseRepository } from './repository.ts'

test.each([
  ['https://github.com/org/repo', 'https://github.com/org/repo', '', ''],
  ['https://github.com/org/repo/sub/dir?ref=v1', 'https://github.com/org/repo', 'sub/dir', 'v1'],
  ['https://github.com/org/repo//sub?version=v2', 'https://github.com/org/repo', 'sub', 'v2'],
  ['github.com/org/repo//sub', 'https://github.com/org/repo', 'sub', ''],
  ['git::https://github.com/org/repo?ref=x', 'https://github.com/org/repo', '', 'x'],
  ['git@github.com:org/repo.git', 'git@github.com:org/repo.git', '', ''],
  ['ssh://git@example.com/org/repo.git//a/b?ref=main', 'ssh://git@example.com/org/repo.git', 'a/b', 'main'],
  ['https://gitlab.example/group/sub/repo.git/path', 'https://gitlab.example/group/sub/repo.git', '/path', ''],
  [
    'https://dev.azure.com/org/project/_git/repo/path?ref=v1',
    'https://dev.azure.com/org/project/_git/repo',
    'path',
    'v1',
  ],
  ['file:///srv/repo.git//x', 'file:///srv/repo.git', 'x', ''],
])('%s is a repository', (url, clone, path, ref) => {
  expect(parseRepository(url)).toMatchObject({ clone, path: path.replace(/^\//, ''), ref })
})

test.each([
  ['', 27_000, '', true],
  ['?timeout=61', 61_000, '', true],
  ['?timeout=1m30s&ref=a%2Fb', 90_000, 'a/b', true],
  ['?timeout=0&submodules=false', 27_000, '', false],
  ['?timeout=-1s&version=v1', 27_000, 'v1', true],
  ['?ref=a=b&ref=c', 27_000, 'a=b', true],
  ['?ref=%zz&submodules=0', 27_000, '', true],
  ['?ref=a;b', 27_000, '', true],
])('the query %s is read as Go reads it', (query, timeoutMs, ref, submodules) => {
  expect(parseRepository(`github.com/org/repo${query}`)).toMatchObject({ timeoutMs, ref, submodules })
})

test.each(['../base', 'base', './a/b.yaml', '/abs', 'example.com/org/repo', 'https://github.com/org/repo//../..'])(
  '%s is none',
  (path) => {
    expect(parseRepository(path)).toBeUndefined()
  },
)
