import { GitError, gitError, isInterruption } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import { Coalesced } from './coalesced.ts'
import type { AdvertisedRef } from './protocol.ts'
import { type Commit, type Tag, parseCommit, parseTag } from './parse-object.ts'
import type { Remote, RemoteObjects } from './remote.ts'
import type { ResolvedRef } from './resolve-ref.ts'
import { type Snapshot, buildSnapshot } from './snapshot.ts'

/** A commit with its files. */
export interface Checkout {
  readonly commit: Commit
  readonly tag?: Tag
  readonly snapshot: Snapshot
}

/** A repository that is known: its remote, and its last commits with their objects. */
export interface KnownRepository {
  readonly key: string
  readonly remote: Remote
  readonly checkouts: Map<string, Checkout>
  readonly running: Map<string, Promise<Checkout>>
  readonly listings: Map<string, Coalesced<readonly AdvertisedRef[]>>
  bytes: number
}

/** What a checkout is asked for with. */
export interface CheckoutRequest {
  readonly resolved: ResolvedRef
  readonly branch?: string | undefined
  readonly signal: AbortSignal
}

const keptCheckouts = 2
const maxRepositories = 2000
const maxTagChain = 10

/** The last commits of each repository, within a number of bytes; the repository used longest ago goes first. */
export class RepositoryCache {
  readonly #limits: GitLimits
  readonly #repositories = new Map<string, KnownRepository>()

  constructor(limits: GitLimits) {
    this.#limits = limits
  }

  /** The repository under a key, made when it is new; it becomes the one used last. */
  repository(key: string, connect: () => Remote): KnownRepository {
    const known = this.#repositories.get(key)
    const repository = known ?? newRepository(key, connect())
    this.#repositories.delete(key)
    this.#repositories.set(key, repository)
    this.#evict(repository)
    return repository
  }

  /** The files of a commit; those who ask for the same commit at the same time share one fetch. */
  async checkout(repository: KnownRepository, request: CheckoutRequest): Promise<Checkout> {
    const { commit } = request.resolved
    const kept = repository.checkouts.get(commit)
    if (kept !== undefined) return kept
    const running = repository.running.get(commit)
    if (running !== undefined) {
      try {
        return await running
      } catch (error) {
        // Another caller's impatience is not ours.
        if (!isInterruption(error) || request.signal.aborted) throw error
        return this.checkout(repository, request)
      }
    }
    const started = this.#load(repository, request).finally(() => repository.running.delete(commit))
    repository.running.set(commit, started)
    return started
  }

  /** The refs with the prefixes, no older than this call; those who ask while a list is on its way share the next one. */
  async listRefs(
    { listings, remote }: KnownRepository,
    prefixes: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly AdvertisedRef[]> {
    const key = prefixes.join(' ')
    const listing = listings.get(key) ?? new Coalesced<readonly AdvertisedRef[]>()
    listings.set(key, listing)
    try {
      return await listing.run(() => remote.listRefs(prefixes, signal), signal)
    } finally {
      if (listing.idle) listings.delete(key)
    }
  }

  use(): { readonly repositories: number; readonly bytes: number } {
    const all = [...this.#repositories.values()]
    return { repositories: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  }

  async #load(repository: KnownRepository, request: CheckoutRequest): Promise<Checkout> {
    const before = [...repository.checkouts.values()].at(-1)
    let checkout: Checkout
    try {
      checkout = await this.#bring(repository, request, before)
    } catch (error) {
      // A server that takes a `have` wrongly sends too little; asking for everything is always right.
      if (before === undefined || !(error instanceof GitError) || error.failure.code !== 'PackInvalid') throw error
      checkout = await this.#bring(repository, request, undefined)
    }
    repository.checkouts.set(checkout.commit.oid, checkout)
    const [oldest] = repository.checkouts.keys()
    if (repository.checkouts.size > keptCheckouts && oldest !== undefined) repository.checkouts.delete(oldest)
    repository.bytes = bytesOf(repository)
    this.#evict(repository)
    return checkout
  }

  async #bring(
    repository: KnownRepository,
    { resolved, branch, signal }: CheckoutRequest,
    before: Checkout | undefined,
  ): Promise<Checkout> {
    const objects = await repository.remote.objects({
      want: resolved.want,
      branch,
      signal,
      baseOf: (id) => before?.snapshot.objects.get(id),
      ...(before === undefined ? {} : { have: before.commit.oid }),
    })
    try {
      const { commit, tag } = readCommit(objects, resolved)
      const snapshot = await buildSnapshot({
        root: commit.tree,
        format: objects.format,
        limits: this.#limits,
        signal,
        objectOf: (id) => objects.objectOf(id),
        ...(before === undefined ? {} : { before: before.snapshot }),
      })
      return tag === undefined ? { commit, snapshot } : { commit, tag, snapshot }
    } finally {
      objects.release()
    }
  }

  #evict(current: KnownRepository): void {
    let { bytes } = this.use()
    for (const repository of this.#repositories.values()) {
      if (bytes <= this.#limits.maxCacheBytes && this.#repositories.size <= maxRepositories) return
      if (repository === current) continue
      this.#repositories.delete(repository.key)
      bytes -= repository.bytes
    }
  }
}

function newRepository(key: string, remote: Remote): KnownRepository {
  return { key, remote, checkouts: new Map(), running: new Map(), listings: new Map(), bytes: 0 }
}

/** The commit that was resolved, through its tags. What the tags lead to must be that commit. */
function readCommit(objects: RemoteObjects, resolved: ResolvedRef): { commit: Commit; tag?: Tag } {
  let id = resolved.want
  let tag: Tag | undefined
  for (let hops = 0; hops < maxTagChain; hops += 1) {
    const object = objects.objectOf(id)
    if (object === undefined) break
    if (object.type === 'tag') {
      const parsed = parseTag(id, object.content())
      tag ??= parsed
      id = parsed.object
      continue
    }
    if (object.type !== 'commit') {
      throw gitError('ObjectInvalid', `the ref leads to a ${object.type}, not to a commit`, 'point it to a commit')
    }
    if (resolved.want === resolved.commit || id === resolved.commit) {
      const commit = parseCommit(id, Uint8Array.from(object.content()))
      return tag === undefined ? { commit } : { commit, tag }
    }
    break
  }
  throw gitError(
    'CommitNotFound',
    `the repository does not have the commit ${resolved.commit}`,
    'check that it was pushed',
  )
}

function bytesOf(repository: KnownRepository): number {
  const unique = new Set([...repository.checkouts.values()].flatMap(({ snapshot }) => [...snapshot.objects.values()]))
  return [...unique].reduce((sum, object) => sum + object.storedBytes, 0)
}
