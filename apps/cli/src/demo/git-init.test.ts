import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { initRepository } from './git-init.ts'

test('the stock git client finds a clean work tree, valid objects and goes on committing', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-init-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]).toString()
  const files = {
    'README.md': 'hello\n',
    'a/b.yaml': 'x: 1\n',
    'a-b/c.yaml': 'y: 2\n',
    'a.txt': 'dot sorts before slash\n',
  }
  const oid = await initRepository({
    folder,
    branch: 'main',
    files,
    message: 'Begin',
    author: { name: 'Demo', email: 'demo@example.com', seconds: 1_700_000_000 },
  })

  expect(git('rev-parse', 'main').trim()).toBe(oid)
  expect(git('status', '--porcelain')).toBe('')
  expect(git('fsck', '--strict')).not.toMatch(/error|missing/)
  writeFileSync(path.join(folder, 'a/b.yaml'), 'x: 2\n')
  git('commit', '-qam', 'Change')
  expect(git('log', '--format=%s')).toBe('Change\nBegin\n')
  expect(readFileSync(path.join(folder, 'a-b/c.yaml'), 'utf8')).toBe('y: 2\n')
})
