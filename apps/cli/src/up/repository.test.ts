import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DataFolder } from './data-folder.ts'
import { chooseRepository, type RepositoryFlags, wantsDemo } from './repository.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'kedge-repository-'))
})

afterEach(() => rmSync(cwd, { recursive: true }))

async function nameOf(flags: RepositoryFlags): Promise<string> {
  return (await chooseRepository(flags, {} as DataFolder, cwd)).name
}

test('a repository is called as its last part is, or as --name says', async () => {
  mkdirSync(path.join(cwd, 'My_Fleet', '.git'), { recursive: true })
  expect(await nameOf({ repo: 'My_Fleet' })).toBe('my-fleet')
  expect(await nameOf({ repo: 'My_Fleet', name: 'other' })).toBe('other')
  expect(await nameOf({ repo: 'https://example.com/org/fleet.git' })).toBe('fleet')
  expect(await nameOf({ repo: 'https://example.com/org/fleet.git', name: 'flux-system' })).toBe('flux-system')
})

test('a path that Flux has bootstrapped gives the name by which its objects know the repository', async () => {
  mkdirSync(path.join(cwd, 'fleet', '.git'), { recursive: true })
  mkdirSync(path.join(cwd, 'fleet', 'clusters', 'one', 'flux-system'), { recursive: true })
  expect(await nameOf({ repo: 'fleet', path: './clusters/one' })).toBe('flux-system')
  expect(await nameOf({ repo: 'fleet', path: './clusters' })).toBe('fleet')
  expect(await nameOf({ repo: 'fleet', path: './clusters/one', name: 'mine' })).toBe('mine')
})

test.each([
  ['an empty embedded cluster', [], true, true],
  ['an embedded cluster that follows the demo', ['demo'], true, true],
  ['an embedded cluster that follows something else', ['fleet'], true, false],
  ['a real cluster', [], false, false],
  ['a real cluster that follows the demo', ['demo'], false, false],
])('%s gets the demo where no repository is named, or not', (_, names, isEmbedded, expected) => {
  const earlier = names.map((name) => ({ name }))
  expect(wantsDemo(earlier, isEmbedded)).toBe(expected)
})
