import { createHash } from 'node:crypto'
import type { Clock, Timers } from '@kedge/base'
import type { FileTree } from '@kedge/tree'
import { type EgressClient, type ProxyOptions, type TlsOptions, parseProxy } from '../http/egress-client.ts'
import { hostTimers, withDeadline } from './deadline.ts'
import { gitError } from './git-failure.ts'
import { type GitLimits, defaultGitLimits } from './git-limits.ts'
import { type GitCredentials, createHttpTransport } from './http-transport.ts'
import { localRemote } from './local-remote.ts'
import type { Commit, Tag } from './parse-object.ts'
import { type RefSpec, checkRefSpec } from './ref-name.ts'
import { type RemoteUrl, parseRemoteUrl } from './remote-url.ts'
import { type Relation, relationOf } from './relation.ts'
import type { Remote } from './remote.ts'
import { type KnownRepository, RepositoryCache } from './repository-cache.ts'
import { type ResolvedRef, planRef, refNotFound } from './resolve-ref.ts'
import { httpRemote } from './http-remote.ts'

/** Which repository, which revision of it, and how it is reached. */
export interface GitSourceSpec {
  /** `https://…`, `http://…`, `file://…` or an absolute path. */
  readonly url: string
  readonly ref?: RefSpec
  readonly credentials?: GitCredentials
  readonly tls?: TlsOptions
  readonly proxy?: ProxyOptions
  /** Milliseconds for one resolve or one fetch; the limits say what holds when it is not given. */
  readonly timeoutMs?: number
}

/** One commit of a repository: immutable, and shared by all who ask for it. */
export interface GitArtifact {
  readonly revision: string
  readonly commit: Commit
  /** The annotated tag that led to the commit. */
  readonly tag?: Tag
  readonly tree: FileTree
}

/** Reads Git repositories. Both methods throw a GitError, whose failure has a code of GitFailureCode. */
export interface GitSource {
  /** What the ref leads to now. One round trip once the server is known; none for a commit. */
  resolve(spec: GitSourceSpec, signal?: AbortSignal): Promise<ResolvedRef>
  /** The files of a resolved revision; at once when they are here already. Later moves of the ref change nothing. */
  fetch(spec: GitSourceSpec, resolved: ResolvedRef, signal?: AbortSignal): Promise<GitArtifact>
  /** Whether a ref that moved from one commit to another went forward or had its history rewritten. */
  relation(spec: GitSourceSpec, commits: { from: string; to: string }, signal?: AbortSignal): Promise<Relation>
  /** What the cache holds, for metrics. */
  cacheUse(): { readonly repositories: number; readonly bytes: number }
}

/** What a GitSource needs of the world. */
export interface GitSourceOptions {
  readonly http: EgressClient
  readonly limits?: Partial<GitLimits>
  readonly clock?: Clock
  readonly timers?: Timers
  /** Folders under which local repositories may be read: none by default, for a source may be written by a tenant. */
  readonly localFolders?: readonly string[] | 'any'
}

/** A GitSource with a cache of its own. */
export function createGitSource(options: GitSourceOptions): GitSource {
  return new CachedGitSource(options)
}

class CachedGitSource implements GitSource {
  readonly #options: GitSourceOptions
  readonly #limits: GitLimits
  readonly #timers: Timers
  readonly #cache: RepositoryCache

  constructor(options: GitSourceOptions) {
    this.#options = options
    this.#limits = { ...defaultGitLimits, ...options.limits }
    this.#timers = options.timers ?? hostTimers
    this.#cache = new RepositoryCache(this.#limits)
  }

  async resolve(spec: GitSourceSpec, signal?: AbortSignal): Promise<ResolvedRef> {
    const ref = spec.ref ?? {}
    const remoteUrl = parseRemoteUrl(spec.url)
    checkRefSpec(ref)
    const plan = planRef(ref)
    if (plan.kind === 'known') return plan.resolved
    const repository = this.#repository(spec, remoteUrl)
    const list = (prefixes: readonly string[], inner: AbortSignal) => this.#cache.listRefs(repository, prefixes, inner)
    return this.#within(spec, signal, async (inner) => {
      const found = plan.choose(await list(plan.prefixes, inner))
      if (found !== undefined) return found
      throw refNotFound(plan.what, await list(['HEAD', 'refs/heads/', 'refs/tags/'], inner))
    })
  }

  async fetch(spec: GitSourceSpec, resolved: ResolvedRef, signal?: AbortSignal): Promise<GitArtifact> {
    const remoteUrl = parseRemoteUrl(spec.url)
    checkRefSpec({ commit: resolved.commit })
    checkRefSpec({ commit: resolved.want })
    const repository = this.#repository(spec, remoteUrl)
    const checkout = await this.#within(spec, signal, (inner) =>
      this.#cache.checkout(repository, { resolved, branch: spec.ref?.branch, signal: inner }),
    )
    const { commit, tag, snapshot } = checkout
    const artifact = { revision: resolved.revision, commit, tree: snapshot.tree }
    return tag === undefined ? artifact : { ...artifact, tag }
  }

  async relation(
    spec: GitSourceSpec,
    { from, to }: { from: string; to: string },
    signal?: AbortSignal,
  ): Promise<Relation> {
    const remoteUrl = parseRemoteUrl(spec.url)
    for (const commit of [from, to]) checkRefSpec({ commit })
    if (from === to) return 'same'
    const { remote, checkouts } = this.#repository(spec, remoteUrl)
    if (checkouts.get(to)?.commit.parents.includes(from) === true) return 'forward'
    return this.#within(spec, signal, async (inner) => {
      const history = await remote.history({ from, to, signal: inner })
      if (history === undefined) return 'unknown'
      try {
        return relationOf(from, to, (id) => history.objectOf(id))
      } finally {
        history.release()
      }
    })
  }

  cacheUse(): { readonly repositories: number; readonly bytes: number } {
    return this.#cache.use()
  }

  #within<T>(
    spec: GitSourceSpec,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withDeadline({ timers: this.#timers, timeoutMs: spec.timeoutMs ?? this.#limits.timeoutMs, signal }, work)
  }

  /** Kept per URL and credentials: who may not read a repository must not be served from another's cache. */
  #repository(spec: GitSourceSpec, remoteUrl: RemoteUrl): KnownRepository {
    const secrets = JSON.stringify([spec.credentials, spec.tls, spec.proxy])
    const place = remoteUrl.kind === 'http' ? remoteUrl.url.href : remoteUrl.folder
    const key = `${place} ${createHash('sha256').update(secrets).digest('hex')}`
    return this.#cache.repository(key, () => this.#connect(spec, remoteUrl))
  }

  #connect(spec: GitSourceSpec, remoteUrl: RemoteUrl): Remote {
    if (remoteUrl.kind === 'local') {
      return localRemote(remoteUrl.folder, { limits: this.#limits, allowed: this.#options.localFolders ?? [] })
    }
    const { credentials, tls, proxy } = spec
    if (credentials !== undefined && hasLineBreak(JSON.stringify(credentials))) {
      throw gitError('AuthenticationFailed', 'the credentials contain line breaks', 'remove them from the secret')
    }
    if (proxy !== undefined) checkProxy(proxy)
    const transport = createHttpTransport({
      url: remoteUrl.url,
      client: this.#options.http,
      maxRedirects: this.#limits.maxRedirects,
      now: () => this.#options.clock?.now() ?? Date.now(),
      ...(credentials === undefined ? {} : { credentials }),
      ...(tls === undefined ? {} : { tls }),
      ...(proxy === undefined ? {} : { proxy }),
    })
    return httpRemote(transport, this.#limits)
  }
}

function checkProxy({ address }: ProxyOptions): void {
  try {
    parseProxy(address)
  } catch (error) {
    const why = error instanceof TypeError ? error.message : 'it cannot be parsed'
    throw gitError('URLInvalid', `the proxy cannot be used: ${why}`, 'correct the address in the proxy secret')
  }
}

/** In JSON a line break is written as an escape. */
function hasLineBreak(json: string): boolean {
  return /\\[nr]|\\u000[ad]/i.test(json)
}
