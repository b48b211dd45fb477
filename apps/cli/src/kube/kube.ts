import { discoveryAccept, parseAggregated, resourcePath, withQuery, type Query } from '@kedge/cluster'
import { ApiError, type KubeObject } from '@kedge/manifest'
import type { ServedResource } from './discovery.ts'

/** One HTTP answer of the API server, whatever its status. */
export interface RawAnswer {
  readonly status: number
  readonly body: unknown
}

/** A call before it has an address. */
export interface RawCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What the verbs of the command line need of a cluster. */
export interface Kube extends AsyncDisposable {
  /** The namespace the kubeconfig's context names, or `default`. */
  readonly namespace: string
  /** Where the cluster is, for messages: `context kind-a (https://…)`. */
  readonly label: string
  /** `v1.37.2`. */
  serverVersion(): Promise<string>
  /** What the cluster serves; asked once. */
  served(): Promise<readonly ServedResource[]>
  get(resource: ServedResource, at: { readonly namespace: string; readonly name: string }): Promise<KubeObject>
  list(resource: ServedResource, query: ListQuery): Promise<KubeList>
  /** The server's own Table of a list or of one object, as kubectl asks for it. */
  table(resource: ServedResource, query: ListQuery & { readonly name?: string }): Promise<KubeTable>
  /** A JSON merge patch. */
  merge(
    resource: ServedResource,
    at: { readonly namespace: string; readonly name: string },
    patch: unknown,
  ): Promise<KubeObject>
  /** What comes after is told as it happens, until the signal fires or the stream ends. */
  watch(
    resource: ServedResource,
    query: ListQuery & { readonly resourceVersion: string },
    onEvent: (event: KubeEvent) => void,
  ): { close(): void }
}

export interface ListQuery {
  /** Empty for all namespaces. */
  readonly namespace: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface KubeList {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
}

export interface KubeTable {
  readonly columnDefinitions: readonly { readonly name: string; readonly type: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: KubeObject }[]
}

export interface KubeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject
}

/** What a Kube is made of: something that carries calls to the server. */
export interface KubeConnection {
  readonly namespace: string
  readonly label: string
  request(call: RawCall): Promise<RawAnswer>
  watch(path: string, onEvent: (event: KubeEvent) => void): { close(): void }
  close(): Promise<void>
}

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const fieldManager = 'kedge-cli'

/** The verbs' view of a cluster over a connection. */
export function createKube(connection: KubeConnection): Kube {
  let served: Promise<readonly ServedResource[]> | undefined
  const call = async (request: Partial<RawCall> & { readonly path: string }): Promise<unknown> => {
    const answer = await connection.request({ method: 'GET', headers: { accept: 'application/json' }, ...request })
    if (answer.status >= 200 && answer.status < 300) return answer.body
    throw errorOf(answer)
  }
  const discover = async () => {
    const roots = ['/api', '/apis'].map((path) => call({ path, headers: { accept: discoveryAccept } }))
    return (await Promise.all(roots)).flatMap((body) => parseAggregated(body)?.resources ?? [])
  }
  return {
    namespace: connection.namespace,
    label: connection.label,
    serverVersion: async () =>
      ((await call({ path: '/version' })) as { readonly gitVersion?: string }).gitVersion ?? 'unknown',
    served: async () => (served ??= discover()),
    get: async (resource, at) => (await call({ path: pathOf(resource, at) })) as KubeObject,
    list: async (resource, query) => readList(resource, await call({ path: pathOf(resource, query) })),
    table: async (resource, query) =>
      (await call({ path: pathOf(resource, query), headers: { accept: tableAccept } })) as KubeTable,
    merge: async (resource, at, patch) =>
      (await call({
        method: 'PATCH',
        path: pathOf(resource, at, { fieldManager }),
        headers: { accept: 'application/json', 'content-type': 'application/merge-patch+json' },
        body: patch,
      })) as KubeObject,
    watch: (resource, query, onEvent) =>
      connection.watch(
        pathOf(resource, query, {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: query.resourceVersion,
        }),
        onEvent,
      ),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

/** Items of a list carry neither apiVersion nor kind on the wire; they get them back. */
function readList(resource: ServedResource, body: unknown): KubeList {
  const list = body as {
    readonly items?: readonly KubeObject[]
    readonly metadata?: { readonly resourceVersion?: string }
  }
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
  return {
    items: (list.items ?? []).map((item) => ({ ...item, apiVersion, kind: resource.kind })),
    resourceVersion: list.metadata?.resourceVersion ?? '',
  }
}

/** The path of one object, of a namespace's list, or of the list of all namespaces. */
function pathOf(
  resource: ServedResource,
  at: Partial<ListQuery> & { readonly name?: string },
  more: Query = {},
): string {
  const { namespace = '', name = '' } = at
  const selectors = { labelSelector: textOr(at.labelSelector), fieldSelector: textOr(at.fieldSelector) }
  return withQuery(resourcePath(resource, { namespace, ...(name === '' ? {} : { name }) }), { ...more, ...selectors })
}

function textOr(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function errorOf(answer: RawAnswer): ApiError {
  const body = (typeof answer.body === 'object' && answer.body !== null ? answer.body : {}) as {
    readonly reason?: string
    readonly message?: string
  }
  return new ApiError(
    {
      code: answer.status,
      reason: body.reason ?? 'Unknown',
      message: body.message ?? `the server answered ${answer.status}`,
    },
    { outcomeKnown: true },
  )
}
