import { readKustomization, topologicalOrder, type KustomizationSpec } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

/** Who refers to what among the objects of one kind, kept as they come and go. Keys are `namespace/name`. */
export interface References<S = KustomizationSpec> {
  set(object: KubeObject): void
  delete(key: string): void
  spec(key: string): S | undefined
  dependenciesOf(key: string): readonly string[]
  /** Objects that depend on one. */
  dependentsOf(key: string): readonly string[]
  /** Objects that take what they bring from a source, each after those it depends on. */
  usersOfSource(kind: string, key: string): readonly string[]
  /** Objects that name a ConfigMap or Secret. */
  usersOfConfig(kind: string, key: string): readonly string[]
}

/** What one object refers to. */
export interface Reading<S> {
  readonly spec: S
  readonly dependsOn: readonly string[]
  /** Sources, ConfigMaps and Secrets as `Kind namespace/name`. */
  readonly uses: readonly string[]
}

export function createReferences(): References {
  return createReferencesBy(readReferences)
}

/** References of a kind; `read` gives undefined for an object that cannot be read. */
export function createReferencesBy<S>(read: (object: KubeObject) => Reading<S> | undefined): References<S> {
  const entries = new Map<string, Reading<S>>()
  const dependents = new Map<string, Set<string>>()
  const users = new Map<string, Set<string>>()

  function remove(key: string): void {
    const old = entries.get(key)
    for (const dependency of old?.dependsOn ?? []) take(dependents, dependency, key)
    for (const use of old?.uses ?? []) take(users, use, key)
    entries.delete(key)
  }

  return {
    set(object) {
      const { namespace = '', name = '' } = object.metadata
      const key = `${namespace}/${name}`
      remove(key)
      const entry = read(object)
      if (entry === undefined) return
      const { dependsOn, uses } = entry
      entries.set(key, entry)
      for (const dependency of dependsOn) put(dependents, dependency, key)
      for (const use of uses) put(users, use, key)
    },
    delete: remove,
    spec: (key) => entries.get(key)?.spec,
    dependenciesOf: (key) => entries.get(key)?.dependsOn ?? [],
    dependentsOf: (key) => [...(dependents.get(key) ?? [])],
    usersOfSource(kind, key) {
      const found = [...(users.get(`${kind} ${key}`) ?? [])]
      return topologicalOrder(found.map((user) => ({ key: user, dependsOn: entries.get(user)?.dependsOn ?? [] })))
    },
    usersOfConfig: (kind, key) => [...(users.get(`${kind} ${key}`) ?? [])],
  }
}

function readReferences(object: KubeObject): Reading<KustomizationSpec> | undefined {
  const parsed = readKustomization(object)
  if (!parsed.ok) return undefined
  const spec = parsed.value
  const dependsOn = spec.dependsOn.map((one) => `${one.namespace}/${one.name}`)
  return { spec, dependsOn, uses: usesOf(spec, object.metadata.namespace ?? '') }
}

function usesOf(spec: KustomizationSpec, namespace: string): readonly string[] {
  const { sourceRef, postBuild, kubeConfig } = spec
  const source = `${sourceRef.kind} ${sourceRef.namespace}/${sourceRef.name}`
  const configs = (postBuild?.substituteFrom ?? []).map(({ kind, name }) => `${kind} ${namespace}/${name}`)
  const remote = kubeConfig === undefined ? [] : [`${kubeConfig.kind} ${namespace}/${kubeConfig.name}`]
  return [source, ...configs, ...remote]
}

function put(map: Map<string, Set<string>>, key: string, member: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(member))
}

function take(map: Map<string, Set<string>>, key: string, member: string): void {
  const members = map.get(key)
  members?.delete(member)
  if (members?.size === 0) map.delete(key)
}
