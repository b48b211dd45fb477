// oxlint-disable-next-line no-restricted-imports -- tests make their repositories with the real git
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A Git repository with a work tree in a temporary folder. */
export interface GitRepo extends Disposable {
  readonly folder: string
  readonly url: string
  /** Writes files (undefined removes one), commits, and returns the commit. */
  commit(files: Readonly<Record<string, string | undefined>>, message?: string): string
  git(...args: readonly string[]): string
}

export function createGitRepo(): GitRepo {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-agent-'))
  function git(...args: readonly string[]): string {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false']
    return execFileSync('git', [...identity, '-C', folder, ...args], { encoding: 'utf8' }).trim()
  }
  git('init', '-q', '-b', 'main')
  return {
    folder,
    url: `file://${folder}`,
    git,
    commit(files, message = 'change') {
      for (const [name, text] of Object.entries(files)) {
        const file = path.join(folder, name)
        mkdirSync(path.dirname(file), { recursive: true })
        if (text === undefined) rmSync(file)
        else writeFileSync(file, text)
      }
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', message)
      return git('rev-parse', 'HEAD')
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
