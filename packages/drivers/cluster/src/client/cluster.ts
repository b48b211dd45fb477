import type { KubeObject } from '@kedge/manifest'

import type { CacheOptions, ObjectCache } from '../cache/object-cache.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { KindRef, Resource } from '../discovery/resource.ts'
import type { Answer, Call } from '../transport/transport.ts'
import type { EventInput } from './event.ts'
import type { Identity } from './identity.ts'
import type { Gauge } from './limiter.ts'
import type { RequestMetrics } from './metrics.ts'
import type { Deadline } from './requester.ts'

/** Which object. An inventory entry and an object key fit. `namespace` is ignored for cluster-scoped kinds. */
export interface ObjectRef extends KindRef {
  readonly namespace?: string
  readonly name: string
}

/** How a list or a cache is narrowed. */
export interface Selection {
  /** All namespaces where absent or empty. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** Options of a read of one object. */
export interface GetOptions extends Deadline {
  /** Only apiVersion, kind and metadata. */
  readonly metadataOnly?: boolean
}

/** Options of a list. */
export interface ListOptions extends Deadline, Selection {
  readonly metadataOnly?: boolean
  /** Objects asked for at once. Default 500. */
  readonly pageSize?: number
  /** Ends the list, without an error, once it has so many objects. All of them where absent. */
  readonly max?: number
}

/** All objects of a selection, as of one resourceVersion. */
export interface ObjectList {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
}

/** Options of every write. */
export interface WriteOptions extends Deadline {
  readonly fieldManager?: string
  readonly dryRun?: boolean
  /** What the server does with fields it does not know. Its default is Warn. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  readonly subresource?: string
}

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string
  /** Take over fields that other managers own. */
  readonly force?: boolean
}

/** A patch of one of the three kinds that are not server-side apply. */
export type Patch =
  | { readonly type: 'merge'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'strategic'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'json'; readonly body: readonly unknown[] }

/** Options of a delete. */
export interface DeleteOptions extends Deadline {
  /** Delete only the object with this uid; another one of the same name answers 409. */
  readonly uid?: string
  readonly resourceVersion?: string
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  readonly dryRun?: boolean
}

/** What a write answered. */
export interface Written {
  readonly object: KubeObject
  /** Whether the object did not exist before. */
  readonly created: boolean
  /** The server's warnings, such as on deprecated versions. */
  readonly warnings: readonly string[]
}

/** `deleting` means that finalizers hold the object; `absent`, that there was none. */
export interface Deleted {
  readonly outcome: 'deleted' | 'deleting' | 'absent'
  readonly object?: KubeObject
}

/** A question about one's own rights. */
export interface AccessQuestion {
  readonly verb: string
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** The server's answer to an AccessQuestion. */
export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
}

/** A request that no other method covers. */
export interface RawRequest extends Deadline {
  readonly method: Call['method']
  readonly path: string
  readonly headers?: Call['headers']
  readonly body?: unknown
}

/**
 * One Kubernetes cluster as one user. Every failure of the API is an ApiError; a kind that is not served and a name
 * that cannot be are a FailureError.
 */
export interface Cluster {
  readonly name: string
  /** The namespace that the configuration names. */
  readonly namespace: string
  readonly discovery: Discovery
  readonly metrics: RequestMetrics
  /** How many requests are under way and wait, of all identities, and how many may. */
  gauges(): readonly Gauge[]
  /** The resource of a kind; see Discovery.resourceFor. */
  resourceFor(kind: KindRef, deadline?: Deadline): Promise<Resource>
  /** The object, or undefined when there is none of that name. */
  get(ref: ObjectRef, options?: GetOptions): Promise<KubeObject | undefined>
  list(kind: KindRef, options?: ListOptions): Promise<ObjectList>
  create(object: KubeObject, options?: WriteOptions): Promise<Written>
  /** Server-side apply: the object becomes what the manager wants of it, whether it existed or not. */
  apply(object: KubeObject, options: ApplyOptions): Promise<Written>
  patch(ref: ObjectRef, patch: Patch, options?: WriteOptions): Promise<Written>
  /** Replaces the object; its resourceVersion, where set, must be the present one. */
  update(object: KubeObject, options?: WriteOptions): Promise<Written>
  applyStatus(object: KubeObject, options: ApplyOptions): Promise<Written>
  patchStatus(ref: ObjectRef, patch: Patch, options?: WriteOptions): Promise<Written>
  updateStatus(object: KubeObject, options?: WriteOptions): Promise<Written>
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<Deleted>
  /** Records an event (v1) on an object. */
  createEvent(event: EventInput, deadline?: Deadline): Promise<KubeObject>
  mayI(question: AccessQuestion, deadline?: Deadline): Promise<AccessAnswer>
  /** Sends a request as it is; answers of every status that came are returned. */
  request(request: RawRequest): Promise<Answer>
  /** A shared, watched view of a kind. Close it when done with it. */
  cache(kind: KindRef, options?: CacheOptions): ObjectCache
  /** The same cluster as somebody else, sharing connections, discovery, bounds and counts. */
  as(identity: Identity): Cluster
  /** Ends all caches and connections. */
  close(): Promise<void>
}
