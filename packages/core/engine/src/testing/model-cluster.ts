import {
  ApiError,
  formatKey,
  gvkOf,
  keyOf,
  type GroupVersionKind,
  type KubeObject,
  type ObjectKey,
} from '@kedge/manifest'

import { sameJson } from '../canonical.ts'
import type { ClusterPort } from '../ports.ts'
import { modelApply, modelUpdate } from './model-apply.ts'

/** A call as a fault or a crash can strike it. */
export interface ModelCall {
  readonly verb: 'get' | 'list' | 'apply' | 'dry-run' | 'patch' | 'delete'
  readonly key: ObjectKey
}

export interface ModelCluster extends ClusterPort {
  /** Every request so far. */
  readonly calls: ModelCall[]
  /** Objects by `formatKey`, to be read. */
  readonly objects: ReadonlyMap<string, KubeObject>
  /** Called before each request takes effect; what it throws is the answer. */
  beforeCall: (call: ModelCall) => void
  /** Called after each request has taken effect; what it throws is the answer. */
  afterCall: (call: ModelCall) => void
  /** Changes every object that is written, as an admission webhook would. */
  mutate: (object: KubeObject) => KubeObject
  /** Whether kinds are held in the watch cache. */
  watching: boolean
  /** Freezes what `live` shows, as a cache that lags. */
  freezeCache(): void
  thawCache(): void
  put(object: KubeObject): KubeObject
  edit(key: ObjectKey, manager: string, change: (object: KubeObject) => KubeObject): void
  setStatus(key: ObjectKey, status: Record<string, unknown>): void
  /** Deletes an object as a person would. */
  erase(key: ObjectKey): void
  /** Removes finalizers, so that a deletion ends. */
  release(key: ObjectKey): void
  find(key: ObjectKey): KubeObject | undefined
  /** Requests that write, dry runs left out. */
  writes(): readonly ModelCall[]
}

const builtIn: readonly (readonly [string, string, string, boolean])[] = [
  ['', 'v1', 'Namespace', false],
  ['', 'v1', 'ConfigMap', true],
  ['', 'v1', 'Secret', true],
  ['', 'v1', 'Service', true],
  ['', 'v1', 'ServiceAccount', true],
  ['', 'v1', 'PersistentVolumeClaim', true],
  ['', 'v1', 'PersistentVolume', false],
  ['apps', 'v1', 'Deployment', true],
  ['apps', 'v1', 'StatefulSet', true],
  ['', 'v1', 'Pod', true],
  ['batch', 'v1', 'Job', true],
  ['storage.k8s.io', 'v1', 'StorageClass', false],
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRole', false],
  ['rbac.authorization.k8s.io', 'v1', 'Role', true],
  ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', false],
]

/** An error answer of the API. */
export function apiError(code: number, reason: string, options: { message?: string; known?: boolean } = {}): ApiError {
  return new ApiError(
    { code, reason, message: options.message ?? `the server answered ${code} ${reason}` },
    { outcomeKnown: options.known ?? true },
  )
}

/** A small cluster in memory with the behaviour that the engine relies on. Deterministic. */
export function createModelCluster(): ModelCluster {
  return new Model()
}

class Model implements ModelCluster {
  readonly calls: ModelCall[] = []
  readonly objects = new Map<string, KubeObject>()
  beforeCall: (call: ModelCall) => void = () => {}
  afterCall: (call: ModelCall) => void = () => {}
  mutate: (object: KubeObject) => KubeObject = (object) => object
  watching = true
  #version = 100
  #uid = 0
  #frozen: ReadonlyMap<string, KubeObject> | undefined

  async resourceFor(gvk: GroupVersionKind): ReturnType<ClusterPort['resourceFor']> {
    const { group, kind } = gvk
    const known = builtIn.find((one) => one[0] === group && one[2] === kind)
    const base = { group, kind, resource: `${kind.toLowerCase()}s` }
    if (known !== undefined) return { ...base, version: known[1], namespaced: known[3] }
    const spec = this.#definition(group, kind)?.['spec'] as { scope: string } | undefined
    return spec === undefined ? undefined : { ...base, version: 'v1', namespaced: spec.scope !== 'Cluster' }
  }

  async get(ref: ObjectKey): Promise<KubeObject | undefined> {
    return this.#call('get', ref, () => this.objects.get(formatKey(ref)))
  }

  async list(
    gvk: GroupVersionKind,
    options: { namespace?: string; limit?: number } = {},
  ): Promise<readonly KubeObject[]> {
    const key = { group: gvk.group, kind: gvk.kind, namespace: options.namespace ?? '', name: '' }
    return this.#call('list', key, () =>
      [...this.objects.values()]
        .filter((one) => keyOf(one).group === gvk.group && one.kind === gvk.kind)
        .filter((one) => options.namespace === undefined || one.metadata.namespace === options.namespace)
        .slice(0, options.limit),
    )
  }

  async apply(object: KubeObject, options: { fieldManager: string; dryRun?: boolean }): Promise<KubeObject> {
    const key = keyOf(object)
    return this.#call(options.dryRun === true ? 'dry-run' : 'apply', key, () => {
      this.#admit(key)
      const live = this.objects.get(formatKey(key))
      const merged = this.mutate(modelApply(live, object, options.fieldManager))
      refuseImmutable(live, merged)
      return options.dryRun === true ? merged : this.#store(merged)
    })
  }

  async patch(ref: ObjectKey, patch: readonly { op: string; path: string; value?: unknown }[]): Promise<KubeObject> {
    return this.#call('patch', ref, () => {
      const live = this.objects.get(formatKey(ref))
      if (live === undefined) throw apiError(404, 'NotFound')
      const step = (path: string): unknown => patch.find((one) => one.path === path)?.value
      if (step('/metadata/resourceVersion') !== live.metadata.resourceVersion) throw apiError(409, 'Conflict')
      const managedFields = step('/metadata/managedFields') as KubeObject['metadata']['managedFields']
      return this.#store({ ...live, metadata: { ...live.metadata, managedFields: managedFields ?? [] } })
    })
  }

  async delete(ref: ObjectKey, options: { uid: string }): Promise<'gone' | 'terminating'> {
    return this.#call('delete', ref, () => {
      const live = this.objects.get(formatKey(ref))
      if (live === undefined) throw apiError(404, 'NotFound')
      if (live.metadata.uid !== options.uid) throw apiError(409, 'Conflict')
      return this.#remove(ref)
    })
  }

  async watch(): Promise<void> {}

  live(ref: ObjectKey): KubeObject | undefined | 'unknown' {
    if (!this.watching) return 'unknown'
    return (this.#frozen ?? this.objects).get(formatKey(ref))
  }

  freezeCache(): void {
    this.#frozen = new Map(this.objects)
  }

  thawCache(): void {
    this.#frozen = undefined
  }

  put(object: KubeObject): KubeObject {
    return this.#store(object)
  }

  edit(key: ObjectKey, manager: string, change: (object: KubeObject) => KubeObject): void {
    const live = this.find(key)
    if (live === undefined) throw new Error(`no ${formatKey(key)}`)
    this.#store(modelUpdate(live, change(live), manager))
  }

  setStatus(key: ObjectKey, status: Record<string, unknown>): void {
    const live = this.find(key)
    if (live === undefined) throw new Error(`no ${formatKey(key)}`)
    this.#store({ ...live, status })
  }

  erase(key: ObjectKey): void {
    this.#remove(key)
  }

  release(key: ObjectKey): void {
    this.objects.delete(formatKey(key))
  }

  find(key: ObjectKey): KubeObject | undefined {
    return this.objects.get(formatKey(key))
  }

  writes(): readonly ModelCall[] {
    return this.calls.filter((call) => ['apply', 'patch', 'delete'].includes(call.verb))
  }

  #call<T>(verb: ModelCall['verb'], key: ObjectKey, effect: () => T): T {
    const { group, kind, namespace, name } = key
    const call: ModelCall = { verb, key: { group, kind, namespace, name } }
    this.calls.push(call)
    this.beforeCall(call)
    const result = effect()
    this.afterCall(call)
    return result
  }

  #definition(group: string, kind: string): KubeObject | undefined {
    return [...this.objects.values()].find((one) => {
      const spec = one['spec'] as { group?: string; names?: { kind?: string } } | undefined
      return (
        one.kind === 'CustomResourceDefinition' &&
        spec?.group === group &&
        spec.names?.kind === kind &&
        isEstablished(one)
      )
    })
  }

  #admit(key: ObjectKey): void {
    const isBuiltIn = builtIn.some((one) => one[0] === key.group && one[2] === key.kind)
    if (!isBuiltIn && this.#definition(key.group, key.kind) === undefined) throw apiError(404, 'NotFound')
    if (key.namespace === '') return
    const namespace = this.objects.get(`/Namespace//${key.namespace}`)
    if (namespace === undefined) throw apiError(404, 'NotFound', { message: `namespaces "${key.namespace}" not found` })
    if (namespace.metadata.deletionTimestamp !== undefined) throw apiError(403, 'Forbidden')
  }

  #store(object: KubeObject): KubeObject {
    const key = formatKey(keyOf(object))
    const live = this.objects.get(key)
    const uid = live?.metadata.uid ?? `uid-${(this.#uid += 1)}`
    const same = live !== undefined && sameJson(live, { ...object, metadata: { ...object.metadata, uid } })
    if (same) return live
    this.#version += 1
    const metadata = { ...object.metadata, uid, resourceVersion: String(this.#version) }
    const stored = { ...object, metadata }
    this.objects.set(key, stored)
    return stored
  }

  #remove(key: ObjectKey): 'gone' | 'terminating' {
    const live = this.objects.get(formatKey(key))
    if (live === undefined) return 'gone'
    if ((live.metadata.finalizers ?? []).length > 0) {
      const metadata = { ...live.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
      this.#store({ ...live, metadata })
      return 'terminating'
    }
    this.objects.delete(formatKey(key))
    for (const other of this.#dependents(live)) this.objects.delete(formatKey(keyOf(other)))
    return 'gone'
  }

  #dependents(owner: KubeObject): readonly KubeObject[] {
    const all = [...this.objects.values()]
    if (owner.kind === 'Namespace') return all.filter((one) => one.metadata.namespace === owner.metadata.name)
    if (owner.kind !== 'CustomResourceDefinition') return []
    const spec = owner['spec'] as { group: string; names: { kind: string } }
    return all.filter((one) => gvkOf(one).group === spec.group && one.kind === spec.names.kind)
  }
}

function isEstablished(crd: KubeObject): boolean {
  const status = crd['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined
  return status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True') ?? false
}

function refuseImmutable(live: KubeObject | undefined, next: KubeObject): void {
  if (live?.['immutable'] !== true || sameJson(live['data'], next['data'])) return
  throw apiError(422, 'Invalid', { message: 'data: Forbidden: field is immutable when `immutable` is set' })
}
