import { FailureError } from '@kedge/base'
import { ApiError, describeKey, gvkOf, type KubeObject } from '@kedge/manifest'

import { createCacheRegistry, type CacheRegistry } from '../cache/cache-registry.ts'
import type { CacheOptions, ObjectCache } from '../cache/object-cache.ts'
import type { ClusterConfig } from '../config/cluster-config.ts'
import { createDiscovery, type Discovery } from '../discovery/discovery.ts'
import { resourceName, type KindRef, type Resource } from '../discovery/resource.ts'
import type { ClusterPorts } from '../ports.ts'
import { errorOfTransport, field, textField } from '../transport/api-answer.ts'
import { createHttpTransport } from '../transport/http-transport.ts'
import { resourcePath, withQuery, type Query } from '../transport/paths.ts'
import type { Answer, Call, Transport } from '../transport/transport.ts'
import type {
  AccessAnswer,
  AccessQuestion,
  ApplyOptions,
  Cluster,
  DeleteOptions,
  Deleted,
  GetOptions,
  ListOptions,
  ObjectList,
  ObjectRef,
  Patch,
  RawRequest,
  WriteOptions,
  Written,
} from './cluster.ts'
import { isObjectAbsent, objectOf, typedItem, warningsOf } from './decode.ts'
import { eventObject, type EventInput } from './event.ts'
import { identityHeaders, identityOf, type Identity } from './identity.ts'
import { createLimiter, type Gauge, type Limiter } from './limiter.ts'
import { acceptOf, fetchList } from './lists.ts'
import { createRequestRecorder, type RequestMetrics, type RequestRecorder, type Verb } from './metrics.ts'
import { createRequester, type Deadline, type Operation, type Requester } from './requester.ts'

/** Bounds of a cluster's client. */
export interface ClusterOptions {
  /** How the API is reached; HTTP where absent. */
  readonly transport?: Transport
  /** Requests under way at once, watches aside. Default 32. */
  readonly concurrency?: number
  /** Requests that may wait for room. Default 10,000. */
  readonly maxWaiting?: number
  /** Attempts after the first. Default 4; 0 where a simulation answers with faults. */
  readonly retries?: number
  /** For an operation that names none. Default 30 s. */
  readonly timeoutMs?: number
}

/** What all identities on one cluster share. */
interface Shared {
  readonly name: string
  readonly namespace: string
  readonly ports: ClusterPorts
  readonly transport: Transport
  readonly requester: Requester
  readonly recorder: RequestRecorder
  readonly limiter: Limiter
  readonly discovery: Discovery
  /** Caches by identity headers, so that nobody sees what another one may. */
  readonly caches: Map<string, CacheRegistry>
}

/** The client of a cluster. Nothing is sent before the first use. */
export function createCluster(
  config: Pick<ClusterConfig, 'name' | 'namespace'> & Partial<ClusterConfig>,
  ports: ClusterPorts,
  options: ClusterOptions = {},
): Cluster {
  const transport = options.transport ?? createHttpTransport(fullConfig(config))
  const recorder = createRequestRecorder()
  const limiter = createLimiter(options.concurrency ?? 32, options.maxWaiting ?? 10_000)
  const requester = createRequester({
    transport,
    ports,
    recorder,
    limiter,
    retries: options.retries ?? 4,
    timeoutMs: options.timeoutMs ?? 30_000,
  })
  const { name, namespace } = config
  const discovery = createDiscovery(requester, ports)
  const shared = { name, namespace, ports, transport, requester, recorder, limiter, discovery, caches: new Map() }
  const identity = config.impersonate === undefined ? {} : identityHeaders(identityOf(config.impersonate))
  return new KubeCluster(shared, identity)
}

function fullConfig(config: Pick<ClusterConfig, 'name'> & Partial<ClusterConfig>): ClusterConfig {
  const { server, tls, credentials } = config
  if (server === undefined || tls === undefined || credentials === undefined) {
    throw new FailureError({
      code: 'no-server',
      message: `cluster ${config.name} has neither a server nor a transport`,
    })
  }
  return { namespace: 'default', ...config, server, tls, credentials }
}

class KubeCluster implements Cluster {
  readonly #shared: Shared
  readonly #identity: Call['headers']

  constructor(shared: Shared, identity: Call['headers']) {
    this.#shared = shared
    this.#identity = identity
  }

  get name(): string {
    return this.#shared.name
  }

  get namespace(): string {
    return this.#shared.namespace
  }

  get discovery(): Discovery {
    return this.#shared.discovery
  }

  get metrics(): RequestMetrics {
    return this.#shared.recorder
  }

  gauges(): readonly Gauge[] {
    return this.#shared.limiter.gauges()
  }

  resourceFor(kind: KindRef, deadline: Deadline = {}): Promise<Resource> {
    return this.#shared.discovery.resourceFor(kind, deadline)
  }

  async get(ref: ObjectRef, options: GetOptions = {}): Promise<KubeObject | undefined> {
    const resource = await this.resourceFor(ref, options)
    const what = describeRef('get', ref)
    const metadataOnly = options.metadataOnly ?? false
    try {
      const answer = await this.#send(resource, {
        ...deadlineOf(options),
        verb: 'get',
        what,
        idempotent: true,
        method: 'GET',
        path: objectPath(resource, ref),
        headers: { accept: acceptOf(metadataOnly, 'object') },
      })
      return metadataOnly ? typedItem(answer.body, resource) : objectOf(answer, what)
    } catch (error) {
      if (isObjectAbsent(error)) return undefined
      throw error
    }
  }

  async list(kind: KindRef, options: ListOptions = {}): Promise<ObjectList> {
    const resource = await this.resourceFor(kind, options)
    const { metadataOnly = false, pageSize = 500, ...rest } = options
    return fetchList(this.#shared.requester, { ...rest, resource, metadataOnly, pageSize, headers: this.#identity })
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<Written> {
    const resource = await this.resourceFor(gvkOf(object), options)
    const { namespace, name } = object.metadata
    const place = { ...placeOf(resource, { namespace, name: name ?? '' }) }
    const path = resourcePath(resource, {
      ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
      ...(options.subresource === undefined ? {} : { name: name ?? '', subresource: options.subresource }),
    })
    return this.#write(resource, options, {
      verb: 'create',
      what: describeRef('create', refOf(object)),
      idempotent: false,
      method: 'POST',
      path: withQuery(path, writeQuery(options)),
      body: object,
    })
  }

  async apply(object: KubeObject, options: ApplyOptions): Promise<Written> {
    const resource = await this.resourceFor(gvkOf(object), options)
    const ref = refOf(object)
    const path = objectPath(resource, { ...ref, subresource: options.subresource })
    return this.#write(resource, options, {
      verb: 'apply',
      what: describeRef('apply', ref),
      // The same apply again yields the same object.
      idempotent: true,
      method: 'PATCH',
      path: withQuery(path, { ...writeQuery(options), force: options.force ?? false }),
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: object,
    })
  }

  async patch(ref: ObjectRef, patch: Patch, options: WriteOptions = {}): Promise<Written> {
    const resource = await this.resourceFor(ref, options)
    const path = objectPath(resource, { ...ref, subresource: options.subresource })
    return this.#write(resource, options, {
      verb: 'patch',
      what: describeRef('patch', ref),
      idempotent: false,
      method: 'PATCH',
      path: withQuery(path, writeQuery(options)),
      headers: { 'content-type': patchTypes[patch.type] },
      body: patch.body,
    })
  }

  async update(object: KubeObject, options: WriteOptions = {}): Promise<Written> {
    const resource = await this.resourceFor(gvkOf(object), options)
    const ref = refOf(object)
    const path = objectPath(resource, { ...ref, subresource: options.subresource })
    return this.#write(resource, options, {
      verb: 'update',
      what: describeRef('update', ref),
      idempotent: false,
      method: 'PUT',
      path: withQuery(path, writeQuery(options)),
      body: object,
    })
  }

  applyStatus(object: KubeObject, options: ApplyOptions): Promise<Written> {
    return this.apply(object, { ...options, subresource: 'status' })
  }

  patchStatus(ref: ObjectRef, patch: Patch, options: WriteOptions = {}): Promise<Written> {
    return this.patch(ref, patch, { ...options, subresource: 'status' })
  }

  updateStatus(object: KubeObject, options: WriteOptions = {}): Promise<Written> {
    return this.update(object, { ...options, subresource: 'status' })
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<Deleted> {
    const resource = await this.resourceFor(ref, options)
    const what = describeRef('delete', ref)
    try {
      const answer = await this.#send(resource, {
        ...deadlineOf(options),
        verb: 'delete',
        what,
        // Without a uid, a second try could hit an object that was created in between.
        idempotent: options.uid !== undefined,
        dryRun: options.dryRun ?? false,
        method: 'DELETE',
        path: objectPath(resource, ref),
        body: deleteBody(options),
      })
      return deletedOf(answer, what)
    } catch (error) {
      if (isObjectAbsent(error)) return { outcome: 'absent' }
      throw error
    }
  }

  async createEvent(event: EventInput, deadline: Deadline = {}): Promise<KubeObject> {
    const { clock, random } = this.#shared.ports
    const object = eventObject(event, { nowMs: clock.now(), random: random.next() })
    const written = await this.create(object, { ...deadlineOf(deadline), fieldManager: event.reporter })
    return written.object
  }

  async mayI(question: AccessQuestion, deadline: Deadline = {}): Promise<AccessAnswer> {
    const answer = await this.#shared.requester.send({
      ...deadlineOf(deadline),
      verb: 'raw',
      resource: 'selfsubjectaccessreviews.authorization.k8s.io',
      what: `ask whether ${question.verb} ${question.resource} is allowed`,
      idempotent: true,
      call: {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        headers: { ...this.#identity, accept: 'application/json' },
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: question },
        },
      },
    })
    const status = field(answer.body, 'status')
    return { allowed: field(status, 'allowed') === true, reason: textField(status, 'reason') ?? '' }
  }

  async request(request: RawRequest): Promise<Answer> {
    const { method, path, headers = {}, body, signal } = request
    const { transport, recorder } = this.#shared
    const verb = rawVerbs[method]
    const resource = path.split('?')[0] ?? path
    const dryRun = /[?&]dryRun=All(&|$)/.test(path)
    try {
      const answer = await transport.request({
        method,
        path,
        headers: { accept: 'application/json', ...headers, ...this.#identity },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      })
      recorder.record({ verb, resource, code: answer.status, dryRun })
      return answer
    } catch (error) {
      recorder.record({ verb, resource, code: 0, dryRun })
      throw errorOfTransport(error, `${method} ${resource}`)
    }
  }

  cache(kind: KindRef, options: CacheOptions = {}): ObjectCache {
    return this.#caches().open(kind, options)
  }

  as(identity: Identity): Cluster {
    return new KubeCluster(this.#shared, identityHeaders(identity))
  }

  async close(): Promise<void> {
    for (const registry of this.#shared.caches.values()) registry.close()
    this.#shared.caches.clear()
    await this.#shared.transport.close()
  }

  #caches(): CacheRegistry {
    const key = JSON.stringify(this.#identity)
    const { caches, transport, requester, recorder, discovery, ports } = this.#shared
    const found = caches.get(key)
    if (found !== undefined) return found
    const made = createCacheRegistry({ transport, requester, recorder, discovery, ports, headers: this.#identity })
    caches.set(key, made)
    return made
  }

  async #write(resource: Resource, options: WriteOptions, request: ResourceRequest): Promise<Written> {
    const answer = await this.#send(resource, { ...deadlineOf(options), dryRun: options.dryRun ?? false, ...request })
    return {
      object: objectOf(answer, request.what),
      created: answer.status === 201,
      warnings: warningsOf(answer),
    }
  }

  async #send(resource: Resource, request: ResourceRequest): Promise<Answer> {
    const { method, path, headers = {}, body, ...operation } = request
    try {
      return await this.#shared.requester.send({
        ...operation,
        resource: resourceName(resource),
        call: {
          method,
          path,
          headers: { accept: 'application/json', ...headers, ...this.#identity },
          ...(body === undefined ? {} : { body }),
        },
      })
    } catch (error) {
      // The resource went away, or its version or scope changed.
      if (error instanceof ApiError && error.status.reason === 'NotServed') this.discovery.invalidate()
      throw error
    }
  }
}

type ResourceRequest = Omit<Operation, 'resource' | 'call'> &
  Pick<Call, 'method' | 'path' | 'body'> & { readonly headers?: Call['headers'] }

const patchTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const satisfies Record<Patch['type'], string>

const rawVerbs = {
  GET: 'raw',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
} as const satisfies Record<Call['method'], Verb>

function writeQuery(options: WriteOptions): Query {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
  }
}

function deleteBody(options: DeleteOptions): Record<string, unknown> {
  const { uid, resourceVersion, propagation, dryRun } = options
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  }
}

function deletedOf(answer: Answer, what: string): Deleted {
  // A Status means that the object is gone; the object itself, that something still holds it.
  if (textField(answer.body, 'kind') === 'Status') return { outcome: 'deleted' }
  const object = objectOf(answer, what)
  return { outcome: object.metadata.deletionTimestamp === undefined ? 'deleted' : 'deleting', object }
}

function objectPath(
  resource: Resource,
  ref: { namespace?: string | undefined; name: string; subresource?: string | undefined },
): string {
  return resourcePath(resource, {
    ...placeOf(resource, ref),
    ...(ref.subresource === undefined ? {} : { subresource: ref.subresource }),
  })
}

function placeOf(
  resource: Resource,
  ref: { namespace?: string | undefined; name: string },
): { namespace?: string; name: string } {
  if (!resource.namespaced) return { name: ref.name }
  if (ref.namespace === undefined || ref.namespace === '') {
    throw new FailureError({
      code: 'missing-namespace',
      message: `${resource.kind} ${ref.name} needs a namespace`,
      object: `${resource.kind}/${ref.name}`,
      fix: 'set metadata.namespace',
    })
  }
  return { namespace: ref.namespace, name: ref.name }
}

function refOf(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata
  return { ...gvkOf(object), name: name ?? '', ...(namespace === undefined ? {} : { namespace }) }
}

function describeRef(verb: string, ref: ObjectRef): string {
  return `${verb} ${describeKey({ kind: ref.kind, namespace: ref.namespace ?? '', name: ref.name })}`
}

function deadlineOf(deadline: Deadline): Deadline {
  const { timeoutMs, signal } = deadline
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) }
}
