import { Bug, FailureError } from '@kedge/base'
import { ApiError, type KubeObject } from '@kedge/manifest'

import { typedItem } from '../client/decode.ts'
import { acceptOf, fetchList } from '../client/lists.ts'
import type { RequestRecorder } from '../client/metrics.ts'
import type { Requester } from '../client/requester.ts'
import type { Discovery } from '../discovery/discovery.ts'
import { resourceName, type KindRef, type Resource } from '../discovery/resource.ts'
import type { ClusterPorts } from '../ports.ts'
import { field, textField } from '../transport/api-answer.ts'
import { resourcePath, withQuery } from '../transport/paths.ts'
import type { Call, StreamHandle, StreamSink, Transport } from '../transport/transport.ts'
import type { CacheEvent, CacheOptions, ObjectCache } from './object-cache.ts'
import type { ListWatch, WatchRequest } from './reflector.ts'
import { createSharedCache, type SharedCache } from './shared-cache.ts'

/** The caches of one identity on one cluster: one for each kind and selection, shared by all that open it. */
export interface CacheRegistry {
  open(kind: KindRef, options: CacheOptions): ObjectCache
  close(): void
}

/** What caches are made of. */
export interface CacheParts {
  readonly transport: Transport
  readonly requester: Requester
  readonly recorder: RequestRecorder
  readonly discovery: Discovery
  readonly ports: ClusterPorts
  /** Sent with each request: the impersonation headers. */
  readonly headers: Call['headers']
}

const maxCaches = 5_000

/** An empty registry. */
export function createCacheRegistry(parts: CacheParts): CacheRegistry {
  const caches = new Map<string, SharedCache>()
  const kinds = new Map<string, Set<SharedCache>>()

  function create(key: string, kind: KindRef, options: CacheOptions): SharedCache {
    if (caches.size >= maxCaches) {
      throw new FailureError({ code: 'too-many-caches', message: `more than ${maxCaches} kinds are watched at once` })
    }
    const source = trimmed(new ClusterListWatch(parts, kind, options), trimmer(options))
    const ofKind = kinds.get(kindName(kind)) ?? new Set()
    const onUnused = (): void => {
      caches.delete(key)
      ofKind.delete(shared)
      if (ofKind.size === 0) kinds.delete(kindName(kind))
    }
    const shared = createSharedCache(source, { ports: parts.ports, onUnused })
    caches.set(key, shared)
    kinds.set(kindName(kind), ofKind.add(shared))
    return shared
  }

  /** [D4] A definition that came, went or changed makes what is known of the server outdated. */
  function followDefinition(event: CacheEvent): void {
    if (event.type === 'modified' && isSameDefinition(event.object, event.previous)) return
    parts.discovery.invalidate()
    const spec = field(event.object, 'spec')
    const group = textField(spec, 'group') ?? ''
    const kind = textField(field(spec, 'names'), 'kind')
    if (kind !== undefined) for (const shared of kinds.get(kindName({ group, kind })) ?? []) shared.nudge()
  }

  return {
    open(kind, options) {
      const key = cacheKey(kind, options)
      const cache = (caches.get(key) ?? create(key, kind, options)).open()
      if (definesKinds(kind)) cache.onEvent(followDefinition)
      return cache
    },
    close() {
      for (const shared of caches.values()) shared.close()
      caches.clear()
    },
  }
}

function cacheKey(kind: KindRef, options: CacheOptions): string {
  const { namespace = '', labelSelector = '', fieldSelector = '' } = options
  const { metadataOnly = false, keepManagedFields = false } = options
  return JSON.stringify([
    kind.group,
    kind.version ?? '',
    kind.kind,
    namespace,
    labelSelector,
    fieldSelector,
    metadataOnly,
    keepManagedFields,
  ])
}

/** Whether objects of this kind say what the server serves. */
function definesKinds(kind: KindRef): boolean {
  return (
    (kind.group === 'apiextensions.k8s.io' && kind.kind === 'CustomResourceDefinition') ||
    (kind.group === 'apiregistration.k8s.io' && kind.kind === 'APIService')
  )
}

function kindName(kind: Pick<KindRef, 'group' | 'kind'>): string {
  return `${kind.group}/${kind.kind}`
}

/** Definitions are written often by those who only note in them that they saw them. */
function isSameDefinition(one: KubeObject, other: KubeObject): boolean {
  return JSON.stringify(gist(one)) === JSON.stringify(gist(other))
}

function gist(definition: KubeObject): unknown {
  const conditions = field(field(definition, 'status'), 'conditions')
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : []
  return [
    definition.metadata.generation,
    definition.metadata.deletionTimestamp,
    list.map((each) => [field(each, 'type'), field(each, 'status')]),
  ]
}

type Trim = (object: KubeObject) => KubeObject

/** Cuts away what the cache was not asked to keep. */
function trimmer(options: CacheOptions): Trim {
  return (object) => {
    const { managedFields, ...metadata } = object.metadata
    const kept = options.keepManagedFields === true || managedFields === undefined ? object.metadata : metadata
    if (options.metadataOnly === true) return { apiVersion: object.apiVersion, kind: object.kind, metadata: kept }
    return kept === object.metadata ? object : { ...object, metadata: kept }
  }
}

/** The same source with each object cut when it comes in, so that a whole one is never held. */
function trimmed(source: ListWatch, trim: Trim): ListWatch {
  return {
    replays: source.replays,
    prepare: () => source.prepare(),
    lost: () => source.lost(),
    list: async (options) => {
      const list = await source.list(options)
      return { ...list, items: list.items.map(trim) }
    },
    watch: (request, sink) =>
      source.watch(request, {
        opened: () => sink.opened(),
        ended: (error) => sink.ended(error),
        value: (value) => sink.value(trimEvent(value, trim)),
      }),
  }
}

function trimEvent(value: unknown, trim: Trim): unknown {
  const object = field(value, 'object')
  const type = field(value, 'type')
  return type === 'ERROR' || !isTrimmable(object) ? value : { type, object: trim(object) }
}

function isTrimmable(value: unknown): value is KubeObject {
  const metadata = field(value, 'metadata')
  return typeof metadata === 'object' && metadata !== null
}

class ClusterListWatch implements ListWatch {
  readonly replays: boolean
  readonly #parts: CacheParts
  readonly #kind: KindRef
  readonly #options: CacheOptions
  #resource: Resource | undefined

  constructor(parts: CacheParts, kind: KindRef, options: CacheOptions) {
    this.replays = parts.transport.replays ?? false
    this.#parts = parts
    this.#kind = kind
    this.#options = options
  }

  async prepare(): Promise<void> {
    this.#resource = await this.#parts.discovery.resourceFor(this.#kind)
  }

  lost(): void {
    this.#parts.discovery.invalidate()
  }

  list(options: { readonly notOlderThan?: string }): ReturnType<ListWatch['list']> {
    const { requester, headers } = this.#parts
    const { namespace, labelSelector, fieldSelector, metadataOnly = false } = this.#options
    return fetchList(requester, {
      ...options,
      resource: this.#prepared(),
      headers,
      metadataOnly,
      pageSize: 500,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    })
  }

  watch(request: WatchRequest, sink: StreamSink): StreamHandle {
    const { transport, recorder, headers } = this.#parts
    const resource = this.#prepared()
    const { namespace, labelSelector, fieldSelector, metadataOnly = false } = this.#options
    const path = withQuery(resourcePath(resource, namespace === undefined ? {} : { namespace }), {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: request.timeoutSeconds,
      resourceVersion: request.resourceVersion === '' ? undefined : request.resourceVersion,
      ...(request.initialEvents ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : {}),
      labelSelector,
      fieldSelector,
    })
    const count = (code: number): void =>
      recorder.record({ verb: 'watch', resource: resourceName(resource), code, dryRun: false })
    let opened = false
    const call: Call = { method: 'GET', path, headers: { ...headers, accept: acceptOf(metadataOnly, 'object') } }
    return transport.stream(call, {
      opened: () => {
        opened = true
        count(200)
        sink.opened()
      },
      value: (value) => sink.value(typedEvent(value, resource)),
      ended: (error) => {
        if (!opened) count(error instanceof ApiError ? error.status.code : 0)
        sink.ended(error)
      },
    })
  }

  #prepared(): Resource {
    if (this.#resource === undefined) throw new Bug('a cache reads before it is prepared')
    return this.#resource
  }
}

/** Metadata-only events hide the kind; bookmarks carry their own. */
function typedEvent(value: unknown, resource: Resource): unknown {
  const object = field(value, 'object')
  if (field(object, 'kind') !== 'PartialObjectMetadata') return value
  return { type: field(value, 'type'), object: typedItem(object, resource) }
}
