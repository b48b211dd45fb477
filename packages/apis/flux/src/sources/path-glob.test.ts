import { expect, test } from 'vitest'

import { findPaths, hasPattern, matchesPath, type PathIndex } from './path-glob.ts'

function indexOf(files: readonly string[]): PathIndex {
  const names = new Map<string, Set<string>>([['', new Set()]])
  const all = new Set<string>()
  for (const file of files) {
    const parts = file.split('/')
    for (const [at, part] of parts.entries()) {
      const parent = parts.slice(0, at).join('/')
      names.set(parent, (names.get(parent) ?? new Set()).add(part))
      all.add(parts.slice(0, at + 1).join('/'))
    }
  }
  return {
    namesIn: (path) => (names.has(path) ? [...(names.get(path) ?? [])].toSorted() : undefined),
    has: (path) => all.has(path),
  }
}

const tree = indexOf(['a/one.yaml', 'a/b/two.yaml', 'a/b/c/three.tgz', 'top.yaml', 'x[1].yaml'])

test.each<[string, boolean, readonly string[] | undefined]>([
  ['a/**', false, ['a/b', 'a/one.yaml']],
  ['**', false, ['a', 'top.yaml', 'x[1].yaml']],
  ['*/*.yaml', false, ['a/one.yaml']],
  ['./*.yaml', false, ['top.yaml', 'x[1].yaml']],
  ['a/?/two.*', false, ['a/b/two.yaml']],
  ['[a-c]/one.yaml', false, ['a/one.yaml']],
  ['[^a]*.yaml', false, ['top.yaml', 'x[1].yaml']],
  ['x\\[1\\].yaml', false, ['x[1].yaml']],
  ['none/*', false, []],
  ['../*', false, []],
  ['[a', false, undefined],
  ['{a,top}*', false, []],
  ['**/*.tgz', true, ['a/b/c/three.tgz']],
  ['a/**', true, ['a', 'a/b', 'a/b/c', 'a/b/c/three.tgz', 'a/b/two.yaml', 'a/one.yaml']],
  ['a/**/**/three.tgz', true, ['a/b/c/three.tgz']],
  ['{a/b,a}/*.yaml', true, ['a/b/two.yaml', 'a/one.yaml']],
  ['{a,b', true, undefined],
])('[GA3] the pattern %s, recursive %s, finds %j', (pattern, recursive, found) => {
  expect(findPaths(tree, pattern, { recursive })).toEqual(found)
})

test.each<[string, string, boolean | undefined]>([
  ['*.md', 'a.md', true],
  ['*.md', 'a/b.md', false],
  ['**/*.md', 'a.md', true],
  ['**/*.md', 'a/b/c.md', true],
  ['dir/**', 'dir', true],
  ['dir/**', 'dir/a/b', true],
  ['dir/**/x', 'dir/a/b/x', true],
  ['dir/**/x', 'dir/a/b/y', false],
  ['[!a]b', 'cb', true],
  ['[!a]b', 'ab', false],
  ['*.{yaml,yml}', 'a.yml', true],
  ['a{b,c{d,e}}', 'ace', true],
  ['[a', '.', undefined],
])('[GA3] the pattern %s against %s is %s', (pattern, path, isMatch) => {
  expect(matchesPath(pattern, path)).toBe(isMatch)
})

test('[GA3] a pattern is told by its signs, and many of them cost no more than few', () => {
  expect(['a/b.yaml', 'a{b}', 'a*', 'a?', 'a[b]'].map(hasPattern)).toEqual([false, false, true, true, true])
  const long = 'a'.repeat(200)
  expect(matchesPath(`${'*a'.repeat(60)}b`, long)).toBe(false)
  expect(matchesPath(`${'**/'.repeat(60)}b`, Array.from({ length: 60 }, () => 'a').join('/'))).toBe(false)
  // More alternatives than a pattern may have.
  expect(matchesPath('{a,b}'.repeat(20), 'a')).toBeUndefined()
})
