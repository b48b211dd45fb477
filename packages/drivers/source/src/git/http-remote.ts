import { GitError, gitError } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import type { GitTransport } from './git-transport.ts'
import { readPack } from './pack-reader.ts'
import { type Advertisement, type AdvertisedRef, canFilter, discover, fetchPack, listRefs } from './protocol.ts'
import type { HistoryRange, ObjectsRequest, Remote, RemoteObjects } from './remote.ts'

/** A repository behind a transport. What the server can do is learnt once; older servers are asked anew each time. */
export function httpRemote(transport: GitTransport, limits: GitLimits): Remote {
  return new TransportRemote(transport, limits)
}

class TransportRemote implements Remote {
  readonly #transport: GitTransport
  readonly #limits: GitLimits
  #server: Advertisement | undefined

  constructor(transport: GitTransport, limits: GitLimits) {
    this.#transport = transport
    this.#limits = limits
  }

  async listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<readonly AdvertisedRef[]> {
    const known = this.#server
    // The old protocol lists the refs in its opening words, so there the opening is the round trip.
    if (known === undefined || known.version === 0) return this.#listAnew(prefixes, signal)
    try {
      return await listRefs(this.#with(known), prefixes, signal)
    } catch (error) {
      if (!isOutdated(error)) throw error
      return this.#listAnew(prefixes, signal)
    }
  }

  async objects(request: ObjectsRequest): Promise<RemoteObjects> {
    const server = this.#server ?? (await this.#discover(request.signal))
    const { want, deepen } = wantFor(server, request)
    const fetching = { want, deepen, ...(request.have === undefined ? {} : { have: request.have }) }
    const objects = await readPack(fetchPack(this.#with(server), fetching, request.signal), {
      format: server.format,
      limits: this.#limits,
      signal: request.signal,
      baseOf: (id) => request.baseOf(id),
    })
    return {
      format: server.format,
      objectOf: (id) => objects.get(id) ?? request.baseOf(id),
      release: () => undefined,
    }
  }

  async history({ from, to, signal }: HistoryRange): Promise<RemoteObjects | undefined> {
    const server = this.#server ?? (await this.#discover(signal))
    if (!canFilter(server)) return undefined
    const fetching = { want: to, have: from, deepen: 0, commitsOnly: true }
    const { format } = server
    const limits = this.#limits
    const objects = await readPack(fetchPack(this.#with(server), fetching, signal), { format, limits, signal })
    return { format, objectOf: (id) => objects.get(id), release: () => undefined }
  }

  async #listAnew(prefixes: readonly string[], signal: AbortSignal): Promise<readonly AdvertisedRef[]> {
    return listRefs(this.#with(await this.#discover(signal)), prefixes, signal)
  }

  async #discover(signal: AbortSignal): Promise<Advertisement> {
    this.#server = undefined
    const server = await discover(this.#transport, this.#limits, signal)
    this.#server = server
    return server
  }

  #with(server: Advertisement): { transport: GitTransport; server: Advertisement; limits: GitLimits } {
    return { transport: this.#transport, server, limits: this.#limits }
  }
}

/** A server that moved or changed its version since it was asked shows it in one of these ways. */
function isOutdated(error: unknown): boolean {
  const codes = ['RedirectRefused', 'ProtocolError', 'NotAGitServer', 'RepositoryNotFound']
  return error instanceof GitError && codes.includes(error.failure.code)
}

/** Old servers give out a commit by its id only when they say so; else the branch is fetched with its history. */
function wantFor(server: Advertisement, request: ObjectsRequest): { want: string; deepen: number } {
  const direct = { want: request.want, deepen: 1 }
  if (server.version === 2 || server.refs.some(({ oid }) => oid === request.want)) return direct
  const offers = ['allow-reachable-sha1-in-want', 'allow-any-sha1-in-want']
  if (offers.some((name) => server.capabilities.has(name))) return direct
  const branch = server.refs.find(({ name }) => name === (request.branch ? `refs/heads/${request.branch}` : 'HEAD'))
  if (branch === undefined) {
    throw gitError('CommitNotFound', 'the Git server does not give out this commit', 'name the branch it is on')
  }
  return { want: branch.oid, deepen: 0 }
}
