import { FailureError } from '@kedge/base'
import { ApiError, formatApiVersion } from '@kedge/manifest'

import type { Deadline, Requester } from '../client/requester.ts'
import type { ClusterPorts } from '../ports.ts'
import { pathSegment } from '../transport/paths.ts'
import { parseAggregated, parseGroups, parseResourceList } from './parse-discovery.ts'
import type { ApiSurface, KindRef, Resource } from './resource.ts'

/** What the server serves, remembered. */
export interface Discovery {
  /**
   * The resource of a kind. Asks the server again, at most once a second, when the kind is not known yet.
   * Throws FailureError `unknown-kind`, or `discovery-incomplete` where the server could not describe the kind's group.
   */
  resourceFor(kind: KindRef, deadline?: Deadline): Promise<Resource>
  /** What is remembered of a kind, without a request. */
  known(kind: KindRef): Resource | undefined
  /** All that is served; asks the server when nothing is remembered. */
  surface(deadline?: Deadline): Promise<ApiSurface>
  /** Marks what is remembered as outdated: the next call that needs it asks the server. */
  invalidate(): void
}

/** What Accept header asks for aggregated discovery, in the forms that `parseAggregated` reads. */
export const discoveryAccept: string =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

const minRefreshGapMs = 1_000
const maxGroupVersions = 1_000

/** A discovery with its memory, on one requester. */
export function createDiscovery(requester: Requester, ports: ClusterPorts): Discovery {
  return new RememberedDiscovery(requester, ports)
}

class RememberedDiscovery implements Discovery {
  readonly #requester: Requester
  readonly #ports: ClusterPorts
  #surface: ApiSurface | undefined
  #byKind = new Map<string, Resource>()
  #outdated = true
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<ApiSurface> | undefined

  constructor(requester: Requester, ports: ClusterPorts) {
    this.#requester = requester
    this.#ports = ports
  }

  known(kind: KindRef): Resource | undefined {
    return this.#byKind.get(kindKey(kind))
  }

  async resourceFor(kind: KindRef, deadline: Deadline = {}): Promise<Resource> {
    if (!this.#outdated) {
      const found = this.known(kind)
      if (found !== undefined) return found
    }
    const mayAsk = this.#outdated || this.#ports.clock.now() - this.#askedAt >= minRefreshGapMs
    const surface = mayAsk ? await this.#ask(deadline) : await this.surface(deadline)
    const found = this.known(kind)
    if (found !== undefined) return found
    throw unknownKind(kind, surface)
  }

  async surface(deadline: Deadline = {}): Promise<ApiSurface> {
    // What is remembered is known to be outdated already while the server is being asked.
    const isCurrent = !this.#outdated && this.#asking === undefined
    return this.#surface !== undefined && isCurrent ? this.#surface : this.#ask(deadline)
  }

  invalidate(): void {
    this.#outdated = true
  }

  /** One round at a time; who comes meanwhile shares it, unless it was marked as outdated after it began. */
  async #ask(deadline: Deadline): Promise<ApiSurface> {
    if (this.#asking !== undefined && this.#outdated) await this.#asking.catch(() => undefined)
    if (this.#asking === undefined) {
      this.#outdated = false
      this.#askedAt = this.#ports.clock.now()
      const asking = this.#fetch()
        .then((surface) => this.#remember(surface))
        .catch((error: unknown) => {
          this.#outdated = true
          throw error
        })
        .finally(() => {
          this.#asking = undefined
        })
      this.#asking = asking
    }
    return orAbort(this.#asking, deadline.signal)
  }

  async #fetch(): Promise<ApiSurface> {
    const [core, groups] = await Promise.all([this.#get('/api'), this.#get('/apis')])
    const coreSurface = parseAggregated(core)
    const groupSurface = parseAggregated(groups)
    if (coreSurface !== undefined && groupSurface !== undefined) return merge([coreSurface, groupSurface])
    return this.#fetchLegacy(core, groups)
  }

  async #fetchLegacy(core: unknown, groups: unknown): Promise<ApiSurface> {
    const versions = parseGroups(core, groups)
    const all = [...versions].flatMap(([group, names]) => names.map((version) => ({ group, version })))
    const found = await Promise.all(
      all.slice(0, maxGroupVersions).map(async ({ group, version }) => {
        const root = group === '' ? '/api' : `/apis/${pathSegment(group)}`
        try {
          const body = await this.#get(`${root}/${pathSegment(version)}`)
          return { resources: parseResourceList(group, version, body), incomplete: [] }
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          return { resources: [], incomplete: [`${group}/${version}`] }
        }
      }),
    )
    return {
      versions,
      resources: found.flatMap((part) => part.resources),
      incomplete: found.flatMap((part) => part.incomplete),
    }
  }

  async #get(path: string): Promise<unknown> {
    const answer = await this.#requester.send({
      verb: 'raw',
      resource: path,
      what: `discovery of ${path}`,
      idempotent: true,
      call: { method: 'GET', path, headers: { accept: discoveryAccept } },
    })
    return answer.body
  }

  #remember(fresh: ApiSurface): ApiSurface {
    const surface = keepLost(fresh, this.#surface)
    this.#surface = surface
    this.#byKind = indexByKind(surface)
    return surface
  }
}

/** What an earlier round knew of group-versions that this one could not describe. */
function keepLost(fresh: ApiSurface, old: ApiSurface | undefined): ApiSurface {
  if (old === undefined || fresh.incomplete.length === 0) return fresh
  const told = new Set(fresh.resources.map((resource) => `${resource.group}/${resource.version}`))
  const lost = new Set(fresh.incomplete.filter((groupVersion) => !told.has(groupVersion)))
  const kept = old.resources.filter((resource) => lost.has(`${resource.group}/${resource.version}`))
  return { ...fresh, resources: [...fresh.resources, ...kept] }
}

function indexByKind(surface: ApiSurface): Map<string, Resource> {
  const index = new Map<string, Resource>()
  const order = new Map<string, number>()
  for (const [group, names] of surface.versions) {
    names.forEach((version, position) => order.set(`${group}/${version}`, position))
  }
  const rank = (resource: Resource): number => order.get(`${resource.group}/${resource.version}`) ?? maxGroupVersions
  // The preferred version comes first, so that the entry without a version is its.
  for (const resource of surface.resources.toSorted((a, b) => rank(a) - rank(b))) {
    const keys = [kindKey(resource), kindKey({ group: resource.group, kind: resource.kind })]
    for (const key of keys) if (!index.has(key)) index.set(key, resource)
  }
  return index
}

function kindKey(kind: KindRef): string {
  const version = kind.version === undefined || kind.version === '' ? '*' : kind.version
  return `${kind.group}/${version}/${kind.kind}`
}

function merge(surfaces: readonly ApiSurface[]): ApiSurface {
  return {
    resources: surfaces.flatMap((surface) => surface.resources),
    incomplete: surfaces.flatMap((surface) => surface.incomplete),
    versions: new Map(surfaces.flatMap((surface) => [...surface.versions])),
  }
}

function unknownKind(kind: KindRef, surface: ApiSurface): FailureError {
  const name =
    kind.version === undefined || kind.version === '' ? kind.group : formatApiVersion(kind.group, kind.version)
  const down = surface.incomplete.find((groupVersion) => groupVersion.startsWith(`${kind.group}/`))
  if (down !== undefined) {
    return new FailureError({
      code: 'discovery-incomplete',
      message: `the server cannot say at present whether it serves ${kind.kind} of ${name}: ${down} does not answer`,
      fix: `look at the APIService of ${down}`,
    })
  }
  return new FailureError({
    code: 'unknown-kind',
    message: `the server does not serve ${kind.kind} of ${name === '' ? 'the core group' : name}`,
    fix: 'check apiVersion and kind, or install the CustomResourceDefinition that defines it',
  })
}

async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(new ApiError({ code: 0, reason: 'Aborted', message: 'discovery was given up' }, { outcomeKnown: true }))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
