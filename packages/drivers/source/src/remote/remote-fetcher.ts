import { FailureError, type Timers } from '@kedge/base'
import { type FileTree, locate, rootOf, sha256Hex } from '@kedge/tree'
import { hostTimers, withDeadline } from '../git/deadline.ts'
import { gitError } from '../git/git-failure.ts'
import type { GitSource, GitSourceSpec } from '../git/git-source.ts'
import { type RefSpec, isObjectId } from '../git/ref-name.ts'
import type { EgressClient } from '../http/egress-client.ts'
import { fetchRemoteFile } from './remote-file.ts'
import type { RemoteRules } from './remote-rules.ts'

/** A repository as a remote base names it. */
export interface RemoteRepository {
  /** What `git clone` takes. */
  readonly clone: string
  /** A branch, a tag or a full commit id; empty for the default branch. */
  readonly ref: string
  readonly timeoutMs: number
}

/** A tree that knows where its links lead. */
export interface RemoteTree extends FileTree {
  /** The path without links, undefined when nothing is there. */
  realPath(path: string): string | undefined
}

/** Fetches remote bases and files. Both methods throw a FailureError, mostly a GitError; no secret is in its texts. */
export interface RemoteFetcher {
  repository(repository: RemoteRepository, signal?: AbortSignal): Promise<RemoteTree>
  file(url: string, signal?: AbortSignal): Promise<Uint8Array>
}

/** What a RemoteFetcher needs of the world. */
export interface RemoteFetcherOptions {
  readonly git: GitSource
  readonly http: EgressClient
  readonly rules: RemoteRules
  readonly timers?: Timers
  /** Bytes of one file; 32 MiB if not given. */
  readonly maxFileBytes?: number
  /** Milliseconds for one file; a minute if not given. */
  readonly fileTimeoutMs?: number
}

/** A fetcher that fetches what the rules allow; addresses are judged by the rules of the client as well. */
export function createRemoteFetcher(options: RemoteFetcherOptions): RemoteFetcher {
  const { git, http, rules, timers = hostTimers } = options
  const { maxFileBytes: maxBytes = 32 * 1024 * 1024, fileTimeoutMs: timeoutMs = 60_000 } = options
  return {
    async repository({ clone, ref, timeoutMs: limit }, signal) {
      const url = parseClone(clone)
      rules.check(url)
      const spec = { ...specOf(url), timeoutMs: limit }
      return linked(await fetchRef(git, { spec, ref, signal }))
    },
    file(address, signal) {
      if (!URL.canParse(address)) throw gitError('URLInvalid', 'the address of the file is no URL', 'correct it')
      return withDeadline({ timers, timeoutMs, signal }, (inner) =>
        fetchRemoteFile(new URL(address), { http, rules, maxBytes, signal: inner }),
      )
    },
  }
}

function parseClone(clone: string): URL {
  const isSsh = clone.startsWith('ssh://') || !clone.includes('://')
  if (isSsh) {
    throw gitError('URLInvalid', 'Git over SSH is not there yet', 'write the https address of the repository')
  }
  if (!URL.canParse(clone)) throw gitError('URLInvalid', 'the address of the repository is no URL', 'correct it')
  return new URL(clone)
}

/** The address as sources take it: credentials stand beside it. A user without a password is a guest. */
function specOf(url: URL): Pick<GitSourceSpec, 'url' | 'credentials'> {
  const { username, password } = url
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  if (password === '') return { url: bare.href }
  const credentials = {
    kind: 'basic',
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  } as const
  return { url: bare.href, credentials }
}

interface RefRequest {
  readonly spec: GitSourceSpec
  readonly ref: string
  readonly signal: AbortSignal | undefined
}

async function fetchRef(git: GitSource, { spec, ref, signal }: RefRequest): Promise<FileTree> {
  for (const candidate of candidates(ref)) {
    try {
      const wanted = { ...spec, ref: candidate }
      const { tree } = await git.fetch(wanted, await git.resolve(wanted, signal), signal)
      return tree
    } catch (error) {
      const isNext = error instanceof FailureError && ['RefNotFound', 'RefInvalid'].includes(error.failure.code)
      if (!isNext) throw error
    }
  }
  throw gitError('RefNotFound', `the repository has no branch, tag or ref ${JSON.stringify(ref)}`, 'correct the ref')
}

/** What a name may mean, in the order in which `git fetch` looks: a full ref, a tag, a branch. */
function candidates(ref: string): readonly RefSpec[] {
  if (ref === '' || ref === 'HEAD') return [{ name: 'HEAD' }]
  if (isObjectId(ref)) return [{ commit: ref }]
  if (ref.startsWith('refs/')) return [{ name: ref }]
  const below = ref.includes('/') ? [{ name: `refs/${ref}` }] : []
  return [...below, { tag: ref }, { branch: ref }]
}

function linked(tree: FileTree): RemoteTree {
  const root = rootOf(tree, sha256Hex)
  return {
    digest: tree.digest,
    kindOf: (path) => tree.kindOf(path),
    file: (path) => tree.file(path),
    list: (path) => tree.list(path),
    realPath: (path) => locate(root, path)?.path,
  }
}
