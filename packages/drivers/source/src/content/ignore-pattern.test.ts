import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { runGit } from '../../../../../test/git-server/test-repository.ts'
import type { Dialect } from './glob.ts'
import { createIgnoreMatcher, parseIgnoreFile } from './ignore-pattern.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'kedge-ignore-'))
runGit(folder, ['init', '-q', '.'])
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const names = ['a', 'b', 'ab', 'foo', 'x.md', 'é', 'a b']
// Without `foo` itself: where a file lies below it Git sees a directory.
const paths = names
  .flatMap((one) => [one, ...names.slice(0, 4).flatMap((two) => [`${one}/${two}`, `${one}/${two}/x.md`])])
  .filter((name) => name !== 'foo')

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  'foo',
  'x.md',
  '*',
  '**',
  '?',
  '[ab]',
  '[!a]',
  '[^b]',
  '[a-f]',
  '[[:alpha:]]',
  '[]a]',
  '[a',
  '\\a',
  '\\*',
  '*.md',
  'f*',
  '***',
  'é',
  ' ',
  '\\ ',
  '[[:nope:]]',
  '\\',
)
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '\\!', '#', '\\#'),
    fc.constantFrom('', '', '/'),
    fc.array(fc.tuple(piece, fc.constantFrom('', '', '/')), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '/', ' ', '  ', '\\ ', '\r'),
  )
  .map(([mark, start, body, end]) => mark + start + body.map(([text, slash]) => text + slash).join('') + end)
const ignoreFile = fc.array(pattern, { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n'))

/** What Git says of each path, in a work tree where none of them exists as a directory. */
function askGit(files: Readonly<Record<string, string>>): ReadonlySet<string> {
  for (const name of ['a', 'foo']) rmSync(path.join(folder, name), { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const done = spawnSync('git', ['-c', 'core.excludesFile=/dev/null', 'check-ignore', '--no-index', '-z', '--stdin'], {
    cwd: folder,
    input: paths.join('\0'),
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
  })
  expect([0, 1]).toContain(done.status)
  return new Set(
    done.stdout
      .toString()
      .split('\0')
      .filter((name) => name !== ''),
  )
}

function ask(files: Readonly<Record<string, string>>, dialect: Dialect): ReadonlySet<string> {
  const patterns = Object.entries(files).flatMap(([name, text]) =>
    parseIgnoreFile(text, name.split('/').slice(0, -1), dialect),
  )
  const matcher = createIgnoreMatcher(patterns, dialect)
  return new Set(paths.filter((name) => matcher.excludes(name.split('/'), false)))
}

test('[I1] our reading of ignore files is the one of git check-ignore', () => {
  fc.assert(
    fc.property(ignoreFile, fc.option(ignoreFile), (root, inner) => {
      const files = { '.gitignore': root, ...(inner === null ? {} : { 'foo/.gitignore': inner }) }
      expect([...ask(files, 'git')].toSorted(), JSON.stringify(files)).toEqual([...askGit(files)].toSorted())
    }),
    { numRuns: Number(process.env['KEDGE_RUNS'] ?? 150) },
  )
}, 600_000)

test.each<[string, string[], string[]]>([
  // As users of Flux write it: everything out, one folder back in, some of it out again.
  [
    '/*\n!/deploy\n/deploy/**/*.md',
    ['a.yaml', 'src/x.yaml', 'deploy/sub/x.md'],
    ['deploy/a.yaml', 'deploy/sub/b.yaml'],
  ],
  // A folder below an excluded one comes back, which Git would not allow.
  ['/*\n!/clusters/prod', ['x', 'clusters/dev/a', 'clusters/a'], ['clusters/prod/a', 'clusters/prod/b/c']],
  ['*.md\n!README.md', ['x.md', 'a/b.md'], ['README.md', 'a/README.md', 'a.yaml']],
  ['docs/', ['docs/a', 'x/docs/b/c'], ['docs', 'x/docs']],
  ['a/b', ['a/b', 'a/b/c'], ['x/a/b', 'b']],
  ['**/secret.yaml', ['secret.yaml', 'a/b/secret.yaml'], ['a/secret.yml']],
  ['a/**/z', ['a/z', 'a/b/c/z'], ['z', 'b/z']],
  ['# comment\n\n   \n\\#file', ['#file'], ['comment', 'file']],
  ['[!a]x', ['ax', '!x'], ['bx']],
  ['[^a]x', ['bx'], ['ax']],
  ['a**b\n[', [], ['aXb', 'ab', '[']],
])('[I1] in the dialect of Flux %j leaves out the right paths', (text, out, kept) => {
  const matcher = createIgnoreMatcher(parseIgnoreFile(text, [], 'flux'), 'flux')
  const excluded = (name: string) => matcher.excludes(name.split('/'), false)
  expect(out.filter((name) => !excluded(name))).toEqual([])
  expect(kept.filter(excluded)).toEqual([])
})

test('[I1] a pattern of many stars takes no time to speak of', () => {
  const hostile = `${'*a'.repeat(500)}b`
  const names = Array.from({ length: 50 }, () => 'a'.repeat(250))
  for (const dialect of ['git', 'flux'] as const) {
    const matcher = createIgnoreMatcher(parseIgnoreFile(`${hostile}\n${'**/'.repeat(200)}x`, [], dialect), dialect)
    expect(matcher.excludes(names, false)).toBe(false)
  }
})
