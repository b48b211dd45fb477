import { existsSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { FailureError } from '@kedge/base'
import { demoFiles } from '../demo/content.ts'
import { initRepository } from '../demo/git-init.ts'
import type { DataFolder } from './data-folder.ts'

/** The repository that `kedge up` follows. */
export interface Repository {
  /** Names the objects made for it; a DNS label. */
  readonly name: string
  readonly url: string
  readonly branch: string | undefined
  /** Where the manifests are, such as `./clusters/demo`. */
  readonly path: string
  /** The folder on this machine, where it is one. */
  readonly folder?: string
  readonly isDemo: boolean
}

/** The name of the objects that follow the demo. */
const demoName = 'demo'

/**
 * Whether a start that names no repository follows the demo. It is for those who have named nothing yet: what an earlier
 * start followed is followed again, and a real cluster has what is in it.
 */
export function wantsDemo(earlier: readonly { readonly name: string }[], isEmbedded: boolean): boolean {
  return isEmbedded && (earlier.length === 0 || earlier.some(({ name }) => name === demoName))
}

export interface RepositoryFlags {
  readonly repo?: string
  readonly path?: string
  readonly branch?: string
  readonly name?: string
}

/** The folder, beside a cluster's manifests, in which `flux bootstrap` keeps its own. */
const fluxFolder = 'flux-system'

/** The repository named, or the demo, which is made when it is not there yet. */
export async function chooseRepository(flags: RepositoryFlags, folder: DataFolder, cwd: string): Promise<Repository> {
  if (flags.repo === undefined) return demoRepository(flags, folder)
  const isUrl = /^[a-z]+:\/\//.test(flags.repo)
  if (isUrl && !flags.repo.startsWith('file://'))
    return {
      name: flags.name ?? nameOf(flags.repo),
      url: flags.repo,
      branch: flags.branch,
      path: flags.path ?? './',
      isDemo: false,
    }
  const local = isUrl ? new URL(flags.repo).pathname : path.resolve(cwd, flags.repo)
  if (!isRepository(local))
    throw new FailureError({
      code: 'RepositoryNotFound',
      message: `there is no Git repository at ${local}`,
      fix: 'name a folder that holds one, or a URL, with --repo',
    })
  return {
    name: flags.name ?? (isBootstrapped(local, flags.path) ? fluxFolder : nameOf(local)),
    url: pathToFileURL(local).href,
    branch: flags.branch ?? currentBranch(local),
    path: flags.path ?? './',
    folder: local,
    isDemo: false,
  }
}

async function demoRepository(flags: RepositoryFlags, folder: DataFolder): Promise<Repository> {
  if (!existsSync(path.join(folder.demo, '.git')))
    await initRepository({
      folder: folder.demo,
      branch: 'main',
      files: demoFiles,
      message: 'Begin the demo',
      author: { name: 'Kedge demo', email: 'demo@example.com', seconds: Math.floor(Date.now() / 1000) },
    })
  return {
    name: demoName,
    url: pathToFileURL(folder.demo).href,
    branch: flags.branch ?? 'main',
    path: flags.path ?? './clusters/demo',
    folder: folder.demo,
    isDemo: true,
  }
}

/** Whether `flux bootstrap` was here: what it has made refers to the repository by the name of that folder. */
function isBootstrapped(local: string, manifests = './'): boolean {
  return existsSync(path.join(local, manifests, fluxFolder))
}

/** The branch that HEAD names; undefined where it names a commit, or is kept elsewhere (linked work trees). */
function currentBranch(folder: string): string | undefined {
  const head = [path.join(folder, '.git', 'HEAD'), path.join(folder, 'HEAD')].find((file) => existsSync(file))
  return head === undefined ? undefined : /^ref: refs\/heads\/(.+)$/m.exec(readFileSync(head, 'utf8'))?.[1]
}

function isRepository(folder: string): boolean {
  return (
    existsSync(path.join(folder, '.git')) ||
    (existsSync(path.join(folder, 'HEAD')) && existsSync(path.join(folder, 'objects')))
  )
}

/** `https://host/org/My_Repo.git` becomes `my-repo`. */
function nameOf(location: string): string {
  const last = location.replace(/\/+$/, '').split('/').at(-1) ?? ''
  const label = last
    .replace(/\.git$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50)
  return label === '' ? 'repository' : label
}

/** Calls back soon after anything was committed to a local repository. Returns the end of it. */
export function watchRepository(folder: string, onCommit: () => void): () => void {
  const git =
    existsSync(path.join(folder, '.git')) && statSync(path.join(folder, '.git')).isDirectory()
      ? path.join(folder, '.git')
      : folder
  let pending: NodeJS.Timeout | undefined
  const soon = (): void => {
    pending ??= setTimeout(() => {
      pending = undefined
      onCommit()
    }, 15)
  }
  const watchers: FSWatcher[] = []
  const follow = (target: string, recursive: boolean): void => {
    if (!existsSync(target)) return
    const watcher = watch(target, { recursive }, soon)
    // The interval still finds changes when the folder can no longer be watched.
    watcher.on('error', () => undefined)
    watchers.push(watcher)
  }
  follow(git, false)
  follow(path.join(git, 'refs'), true)
  return () => {
    clearTimeout(pending)
    for (const watcher of watchers) watcher.close()
  }
}
