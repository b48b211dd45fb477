/** One line of the request counts. */
export interface RequestCount {
  readonly verb: Verb
  /** `deployments.apps`, `pods`, or the path of a request that is for no resource. */
  readonly resource: string
  /** HTTP status; 0 when no answer arrived. */
  readonly code: number
  /** Requests that ask the server to change nothing. */
  readonly dryRun: boolean
  readonly count: number
}

/** What a request does, in the words of Kubernetes' authorisation; `apply` is a server-side apply. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'raw'

/** Counts of the requests that a cluster's client has sent, retries included. */
export interface RequestMetrics {
  counts(): readonly RequestCount[]
  /** Requests that may change something: everything but get, list, watch, raw and dry runs. */
  writes(): number
  /** get and list requests; watches and discovery are not counted. */
  reads(): number
  reset(): void
}

/** The counting side of RequestMetrics. */
export interface RequestRecorder extends RequestMetrics {
  record(request: Omit<RequestCount, 'count'>): void
}

/** A recorder whose memory is bounded by the number of verbs, resources and codes. */
export function createRequestRecorder(): RequestRecorder {
  const counts = new Map<string, RequestCount>()
  const sum = (wanted: (request: RequestCount) => boolean): number =>
    [...counts.values()].filter(wanted).reduce((total, request) => total + request.count, 0)
  return {
    record(request) {
      const key = `${request.verb} ${request.resource} ${request.code} ${request.dryRun}`
      counts.set(key, { ...request, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    counts: () => [...counts.values()],
    writes: () => sum((request) => isWrite(request.verb) && !request.dryRun),
    reads: () => sum((request) => request.verb === 'get' || request.verb === 'list'),
    reset: () => counts.clear(),
  }
}

function isWrite(verb: Verb): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch' && verb !== 'raw'
}
