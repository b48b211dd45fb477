import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What a commit does to a path: a text or bytes, an executable, a link, or (null) its removal. */
export type FileChange =
  | string
  | Uint8Array
  | null
  | { readonly content: string | Uint8Array; readonly executable?: boolean }
  | { readonly link: string }

export interface CommitOptions {
  readonly branch?: string
  readonly message?: string
  /** Rewrite the branch: the commit replaces its tip instead of following it. */
  readonly force?: boolean
}

/** A bare repository under the server, and a work tree beside it through which real Git changes it. */
export class TestRepository {
  readonly name: string
  /** The bare repository that is served. */
  readonly folder: string
  /** The work tree. */
  readonly work: string
  #commits = 0

  constructor(root: string, name: string, objectFormat: 'sha1' | 'sha256' = 'sha1') {
    this.name = name
    this.folder = path.join(root, name)
    this.work = path.join(root, `${name}.work`)
    mkdirSync(this.folder, { recursive: true })
    mkdirSync(this.work, { recursive: true })
    runGit(this.folder, ['init', '-q', '--bare', '--initial-branch=main', `--object-format=${objectFormat}`, '.'])
    runGit(this.work, ['init', '-q', '--initial-branch=main', `--object-format=${objectFormat}`, '.'])
    this.git('remote', 'add', 'origin', this.folder)
  }

  /** Runs Git in the work tree and gives what it prints. */
  git(...args: readonly string[]): string {
    return runGit(this.work, args)
  }

  /** Runs Git in the bare repository, for instance `gc` or `config`. */
  bareGit(...args: readonly string[]): string {
    return runGit(this.folder, args)
  }

  /** Changes files, commits, pushes, and gives the id of the commit. */
  commit(changes: Readonly<Record<string, FileChange>>, options: CommitOptions = {}): string {
    const branch = options.branch ?? 'main'
    this.#switchTo(branch)
    for (const [name, change] of Object.entries(changes)) this.#change(name, change)
    this.git('add', '-A')
    this.#commits += 1
    const message = options.message ?? `change ${this.#commits}`
    this.git('commit', '-q', '--allow-empty', ...(options.force === true ? ['--amend'] : []), '-m', message)
    this.git('push', '-q', ...(options.force === true ? ['--force'] : []), 'origin', branch)
    return this.head()
  }

  /** Creates or moves a tag on the tip of the work tree (or on `at`) and pushes it. */
  tag(name: string, options: { readonly message?: string; readonly at?: string } = {}): void {
    const annotate = options.message === undefined ? [] : ['-a', '-m', options.message]
    this.git('tag', '-f', ...annotate, name, ...(options.at === undefined ? [] : [options.at]))
    this.git('push', '-q', '--force', 'origin', `refs/tags/${name}`)
  }

  /** The commit that the work tree is on. */
  head(): string {
    return this.git('rev-parse', 'HEAD').trim()
  }

  #switchTo(branch: string): void {
    const current = this.git('symbolic-ref', '--short', 'HEAD').trim()
    if (current === branch) return
    const known = this.git('branch', '--list', branch).trim() !== ''
    this.git('checkout', '-q', ...(known ? [branch] : ['-b', branch]))
  }

  #change(name: string, change: FileChange): void {
    const file = path.join(this.work, name)
    rmSync(file, { force: true, recursive: true })
    if (change === null) return
    mkdirSync(path.dirname(file), { recursive: true })
    if (typeof change === 'string' || change instanceof Uint8Array) return writeFileSync(file, change)
    if ('link' in change) return symlinkSync(change.link, file)
    writeFileSync(file, change.content)
    if (change.executable === true) chmodSync(file, 0o755)
  }
}

/** Runs Git with a clean environment and fixed identity and times; throws what it prints when it fails. */
export function runGit(folder: string, args: readonly string[]): string {
  const done = spawnSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: existsSync(folder) ? folder : '/',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'core.autocrlf',
      GIT_CONFIG_VALUE_0: 'false',
      GIT_CONFIG_KEY_1: 'gc.auto',
      GIT_CONFIG_VALUE_1: '0',
      GIT_CONFIG_KEY_2: 'advice.detachedHead',
      GIT_CONFIG_VALUE_2: 'false',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.test',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.test',
      GIT_AUTHOR_DATE: '2026-01-02T03:04:05+0100',
      GIT_COMMITTER_DATE: '2026-01-02T03:04:05+0100',
    },
  })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`)
  return done.stdout
}
